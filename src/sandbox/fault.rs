//! Why a call is refused, and that refusal in the platform's own words.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use serde_json::{Value, json};

use super::answer;
use super::dialect::RefusalDialect;
use super::json::{Places, fill};
use super::stage::random_text;

/// A refusal at the token, identity or revocation endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Something is missing, doubled or not as the platform documents it; says what.
    InvalidRequest(&'static str),
    /// Wrong credentials, or the right ones in the wrong place.
    InvalidClient,
    /// The code is unknown, used, stale, another client's, or its redirect URI or verifier is wrong; says which.
    InvalidGrant(&'static str),
    /// Another grant type than `authorization_code`.
    UnsupportedGrantType,
    /// A verifier or challenge where the platform takes no PKCE.
    UnexpectedPkce,
    /// The access token is missing, unknown or revoked.
    InvalidToken,
    /// The question reaches beyond the granted scopes.
    InsufficientScope,
    /// Too many calls.
    RateLimited,
    /// The platform broke.
    ServerError,
}

impl Fault {
    /// The sandbox's name of the fault, by which a dialect file finds it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::InvalidRequest(_) => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant(_) => "invalid_grant",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnexpectedPkce => "unexpected_pkce",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
            Self::RateLimited => "rate_limited",
            Self::ServerError => "server_error",
        }
    }

    /// The status of RFC 6749, section 5.2, and RFC 6750, section 3.1.
    fn status(self) -> u16 {
        match self {
            Self::InvalidClient | Self::InvalidToken => 401,
            Self::InsufficientScope => 403,
            Self::RateLimited => 429,
            Self::ServerError => 500,
            _ => 400,
        }
    }

    fn code(self) -> &'static str {
        match self {
            Self::UnexpectedPkce => "invalid_request",
            plain => plain.name(),
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::InvalidRequest(what) | Self::InvalidGrant(what) => what,
            Self::InvalidClient => "client authentication failed",
            Self::UnsupportedGrantType => "grant_type must be authorization_code",
            Self::UnexpectedPkce => "this platform takes no PKCE",
            Self::InvalidToken => "the access token is invalid",
            Self::InsufficientScope => "the access token lacks a scope for this",
            Self::RateLimited => "too many requests",
            Self::ServerError => "something broke",
        }
    }
}

impl RefusalDialect {
    /// The fault's status and body in this dialect.
    pub(super) fn words(&self, fault: Fault) -> (u16, Value) {
        let facts = self.faults.get(fault.name()).cloned().unwrap_or_default();
        let status = facts.status.unwrap_or(fault.status());
        let places = Places::from([
            ("code", facts.code.unwrap_or_else(|| fault.code().into()).into()),
            ("number", json!(facts.number.unwrap_or(status.into()))),
            ("status", json!(status)),
            ("description", fault.description().into()),
            ("random", random_text().into()),
        ]);
        (status, fill(&self.body, &places))
    }

    /// The whole answer to a faulty call.
    pub(super) fn refuse(&self, fault: Fault) -> HttpResponse {
        let (status, body) = self.words(fault);
        let mut builder =
            HttpResponse::build(StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST));
        match fault {
            Fault::InvalidClient => builder.insert_header((WWW_AUTHENTICATE, "Basic realm=\"sandbox\"")),
            Fault::InvalidToken => {
                builder.insert_header((WWW_AUTHENTICATE, "Bearer error=\"invalid_token\""))
            }
            Fault::RateLimited => builder.insert_header((RETRY_AFTER, "60")),
            _ => &mut builder,
        };
        answer::json(builder, &body)
    }
}
