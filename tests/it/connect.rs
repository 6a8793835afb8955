//! Connect: the caller receives the platform's redirect itself. Every door with a value that is replayed, stolen, foreign,
//! stale or altered.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::future::join_all;
use handleproof_verify::Verifier;
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use crate::harness::connecting::{BACK, Begun};
use crate::harness::landing::PROOF;
use crate::harness::service::NOW;
use crate::harness::stores::only_in_memory;
use crate::harness::{Answer, Endpoint, HostilePlatform, Reply, Service, Setup, until};

fn pairs(proof: &Value) -> Vec<(String, String)> {
    let object = proof.as_object().unwrap();
    object.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect()
}

#[track_caller]
fn verify(proof: &Value, secret: &str, state: &str) -> handleproof_verify::Proof {
    let pairs = pairs(proof);
    let pairs = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    Verifier::new(secret).unwrap().verify_params_at(pairs, state, NOW).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn at_every_platform_a_connect_ends_with_the_account_and_a_proof_that_verifies_and_is_redeemed() {
    let service = Service::start(Setup::sandbox()).await;
    let listed = service.platforms().await.json();
    for platform in listed["platforms"].as_array().unwrap() {
        let name = platform["name"].as_str().unwrap();
        let begun = service.start_connect_for(name, &[("profile_id", "user-1")]).await;
        let code = begun.code_as("ordinary").await;
        let answer = service.finish_connect(&begun, &code).await;
        assert_eq!(answer.status, 201, "{name} {}", answer.text());
        assert!(answer.header("cache-control").contains("no-store"), "{}", answer.header("cache-control"));
        let connected = answer.json();
        let names: Vec<&str> = connected.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names.len(), 5, "{connected}");
        assert_eq!((&connected["platform"], &connected["profile_id"]), (&json!(name), &json!("user-1")));
        assert_eq!(connected["proof"].as_object().unwrap().len(), PROOF.len());
        let proof = verify(&connected["proof"], &service.key.secret, &begun.state);
        assert_eq!(proof.platform(), name);
        assert_eq!(connected["account_id"], proof.platform_id());
        assert_eq!(connected["username"], *proof.handle_decoded());
        let mut as_it_is = connected["proof"].clone();
        if name == "tiktok" {
            as_it_is["expires"] = as_it_is["expires"].as_str().unwrap().parse::<u64>().unwrap().into();
        }
        let redeemed = service.redeem(&service.key.api_key, &as_it_is).await.json();
        assert_eq!(
            (&redeemed["valid"], &redeemed["profile_id"]),
            (&json!(true), &json!("user-1")),
            "{redeemed}"
        );
        assert!(redeemed.get("recorded").is_none());
        let session = service.show(redeemed["session_id"].as_str().unwrap()).await.json();
        assert_eq!((&session["status"], &session["state"]), (&json!("verified"), &Value::Null));
        let again = service.redeem(&service.key.api_key, &as_it_is).await.json();
        assert_eq!(again["valid"], false);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_name_reads_clean_and_decoded_while_the_proof_keeps_its_escapes() {
    let platform = HostilePlatform::start().await;
    platform.always(
        Endpoint::Identity,
        Reply::json(&json!({"id": "u-1", "username": "@Ben & Jerry\u{202e}'s 100%"})),
    );
    let service = Service::start(Setup::hostile(&platform)).await;
    let begun = service.start_connect("acme").await;
    let connected = service.finish_connect(&begun, &begun.code_at(&platform)).await.json();
    assert_eq!(connected["username"], "Ben & Jerry's 100%");
    assert_eq!(connected["proof"]["handle"], "Ben %26 Jerry's 100%25");
    assert_eq!(connected["profile_id"], Value::Null);
    let proof = verify(&connected["proof"], &service.key.secret, &begun.state);
    assert_eq!(proof.handle_decoded(), "Ben & Jerry's 100%");
}

#[tokio::test(flavor = "multi_thread")]
async fn t44_the_platform_sees_the_callers_redirect_uri_a_fresh_state_and_pkce() {
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform)).await;
    let (one, two) = (service.start_connect("acme").await, service.start_connect("acme").await);
    assert_ne!(one.state, two.state);
    assert!(one.state.len() >= 43);
    let url = Url::parse(&one.auth_url).unwrap();
    let asked: HashMap<String, String> = url.query_pairs().into_owned().collect();
    assert_eq!((asked["redirect_uri"].as_str(), asked["state"].as_str()), (BACK, one.state.as_str()));
    assert_eq!(asked["code_challenge_method"], "S256");
    assert!(!one.auth_url.contains(&service.key.api_key));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_parameter_of_a_connect_is_named_at_once() {
    let service = Service::start(Setup::sandbox()).await;
    let key = &service.key.api_key;
    let start = async |params: &[(&str, &str)]| service.start_connect_with(key, "tiktok", params).await;
    assert_eq!(start(&[]).await.bad_fields(), ["redirect_uri"]);
    let bad = [
        ("redirect_uri", "http://app.example.com/"),
        ("profile_id", "a b"),
        ("keep_grant", "yes"),
        ("x", "1"),
    ];
    assert_eq!(start(&bad).await.bad_fields(), ["redirect_uri", "profile_id", "keep_grant", "x"]);
    let twice = [("redirect_uri", BACK), ("redirect_uri", BACK), ("profile_id", "a"), ("profile_id", "a")];
    assert_eq!(start(&twice).await.bad_fields(), ["profile_id", "redirect_uri"]);
    for good in ["true", "false"] {
        assert_eq!(start(&[("redirect_uri", BACK), ("keep_grant", good)]).await.status, 200);
    }
    for uri in [
        "",
        "/x",
        "https://app.example.com",
        "https://app.example.com/#",
        "https://app.example.com/?state=1",
        "javascript:alert(1)",
        "https://u@app.example.com/",
    ] {
        assert_eq!(start(&[("redirect_uri", uri)]).await.bad_fields(), ["redirect_uri"], "{uri}");
    }
    let elsewhere = start(&[("redirect_uri", "https://evil.example.com/")]).await;
    assert_eq!(elsewhere.problem(403), "callback_not_registered");
    let post = async |body: &Value| service.post_connect(key, "tiktok", body).await;
    assert_eq!(post(&json!({})).await.bad_fields(), ["code", "state", "redirect_uri"]);
    let wrong = json!({"code": 1, "state": null, "redirect_uri": [], "platform": "tiktok"});
    assert_eq!(post(&wrong).await.bad_fields(), ["code", "state", "redirect_uri", "platform"]);
    let empty = json!({"code": "", "state": "s", "redirect_uri": BACK});
    assert_eq!(post(&empty).await.bad_fields(), ["code"]);
    let long = json!({"code": "c".repeat(4097), "state": "s", "redirect_uri": BACK});
    assert_eq!(post(&long).await.bad_fields(), ["code"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_loopback_a_redirect_uri_may_be_plain_http() {
    let service = Service::start(Setup::sandbox().callbacks(&["http://127.0.0.1:3000"])).await;
    let params = [("redirect_uri", "http://127.0.0.1:3000/back")];
    Begun::of("tiktok", &service.start_connect_with(&service.key.api_key, "tiktok", &params).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connect_needs_a_key_with_a_secret_and_a_platform_that_is_there_and_set_up() {
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform)).await;
    let params = [("redirect_uri", BACK)];
    let start = async |key: &str, platform: &str| service.start_connect_with(key, platform, &params).await;
    let key = &service.key.api_key;
    assert_eq!(start(key, "tiktok").await.problem(403), "platform_not_available");
    for unknown in ["nothing", "ACME", "acme%20", "..%2facme"] {
        assert_eq!(start(key, unknown).await.problem(404), "not_found", "{unknown}");
        let body = json!({"code": "c", "state": "s", "redirect_uri": BACK});
        assert_eq!(service.post_connect(key, unknown, &body).await.problem(404), "not_found", "{unknown}");
    }
    assert_eq!(start("hpk_no", "acme").await.problem(401), "invalid_api_key");
    assert_eq!(service.post_connect("hpk_no", "acme", &json!({})).await.problem(401), "invalid_api_key");
    let new =
        handleproof::keys::NewKey { name: "No secret".into(), any_callback: true, ..Default::default() };
    let bare = service.changes().create(new).await.unwrap();
    assert_eq!(start(bare.api_key.expose(), "acme").await.problem(409), "no_signing_secret");
    assert_eq!(platform.count(Endpoint::Token), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_methods_and_media_types_and_sizes_are_refused_as_everywhere() {
    let service = Service::start(Setup::sandbox()).await;
    let key = &service.key.api_key;
    for method in [Method::PUT, Method::DELETE, Method::PATCH] {
        let answer = Answer::of(service.request(method, "/v1/connect/tiktok").bearer_auth(key)).await;
        assert_eq!(
            (answer.problem(405).as_str(), answer.header("allow")),
            ("method_not_allowed", "GET, POST")
        );
    }
    let post = || service.request(Method::POST, "/v1/connect/tiktok").bearer_auth(key);
    assert_eq!(Answer::of(post().body("code=1")).await.problem(415), "unsupported_media_type");
    let json = || post().header("content-type", "application/json");
    assert_eq!(Answer::of(json().body("{")).await.problem(400), "malformed_json");
    assert_eq!(Answer::of(json().body("x".repeat(16_385))).await.problem(413), "payload_too_large");
    assert_eq!(
        Answer::of(service.request(Method::GET, "/v1/connect").bearer_auth(key)).await.problem(404),
        "not_found"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn t87_connects_count_as_sessions_of_their_key() {
    let service = Service::start(Setup::sandbox().set("limits.sessions_per_key_per_minute", 2)).await;
    service.start_connect("tiktok").await;
    service.session("tiktok").await;
    let params = [("redirect_uri", BACK)];
    let third = service.start_connect_with(&service.key.api_key, "tiktok", &params).await;
    assert_eq!(third.problem(429), "rate_limited");
    assert!(!third.header("retry-after").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn t39_of_sixteen_requests_with_one_state_one_wins_with_one_token_request() {
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform)).await;
    let begun = service.start_connect("acme").await;
    let code = begun.code_at(&platform);
    let answers = join_all((0..16).map(|_| service.finish_connect(&begun, &code))).await;
    let won = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(won, 1);
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        assert_eq!(answer.problem(400), "invalid_state");
    }
    assert_eq!(service.finish_connect(&begun, &code).await.problem(400), "invalid_state");
    assert_eq!(platform.count(Endpoint::Token), 1);
    until("the token was given back", async || platform.count(Endpoint::Revoke) == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_with_anything_foreign_in_it_takes_nothing_and_its_owner_still_finishes() {
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform).platform("other", platform.own_entry())).await;
    let stranger = service.another_key(true).await;
    let begun = service.start_connect("acme").await;
    let code = begun.code_at(&platform);
    let body = begun.body(&code);
    let with = |name: &str, value: &str| {
        let mut altered = body.clone();
        altered[name] = value.into();
        altered
    };
    let stolen = service.post_connect(&stranger.api_key, "acme", &body).await;
    assert_eq!(stolen.problem(403), "state_of_another_key");
    let mut flipped = begun.state.clone().into_bytes();
    flipped[40] = if flipped[40] == b'A' { b'B' } else { b'A' };
    let flipped = String::from_utf8(flipped).unwrap();
    for state in ["", "x", &begun.state[1..], &flipped, &format!("{}A", begun.state)] {
        let answer = service.post_connect(&service.key.api_key, "acme", &with("state", state)).await;
        assert_eq!(answer.problem(400), "invalid_state", "{state}");
    }
    for uri in ["", "https://app.example.com/oauth/back/", "https://app.example.com/oauth/back?x=1", "x"] {
        let answer = service.post_connect(&service.key.api_key, "acme", &with("redirect_uri", uri)).await;
        assert_eq!(answer.problem(400), "invalid_state", "{uri}");
    }
    let answer = service.post_connect(&service.key.api_key, "other", &body).await;
    assert_eq!(answer.problem(400), "invalid_state");
    assert_eq!(platform.count(Endpoint::Token), 0);
    assert_eq!(service.finish_connect(&begun, &code).await.status, 201);
    let late = service.post_connect(&stranger.api_key, "acme", &body).await;
    assert_eq!(late.problem(400), "invalid_state", "a used state is nobody's");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browsers_state_is_nothing_to_a_connect_and_a_connects_state_nothing_to_a_browser() {
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform)).await;
    let browser = service.browser();
    let callback = browser.consent(&service.session("acme").await, &platform).await;
    let url = Url::parse(&callback).unwrap();
    let value = |wanted: &str| url.query_pairs().find(|(name, _)| name == wanted).unwrap().1.into_owned();
    let own = format!("{}/oauth/callback/acme", service.public_url);
    for redirect_uri in [own.as_str(), BACK, crate::harness::service::CALLBACK] {
        let body = json!({"code": value("code"), "state": value("state"), "redirect_uri": redirect_uri});
        let answer = service.post_connect(&service.key.api_key, "acme", &body).await;
        assert_eq!(answer.problem(400), "invalid_state");
    }
    assert_eq!(platform.count(Endpoint::Token), 0);
    browser.get(&callback).await.location();

    let begun = service.start_connect("acme").await;
    let code = begun.code_at(&platform);
    let asked = platform.count(Endpoint::Token);
    for browser in [&browser, &service.browser()] {
        browser.get(&format!("{own}?code={code}&state={}", begun.state)).await.refuses(400);
        browser.get(&format!("{own}?error=access_denied&state={}", begun.state)).await.refuses(400);
    }
    assert_eq!(platform.count(Endpoint::Token), asked);
    assert_eq!(service.finish_connect(&begun, &code).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_lives_for_ten_minutes_to_the_second() {
    if only_in_memory("a millisecond is too little between a request and a real Redis") {
        return;
    }
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform).set("sessions.ttl_seconds", 60)).await;
    let (one, two) = (service.start_connect("acme").await, service.start_connect("acme").await);
    service.clock.advance(Duration::from_secs(600) - Duration::from_millis(1));
    assert_eq!(service.finish_connect(&one, &one.code_at(&platform)).await.status, 201);
    service.clock.advance(Duration::from_millis(1));
    let code = two.code_at(&platform);
    assert_eq!(service.finish_connect(&two, &code).await.problem(400), "invalid_state");
    assert_eq!(platform.count(Endpoint::Token), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn t3_a_revoked_key_and_a_withdrawn_redirect_uri_finish_nothing() {
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform)).await;
    let (one, two) = (service.start_connect("acme").await, service.start_connect("acme").await);
    let row = service.keys.row(service.key.id).await.unwrap().unwrap();
    service.changes().change_callbacks(service.key.id, &[], &row.callbacks).await.unwrap();
    let answer = service.finish_connect(&one, &one.code_at(&platform)).await;
    assert_eq!(answer.problem(403), "callback_not_registered");
    service.changes().change_callbacks(service.key.id, &row.callbacks, &[]).await.unwrap();
    assert_eq!(service.finish_connect(&one, &one.code_at(&platform)).await.status, 201);

    let late = json!({"access_token": "t", "token_type": "Bearer"});
    platform.next(Endpoint::Token, Reply::json(&late).after(Duration::from_millis(500)));
    let code = two.code_at(&platform);
    let finishing = service.finish_connect(&two, &code);
    let revoking = async {
        until("the code is being exchanged", async || platform.count(Endpoint::Token) == 2).await;
        service.changes().revoke(service.key.id).await.unwrap();
    };
    let (answer, ()) = tokio::join!(finishing, revoking);
    assert_eq!(answer.problem(401), "invalid_api_key", "no proof for a key that was revoked meanwhile");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_that_fails_is_told_in_our_words_and_the_state_is_used() {
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform)).await;
    let secret_word = json!({"error": "invalid_grant", "error_description": "platform's own words"});
    let faults = [
        (Endpoint::Token, Reply::status(400, &secret_word), "refused the code"),
        (Endpoint::Token, Reply::status(503, &secret_word), "out of reach"),
        (Endpoint::Token, Reply::Reset, "out of reach"),
        (Endpoint::Token, Reply::raw(b"<html>platform's own words"), "unusable"),
        (Endpoint::Identity, Reply::status(403, &secret_word), "unusable"),
        (
            Endpoint::Identity,
            Reply::json(&json!({"id": "a&b", "username": "platform's own words"})),
            "account id",
        ),
        (Endpoint::Identity, Reply::json(&json!({})), "account id"),
    ];
    for (n, (endpoint, reply, words)) in faults.into_iter().enumerate() {
        platform.forget_calls();
        let begun = service.start_connect("acme").await;
        let code = begun.code_at(&platform);
        platform.next(endpoint, reply);
        let answer = service.finish_connect(&begun, &code).await;
        assert_eq!(answer.problem(502), "platform_error", "{n}");
        assert!(answer.text().contains(words), "{n} {}", answer.text());
        assert!(!answer.text().contains("own words"), "{}", answer.text());
        assert_eq!(service.finish_connect(&begun, &code).await.problem(400), "invalid_state");
        assert_eq!(platform.count(Endpoint::Token), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_without_an_answer_is_a_timeout_and_is_counted_as_a_flows_end() {
    let platform = HostilePlatform::start().await;
    let token = "an-operator-token-of-more-than-32-characters";
    let service = Service::start(Setup::hostile(&platform).set("operator.token", token)).await;
    let begun = service.start_connect("acme").await;
    let code = begun.code_at(&platform);
    platform.always(Endpoint::Token, Reply::Hang);
    assert_eq!(service.finish_connect(&begun, &code).await.problem(504), "platform_timeout");
    let stats = Answer::of(service.request(Method::GET, "/admin/v1/stats").bearer_auth(token)).await.json();
    let hour = &stats["last_hour"];
    assert_eq!((&hour["created"], &hour["temporarily_unavailable"]), (&json!(1), &json!(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn personas_without_an_account_or_with_a_withheld_scope_are_told_apart() {
    let service = Service::start(Setup::sandbox()).await;
    let begun = service.start_connect("youtube").await;
    let code = begun.code_as("no_account").await;
    let answer = service.finish_connect(&begun, &code).await;
    assert_eq!(answer.problem(502), "platform_error");
    assert!(answer.text().contains("no active account of this kind"), "{}", answer.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn f32_a_caller_that_goes_away_leaves_a_used_state_and_no_second_exchange() {
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform)).await;
    let begun = service.start_connect("acme").await;
    let code = begun.code_at(&platform);
    let token = json!({"access_token": "t-late", "token_type": "Bearer"});
    platform.next(Endpoint::Token, Reply::json(&token).after(Duration::from_millis(300)));
    let gone = tokio::time::timeout(Duration::from_millis(100), service.finish_connect(&begun, &code)).await;
    assert!(gone.is_err());
    until("its token was given back", async || platform.count(Endpoint::Revoke) == 1).await;
    assert_eq!(service.finish_connect(&begun, &code).await.problem(400), "invalid_state");
    assert_eq!(platform.count(Endpoint::Token), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn t74_after_a_thousand_connects_no_store_holds_a_code_a_token_a_state_or_a_grant() {
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform)).await;
    service.changes().start_recording(service.key.id).await.unwrap();
    let mut secrets = Vec::new();
    for n in 0..1000 {
        let identity = json!({"id": format!("u-{n}"), "username": format!("name-{n}")});
        platform.next(Endpoint::Identity, Reply::json(&identity));
        let keep = if n % 2 == 0 { "true" } else { "false" };
        let begun = service.start_connect_for("acme", &[("keep_grant", keep)]).await;
        let code = begun.code_at(&platform);
        let connected = service.finish_connect(&begun, &code).await;
        assert_eq!(connected.status, 201, "{}", connected.text());
        let grant = connected.json()["grant"].as_str().map(str::to_owned);
        assert_eq!(grant.is_some(), n % 2 == 0);
        secrets.extend([begun.state, code].into_iter().chain(grant));
        if n == 99 {
            // A record waits for the disk; a hundred of them show what is to be shown.
            service.changes().stop_recording(service.key.id).await.unwrap();
        }
    }
    secrets.extend(platform.tokens());
    let kept = String::from_utf8_lossy(&service.kept_bytes().await).into_owned();
    assert!(kept.contains("name-99"), "the search finds what is there");
    for secret in &secrets {
        assert!(!kept.contains(secret.as_str()) && !kept.contains(&hex::encode(secret)));
    }
}
