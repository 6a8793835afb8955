//! What a person is told on a page. A refusal has no URL in it, so a page can never turn into a redirect by mistake.

/// Why the browser's way ends, or pauses, on a page of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The link is not one of ours, or was mangled on its way.
    LinkMalformed,
    /// The link is unknown, was used, has expired, or its key was revoked: all alike (`T21`).
    LinkGone,
    /// The platform's redirect belongs to no open flow, or to another platform or app.
    ResponseUnusable,
    /// Another browser began this flow; that one can still finish it.
    OtherBrowser,
    /// The consent form was not ours, not this browser's, or sent by another site.
    ConsentForged,
    /// The caller is not served any more: its key was revoked or its callback withdrawn.
    CallerGone,
    /// There is no such page.
    NotFound,
    /// The page exists and takes another method.
    MethodNotAllowed,
    /// Too many requests from this address.
    TooManyRequests,
    /// A store or the platform's configuration is missing; the same link works again later.
    Unavailable,
    /// The service failed.
    ServerError,
}

impl Refusal {
    /// The HTTP status of the page.
    pub const fn status(self) -> u16 {
        match self {
            Self::LinkMalformed | Self::ResponseUnusable => 400,
            Self::OtherBrowser | Self::ConsentForged | Self::CallerGone => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::LinkGone => 410,
            Self::TooManyRequests => 429,
            Self::ServerError => 500,
            Self::Unavailable => 503,
        }
    }

    /// A stable name for logs and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LinkMalformed => "link_malformed",
            Self::LinkGone => "link_gone",
            Self::ResponseUnusable => "response_unusable",
            Self::OtherBrowser => "other_browser",
            Self::ConsentForged => "consent_forged",
            Self::CallerGone => "caller_gone",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::TooManyRequests => "too_many_requests",
            Self::Unavailable => "unavailable",
            Self::ServerError => "server_error",
        }
    }

    /// Seconds after which trying again makes sense.
    pub const fn retry_after(self) -> Option<u64> {
        match self {
            Self::Unavailable => Some(2),
            Self::TooManyRequests => Some(60),
            _ => None,
        }
    }
}
