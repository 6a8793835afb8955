//! The identity endpoint: asking who gave consent and reading the permanent id and the handle from the answer.

use std::collections::BTreeMap;

use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use sha2::Sha256;
use url::Url;
use zeroize::Zeroizing;

use super::PlatformFault;
use super::entry::{Client, Entry};
use super::http::{self, Answer, Request};
use super::json::{Document, Scalar};
use super::token::Tokens;
use crate::session::PlatformId;

/// Who gave consent, as the platform says.
#[derive(Debug)]
pub struct PlatformIdentity {
    /// Permanent; the id decides.
    pub platform_id: PlatformId,
    /// Changeable; for display.
    pub handle: Handle,
    /// What anyone may call themselves, as the platform sent it; empty where there is none.
    pub name: DisplayName,
}

/// A handle as the platform sent it, before it is cleaned for a proof. Empty where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handle(pub String);

/// A display name as the platform sent it, before it is cleaned. It proves nothing, and is never put in a handle's place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DisplayName(pub String);

/// The identity request: the entry's query, or what it asks for instead where the user withheld a scope.
pub(super) fn request(
    entry: &Entry,
    endpoint: &Url,
    client: &Client,
    tokens: &Tokens,
) -> Result<Request, PlatformFault> {
    let facts = &entry.identity;
    let mut request = http::request(Method::GET, endpoint);
    decorate(entry, query(entry, tokens), &mut request)?;
    if let Some(name) = &facts.proof_param {
        request.url_mut().query_pairs_mut().append_pair(name, &token_proof(client, tokens));
    }
    let bearer = Zeroizing::new(format!("Bearer {}", tokens.access_token.expose()));
    request.headers_mut().insert(AUTHORIZATION, http::secret_value(&bearer)?);
    Ok(request)
}

/// Adds the query and the entry's headers.
pub(super) fn decorate(
    entry: &Entry,
    query: &BTreeMap<String, String>,
    request: &mut Request,
) -> Result<(), PlatformFault> {
    for (name, value) in query {
        request.url_mut().query_pairs_mut().append_pair(name, value);
    }
    for (name, value) in &entry.identity.headers {
        let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) else {
            return Err(PlatformFault::Service("the platform's entry has a header that is none"));
        };
        request.headers_mut().append(name, value);
    }
    Ok(())
}

/// Refuses a grant that lacks what the identity cannot be read without.
pub(super) fn check_scopes(entry: &Entry, tokens: &Tokens) -> Result<(), PlatformFault> {
    let has_all = entry.identity.required_scopes.iter().all(|scope| is_granted(tokens, scope));
    if has_all { Ok(()) } else { Err(PlatformFault::Denied) }
}

/// Judges the answer. Whatever is not positively a success is a failure, and an id is never guessed or repaired.
pub(super) fn read(
    entry: &Entry,
    tokens: &Tokens,
    answer: &Answer,
) -> Result<PlatformIdentity, PlatformFault> {
    let facts = &entry.identity;
    let document = Document::parse(&answer.body);
    let says = |table: &BTreeMap<_, String>| {
        let document = document.as_ref();
        table.iter().any(|(at, value)| document.is_some_and(|document| document.says(at, value)))
    };
    if says(&facts.no_account_if) {
        return Err(PlatformFault::NoAccount);
    }
    if answer.is_unavailable() {
        return Err(PlatformFault::Unavailable("the identity endpoint answered 5xx or 429"));
    }
    if !answer.is_success() {
        return Err(PlatformFault::Unusable("the identity endpoint refused the token"));
    }
    let document =
        document.ok_or(PlatformFault::Unusable("the identity endpoint's answer is no JSON object"))?;
    let is_good = facts.require.iter().all(|(at, value)| document.says(at, value));
    if !is_good || facts.error.iter().any(|pointer| document.has(pointer)) {
        return Err(PlatformFault::Unusable("the identity endpoint answered with an error in a success"));
    }
    if facts.no_account_unless.as_ref().is_some_and(|pointer| !document.has(pointer)) {
        return Err(PlatformFault::NoAccount);
    }
    check_account(entry, tokens, &document)?;
    Ok(PlatformIdentity {
        platform_id: platform_id(entry, &document)?,
        handle: handle(entry, tokens, &document),
        name: display_name(entry, &document),
    })
}

/// The id at the first of the entry's pointers that leads anywhere.
pub(super) fn platform_id(entry: &Entry, document: &Document<'_>) -> Result<PlatformId, PlatformFault> {
    let text = match document.first(&entry.identity.platform_id) {
        Some(Scalar::Text(Some(text)) | Scalar::Integer(text)) => text,
        Some(Scalar::Text(None) | Scalar::Other) => {
            return Err(PlatformFault::InvalidIdentity("it is neither text nor a whole number"));
        }
        None => return Err(PlatformFault::InvalidIdentity("there is none")),
    };
    PlatformId::parse(&text)
        .ok_or(PlatformFault::InvalidIdentity("it has a character or a length that ids never have"))
}

fn handle(entry: &Entry, tokens: &Tokens, document: &Document<'_>) -> Handle {
    let is_withheld = entry.identity.without_scope.keys().any(|scope| !is_granted(tokens, scope));
    match document.first(&entry.identity.handle) {
        Some(Scalar::Text(Some(text))) if !is_withheld => Handle(text),
        _ => Handle::default(),
    }
}

pub(super) fn display_name(entry: &Entry, document: &Document<'_>) -> DisplayName {
    match document.first(&entry.identity.display_name) {
        Some(Scalar::Text(Some(text))) => DisplayName(text),
        _ => DisplayName::default(),
    }
}

/// A token for one account and an identity of another is no proof of either (`T52`).
fn check_account(entry: &Entry, tokens: &Tokens, document: &Document<'_>) -> Result<(), PlatformFault> {
    match (&tokens.account, document.first_text(&entry.identity.account)) {
        (Some(token), Some(identity)) if *token != identity => {
            Err(PlatformFault::InvalidIdentity("the token is another account's"))
        }
        _ => Ok(()),
    }
}

fn query<'e>(entry: &'e Entry, tokens: &Tokens) -> &'e BTreeMap<String, String> {
    let mut withheld = entry.identity.without_scope.iter().filter(|(scope, _)| !is_granted(tokens, scope));
    withheld.next().map_or(&entry.identity.query, |(_, instead)| &instead.identity_query)
}

fn is_granted(tokens: &Tokens, scope: &str) -> bool {
    tokens.scopes.as_ref().is_none_or(|granted| granted.iter().any(|one| one == scope))
}

/// Shows the platform that who holds the token also holds the client secret.
fn token_proof(client: &Client, tokens: &Tokens) -> String {
    // HMAC takes keys of every length.
    Hmac::<Sha256>::new_from_slice(client.client_secret.expose().as_bytes())
        .map(|mac| hex::encode(mac.chain_update(tokens.access_token.expose()).finalize().into_bytes()))
        .unwrap_or_default()
}
