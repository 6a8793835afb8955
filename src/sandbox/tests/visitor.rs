//! The client's side of a flow, put together from an entry's facts.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::{RequestBuilder, Response};
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::Url;

use super::*;
use crate::platform::entry::{AuthMethod, Client, Pkce, Pointer, RevocationAuth, RevocationMethod};

/// The parameters of a query or a form.
pub(super) type Params = BTreeMap<String, String>;

pub(super) const VERIFIER: &str = "a-verifier-of-forty-three-characters-or-more";

pub(super) fn spelled(entry: &Entry, parameter: &str) -> String {
    entry.authorization.rename.get(parameter).cloned().unwrap_or_else(|| parameter.into())
}

pub(super) fn our_client(entry: &Entry) -> &Client {
    entry.client.as_ref().unwrap()
}

pub(super) fn redirect_uri(entry: &Entry) -> String {
    format!("http://127.0.0.1:8080/oauth/callback/{}", entry.name)
}

/// The first candidate that is there.
pub(super) fn at<'v>(body: &'v Value, candidates: &[Pointer]) -> Option<&'v Value> {
    candidates.iter().find_map(|at| body.pointer(at.as_str())).filter(|value| !value.is_null())
}

/// The address with these parameters.
pub(super) fn with_query(address: &str, params: &Params) -> Url {
    Url::parse_with_params(address, params).unwrap()
}

/// A good authorization request.
pub(super) fn request(entry: &Entry) -> Params {
    let facts = &entry.authorization;
    let mut params = Params::from([
        ("response_type".into(), "code".into()),
        ("state".into(), "the-state".into()),
        (spelled(entry, "client_id"), our_client(entry).client_id.clone()),
        (spelled(entry, "redirect_uri"), redirect_uri(entry)),
        (spelled(entry, "scope"), facts.scopes.join(&facts.scope_separator)),
    ]);
    params.extend(facts.params.clone());
    let digest = Sha256::digest(VERIFIER);
    let challenge = match facts.pkce {
        Pkce::None => return params,
        Pkce::S256 => URL_SAFE_NO_PAD.encode(digest),
        Pkce::S256Hex => hex::encode(digest),
    };
    params.insert("code_challenge".into(), challenge);
    params.insert("code_challenge_method".into(), "S256".into());
    params
}

/// A good form for the token endpoint, client authentication aside.
pub(super) fn exchange(entry: &Entry, code: &str) -> Params {
    let mut form = Params::from([
        ("grant_type".into(), "authorization_code".into()),
        ("code".into(), code.into()),
        (spelled(entry, "redirect_uri"), redirect_uri(entry)),
    ]);
    if entry.authorization.pkce != Pkce::None {
        form.insert("code_verifier".into(), VERIFIER.into());
    }
    form
}

impl Bench {
    pub(super) async fn authorize(&self, entry: &Entry, params: &Params) -> Response {
        self.http.get(with_query(&format!("{}/authorize", self.base(entry)), params)).send().await.unwrap()
    }

    /// A consent page's transaction.
    pub(super) async fn transaction(&self, entry: &Entry, params: &Params) -> String {
        let page = self.authorize(entry, params).await;
        assert_eq!(page.status(), 200, "{}: the authorization request is good", entry.name);
        let page = page.text().await.unwrap();
        let after = page.split("name=\"transaction\" value=\"").nth(1).unwrap();
        after.split('"').next().unwrap().to_owned()
    }

    pub(super) async fn consent(&self, entry: &Entry, transaction: &str, persona: &str) -> Response {
        let form = [("transaction", transaction), ("persona", persona)];
        self.http.post(format!("{}/consent", self.base(entry))).form(&form).send().await.unwrap()
    }

    /// The parameters that come back after a persona answered a good request.
    pub(super) async fn answer_as(&self, entry: &Entry, persona: Persona) -> Params {
        let transaction = self.transaction(entry, &request(entry)).await;
        let answer = self.consent(entry, &transaction, persona.name()).await;
        assert_eq!(answer.status(), 302);
        let back = returned(&answer);
        assert_eq!(back["state"], "the-state");
        back
    }

    pub(super) async fn code(&self, entry: &Entry, persona: Persona) -> String {
        let code = self.answer_as(entry, persona).await["code"].clone();
        let mut suffixes = entry.authorization.code_suffixes.iter();
        suffixes.find_map(|junk| code.strip_suffix(junk)).unwrap_or(&code).to_owned()
    }

    /// The exchange, authenticated as the entry says.
    pub(super) async fn exchange(&self, entry: &Entry, form: Params) -> Response {
        let method = entry.token.auth_method.unwrap_or(AuthMethod::Basic);
        self.exchange_by(entry, method, form).await
    }

    pub(super) async fn exchange_by(&self, entry: &Entry, method: AuthMethod, form: Params) -> Response {
        let request = self.http.post(format!("{}/token", self.base(entry)));
        authenticated(entry, request, method, form).send().await.unwrap()
    }

    pub(super) async fn tokens(&self, entry: &Entry, persona: Persona) -> Value {
        let code = self.code(entry, persona).await;
        let answer = self.exchange(entry, exchange(entry, &code)).await;
        assert_eq!(answer.status(), 200, "{} {}", entry.name, persona.name());
        answer.json().await.unwrap()
    }

    pub(super) async fn access_token(&self, entry: &Entry, persona: Persona) -> String {
        let tokens = self.tokens(entry, persona).await;
        at(&tokens, &entry.token.access_token).unwrap().as_str().unwrap().to_owned()
    }

    /// The identity question, with everything that the entry says it needs.
    pub(super) fn question(&self, entry: &Entry, token: &str, query: &Params) -> RequestBuilder {
        let mut query = query.clone();
        if let Some(proof) = &entry.identity.proof_param {
            let secret = our_client(entry).client_secret.expose();
            let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap().chain_update(token);
            query.insert(proof.clone(), hex::encode(mac.finalize().into_bytes()));
        }
        let question = self.http.get(with_query(&format!("{}/identity", self.base(entry)), &query));
        let headers = entry.identity.headers.iter();
        headers.fold(question.bearer_auth(token), |question, (name, value)| question.header(name, value))
    }

    pub(super) async fn ask(&self, entry: &Entry, token: &str) -> Response {
        self.question(entry, token, &entry.identity.query).send().await.unwrap()
    }

    pub(super) async fn identity_of(&self, entry: &Entry, persona: Persona) -> Value {
        let token = self.access_token(entry, persona).await;
        let answer = self.ask(entry, &token).await;
        assert_eq!(answer.status(), 200, "{} {}", entry.name, persona.name());
        answer.json().await.unwrap()
    }

    pub(super) async fn revoke(&self, entry: &Entry, token: &str) -> Response {
        let facts = entry.revocation.as_ref().unwrap();
        let endpoint = facts.endpoint.clone().map_or(format!("{}/revoke", self.base(entry)), String::from);
        let request = match facts.method {
            RevocationMethod::Post => self.http.post(endpoint),
            RevocationMethod::Delete => self.http.delete(endpoint),
        };
        let form = Params::from([(spelled(entry, "token"), token.to_owned())]);
        let request = match facts.auth {
            RevocationAuth::None => request.form(&form),
            RevocationAuth::Bearer => request.bearer_auth(token),
            RevocationAuth::Post => authenticated(entry, request, AuthMethod::Post, form),
            RevocationAuth::Basic => authenticated(entry, request, AuthMethod::Basic, form),
        };
        request.send().await.unwrap()
    }
}

/// The query of a redirect; whatever is glued behind as a fragment never reaches a server.
pub(super) fn returned(answer: &Response) -> Params {
    let location = Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
    location.query_pairs().into_owned().collect()
}

fn authenticated(
    entry: &Entry,
    request: RequestBuilder,
    method: AuthMethod,
    mut form: Params,
) -> RequestBuilder {
    let client = our_client(entry);
    match method {
        AuthMethod::Basic => {
            request.basic_auth(&client.client_id, Some(client.client_secret.expose())).form(&form)
        }
        AuthMethod::Post => {
            form.insert(spelled(entry, "client_id"), client.client_id.clone());
            form.insert(spelled(entry, "client_secret"), client.client_secret.expose().to_owned());
            request.form(&form)
        }
    }
}
