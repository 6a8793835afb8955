//! Why a platform's part of a flow failed.

use crate::error::Failure;

/// What went wrong at the platform. The cause is ours, for the log; a platform's own words stay at debug level.
#[derive(Debug, thiserror::Error)]
pub enum PlatformFault {
    /// Out of reach, 5xx or 429.
    #[error("the platform is out of reach: {0}")]
    Unavailable(&'static str),
    /// It did not answer in time.
    #[error("the platform did not answer in time")]
    TimedOut,
    /// It does not take the code.
    #[error("the platform refused the code: {0}")]
    Refused(&'static str),
    /// It answered something unusable.
    #[error("the platform's answer is unusable: {0}")]
    Unusable(&'static str),
    /// The user withheld something that the identity cannot be read without.
    #[error("the user withheld a scope that is needed")]
    Denied,
    /// There is nothing to own.
    #[error("the user has no account of this kind")]
    NoAccount,
    /// The id is absent, against the rule, or not the one that the token was for.
    #[error("the platform's id is unusable: {0}")]
    InvalidIdentity(&'static str),
    /// The service itself could not do its part.
    #[error("the service failed: {0}")]
    Service(&'static str),
}

impl PlatformFault {
    /// What the caller's callback is told.
    pub fn failure(&self) -> Failure {
        match self {
            Self::Unavailable(_) | Self::TimedOut => Failure::TemporarilyUnavailable,
            Self::Refused(_) | Self::Unusable(_) => Failure::PlatformError,
            Self::Denied => Failure::AccessDenied,
            Self::NoAccount => Failure::NoAccount,
            Self::InvalidIdentity(_) => Failure::InvalidIdentity,
            Self::Service(_) => Failure::ServerError,
        }
    }
}
