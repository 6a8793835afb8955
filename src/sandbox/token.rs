//! `POST /{platform}/token`: the exchange of a code (RFC 6749, section 4.1.3), once and strictly.

use std::time::Instant;

use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;
use tokio::time::sleep;

use super::account::{Account, as_json};
use super::answer;
use super::client_auth;
use super::consent::places;
use super::dialect::ScopeStyle;
use super::fault::Fault;
use super::granted::{Asked, Grant};
use super::json::{Places, fill, fill_text, write};
use super::oidc;
use super::params::{Params, is_form};
use super::persona::Persona;
use super::pkce;
use super::stage::{OnStage, RegisteredClient, Stage, random_text};
use crate::platform::entry::{AuthMethod, Kind, Pointer};
use crate::platform::grant::Renewal;

/// Redeems a code.
pub(super) async fn token(stage: OnStage, request: HttpRequest, body: Bytes) -> HttpResponse {
    stage.counters.token.add_one();
    let refuse = |fault| stage.dialect.token.refusal.refuse(fault);
    let grant = match redeem(&stage, &request, &body, Instant::now()) {
        Ok(grant) => grant,
        Err(fault) => return refuse(fault),
    };
    match grant.persona {
        Persona::Slow => sleep(stage.pace.slow).await,
        Persona::Hanging => {
            sleep(stage.pace.hanging).await;
            return refuse(Fault::ServerError);
        }
        Persona::TokenFailing => return refuse(Fault::ServerError),
        // An OIDC client may never come to the identity endpoint.
        Persona::RateLimited if stage.entry.kind == Kind::Oidc => return refuse(Fault::RateLimited),
        _ => {}
    }
    let token =
        fill_text(&stage.dialect.token.access_token, &Places::from([("random", random_text().into())]));
    stage.tokens.insert(token.clone(), grant.clone());
    match good_answer(&stage, &grant, &token) {
        Some(body) => answer::json(HttpResponse::Ok(), &body),
        None => refuse(Fault::ServerError),
    }
}

fn redeem(stage: &Stage, request: &HttpRequest, body: &[u8], now: Instant) -> Result<Grant, Fault> {
    if !is_form(request) || !request.query_string().is_empty() {
        return Err(Fault::InvalidRequest("the parameters belong into a form body"));
    }
    let params = Params::parse(body).map_err(|_| Fault::InvalidRequest("a parameter came twice"))?;
    let find = |name: &str| params.find(stage.spelled(name));
    let client = match stage.auth_method() {
        AuthMethod::Post => client_auth::post(stage, request, &params)?,
        AuthMethod::Basic => client_auth::basic(stage, request, &params)?,
    };
    pkce::refuse_where_unknown(stage, &params)?;
    let refreshes = matches!(stage.entry.grant.renewal, Renewal::RefreshToken);
    match find("grant_type") {
        Some("authorization_code") => {}
        Some("refresh_token") if refreshes => return refreshed(stage, &params, &client),
        _ => return Err(Fault::UnsupportedGrantType),
    }
    let code = find("code").ok_or(Fault::InvalidRequest("code is missing"))?;
    // Taken before it is looked at: a code is spent by the first attempt, even a wrong one.
    let grant = stage.codes.remove(code).ok_or(Fault::InvalidGrant("the code is unknown or was used"))?;
    if !grant.is_fresh(stage.dialect.authorization.code_life(), now) {
        return Err(Fault::InvalidGrant("the code is too old"));
    }
    if grant.asked.client_id != client.client_id {
        return Err(Fault::InvalidGrant("the code was given to another client"));
    }
    if find("redirect_uri") != Some(&grant.asked.redirect_uri) {
        return Err(Fault::InvalidGrant("redirect_uri is not the one of the authorization request"));
    }
    pkce::verify(stage, &params, grant.asked.code_challenge.as_deref())?;
    Ok(grant)
}

/// Takes a refresh token (RFC 6749, section 6); one that rotates is spent by that.
fn refreshed(stage: &Stage, params: &Params, client: &RegisteredClient) -> Result<Grant, Fault> {
    let token = params.find("refresh_token").ok_or(Fault::InvalidRequest("refresh_token is missing"))?;
    let unknown = Fault::InvalidGrant("the refresh token is unknown or was used");
    let grant = match stage.dialect.token.refresh_rotates {
        true => stage.refresh_tokens.remove(token),
        false => stage.refresh_tokens.get(token),
    };
    let grant = grant.ok_or(unknown)?;
    if grant.asked.client_id != client.client_id {
        return Err(Fault::InvalidGrant("the refresh token was given to another client"));
    }
    let asked = Asked { is_to_be_kept: stage.dialect.token.refresh_rotates, ..grant.asked };
    Ok(Grant { asked, ..grant })
}

/// The answer's members, each where the entry points; `None` where no ID token could be signed.
fn good_answer(stage: &Stage, grant: &Grant, token: &str) -> Option<Value> {
    let dialect = &stage.dialect.token;
    let facts = &stage.entry.token;
    let account = Account::of(grant.persona, stage);
    let mut body = fill(&dialect.members, &places(stage, grant));
    let mut put = |candidates: &[Pointer], value: Value| {
        if let Some(pointer) = chosen(candidates, dialect.candidate) {
            write(&mut body, pointer, value);
        }
    };
    put(&facts.access_token, token.into());
    if grant.asked.is_to_be_kept && matches!(stage.entry.grant.renewal, Renewal::RefreshToken) {
        let refresh = random_text();
        stage.refresh_tokens.insert(refresh.clone(), grant.clone());
        put(&facts.refresh_token, refresh.into());
    }
    put(&facts.account, as_json(&account.shared_id, dialect.numeric_account));
    if let Some(scope) = scope(stage, grant) {
        put(&facts.scope, scope);
    }
    if stage.entry.kind == Kind::Oidc {
        put(&[Pointer::parse("/id_token")?], oidc::id_token(stage, grant)?.into());
    }
    Some(body)
}

/// The candidate that a dialect uses, the last one where there are fewer.
pub(super) fn chosen(candidates: &[Pointer], number: usize) -> Option<&Pointer> {
    candidates.get(number).or(candidates.last())
}

fn scope(stage: &Stage, grant: &Grant) -> Option<Value> {
    match stage.dialect.token.scope {
        ScopeStyle::AsAsked => Some(grant.scopes.join(&stage.entry.authorization.scope_separator).into()),
        ScopeStyle::Comma => Some(grant.scopes.join(",").into()),
        ScopeStyle::Array => Some(grant.scopes.clone().into()),
        ScopeStyle::Absent => None,
    }
}
