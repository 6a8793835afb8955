//! The pages a person sees in the sandbox: consent, and why there is none. No script, no inline style.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use askama::Template;
use url::Url;

use super::granted::Asked;
use super::persona::Persona;
use super::stage::Stage;

#[derive(Template)]
#[template(path = "consent.html", config = "src/sandbox/templates/askama.toml")]
struct Consent<'p> {
    platform: &'p str,
    action: String,
    transaction: &'p str,
    destination: String,
    scopes: &'p [String],
    personas: Vec<Persona>,
}

#[derive(Template)]
#[template(path = "refusal.html", config = "src/sandbox/templates/askama.toml")]
struct RefusalPage<'p> {
    platform: &'p str,
    reason: &'p str,
}

/// The consent page of a transaction.
pub(super) fn consent(stage: &Stage, asked: &Asked, transaction: &str) -> HttpResponse {
    let page = Consent {
        platform: &stage.entry.display_name,
        action: format!("/{}/consent", stage.entry.name),
        transaction,
        destination: origin(&asked.redirect_uri),
        scopes: &asked.scopes,
        personas: stage.personas(),
    };
    html(StatusCode::OK, &page)
}

/// A page that ends the way here.
pub(super) fn refusal(stage: &Stage, reason: &str) -> HttpResponse {
    let page = RefusalPage { platform: &stage.entry.display_name, reason };
    html(StatusCode::BAD_REQUEST, &page)
}

/// `GET /sandbox.css`.
pub(super) async fn stylesheet() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/css; charset=utf-8"))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(include_str!("templates/sandbox.css"))
}

/// No `form-action`: some browsers hold every redirect after a form against it, and where the client sends the browser on
/// to is not known here.
const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'";

fn html(status: StatusCode, page: &impl Template) -> HttpResponse {
    match page.render() {
        Ok(body) => HttpResponse::build(status)
            .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
            .insert_header((CONTENT_SECURITY_POLICY, POLICY))
            .insert_header((CACHE_CONTROL, "no-store"))
            .insert_header((REFERRER_POLICY, "no-referrer"))
            .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .insert_header((X_FRAME_OPTIONS, "DENY"))
            .body(body),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

fn origin(redirect_uri: &str) -> String {
    Url::parse(redirect_uri).map(|uri| uri.origin().ascii_serialization()).unwrap_or_default()
}
