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
