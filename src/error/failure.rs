//! What the caller's callback is told when there is no proof. Platform texts never pass through here.

/// The `error` of the callback. Unsigned: a hint, never a fact about a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Failure {
    /// The user said no, at the platform or on our page.
    AccessDenied,
    /// Another account than the expected one.
    AccountMismatch,
    /// Consent was given and there is nothing to own.
    NoAccount,
    /// The platform was out of reach, too slow, or answered 5xx or 429.
    TemporarilyUnavailable,
    /// The platform refused, or answered something unusable.
    PlatformError,
    /// The platform's id is absent or outside the rule of proofs.
    InvalidIdentity,
    /// The service itself failed.
    ServerError,
}

impl Failure {
    /// Every failure, in the order of the documentation.
    pub const ALL: [Self; 7] = [
        Self::AccessDenied,
        Self::AccountMismatch,
        Self::NoAccount,
        Self::TemporarilyUnavailable,
        Self::PlatformError,
        Self::InvalidIdentity,
        Self::ServerError,
    ];

    /// The value of `error`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::AccessDenied => "access_denied",
            Self::AccountMismatch => "account_mismatch",
            Self::NoAccount => "no_account",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::PlatformError => "platform_error",
            Self::InvalidIdentity => "invalid_identity",
            Self::ServerError => "server_error",
        }
    }

    /// The failure of a code; the inverse of [`Failure::code`].
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|failure| failure.code() == code)
    }

    /// The value of `error_description`: ours, for the caller's developer.
    pub const fn description(self) -> &'static str {
        match self {
            Self::AccessDenied => "The user did not agree.",
            Self::AccountMismatch => "The user agreed with another account than the expected one.",
            Self::NoAccount => "The user agreed, but has no account of this kind there.",
            Self::TemporarilyUnavailable => "The platform did not answer in time. Try again later.",
            Self::PlatformError => "The platform did not complete the consent.",
            Self::InvalidIdentity => "The platform gave no usable account id.",
            Self::ServerError => "The service could not complete the verification.",
        }
    }
}
