//! `GET /{platform}/long_lived` and `/{platform}/renew`: a token for a token, at platforms that have no refresh tokens.

use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::answer;
use super::fault::Fault;
use super::params::Params;
use super::stage::{OnStage, Stage, random_text};
use crate::platform::grant::{Renewal, SwapClient, TokenSwap};

/// Sixty days.
const LIFE_SECONDS: u64 = 5_184_000;

/// The consent's token becomes a long-lived one.
pub(super) async fn long_lived(stage: OnStage, request: HttpRequest) -> HttpResponse {
    stage.counters.token.add_one();
    answered(&stage, stage.entry.grant.long_lived.as_ref(), &request)
}

/// A long-lived token becomes a younger one.
pub(super) async fn renew(stage: OnStage, request: HttpRequest) -> HttpResponse {
    stage.counters.token.add_one();
    let swap = match &stage.entry.grant.renewal {
        Renewal::Swap(swap) => Some(swap),
        _ => None,
    };
    answered(&stage, swap, &request)
}

fn answered(stage: &Stage, swap: Option<&TokenSwap>, request: &HttpRequest) -> HttpResponse {
    let Some(swap) = swap else { return HttpResponse::NotFound().finish() };
    match swapped(stage, swap, request) {
        Ok(token) => {
            let body = json!({"access_token": token, "token_type": "bearer", "expires_in": LIFE_SECONDS});
            answer::json(HttpResponse::Ok(), &body)
        }
        Err(fault) => stage.dialect.token.refusal.refuse(fault),
    }
}

fn swapped(stage: &Stage, swap: &TokenSwap, request: &HttpRequest) -> Result<String, Fault> {
    let params = Params::parse(request.query_string().as_bytes())
        .map_err(|_| Fault::InvalidRequest("a parameter came twice"))?;
    if params.find("grant_type") != Some(&swap.grant_type) {
        return Err(Fault::UnsupportedGrantType);
    }
    let token = params.find(&swap.token_param).ok_or(Fault::InvalidRequest("the token is missing"))?;
    let grant = stage.tokens.get(token).ok_or(Fault::InvalidToken)?;
    let client = stage.client(&grant.asked.client_id).ok_or(Fault::InvalidClient)?;
    let secret_fits = params.find("client_secret") == Some(client.client_secret.expose());
    let id_fits = params.find("client_id") == Some(&client.client_id);
    let is_client = match swap.client {
        SwapClient::None => true,
        SwapClient::Secret => secret_fits,
        SwapClient::IdAndSecret => secret_fits && id_fits,
    };
    if !is_client {
        return Err(Fault::InvalidClient);
    }
    let young = random_text();
    stage.tokens.insert(young.clone(), grant);
    Ok(young)
}
