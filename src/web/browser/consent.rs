//! The forms of the interstitial: continue, and decline.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::cookies::FlowCookies;
use super::delegate;
use crate::crypto::locator::RequestToken;
use crate::error::Refusal;
use crate::flow::OpenLink;
use crate::web::client_address::client_address;
use crate::web::{WebState, own_form, page, tester};

/// `POST /oauth/delegate`: the user goes on to the platform.
pub(in crate::web) async fn agree(
    request: HttpRequest,
    state: Data<WebState>,
    body: Payload,
) -> HttpResponse {
    let agreed = async {
        let (link, cookies) = proven_form(&request, &state, body).await?;
        delegate::go(&request, &state, &link, &cookies).await
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
        let mut response = page::redirect(redirect.into_location());
        cookies.take_away(&mut response, link.cookie_id());
        tester::note_opened(&request, &state, &link, &mut response);
        Ok(response)
    };
    declined.await.unwrap_or_else(|refusal| page::refusal(&request, refusal))
}

/// A form that this browser was shown for this link, sent from our own page (`T32`).
async fn proven_form<'r>(
    request: &'r HttpRequest,
    state: &WebState,
    body: Payload,
) -> Result<(OpenLink, FlowCookies<'r>), Refusal> {
    let address = client_address(request, &state.trusted_proxies);
    state.limits.request(address).map_err(|_| Refusal::TooManyRequests)?;
    let form = own_form::read(request, &state.flow.rules().public_url, body).await?;
    let token = form.value("request").and_then(RequestToken::parse).ok_or(Refusal::LinkMalformed)?;
    let consent = form.value("consent").ok_or(Refusal::ConsentForged)?;
    let cookies = FlowCookies::of(request, state.is_https);
    let secret = cookies.secret(&crate::flow::cookie_id_of_token(&token)).ok_or(Refusal::ConsentForged)?;
    if !state.flow.is_consent_token(consent, &token, &secret) {
        return Err(Refusal::ConsentForged);
    }
    Ok((state.flow.look(token).await?, cookies))
}
