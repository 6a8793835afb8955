//! The forms of the interstitial: continue, and decline.

use std::time::Duration;

use actix_web::http::header::HeaderValue;
use actix_web::web::{Bytes, Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::StreamExt;
use tokio::time::timeout;

use super::cookies::FlowCookies;
use super::delegate;
use super::params::Params;
use crate::crypto::locator::RequestToken;
use crate::error::Refusal;
use crate::flow::OpenLink;
use crate::web::client_address::client_address;
use crate::web::{WebState, page};

const MAX_FORM: usize = 4096;
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// `POST /oauth/delegate`: the user goes on to the platform.
pub(in crate::web) async fn agree(
    request: HttpRequest,
    state: Data<WebState>,
    body: Payload,
) -> HttpResponse {
    let agreed = async {
        let (link, cookies) = proven_form(&request, &state, body).await?;
        delegate::go(&state, &link, &cookies).await
    };
    agreed.await.unwrap_or_else(|refusal| page::refusal(&request, refusal))
}

/// `POST /oauth/delegate/decline`: the user says no, and the caller is told.
pub(in crate::web) async fn decline(
    request: HttpRequest,
    state: Data<WebState>,
    body: Payload,
) -> HttpResponse {
    let declined = async {
        let (link, cookies) = proven_form(&request, &state, body).await?;
        let redirect = state.flow.decline(&link).await?;
        let mut response = page::redirect(redirect.location());
        let _always_fits = response.add_cookie(&cookies.gone(&link.cookie_id()));
        Ok(response)
    };
    declined.await.unwrap_or_else(|refusal| page::refusal(&request, refusal))
}

/// A form that this browser was shown for this link, sent from our own page (`T32`).
async fn proven_form(
    request: &HttpRequest,
    state: &WebState,
    body: Payload,
) -> Result<(OpenLink, FlowCookies), Refusal> {
    let address = client_address(request, &state.trusted_proxies);
    state.limits.request(address).map_err(|_| Refusal::TooManyRequests)?;
    if !is_from_our_page(request, &state.flow.rules().public_url) {
        return Err(Refusal::ConsentForged);
    }
    let form = timeout(TIME_LIMIT, read_form(body)).await.map_err(|_| Refusal::LinkMalformed)??;
    let token = form.value("request").and_then(RequestToken::parse).ok_or(Refusal::LinkMalformed)?;
    let consent = form.value("consent").ok_or(Refusal::ConsentForged)?;
    let cookies = FlowCookies::of(request, state.is_https);
    let secret = cookies.secret(&crate::flow::cookie_id_of_token(&token)).ok_or(Refusal::ConsentForged)?;
    if !state.flow.is_consent_token(consent, &token, &secret) {
        return Err(Refusal::ConsentForged);
    }
    Ok((state.flow.look(token).await?, cookies))
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

async fn read_form(mut body: Payload) -> Result<Params, Refusal> {
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
