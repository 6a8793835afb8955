//! The strict platform behind the hostile one.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::{Url, form_urlencoded};

use super::{CLIENT_ID, CLIENT_SECRET, Call, Reply, State, header};

/// What a code stands for.
pub(super) struct Grant {
    client_id: String,
    redirect_uri: String,
    code_challenge: Option<String>,
}

pub(super) fn consent(state: &mut State, authorization_url: &str) -> String {
    let url = Url::parse(authorization_url).unwrap();
    let asked: HashMap<String, String> = url.query_pairs().into_owned().collect();
    state.made += 1;
    let code = format!("code-{}-{}", state.made, uuid::Uuid::now_v7().simple());
    let redirect_uri = asked["redirect_uri"].clone();
    let code_challenge = asked.get("code_challenge").cloned();
    let client_id = asked.get("client_id").or_else(|| asked.get("client_key")).cloned().unwrap_or_default();
    let grant = Grant { client_id, redirect_uri: redirect_uri.clone(), code_challenge };
    state.grants.insert(code.clone(), grant);
    let answer = [("code", code.as_str()), ("state", asked["state"].as_str())];
    Url::parse_with_params(&redirect_uri, answer).unwrap().into()
}

pub(super) fn token(state: &mut State, call: &Call) -> Reply {
    match exchange(state, call) {
        Ok(reply) => reply,
        Err(error) => Reply::status(400, &json!({"error": error})),
    }
}

fn exchange(state: &mut State, call: &Call) -> Result<Reply, &'static str> {
    let form: HashMap<String, String> = form_urlencoded::parse(call.body.as_bytes()).into_owned().collect();
    let value = |name: &str| form.get(name).map(String::as_str);
    if call.method != "POST" || value("grant_type") != Some("authorization_code") {
        return Err("unsupported_grant_type");
    }
    let ours = [(CLIENT_ID.to_owned(), CLIENT_SECRET.to_owned())];
    let mut known = ours.iter().chain(&state.clients);
    let client = known.find(|client| authenticates(call, &form, client)).ok_or("invalid_client")?;
    let client_id = client.0.clone();
    let grant = value("code").and_then(|code| state.grants.remove(code)).ok_or("invalid_grant")?;
    if grant.client_id != client_id {
        return Err("invalid_grant");
    }
    if value("redirect_uri") != Some(grant.redirect_uri.as_str()) {
        return Err("invalid_grant");
    }
    let challenge = value("code_verifier").map(|verifier| URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)));
    if challenge != grant.code_challenge {
        return Err("invalid_grant");
    }
    let token = format!("tok-{}", uuid::Uuid::now_v7().simple());
    state.tokens.push(token.clone());
    let mut answer = json!({"access_token": token, "token_type": "Bearer", "expires_in": 3600});
    for (name, value) in &state.token_members {
        match value {
            Value::Null => drop(answer.as_object_mut().unwrap().remove(name)),
            value => answer[name] = value.clone(),
        }
    }
    Ok(Reply::json(&answer))
}

fn authenticates(call: &Call, form: &HashMap<String, String>, (id, secret): &(String, String)) -> bool {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let basic = STANDARD.encode(format!("{}:{}", encode(id), encode(secret)));
    let in_header =
        header(&call.head, "authorization").is_some_and(|value| value == format!("Basic {basic}"));
    let in_form = form.get("client_id").or_else(|| form.get("client_key"));
    let in_body = in_form == Some(id) && form.get("client_secret") == Some(secret);
    // RFC 6749, section 2.3: never in two ways at once.
    in_header != in_body
}

pub(super) fn document(state: &State, call: &Call) -> Reply {
    let path = call.target.split('?').next().unwrap();
    match state.documents.get(path) {
        Some(document) => Reply::raw(document.as_bytes()),
        None => Reply::status(404, &json!({})),
    }
}
