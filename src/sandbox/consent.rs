//! `POST /{platform}/consent`: a persona answers, and the browser goes back to the client.
//!
//! The form has two fields, `transaction` (from the page) and `persona` (a [`Persona`]'s name), and may be posted by a
//! script just as well. A transaction is answered once.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Instant;

use actix_web::HttpResponse;
use actix_web::web::Bytes;

use super::account::Account;
use super::granted::{Asked, Grant};
use super::json::{Places, fill_text};
use super::page;
use super::params::Params;
use super::persona::Persona;
use super::redirect;
use super::stage::{OnStage, Stage, random_text};
use crate::platform::entry::Kind;

/// Takes the answer.
pub(super) async fn consent(stage: OnStage, body: Bytes) -> HttpResponse {
    let Ok(form) = Params::parse(&body) else {
        return page::refusal(&stage, "A field of the form came twice.");
    };
    let persona = form.find("persona").and_then(Persona::parse).filter(|persona| persona.plays_at(&stage));
    let Some(persona) = persona else {
        return page::refusal(&stage, "No such persona plays here.");
    };
    let Some(asked) = form.find("transaction").and_then(|transaction| stage.asked.remove(transaction)) else {
        return page::refusal(&stage, "This page was answered already, or is too old.");
    };
    match persona {
        Persona::Denies => deny(&stage, &asked),
        _ => grant(&stage, persona, asked),
    }
}

fn deny(stage: &Stage, asked: &Asked) -> HttpResponse {
    let dialect = &stage.dialect.authorization;
    let error = stage.entry.authorization.access_denied.first().map_or("access_denied", String::as_str);
    let plain = BTreeMap::from([
        ("error".to_owned(), error.to_owned()),
        ("error_description".to_owned(), "The user refused".to_owned()),
    ]);
    let denial = if dialect.denial.is_empty() { &plain } else { &dialect.denial };
    let denial = denial.iter().map(|(name, value)| (Cow::from(name), Cow::from(value)));
    let params = denial.chain(always(stage, asked));
    redirect::back(&asked.redirect_uri, params, &dialect.suffix)
}

fn grant(stage: &Stage, persona: Persona, asked: Asked) -> HttpResponse {
    let dialect = &stage.dialect.authorization;
    let grant = Grant {
        scopes: granted(stage, persona, &asked),
        asked,
        persona,
        issued: Instant::now(),
        consent: random_text().into(),
    };
    let code = fill_text(&dialect.code, &Places::from([("random", random_text().into())]));
    let places = places(stage, &grant);
    let further =
        dialect.response.iter().map(|(name, value)| (name.into(), fill_text(value, &places).into()));
    let sent = match stage.entry.authorization.code_suffixes.first() {
        Some(junk) if persona == Persona::GluedSuffix => format!("{code}{junk}"),
        _ => code.clone(),
    };
    stage.codes.insert(code, grant.clone());
    let params = std::iter::once(("code".into(), sent.into())).chain(further);
    redirect::back(&grant.asked.redirect_uri, params.chain(always(stage, &grant.asked)), &dialect.suffix)
}

/// What every response carries: the state, and the issuer where discovery promises it (RFC 9207).
fn always<'s>(stage: &'s Stage, asked: &'s Asked) -> impl Iterator<Item = (Cow<'s, str>, Cow<'s, str>)> {
    let iss = (stage.entry.kind == Kind::Oidc).then(|| ("iss".into(), stage.issuer().into()));
    std::iter::once(("state".into(), asked.state.as_str().into())).chain(iss)
}

fn granted(stage: &Stage, persona: Persona, asked: &Asked) -> Vec<String> {
    let identity = &stage.entry.identity;
    let withheld = |scope: &String| match persona {
        Persona::WithheldHandle => identity.without_scope.contains_key(scope),
        Persona::WithheldRequired => identity.required_scopes.contains(scope),
        _ => false,
    };
    asked.scopes.iter().filter(|scope| !withheld(scope)).cloned().collect()
}

/// The values for the templates of a dialect's good answers.
pub(super) fn places(stage: &Stage, grant: &Grant) -> Places {
    let account = Account::of(grant.persona, stage);
    Places::from([
        ("id", account.id.into()),
        ("account", account.shared_id.into()),
        ("name", account.name.into()),
        ("scope", grant.scopes.join(&stage.entry.authorization.scope_separator).into()),
        ("issuer", stage.issuer().into()),
        ("random", random_text().into()),
    ])
}
