//! Why an operator's request was not done, as a page that says what to do instead.

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, RETRY_AFTER};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use askama::Template;

use crate::apps::AppFault;
use crate::crypto::entropy::NoEntropy;
use crate::keys::KeyFault;
use crate::observe::request_id::RequestId;
use crate::store::StoreFault;
use crate::web::page::Frame;
use crate::web::text::Language;

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ConsoleFault {
    /// The form could not be read.
    Malformed,
    /// The form was not shown to this browser in this session, or another site sent it (`T84`).
    Forged,
    /// There is no such key, or it was revoked.
    NotFound,
    /// The key has no such app.
    AppNotFound,
    /// The page takes another method.
    MethodNotAllowed,
    /// The form was sent before; what came of it is not shown again.
    AlreadyDone,
    /// Too many requests, or too many wrong passwords.
    TooMany(u64),
    /// The registry does not answer.
    Unavailable,
    /// The service failed.
    ServerError,
}

#[derive(Template)]
#[template(path = "console/fault.html", config = "src/web/templates/askama.toml")]
struct FaultPage {
    frame: Frame,
    title: &'static str,
    what: &'static str,
    now: &'static str,
    request_id: String,
}

impl ConsoleFault {
    const fn words(self) -> (&'static str, &'static str, &'static str) {
        const AGAIN: &str = "Open the page again and repeat what you wanted to do.";
        match self {
            Self::Malformed => {
                ("This form cannot be read", "It arrived incomplete. Nothing was changed.", AGAIN)
            }
            Self::Forged => (
                "This form cannot be used",
                "It was not opened in this browser since you logged in, or another site sent it. Nothing was changed.",
                AGAIN,
            ),
            Self::NotFound => (
                "There is no such key",
                "It never existed, or it was revoked in the meantime.",
                "The list shows the keys there are.",
            ),
            Self::AppNotFound => (
                "There is no such app",
                "It never existed, or it was deleted in the meantime.",
                "The key's page shows the apps there are.",
            ),
            Self::MethodNotAllowed => (
                "This page is reached by a form",
                "Opening its address does nothing.",
                "Start from the list of keys.",
            ),
            Self::AlreadyDone => (
                "This was done already",
                "The form was sent twice, as by reloading a page. It was carried out once. Secrets are not shown again.",
                "If you could not copy the secret, generate a new one: the one that was shown is invalid then.",
            ),
            Self::TooMany(_) => (
                "Too many attempts",
                "There were too many requests or wrong passwords from your network.",
                "Wait a few minutes, then try again.",
            ),
            Self::Unavailable => (
                "The registry does not answer",
                "Keys can neither be read nor changed at this moment. Nothing was changed.",
                "Try again in a moment. If it goes on, the log says why.",
            ),
            Self::ServerError => (
                "Something failed on our side",
                "The request could not be completed.",
                "Look for the request id in the log.",
            ),
        }
    }
}

impl std::fmt::Display for ConsoleFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.words().0)
    }
}

impl ResponseError for ConsoleFault {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::Forged => StatusCode::FORBIDDEN,
            Self::NotFound | Self::AppNotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::AlreadyDone => StatusCode::CONFLICT,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let (title, what, now) = self.words();
        let frame = Frame::in_language(Language::English);
        let page = FaultPage { frame, title, what, now, request_id: RequestId::current().to_string() };
        let mut response = frame.html(self.status_code(), &page);
        let seconds = match self {
            Self::TooMany(seconds) => Some(*seconds),
            Self::Unavailable => Some(2),
            _ => None,
        };
        if let Some(value) = seconds.and_then(|seconds| seconds.to_string().parse().ok()) {
            response.headers_mut().insert(RETRY_AFTER, value);
        }
        response
    }
}

impl From<KeyFault> for ConsoleFault {
    fn from(fault: KeyFault) -> Self {
        match fault {
            KeyFault::Unknown => return Self::NotFound,
            KeyFault::Name => return Self::Malformed,
            _ => tracing::error!(%fault, "a key cannot be read or changed"),
        }
        match fault {
            KeyFault::Store(_) => Self::Unavailable,
            _ => Self::ServerError,
        }
    }
}

impl From<AppFault> for ConsoleFault {
    fn from(fault: AppFault) -> Self {
        match fault {
            AppFault::Unknown => return Self::AppNotFound,
            AppFault::UnknownKey => return Self::NotFound,
            AppFault::Name | AppFault::Full => return Self::Malformed,
            _ => tracing::error!(%fault, "an app cannot be read or changed"),
        }
        match fault {
            AppFault::Store(_) => Self::Unavailable,
            _ => Self::ServerError,
        }
    }
}

impl From<StoreFault> for ConsoleFault {
    fn from(fault: StoreFault) -> Self {
        tracing::error!(%fault, "recorded accounts cannot be read or changed");
        Self::Unavailable
    }
}

impl From<NoEntropy> for ConsoleFault {
    fn from(fault: NoEntropy) -> Self {
        tracing::error!(%fault, "no secret could be made");
        Self::ServerError
    }
}

/// The path is right and the method is not.
pub(super) async fn method_not_allowed(request: HttpRequest) -> HttpResponse {
    let pattern = request.match_pattern().unwrap_or_default();
    let allowed = match pattern.strip_prefix("/console").unwrap_or_default() {
        "/login"
        | "/keys"
        | "/keys/{id}/signing-secret"
        | "/keys/{id}/revoke"
        | "/keys/{id}/apps/{app_id}/secret"
        | "/keys/{id}/apps/{app_id}/delete"
        | "/keys/{id}/accounts/{record}/delete" => "GET, POST",
        "/logout"
        | "/keys/{id}/name"
        | "/keys/{id}/callbacks"
        | "/keys/{id}/callbacks/remove"
        | "/keys/{id}/apps"
        | "/keys/{id}/accounts" => "POST",
        _ => "GET",
    };
    let mut response = ConsoleFault::MethodNotAllowed.error_response();
    if let Ok(value) = allowed.parse() {
        response.headers_mut().insert(ALLOW, value);
    }
    response
}
