//! Around every request: its id, its log line, the headers that every answer has, and an answer even where a handler
//! panics.

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, ResponseError};
use futures_util::FutureExt;
use tracing::Instrument;
use tracing::field::Empty;

use super::page::{self, Frame};
use super::problem::ProblemAnswer;
use super::routes::template_of;
use super::text::Language;
use super::{WebState, refusal_page};
use crate::error::Problem;
use crate::observe::metrics;
use crate::observe::request_id::RequestId;

/// Nothing of ours is cached; pages say their own policy, all else allows nothing (`T76`, `T79`). An answer may say otherwise.
static DEFAULTS: [(HeaderName, HeaderValue); 2] = [
    fixed("cache-control", "no-store"),
    fixed("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
];
/// Nothing is framed, sniffed or told to the next site (`T77`).
static HEADERS: [(HeaderName, HeaderValue); 3] = [
    fixed("referrer-policy", "no-referrer"),
    fixed("x-content-type-options", "nosniff"),
    fixed("x-frame-options", "DENY"),
];
static HSTS: (HeaderName, HeaderValue) = fixed("strict-transport-security", "max-age=31536000");
static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Names are looked up at compile time.
const fn fixed(name: &'static str, value: &'static str) -> (HeaderName, HeaderValue) {
    (HeaderName::from_static(name), HeaderValue::from_static(value))
}

/// The outermost layer.
pub async fn observe(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let id = RequestId::fresh();
    id.scope(answer(id, request, next)).await
}

async fn answer(
    id: RequestId,
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let started = Instant::now();
    let method = request.method().clone();
    let page = page::is_wanted(&request).then(|| Frame::in_language(Language::preferred(&request)));
    let is_https = request.app_data::<Data<WebState>>().is_some_and(|state| state.is_https);
    let span =
        tracing::info_span!("request", otel.kind = "server", %method, %id, route = Empty, status = Empty);
    let work = AssertUnwindSafe(next.call(request)).catch_unwind().instrument(span.clone());
    let Ok(result) = work.await else {
        tracing::error!(%method, "a handler panicked");
        return Err(Panicked { is_https, id, page }.into());
    };
    let mut response = result?;
    complete(response.headers_mut(), is_https, id);
    let (route, status, time) = (template_of(response.request()), response.status(), started.elapsed());
    let route = &*route;
    if !span.is_disabled() {
        span.record("route", route).record("status", status.as_u16());
    }
    let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    tracing::info!(method = method.as_str(), route, status = status.as_u16(), micros, "request");
    metrics::request(method_label(&method), route, class(status), time);
    Ok(response)
}

/// Strangers can send methods of their own invention, which become no label.
fn method_label(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "HEAD" => "HEAD",
        "DELETE" => "DELETE",
        _ => "other",
    }
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    }
}

fn complete(headers: &mut HeaderMap, is_https: bool, id: RequestId) {
    for (name, value) in &DEFAULTS {
        if !headers.contains_key(name) {
            headers.insert(name.clone(), value.clone());
        }
    }
    let hsts = is_https.then_some(&HSTS);
    for (name, value) in HEADERS.iter().chain(hsts) {
        headers.insert(name.clone(), value.clone());
    }
    if let Ok(value) = HeaderValue::from_str(id.write_to(&mut [0; 32])) {
        headers.insert(REQUEST_ID.clone(), value);
    }
}

/// The answer to a request whose handler panicked (`F31`).
#[derive(Debug)]
struct Panicked {
    is_https: bool,
    id: RequestId,
    /// For browsers.
    page: Option<Frame>,
}

impl std::fmt::Display for Panicked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a handler panicked")
    }
}

impl ResponseError for Panicked {
    fn error_response(&self) -> actix_web::HttpResponse {
        let mut response = self.id.scope_now(|| match self.page {
            Some(frame) => refusal_page::server_error(frame),
            None => ProblemAnswer::from(Problem::server_error()).error_response(),
        });
        complete(response.headers_mut(), self.is_https, self.id);
        response
    }
}
