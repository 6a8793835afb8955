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
pub(super) async fn read(request: &HttpRequest, public_url: &str, body: Payload) -> Result<Params, Refusal> {
    if !is_from_our_page(request, public_url) {
        return Err(Refusal::ConsentForged);
    }
    timeout(TIME_LIMIT, read_body(body)).await.map_err(|_| Refusal::LinkMalformed)?
}

/// Under `no-referrer` browsers send `Origin: null` with our own form, so that only tells nothing; another site's origin
/// does. Browsers that say where a request comes from must say "from here".
fn is_from_our_page(request: &HttpRequest, public_url: &str) -> bool {
    let header =
        |name| request.headers().get(name).map(|value: &HeaderValue| value.to_str().unwrap_or("unreadable"));
    let origin_fits = header("origin").is_none_or(|origin| origin == "null" || origin == public_url);
    let site_fits = header("sec-fetch-site").is_none_or(|site| site == "same-origin");
    origin_fits && site_fits
}

async fn read_body(mut body: Payload) -> Result<Params, Refusal> {
    let mut form = Vec::new();
    while let Some(chunk) = body.next().await {
        let chunk: Bytes = chunk.map_err(|_| Refusal::LinkMalformed)?;
        if form.len() + chunk.len() > MAX_FORM {
            return Err(Refusal::LinkMalformed);
        }
        form.extend_from_slice(&chunk);
    }
    let form = String::from_utf8(form).map_err(|_| Refusal::LinkMalformed)?;
    Params::parse(&form).ok_or(Refusal::LinkMalformed)
}
