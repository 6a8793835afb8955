//! The one table of the JSON API's error codes.

/// A stable error code: what a caller's program branches on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// The body is not JSON.
    MalformedJson,
    /// A change names what never changes.
    ImmutableField,
    /// The state is unknown, was used, has expired, or was made for something else.
    InvalidState,
    /// One or more fields are missing, unknown or wrong.
    InvalidRequest,
    /// No usable API key; missing, malformed, unknown and revoked are all alike.
    InvalidApiKey,
    /// The admin API's token is missing or wrong.
    InvalidOperatorToken,
    /// The callback URL is not among the key's registered ones.
    CallbackNotRegistered,
    /// The platform is known and has no credentials here.
    PlatformNotAvailable,
    /// The state is good, for another API key.
    StateOfAnotherKey,
    /// There is nothing here, or it is another key's.
    NotFound,
    /// The path is right and the method is not.
    MethodNotAllowed,
    /// The key has no signing secret yet.
    NoSigningSecret,
    /// The body is over the limit.
    PayloadTooLarge,
    /// The body is not `application/json`.
    UnsupportedMediaType,
    /// Too many requests from this key or address.
    RateLimited,
    /// The service failed.
    ServerError,
    /// The platform refused, is out of reach, or answered something unusable, while this request waited on it.
    PlatformError,
    /// A store did not answer, or is full.
    StoreUnavailable,
    /// The platform did not answer in time, while this request waited on it.
    PlatformTimeout,
}

impl Code {
    /// Every code, in the order of the documentation.
    pub const ALL: [Self; 19] = [
        Self::MalformedJson,
        Self::ImmutableField,
        Self::InvalidState,
        Self::InvalidRequest,
        Self::InvalidApiKey,
        Self::InvalidOperatorToken,
        Self::CallbackNotRegistered,
        Self::PlatformNotAvailable,
        Self::StateOfAnotherKey,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::NoSigningSecret,
        Self::PayloadTooLarge,
        Self::UnsupportedMediaType,
        Self::RateLimited,
        Self::ServerError,
        Self::PlatformError,
        Self::StoreUnavailable,
        Self::PlatformTimeout,
    ];

    /// Status, code and title.
    const fn row(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::MalformedJson => (400, "malformed_json", "The body is not valid JSON"),
            Self::ImmutableField => (400, "immutable_field", "A field of this never changes"),
            Self::InvalidState => (400, "invalid_state", "The state cannot be used"),
            Self::InvalidRequest => {
                (422, "invalid_request", "The request has fields that cannot be accepted")
            }
            Self::InvalidApiKey => (401, "invalid_api_key", "A valid API key is needed"),
            Self::InvalidOperatorToken => (401, "invalid_operator_token", "The operator's token is needed"),
            Self::CallbackNotRegistered => {
                (403, "callback_not_registered", "The callback URL is not registered for this key")
            }
            Self::PlatformNotAvailable => {
                (403, "platform_not_available", "The platform is not available here")
            }
            Self::StateOfAnotherKey => {
                (403, "state_of_another_key", "The state was made for another API key")
            }
            Self::NotFound => (404, "not_found", "There is nothing here"),
            Self::MethodNotAllowed => (405, "method_not_allowed", "The method is not allowed here"),
            Self::NoSigningSecret => (409, "no_signing_secret", "The key has no signing secret"),
            Self::PayloadTooLarge => (413, "payload_too_large", "The body is too large"),
            Self::UnsupportedMediaType => {
                (415, "unsupported_media_type", "The body must be application/json")
            }
            Self::RateLimited => (429, "rate_limited", "Too many requests"),
            Self::ServerError => (500, "server_error", "The service failed"),
            Self::PlatformError => (502, "platform_error", "The platform did not complete the consent"),
            Self::StoreUnavailable => (503, "store_unavailable", "The service cannot take this request now"),
            Self::PlatformTimeout => (504, "platform_timeout", "The platform did not answer in time"),
        }
    }

    /// The HTTP status.
    pub const fn status(self) -> u16 {
        self.row().0
    }

    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        self.row().1
    }

    /// A short title, the same for every occurrence (RFC 9457, section 3.1.3).
    pub const fn title(self) -> &'static str {
        self.row().2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_name_of_its_own_and_an_error_status() {
        let names: std::collections::HashSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        assert!(Code::ALL.iter().all(|code| (400..600).contains(&code.status())));
    }
}
