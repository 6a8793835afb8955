//! Arguments that are evidence: a handler that has one of these knows that the check was made.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};

use super::WebState;
use super::client_address::client_address;
use super::limits::Limited;
use super::problem::ProblemAnswer;
use crate::error::{Code, Problem};
use crate::keys::ApiKey;

/// The holder of a good API key.
pub(super) struct Caller(pub(super) Arc<ApiKey>);

impl FromRequest for Caller {
    type Error = ProblemAnswer;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { authenticate(&request).await })
    }
}

async fn authenticate(request: &HttpRequest) -> Result<Caller, ProblemAnswer> {
    let state = request.app_data::<Data<WebState>>().ok_or_else(Problem::server_error)?;
    let bearer = bearer(request);
    let key = match bearer {
        Some(text) => state.keys.authenticate(text).await.map_err(|fault| {
            tracing::error!(%fault, "an API key cannot be looked up");
            Problem::store_unavailable()
        })?,
        None => None,
    };
    let Some(key) = key else {
        let address = client_address(request, &state.trusted_proxies);
        state.limits.failure(address).map_err(rate_limited)?;
        return Err(ProblemAnswer::unauthorized(bearer.is_some()));
    };
    Ok(Caller(key))
}

/// Exactly one header, the scheme in any case, one blank, one token (RFC 6750, section 2.1). A key in the query, in the
/// body or in a second header does not count (`T1`).
pub(super) fn bearer(request: &HttpRequest) -> Option<&str> {
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let (Some(header), None) = (headers.next(), headers.next()) else { return None };
    let (scheme, token) = std::str::from_utf8(header.as_bytes()).ok()?.split_at_checked("bearer ".len())?;
    (scheme.eq_ignore_ascii_case("bearer ") && !token.as_bytes().contains(&b' ')).then_some(token)
}

/// Over a limit.
pub(super) fn rate_limited(Limited(seconds): Limited) -> Problem {
    let detail = "Slow down and send the request again after the time in Retry-After.";
    Problem { retry_after: Some(seconds), ..Problem::new(Code::RateLimited, detail) }
}
