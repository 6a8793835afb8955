//! Pages: compile-time-checked templates, and the policy that goes with each of them.

use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, LOCATION, RETRY_AFTER};
use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use rust_embed::RustEmbed;

use crate::error::Refusal;
use crate::observe::metrics;
use crate::observe::request_id::RequestId;

#[derive(RustEmbed)]
#[folder = "src/web/assets"]
struct Assets;

#[derive(Template)]
#[template(path = "refusal.html", config = "src/web/templates/askama.toml")]
struct RefusalPage {
    title: &'static str,
    what: &'static str,
    now: &'static str,
    request_id: String,
}

/// A page that says what happened and what to do.
pub(super) fn refusal(_request: &HttpRequest, refusal: Refusal) -> HttpResponse {
    metrics::refused("user", refusal.as_str());
    let (title, what, now) = words(refusal);
    let page = RefusalPage { title, what, now, request_id: RequestId::current().to_string() };
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = html(status, &page, &[]);
    if let Some(value) = refusal.retry_after().and_then(|seconds| seconds.to_string().parse().ok()) {
        response.headers_mut().insert(RETRY_AFTER, value);
    }
    response
}

/// A page whose forms may lead to `form_targets` besides ourselves: some browsers hold the redirect after a form post
/// against `form-action`.
pub(super) fn html(status: StatusCode, page: &impl Template, form_targets: &[String]) -> HttpResponse {
    let Ok(body) = page.render() else {
        tracing::error!("a page could not be rendered");
        return HttpResponse::InternalServerError().finish();
    };
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' {}; base-uri 'none'; \
         frame-ancestors 'none'",
        form_targets.join(" ")
    );
    HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .insert_header((CONTENT_SECURITY_POLICY, policy))
        .body(body)
}

/// To the platform, or back to the caller.
pub(super) fn redirect(location: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, location)).finish()
}

/// Whether the other end is a browser that shows pages.
pub(super) fn is_wanted(request: &HttpRequest) -> bool {
    let accept = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

/// The path is right and the method is not.
pub(super) async fn method_not_allowed(request: HttpRequest) -> HttpResponse {
    let allowed = match request.match_pattern().as_deref() {
        Some("/oauth/delegate") => "GET, HEAD, POST",
        Some("/oauth/delegate/decline") => "POST",
        _ => "GET",
    };
    let mut response = refusal(&request, Refusal::MethodNotAllowed);
    if let Ok(value) = allowed.parse() {
        response.headers_mut().insert(ALLOW, value);
    }
    response
}

/// A file that pages load. All of them are in the binary.
pub(super) async fn asset(request: HttpRequest, file: Path<String>) -> HttpResponse {
    let Some(asset) = Assets::get(&file) else { return refusal(&request, Refusal::NotFound) };
    let content_type = match file.rsplit_once('.') {
        Some((_, "css")) => "text/css; charset=utf-8",
        Some((_, "svg")) => "image/svg+xml",
        _ => "application/octet-stream",
    };
    HttpResponse::Ok()
        .content_type(content_type)
        .insert_header((CACHE_CONTROL, "public, max-age=3600"))
        .body(asset.data.into_owned())
}

const fn words(refusal: Refusal) -> (&'static str, &'static str, &'static str) {
    const START_AGAIN: &str = "Go back to the app that sent you here and start again.";
    match refusal {
        Refusal::LinkMalformed => {
            ("This link is incomplete", "The address was cut or changed on its way.", START_AGAIN)
        }
        Refusal::LinkGone => {
            ("This link no longer works", "Each link works once, and for a short time.", START_AGAIN)
        }
        Refusal::ResponseUnusable => (
            "This step is already over",
            "The answer belongs to no verification that is under way.",
            START_AGAIN,
        ),
        Refusal::OtherBrowser => (
            "Another browser started this",
            "A verification must end in the browser in which it began. Cookies must be allowed.",
            "Go on in that browser, or go back to the app and start again here.",
        ),
        Refusal::ConsentForged => {
            ("This form cannot be used", "It was not opened in this browser, or it is too old.", START_AGAIN)
        }
        Refusal::CallerGone => (
            "The app cannot receive this",
            "The app that sent you here is not served any more.",
            "Contact that app.",
        ),
        Refusal::NotFound => ("There is nothing here", "No page has this address.", START_AGAIN),
        Refusal::MethodNotAllowed => {
            ("This cannot be done here", "The address is opened in another way.", START_AGAIN)
        }
        Refusal::TooManyRequests => {
            ("Too many requests", "This network sent too many requests.", "Wait a minute, then try again.")
        }
        Refusal::Unavailable => (
            "Not available at this moment",
            "A part of the service does not answer. Nothing was lost.",
            "Reload this page in a moment: the same link works again.",
        ),
        Refusal::ServerError => {
            ("Something failed on our side", "The verification could not be completed.", START_AGAIN)
        }
    }
}
