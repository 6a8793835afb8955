//! `POST` or `DELETE /{platform}/revoke`: the token is dead afterwards (RFC 7009), asked for as the entry says.

use actix_web::http::{Method, StatusCode};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};

use super::answer;
use super::client_auth;
use super::fault::Fault;
use super::params::{Params, is_form};
use super::stage::{OnStage, Stage};
use crate::platform::entry::{Revocation, RevocationAuth, RevocationMethod};

/// Kills a token; where the platform has no such endpoint, 404.
pub(super) async fn revoke(stage: OnStage, request: HttpRequest, body: Bytes) -> HttpResponse {
    stage.counters.revoke.add_one();
    let Some(facts) = &stage.entry.revocation else {
        return HttpResponse::NotFound().finish();
    };
    match revoked(&stage, facts, &request, &body) {
        Ok(()) => {
            let dialect = &stage.dialect.revocation;
            let status = StatusCode::from_u16(dialect.status).unwrap_or(StatusCode::OK);
            answer::json(HttpResponse::build(status), &dialect.answer)
        }
        Err(fault) => stage.dialect.token.refusal.refuse(fault),
    }
}

fn revoked(stage: &Stage, facts: &Revocation, request: &HttpRequest, body: &[u8]) -> Result<(), Fault> {
    let params = Params::parse(body).map_err(|_| Fault::InvalidRequest("a parameter came twice"))?;
    let form_token = match facts.method {
        RevocationMethod::Delete => expect_method(request, &Method::DELETE).map(|()| None)?,
        RevocationMethod::Post => {
            expect_method(request, &Method::POST)?;
            if !is_form(request) {
                return Err(Fault::InvalidRequest("the parameters belong into a form body"));
            }
            params.find(stage.spelled("token"))
        }
    };
    let client = match facts.auth {
        RevocationAuth::Post => Some(client_auth::post(stage, request, &params)?),
        RevocationAuth::Basic => Some(client_auth::basic(stage, request, &params)?),
        RevocationAuth::None | RevocationAuth::Bearer => None,
    };
    let token = match facts.auth {
        RevocationAuth::Bearer => Some(client_auth::bearer(request).ok_or(Fault::InvalidToken)?),
        _ => form_token,
    };
    let token = token.ok_or(Fault::InvalidRequest("token is missing"))?;
    let Some(grant) = stage.tokens.get(token).or_else(|| stage.refresh_tokens.get(token)) else {
        // An unknown token is as dead as it should be (RFC 7009, section 2.2), unless it must speak for itself.
        return match facts.auth {
            RevocationAuth::Bearer => Err(Fault::InvalidToken),
            _ => Ok(()),
        };
    };
    if client.is_some_and(|client| client.client_id != grant.asked.client_id) {
        return Err(Fault::InvalidClient);
    }
    stage.withdraw(&grant.consent);
    Ok(())
}

fn expect_method(request: &HttpRequest, method: &Method) -> Result<(), Fault> {
    if request.method() == method {
        return Ok(());
    }
    Err(Fault::InvalidRequest("another method is documented here"))
}
