//! Redirects back to a client, with the response's parameters appended to its redirect URI.

use std::borrow::Cow;

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, LOCATION};
use url::Url;

/// 302 to `redirect_uri` with `params` in its query and `suffix` glued behind, as some platforms do.
pub(super) fn back<'p>(
    redirect_uri: &str,
    params: impl IntoIterator<Item = (Cow<'p, str>, Cow<'p, str>)>,
    suffix: &str,
) -> HttpResponse {
    let Ok(mut location) = Url::parse(redirect_uri) else {
        return HttpResponse::InternalServerError().body("a registered redirect URI is not a URL");
    };
    location.query_pairs_mut().extend_pairs(params);
    HttpResponse::Found()
        .insert_header((LOCATION, format!("{location}{suffix}")))
        .insert_header((CACHE_CONTROL, "no-store"))
        .finish()
}
