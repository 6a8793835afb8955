//! Grants: tokens sealed in the caller's hands (contract 10).

use std::time::Duration;

use handleproof::crypto::entropy::SystemEntropy;
use handleproof::crypto::locator::{EntryKey, Locator};
use handleproof::crypto::root_key::RootKey;
use handleproof::flow::NewGrant;
use handleproof::platform::authorize::FlowSecrets;
use handleproof::platform::{AuthorizationResponse, PlatformFault};
use handleproof::session::{PlatformName, ProfileId};
use handleproof_verify::Verifier;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::service::NOW;
use crate::harness::{Answer, Endpoint, HostilePlatform, Reply, Service, Setup, until};

const ALL: [&str; 8] =
    ["facebook", "instagram", "linkedin", "pinterest", "threads", "tiktok", "twitter", "youtube"];
/// Their refresh tokens are good once.
const ROTATING: [&str; 3] = ["pinterest", "tiktok", "twitter"];
const REVOKING: [&str; 5] = ["facebook", "linkedin", "tiktok", "twitter", "youtube"];

/// The consent of `agree`, kept for the service's key: what connect's POST will do.
async fn kept(
    service: &Service,
    name: &str,
    agree: impl AsyncFnOnce(String) -> String,
) -> Result<String, PlatformFault> {
    let platform = service.flow.platforms().find(name).unwrap();
    let root = RootKey::fresh(&SystemEntropy).unwrap();
    let state = Locator::new(&root).state(EntryKey([7; 16]), &SystemEntropy).unwrap();
    let (secrets, client) = (FlowSecrets::new(&root), platform.entry().client.clone().unwrap());
    let redirect_uri = service.flow.redirect_uri(&platform.entry().name);
    let url = platform.authorization_request_keeping(&client, &redirect_uri, &state, &secrets).await?;
    let back = url::Url::parse(&agree(url).await).unwrap();
    let code = back.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    let response =
        AuthorizationResponse { code: &code, state: &state, redirect_uri: &redirect_uri, client: &client };
    let (identified, tokens) = platform.identify_keeping(response, &secrets).await?;
    let key = service.keys.find(service.key.id).await.unwrap().unwrap();
    let (identity, profile_id) = (&identified.identity, ProfileId::parse("user-17"));
    let new = NewGrant { platform, app: None, identity, profile_id, tokens };
    Ok(service.flow.keep_grant(&key, new).unwrap().expose().to_owned())
}

async fn grant_as(service: &Service, name: &str, persona: &str) -> String {
    let browser = service.browser();
    kept(service, name, async |url: String| browser.answer_as(&url, persona).await).await.unwrap()
}

async fn hostile_grant(service: &Service, platform: &HostilePlatform) -> String {
    kept(service, "acme", async |url: String| platform.consent(&url)).await.unwrap()
}

async fn post(service: &Service, what: &str, body: &Value) -> Answer {
    post_as(service, &service.key.api_key, what, body).await
}

async fn post_as(service: &Service, key: &str, what: &str, body: &Value) -> Answer {
    let path = format!("/v1/accounts/{what}");
    Answer::of(service.request(Method::POST, &path).bearer_auth(key).json(body)).await
}

async fn health(service: &Service, grant: &str) -> Value {
    let answer = post(service, "health", &json!({"grants": [grant]})).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["accounts"][0].clone()
}

/// A renewal that proves the account.
async fn renewed(service: &Service, grant: &str) -> Value {
    let answer = post(service, "renew", &json!({"grant": grant})).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let document = answer.json();
    let proof = document["proof"].as_object().unwrap_or_else(|| panic!("{document}"));
    let values = proof.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap()));
    let verifier = Verifier::new(&service.key.secret).unwrap();
    let now = NOW + service.clock_passed();
    let checked = verifier.verify_params_at(values, proof["state"].as_str().unwrap(), now).unwrap();
    assert_eq!(checked.platform_id(), document["account_id"]);
    assert_eq!(document["profile_id"], "user-17");
    document
}

#[tokio::test]
async fn every_platform_s_grant_is_looked_after_renewed_and_given_back() {
    let service = Service::start(Setup::sandbox()).await;
    let sandbox = service.sandbox.as_ref().unwrap();
    for name in ALL {
        let grant = grant_as(&service, name, "ordinary").await;
        assert!(grant.starts_with("hpg_") && grant.len() < 2048, "{name}: {}", grant.len());
        let first = health(&service, &grant).await;
        assert_eq!(
            (&first["platform"], &first["status"], &first["token_valid"]),
            (&json!(name), &json!("active"), &json!(true)),
            "{name}: {first}"
        );
        assert!(["healthy", "degraded"].contains(&first["health"].as_str().unwrap()), "{name}: {first}");
        assert_eq!(first["health"] == "healthy", first["recommendations"] == json!([]), "{name}: {first}");
        assert!(!first["permissions"].as_array().unwrap().is_empty(), "{name}");

        let again = renewed(&service, &grant).await;
        assert_eq!((&again["account_id"], &again["platform"]), (&first["account_id"], &json!(name)));
        let anew = again["grant"].as_str().unwrap();
        assert_ne!(anew, grant);
        assert_eq!(health(&service, anew).await["status"], "active", "{name}");
        if ROTATING.contains(&name) {
            let spent = post(&service, "renew", &json!({"grant": grant})).await;
            assert_eq!(spent.bad_fields(), ["grant"], "{name}");
        } else {
            renewed(&service, &grant).await;
        }
        let gone = post(&service, "disconnect", &json!({"grant": anew})).await;
        let is_revoked = REVOKING.contains(&name);
        assert_eq!(gone.json(), json!({"deleted": true, "revoked": is_revoked}), "{name} {}", gone.text());
        if is_revoked {
            assert!(sandbox.live_tokens(&PlatformName::parse(name).unwrap()).is_empty(), "{name}");
            assert_eq!(health(&service, anew).await["status"], "revoked", "{name}");
            assert_eq!(
                post(&service, "renew", &json!({"grant": anew})).await.bad_fields(),
                ["grant"],
                "{name}"
            );
        }
    }
}

#[tokio::test]
async fn a_grant_s_scopes_are_asked_for_only_where_it_is_kept() {
    let service = Service::start(Setup::sandbox()).await;
    for (name, part) in [("twitter", "offline.access"), ("youtube", "access_type=offline")] {
        let plain = service.browser().open(&service.session(name).await).await;
        assert!(!plain.contains(part), "{plain}");
        let browser = service.browser();
        let keeping = async |url: String| {
            assert!(url.contains(part), "{url}");
            browser.answer_as(&url, "ordinary").await
        };
        kept(&service, name, keeping).await.unwrap();
    }
}

#[tokio::test]
async fn an_ended_access_token_is_told_without_asking_and_renewed_where_that_can_be() {
    let service = Service::start(Setup::sandbox()).await;
    let sandbox = service.sandbox.as_ref().unwrap();
    let tiktok = PlatformName::parse("tiktok").unwrap();
    let (renewable, lost) =
        (grant_as(&service, "tiktok", "ordinary").await, grant_as(&service, "facebook", "ordinary").await);
    let asked = sandbox.calls(&tiktok).identity;
    service.clock.advance(Duration::from_secs(61 * 24 * 3600));
    let ended = health(&service, &renewable).await;
    assert_eq!(
        (&ended["health"], &ended["status"], &ended["token_valid"]),
        (&json!("degraded"), &json!("expired"), &json!(false))
    );
    assert_eq!(sandbox.calls(&tiktok).identity, asked);
    let ended = health(&service, &lost).await;
    assert_eq!((&ended["health"], &ended["status"]), (&json!("unhealthy"), &json!("expired")));
    let anew = renewed(&service, &renewable).await["grant"].as_str().unwrap().to_owned();
    assert_eq!(health(&service, &anew).await["token_valid"], true);
    // Revoked by an access token, which is renewed for that where it has ended.
    service.clock.advance(Duration::from_secs(61 * 24 * 3600));
    let gone = post(&service, "disconnect", &json!({"grant": anew})).await;
    assert_eq!(gone.json(), json!({"deleted": true, "revoked": true}));
}

#[tokio::test]
async fn a_user_who_takes_the_app_off_the_account_is_seen_as_that() {
    let service = Service::start(Setup::sandbox()).await;
    for name in ["tiktok", "instagram", "linkedin"] {
        let grant = grant_as(&service, name, "ordinary").await;
        service.sandbox.as_ref().unwrap().withdraw_all(&PlatformName::parse(name).unwrap());
        let found = health(&service, &grant).await;
        assert_eq!(
            (&found["health"], &found["status"], &found["token_valid"]),
            (&json!("unhealthy"), &json!("revoked"), &json!(false)),
            "{name}"
        );
        assert_eq!(post(&service, "renew", &json!({"grant": grant})).await.bad_fields(), ["grant"], "{name}");
    }
}

#[tokio::test]
async fn no_grant_of_another_key_and_no_altered_one_tells_anything() {
    let service = Service::start(Setup::sandbox()).await;
    let grant = grant_as(&service, "tiktok", "ordinary").await;
    let another = service.another_key(true).await;
    let mut altered = grant.clone();
    let last = if altered.pop() == Some('A') { 'B' } else { 'A' };
    altered.push(last);
    for what in ["renew", "disconnect"] {
        let foreign = post_as(&service, &another.api_key, what, &json!({"grant": grant})).await;
        let broken = post(&service, what, &json!({"grant": altered})).await;
        let noise = post(&service, what, &json!({"grant": "hpg_AAAA"})).await;
        assert_eq!(foreign.bad_fields(), ["grant"]);
        assert_eq!(broken.json()["errors"], foreign.json()["errors"]);
        assert_eq!(noise.json()["errors"], foreign.json()["errors"]);
        assert_eq!(post(&service, what, &json!({})).await.bad_fields(), ["grant"]);
        assert_eq!(post(&service, what, &json!({"grant": 1, "x": 2})).await.bad_fields(), ["grant", "x"]);
    }
    let mixed = post(&service, "health", &json!({"grants": [altered, grant, "hpg_AAAA"]})).await.json();
    let accounts = mixed["accounts"].as_array().unwrap();
    assert_eq!(accounts[0]["error"]["code"], "invalid_request");
    assert_eq!(accounts[1]["status"], "active");
    assert_eq!(accounts[2], accounts[0]);
    let foreign = post_as(&service, &another.api_key, "health", &json!({"grants": [grant]})).await.json();
    assert_eq!(foreign["accounts"][0], accounts[0]);
    assert_eq!(post(&service, "health", &json!({"grants": []})).await.bad_fields(), ["grants"]);
    assert_eq!(
        post(&service, "health", &json!({"grants": vec!["hpg_A"; 51]})).await.bad_fields(),
        ["grants"]
    );
    assert_eq!(post(&service, "health", &json!({"grants": [1]})).await.bad_fields(), ["grants"]);
    let fifty = post(&service, "health", &json!({"grants": vec![grant; 50]})).await.json();
    assert!(fifty["accounts"].as_array().unwrap().iter().all(|one| one["token_valid"] == true));
    let get = service.request(Method::GET, "/v1/accounts/health");
    assert_eq!(Answer::of(get).await.problem(405), "method_not_allowed");
}

#[tokio::test]
async fn a_silent_platform_is_unknown_and_never_revoked() {
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform)).await;
    let grant = hostile_grant(&service, &platform).await;
    for reply in [
        Reply::status(500, &json!({})),
        Reply::status(429, &json!({})),
        Reply::Reset,
        Reply::raw(b"<html>"),
        Reply::status(403, &json!({})),
    ] {
        platform.always(Endpoint::Identity, reply);
        let found = health(&service, &grant).await;
        assert_eq!(
            (&found["health"], &found["status"], &found["token_valid"]),
            (&json!("unknown"), &json!("active"), &Value::Null),
            "{found}"
        );
    }
    platform.always(Endpoint::Identity, Reply::status(503, &json!({})));
    assert_eq!(post(&service, "renew", &json!({"grant": grant})).await.problem(502), "platform_error");
    platform.always(Endpoint::Revoke, Reply::status(503, &json!({})));
    assert_eq!(post(&service, "disconnect", &json!({"grant": grant})).await.problem(502), "platform_error");
    platform.always(Endpoint::Revoke, Reply::status(400, &json!({"error": "invalid_client"})));
    assert_eq!(post(&service, "disconnect", &json!({"grant": grant})).await.problem(502), "platform_error");
    platform.always(Endpoint::Identity, Reply::status(401, &json!({})));
    assert_eq!(health(&service, &grant).await["status"], "revoked");
}

#[tokio::test]
async fn a_grant_proves_one_account_and_no_other() {
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform)).await;
    let grant = hostile_grant(&service, &platform).await;
    platform.always(Endpoint::Identity, Reply::json(&json!({"id": "u-1", "username": "jane2"})));
    let again = renewed(&service, &grant).await;
    assert_eq!((&again["account_id"], &again["username"]), (&json!("u-1"), &json!("jane2")));
    platform.always(Endpoint::Identity, Reply::json(&json!({"id": "u-2", "username": "jane"})));
    assert_eq!(post(&service, "renew", &json!({"grant": grant})).await.problem(502), "platform_error");
    assert_eq!(health(&service, &grant).await["error"]["code"], "platform_error");
}

#[tokio::test]
async fn renewed_tokens_reach_their_holder_even_where_the_account_cannot_be_read_then() {
    let platform = HostilePlatform::start().await;
    let mut entry = platform.own_entry();
    entry.insert("grant".to_owned(), toml::toml! { renewal = "refresh_token" }.into());
    let suspended = toml::toml! { "/suspended" = "yes" };
    entry["identity"].as_table_mut().unwrap().insert("no_account_if".to_owned(), suspended.into());
    let service = Service::start(Setup::bare().platform("acme", entry)).await;
    platform.token_member("refresh_token", json!("first"));
    let grant = hostile_grant(&service, &platform).await;
    let answer = json!({"access_token": "second-access", "refresh_token": "second", "expires_in": 3600});
    platform.always(Endpoint::Token, Reply::json(&answer));
    let mut halves = Vec::new();
    // Also an account that is not there now may be back tomorrow.
    for (reply, code) in [
        (Reply::status(503, &json!({})), "platform_error"),
        (Reply::json(&json!({"username": "jane"})), "platform_error"),
        (Reply::json(&json!({"id": "u-1", "suspended": "yes"})), "invalid_request"),
    ] {
        platform.always(Endpoint::Identity, reply);
        let half = post(&service, "renew", &json!({"grant": grant})).await;
        assert_eq!(
            (half.status, &half.json()["proof"], &half.json()["error"]["code"]),
            (200, &Value::Null, &json!(code)),
            "{}",
            half.text()
        );
        halves.push(half);
    }
    let half = halves.pop().unwrap();
    platform.always(Endpoint::Identity, Reply::json(&json!({"id": "u-1"})));
    let anew = half.json()["grant"].as_str().unwrap().to_owned();
    assert_eq!(health(&service, &anew).await["token_valid"], true);
    let asked = platform.calls(Endpoint::Identity).pop().unwrap().head;
    assert!(asked.contains("Bearer second-access"), "{asked}");
    renewed(&service, &anew).await;
    assert!(platform.calls(Endpoint::Token).pop().unwrap().body.contains("refresh_token=second"));
}

#[tokio::test]
async fn tokens_of_an_identity_that_cannot_be_read_are_given_back() {
    let service = Service::start(Setup::sandbox()).await;
    let browser = service.browser();
    let failing = async |url: String| browser.answer_as(&url, "identity_failing").await;
    assert!(matches!(kept(&service, "tiktok", failing).await, Err(PlatformFault::Unavailable(_))));
    let (sandbox, tiktok) = (service.sandbox.as_ref().unwrap(), PlatformName::parse("tiktok").unwrap());
    until("the tokens are given back", async || sandbox.live_tokens(&tiktok).is_empty()).await;
}

#[tokio::test]
async fn a_refresh_token_that_nobody_will_hold_is_given_back() {
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform)).await;
    platform.token_member("refresh_token", json!("nobodys"));
    platform.next(Endpoint::Identity, Reply::json(&json!({"username": "jane"})));
    let lost = kept(&service, "acme", async |url: String| platform.consent(&url)).await;
    assert!(matches!(lost, Err(PlatformFault::InvalidIdentity(_))));
    until("the refresh token is given back", async || platform.count(Endpoint::Revoke) == 1).await;
    // It takes its access token with it (RFC 7009, section 2.1).
    assert!(platform.calls(Endpoint::Revoke)[0].body.contains("token=nobodys"));
}
