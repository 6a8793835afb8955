//! The pages on which a way ends, or pauses: what happened, and what to do now. They reveal nothing about a flow.

use actix_web::http::header::{ALLOW, RETRY_AFTER};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::page::Frame;
use super::text::{Explanation, RefusalText};
use crate::error::Refusal;
use crate::observe::metrics;
use crate::observe::request_id::RequestId;

#[derive(Template)]
#[template(path = "refusal.html", config = "src/web/templates/askama.toml")]
struct RefusalPage {
    frame: Frame,
    text: &'static RefusalText,
    page: &'static Explanation,
    /// The same address works again later.
    can_try_again: bool,
    request_id: String,
}

/// The page of a refusal, with its status.
pub(super) fn refusal(request: &HttpRequest, refusal: Refusal) -> HttpResponse {
    // What a form sent is not sent again by a link.
    let can_try_again = refusal.retry_after().is_some() && request.method() == Method::GET;
    build(Frame::of(request), refusal, can_try_again)
}

/// The page after a panic, when there is no request any more.
pub(super) fn server_error(frame: Frame) -> HttpResponse {
    build(frame, Refusal::ServerError, false)
}

/// The path is right and the method is not.
pub(super) async fn method_not_allowed(request: HttpRequest) -> HttpResponse {
    let allowed = match request.match_pattern().as_deref() {
        Some("/oauth/delegate") => "GET, HEAD, POST",
        Some("/docs") => "GET, HEAD",
        Some("/oauth/delegate/decline" | "/tester/key" | "/tester/key/forget" | "/tester/start") => "POST",
        _ => "GET",
    };
    let mut response = refusal(&request, Refusal::MethodNotAllowed);
    if let Ok(value) = allowed.parse() {
        response.headers_mut().insert(ALLOW, value);
    }
    response
}

fn build(frame: Frame, refusal: Refusal, can_try_again: bool) -> HttpResponse {
    metrics::refused("user", refusal.as_str());
    let text: &'static RefusalText = frame.texts();
    let request_id = RequestId::current().to_string();
    let page = RefusalPage { frame, text, page: text.page(refusal), can_try_again, request_id };
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = frame.html(status, &page);
    if let Some(value) = refusal.retry_after().and_then(|seconds| seconds.to_string().parse().ok()) {
        response.headers_mut().insert(RETRY_AFTER, value);
    }
    response
}
