//! Forms of our own pages, posted back: bounded in size and time, and told from other sites' forms.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::web::{Bytes, Payload};
use futures_util::StreamExt;
use tokio::time::timeout;

use super::params::Params;

const TIME_LIMIT: Duration = Duration::from_secs(10);

/// The fields of a form of at most `max_bytes`; `None` where it is larger, slower than ten seconds, broken, or names a
/// field twice.
pub(super) async fn read(body: Payload, max_bytes: usize) -> Option<Params> {
    timeout(TIME_LIMIT, collect(body, max_bytes)).await.ok()?
}

/// Under `no-referrer` browsers send `Origin: null` with our own form, so that only tells nothing; another site's origin
/// does. Browsers that say where a request comes from must say "from here".
pub(super) fn is_from_our_page(request: &HttpRequest, public_url: &str) -> bool {
    let header = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap_or("unreadable"));
    let origin_fits = header("origin").is_none_or(|origin| origin == "null" || origin == public_url);
    let site_fits = header("sec-fetch-site").is_none_or(|site| site == "same-origin");
    origin_fits && site_fits
}

async fn collect(mut body: Payload, max_bytes: usize) -> Option<Params> {
    let mut form = Vec::new();
    while let Some(chunk) = body.next().await {
        let chunk: Bytes = chunk.ok()?;
        if form.len() + chunk.len() > max_bytes {
            return None;
        }
        form.extend_from_slice(&chunk);
    }
    Params::parse(&String::from_utf8(form).ok()?)
}
