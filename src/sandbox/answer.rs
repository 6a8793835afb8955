//! The outer form of the sandbox's machine-readable answers.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpResponse, HttpResponseBuilder};
use serde_json::Value;

/// JSON that no cache may keep (RFC 6749, section 5.1).
pub(super) fn json(mut builder: HttpResponseBuilder, body: &Value) -> HttpResponse {
    builder
        .insert_header((CONTENT_TYPE, "application/json"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(body.to_string())
}

/// The same members as a form, as some platforms answer where JSON is not asked for by name.
pub(super) fn form(mut builder: HttpResponseBuilder, body: &Value) -> HttpResponse {
    let members = body.as_object().into_iter().flatten();
    let encoded =
        members.fold(url::form_urlencoded::Serializer::new(String::new()), |mut form, (name, value)| {
            form.append_pair(name, &value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            form
        });
    builder
        .insert_header((CONTENT_TYPE, "application/x-www-form-urlencoded; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body({ encoded }.finish())
}
