//! Forms of our own pages: where they come from, and what is in them.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::HeaderValue;
use actix_web::web::{Bytes, Payload};
use futures_util::StreamExt;
use tokio::time::timeout;

use super::params::Params;
use crate::error::Refusal;

const MAX_FORM: usize = 4096;
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// Reads a form that one of our own pages sent (`T32`).
///
/// # Errors
/// [`Refusal::ConsentForged`] where another site sent it, [`Refusal::LinkMalformed`] where it cannot be read.
pub(super) async fn read(
    request: &HttpRequest,
    public_url: &str,
    body: Payload,
) -> Result<Params<'static>, Refusal> {
    if !is_from_our_page(request, public_url) {
        return Err(Refusal::ConsentForged);
    }
    read_within(MAX_FORM, body).await.ok_or(Refusal::LinkMalformed)
}

/// The fields of a form of at most `max_bytes`; `None` where it is larger, slower than ten seconds, broken, or names a
/// field twice.
pub(super) async fn read_within(max_bytes: usize, body: Payload) -> Option<Params<'static>> {
    timeout(TIME_LIMIT, read_body(max_bytes, body)).await.ok()?
}

/// Under `no-referrer` browsers send `Origin: null` with our own form, so that only tells nothing; another site's origin
/// does. Browsers that say where a request comes from must say "from here".
pub(super) fn is_from_our_page(request: &HttpRequest, public_url: &str) -> bool {
    let header =
        |name| request.headers().get(name).map(|value: &HeaderValue| value.to_str().unwrap_or("unreadable"));
    let origin_fits = header("origin").is_none_or(|origin| origin == "null" || origin == public_url);
    let site_fits = header("sec-fetch-site").is_none_or(|site| site == "same-origin");
    origin_fits && site_fits
}

async fn read_body(max_bytes: usize, mut body: Payload) -> Option<Params<'static>> {
    let mut form = Vec::new();
    while let Some(chunk) = body.next().await {
        let chunk: Bytes = chunk.ok()?;
        if form.len() + chunk.len() > max_bytes {
            return None;
        }
        form.extend_from_slice(&chunk);
    }
    Params::parse(&String::from_utf8(form).ok()?).map(Params::into_owned)
}
