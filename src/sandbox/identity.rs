//! `GET /{platform}/identity`: who the token stands for, told only to a well-formed question.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use tokio::time::sleep;

use super::account::{Account, as_json};
use super::answer;
use super::client_auth;
use super::consent::places;
use super::fault::Fault;
use super::granted::Grant;
use super::json::{fill, write};
use super::key_identity;
use super::params::Params;
use super::persona::Persona;
use super::stage::{OnStage, Stage};
use super::token::chosen;
use crate::platform::entry::Pointer;

/// Answers with the account, in the shape that the entry describes.
pub(super) async fn identity(stage: OnStage, request: HttpRequest) -> HttpResponse {
    stage.counters.identity.add_one();
    let refuse = |fault| stage.dialect.identity.refusal.refuse(fault);
    let asked = match &stage.entry.credentials {
        None => asked_well(&stage, &request),
        Some(facts) => key_identity::asked_well(facts, &request),
    };
    let grant = match asked {
        Ok(grant) => grant,
        Err(fault) => return refuse(fault),
    };
    let has_unless = stage.entry.identity.no_account_unless.is_some();
    match grant.persona {
        Persona::Slow => sleep(stage.pace.slow).await,
        Persona::IdentityFailing => return refuse(Fault::ServerError),
        Persona::RateLimited => return refuse(Fault::RateLimited),
        Persona::SignupRequired => return no_account(&stage),
        Persona::NoAccount if !has_unless => return no_account(&stage),
        _ => {}
    }
    answer::json(HttpResponse::Ok(), &document(&stage, &grant))
}

/// The account as the identity endpoint tells it; the claims of an ID token are the same.
pub(super) fn document(stage: &Stage, grant: &Grant) -> Value {
    let facts = &stage.entry.identity;
    let dialect = &stage.dialect.identity;
    let account = Account::of(grant.persona, stage);
    let nothing_below = facts.no_account_unless.as_ref().filter(|_| grant.persona == Persona::NoAccount);
    let withheld = facts.without_scope.keys().any(|scope| !grant.has_scope(scope));

    let mut body = fill(&dialect.members, &places(stage, grant));
    let mut put = |pointer: Option<&Pointer>, value: Value| {
        if let Some(pointer) = pointer
            && !nothing_below.is_some_and(|top| pointer.as_str().starts_with(top.as_str()))
        {
            write(&mut body, pointer, value);
        }
    };
    for (pointer, value) in &facts.require {
        put(Some(pointer), value.as_str().into());
    }
    if let Some(handle) = account.handle.filter(|_| !withheld) {
        put(chosen(&facts.handle, dialect.candidate), handle.into());
    }
    put(chosen(&facts.display_name, dialect.candidate), account.name.into());
    put(chosen(&facts.account, dialect.candidate), as_json(&account.shared_id, dialect.numeric_id));
    put(chosen(&facts.platform_id, dialect.candidate), as_json(&account.id, dialect.numeric_id));
    body
}

/// The answer by which the entry's `no_account_if` knows that there is nothing to own.
fn no_account(stage: &Stage) -> HttpResponse {
    let dialect = &stage.dialect.identity;
    let (_, mut body) = dialect.refusal.words(Fault::InvalidToken);
    for (pointer, value) in &stage.entry.identity.no_account_if {
        write(&mut body, pointer, value.as_str().into());
    }
    let status = StatusCode::from_u16(dialect.no_account_status).unwrap_or(StatusCode::FORBIDDEN);
    answer::json(HttpResponse::build(status), &body)
}

fn asked_well(stage: &Stage, request: &HttpRequest) -> Result<Grant, Fault> {
    let token = client_auth::bearer(request).ok_or(Fault::InvalidToken)?;
    let grant = stage.tokens.get(token).ok_or(Fault::InvalidToken)?;
    let params = Params::parse(request.query_string().as_bytes())
        .map_err(|_| Fault::InvalidRequest("a parameter came twice"))?;
    check_headers(stage, request)?;
    check_proof(stage, &params, token, &grant)?;
    check_scopes_and_query(stage, &params, &grant)?;
    Ok(grant)
}

fn check_headers(stage: &Stage, request: &HttpRequest) -> Result<(), Fault> {
    let as_wanted = stage.entry.identity.headers.iter().all(|(name, value)| {
        request.headers().get(name).is_some_and(|sent| sent.as_bytes() == value.as_bytes())
    });
    as_wanted.then_some(()).ok_or(Fault::InvalidRequest("a header is missing or wrong"))
}

/// The proof that the caller of the endpoint holds the client secret, not a stolen token alone.
fn check_proof(stage: &Stage, params: &Params, token: &str, grant: &Grant) -> Result<(), Fault> {
    let Some(name) = &stage.entry.identity.proof_param else { return Ok(()) };
    let wrong = Fault::InvalidRequest("the proof of the client secret is missing or wrong");
    let sent = params.find(name).and_then(|proof| hex::decode(proof).ok()).ok_or(wrong)?;
    let client = stage.client(&grant.asked.client_id).ok_or(wrong)?;
    let mac = Hmac::<Sha256>::new_from_slice(client.client_secret.expose().as_bytes()).map_err(|_| wrong)?;
    mac.chain_update(token).verify_slice(&sent).map_err(|_| wrong)
}

/// Each query parameter that the entry names must ask for exactly what the grant lets be read.
fn check_scopes_and_query(stage: &Stage, params: &Params, grant: &Grant) -> Result<(), Fault> {
    let facts = &stage.entry.identity;
    if facts.required_scopes.iter().any(|scope| !grant.has_scope(scope)) {
        return Err(Fault::InsufficientScope);
    }
    let reduced = facts.without_scope.iter().find(|(scope, _)| !grant.has_scope(scope));
    let allowed = reduced.map_or(&facts.query, |(_, without)| &without.identity_query);
    for (name, full) in &facts.query {
        let sent = params.find(name).ok_or(Fault::InvalidRequest("a query parameter is missing"))?;
        if sent.split(',').any(|item| !is_in(item, full)) {
            return Err(Fault::InvalidRequest("a query parameter asks for something unknown"));
        }
        if !allowed.get(name).is_some_and(|list| sent.split(',').all(|item| is_in(item, list))) {
            return Err(Fault::InsufficientScope);
        }
    }
    Ok(())
}

fn is_in(item: &str, list: &str) -> bool {
    list.split(',').any(|known| known == item)
}
