//! `GET /oauth/delegate`: the user's browser opens the link.

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderName;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::cookies::FlowCookies;
use crate::crypto::locator::RequestToken;
use crate::error::Refusal;
use crate::flow::{BrowserSecret, OpenLink};
use crate::web::client_address::client_address;
use crate::web::mark::Mark;
use crate::web::page::Frame;
use crate::web::params::Params;
use crate::web::text::InterstitialText;
use crate::web::{WebState, page, tester};

#[derive(Template)]
#[template(path = "interstitial.html", config = "src/web/templates/askama.toml")]
struct InterstitialPage<'a> {
    frame: Frame,
    text: &'static InterstitialText,
    mark: Mark,
    caller: &'a str,
    platform: &'a str,
    callback_host: String,
    request: &'a str,
    consent: String,
}

/// Where browsers say what they load a page for.
static PURPOSES: [HeaderName; 4] = [
    HeaderName::from_static("sec-purpose"),
    HeaderName::from_static("purpose"),
    HeaderName::from_static("x-purpose"),
    HeaderName::from_static("x-moz"),
];

/// Opens the link: to the platform, or to the page that asks first.
pub(in crate::web) async fn open(request: HttpRequest, state: Data<WebState>) -> HttpResponse {
    if is_prefetch(&request) {
        // A success would be kept and shown in place of the real answer.
        return HttpResponse::ServiceUnavailable().finish();
    }
    match try_open(&request, &state).await {
        Ok(response) => response,
        Err(refusal) => page::refusal(&request, refusal),
    }
}

/// `HEAD`: link checkers look and take nothing (`T25`).
pub(in crate::web) async fn no_effect() -> HttpResponse {
    HttpResponse::NoContent().finish()
}

async fn try_open(request: &HttpRequest, state: &WebState) -> Result<HttpResponse, Refusal> {
    let address = client_address(request, &state.trusted_proxies);
    state.limits.request(address).map_err(|_| Refusal::TooManyRequests)?;
    let params = Params::parse(request.query_string()).ok_or(Refusal::LinkMalformed)?;
    let token = params.value("request").and_then(RequestToken::parse).ok_or(Refusal::LinkMalformed)?;
    let link = state.flow.look(token).await?;
    let cookies = FlowCookies::of(request, state.is_https);
    if state.flow.needs_interstitial(&link) {
        return ask(Frame::of(request), state, &link, &cookies).await;
    }
    go(request, state, &link, &cookies).await
}

/// Takes the link and sends the browser to the platform with a fresh secret.
pub(super) async fn go(
    request: &HttpRequest,
    state: &WebState,
    link: &OpenLink,
    cookies: &FlowCookies<'_>,
) -> Result<HttpResponse, Refusal> {
    let secret = state.flow.browser_secret()?;
    let opened = state.flow.open(link, &secret).await?;
    let mut response = page::redirect(opened.authorization_url);
    tester::note_opened(request, state, link, &mut response);
    Ok(with_secret(response, state, link, cookies, &secret))
}

/// The page that names the caller. It takes nothing; its forms do.
async fn ask(
    frame: Frame,
    state: &WebState,
    link: &OpenLink,
    cookies: &FlowCookies<'_>,
) -> Result<HttpResponse, Refusal> {
    // A reload keeps the secret, so that the form in another tab of the same link goes on working.
    let secret = match cookies.secret(link.cookie_id()) {
        Some(secret) => secret,
        None => state.flow.browser_secret()?,
    };
    let platform_origin = link.platform.authorization_origin().await.map_err(|fault| {
        tracing::warn!(%fault, platform = %link.session.platform, "the platform's endpoints are not known");
        Refusal::Unavailable
    })?;
    let mut targets = vec![platform_origin, link.callback.callback_url.origin()];
    targets.extend(targets.first().and_then(|origin| subdomains(origin)));
    let page = InterstitialPage {
        frame,
        text: frame.texts(),
        mark: Mark::of(link.platform.entry()),
        caller: &link.key.name,
        platform: &link.platform.entry().display_name,
        callback_host: link.callback.callback_url.host(),
        request: link.token().as_str(),
        consent: state.flow.consent_token(link.token(), &secret),
    };
    let response = frame.html_with_forms_to(StatusCode::OK, &page, &targets);
    Ok(with_secret(response, state, link, cookies, &secret))
}

/// Platforms send browsers on to hosts of their own, a country's or a phone's, and some browsers hold these redirects
/// too against `form-action`.
fn subdomains(origin: &str) -> Option<String> {
    let host = origin.strip_prefix("https://")?;
    let domain = host.strip_prefix("www.").unwrap_or(host);
    Some(format!("https://*.{domain}"))
}

fn with_secret(
    mut response: HttpResponse,
    state: &WebState,
    link: &OpenLink,
    cookies: &FlowCookies<'_>,
    secret: &BrowserSecret,
) -> HttpResponse {
    cookies.give(&mut response, link.cookie_id(), secret, state.flow.rules().ttl.as_secs());
    response
}

/// Whether the browser only loads ahead what its user may never open.
pub(in crate::web) fn is_prefetch(request: &HttpRequest) -> bool {
    PURPOSES.iter().filter_map(|name| request.headers().get(name)?.to_str().ok()).any(|value| {
        let value = value.to_ascii_lowercase();
        ["prefetch", "prerender", "preview"].iter().any(|purpose| value.contains(purpose))
    })
}
