//! `POST /api/oauth/delegate/sessions`: every row of the table of fields.

use handleproof::keys::NewKey;
use serde_json::{Value, json};

use crate::harness::service::{CALLBACK, NOW, STATE};
use crate::harness::{Landing, Service, Setup, until};

fn good() -> Value {
    json!({"platform": "tiktok", "callback_url": CALLBACK, "state": STATE})
}

fn with(name: &str, value: impl Into<Value>) -> Value {
    let mut body = good();
    body[name] = value.into();
    body
}

#[tokio::test]
async fn a_good_request_gets_a_link_and_its_times() {
    let service = Service::start(Setup::sandbox()).await;
    let answer = service.create(&good()).await;
    let document = answer.json();
    assert_eq!(answer.status, 201);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(document.as_object().unwrap().len(), 4);
    let link = document["authorize_url"].as_str().unwrap();
    let token = link.strip_prefix(&format!("{}/oauth/delegate?request=psd_", service.public_url)).unwrap();
    // T20: 256 bits in base64url.
    assert!(token.len() >= 43 && token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)));
    assert_eq!(document["expires_in"], 900);
    assert_eq!(document["expires_at"], "2030-03-17T18:01:40Z");
    assert!(!document["session_id"].as_str().unwrap().contains(token));
}

#[tokio::test]
async fn t20_t79_two_identical_requests_get_two_links_that_share_nothing() {
    let service = Service::start(Setup::sandbox()).await;
    let mut tokens = std::collections::HashSet::new();
    let mut first = std::collections::HashSet::new();
    for _ in 0..200 {
        let created = service.session("tiktok").await;
        let token = created.authorize_url.split("psd_").nth(1).unwrap().to_owned();
        first.insert(token[..8].to_owned());
        assert!(tokens.insert(token));
    }
    // Neither time nor a counter stands in front.
    assert!(first.len() > 195);
}

#[tokio::test]
async fn every_bad_field_is_named_at_once_and_unknown_ones_too() {
    let service = Service::start(Setup::sandbox()).await;
    let answer = service
        .create(&json!({
            "platform": "myspace", "callback_url": "http://127.0.0.1:1/#x", "state": "a b", "profile_id": "ä",
            "expected_platform_id": "1&2", "interstitial": "yes", "expires_in": 5, "secret": "x",
        }))
        .await;
    let mut fields = answer.bad_fields();
    fields.sort();
    let all = [
        "callback_url",
        "expected_platform_id",
        "expires_in",
        "interstitial",
        "platform",
        "profile_id",
        "secret",
        "state",
    ];
    assert_eq!(fields, all);
    for value in ["myspace", "a b", "1&2"] {
        assert!(!answer.text().contains(value), "the answer repeats {value}");
    }
    assert_eq!(service.create(&json!({})).await.bad_fields(), ["platform", "state"]);
}

#[tokio::test]
async fn t7_wrong_types_are_named_and_extra_members_change_nothing() {
    let service = Service::start(Setup::sandbox()).await;
    for name in ["platform", "callback_url", "state", "profile_id", "expected_platform_id"] {
        for value in [json!(5), json!(null), json!(["x"]), json!({"a": "b"}), json!(true)] {
            assert_eq!(
                service.create(&with(name, value.clone())).await.bad_fields(),
                [name],
                "{name} {value}"
            );
        }
    }
    for value in [json!(5), json!(null), json!("true"), json!([])] {
        assert_eq!(service.create(&with("interstitial", value)).await.bad_fields(), ["interstitial"]);
    }
    for name in ["expires_in", "tenant_id", "platform_id", "handle", "ttl", "Platform", "platform "] {
        assert_eq!(service.create(&with(name, "x")).await.bad_fields(), [name]);
    }
}

#[tokio::test]
async fn t8_a_state_is_taken_as_it_is_or_not_at_all() {
    let service = Service::start(Setup::sandbox()).await;
    let (long, over) = ("s".repeat(512), "s".repeat(513));
    for bad in [
        "",
        " ",
        "a b",
        "a&b",
        "&",
        "a\tb",
        "a\nb",
        "a\u{0}b",
        "a\u{7f}",
        "é",
        "\u{ff10}",
        "undefined",
        "null",
        "None",
        "NaN",
        over.as_str(),
    ] {
        assert_eq!(service.create(&with("state", bad)).await.bad_fields(), ["state"], "{bad:?}");
    }
    for good in [
        "a1b2c3",
        "0a1b2c3d4e5f",
        "5f0c6c2e-0d5b-4c3e-9d1e-8f1d0a6b7c8d",
        "qL8R4QIcQ/ZsRqOAbeRfcZhilN/MksRtDaErMA==",
        "St4te-_.~",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
        "%26",
        "a+b=c#d?e/f;g,h'i\"j",
        "Undefined",
        long.as_str(),
    ] {
        let created = service.session_with(&with("state", good)).await;
        assert_eq!(service.show(&created.session_id).await.json()["state"], good);
        let landing = service.browser().land_as(&created, "ordinary").await;
        landing.proves(&service.key.secret, good, NOW);
        assert_eq!(landing.value("state"), good);
    }
}

#[tokio::test]
async fn t9_only_the_catalogues_own_spelling_names_a_platform_and_x_is_twitter() {
    let service = Service::start(Setup::sandbox()).await;
    for bad in
        ["TikTok", "tiktok ", " tiktok", "ｔｉｋｔｏｋ", "../tiktok", "tiktok\u{0}", "", "sandbox", "X"]
    {
        assert_eq!(service.create(&with("platform", bad)).await.bad_fields(), ["platform"], "{bad:?}");
    }
    let created = service.session_with(&with("platform", "x")).await;
    assert_eq!(service.show(&created.session_id).await.json()["platform"], "twitter");
    let landing = service.browser().land_as(&created, "ordinary").await;
    assert_eq!(landing.proof(&service.key.secret, STATE, NOW).platform(), "twitter");
}

#[tokio::test]
async fn a_platform_without_credentials_and_a_key_without_signing_secret_are_told() {
    let service = Service::start(Setup::bare()).await;
    assert_eq!(service.create(&good()).await.problem(403), "platform_not_available");

    let service = Service::start(Setup::sandbox()).await;
    let new = NewKey { name: "Fresh".into(), any_callback: true, ..NewKey::default() };
    let key = service.changes().create(new).await.unwrap();
    assert_eq!(service.create_as(key.api_key.expose(), &good()).await.problem(409), "no_signing_secret");
    service.changes().generate_signing_secret(key.id).await.unwrap();
    assert_eq!(service.create_as(key.api_key.expose(), &good()).await.status, 201);
}

#[tokio::test]
async fn profile_and_expected_ids_have_their_own_rules() {
    let service = Service::start(Setup::sandbox()).await;
    for bad in ["", "a b", "a/b", "ä", "a&b", &"p".repeat(129)] {
        assert_eq!(service.create(&with("profile_id", bad)).await.bad_fields(), ["profile_id"], "{bad:?}");
    }
    for good in ["a", "A-Z_0.9:x", &"p".repeat(128)] {
        let created = service.session_with(&with("profile_id", good)).await;
        assert_eq!(service.show(&created.session_id).await.json()["profile_id"], good);
    }
    for bad in ["", "a b", "1,2", "a&b", "%41", &"9".repeat(256)] {
        let answer = service.create(&with("expected_platform_id", bad)).await;
        assert_eq!(answer.bad_fields(), ["expected_platform_id"], "{bad:?}");
    }
}

#[tokio::test]
async fn an_expected_account_is_the_only_one_that_is_proven() {
    let service = Service::start(Setup::sandbox()).await;
    let landing = service.browser().land_as(&service.session("youtube").await, "ordinary").await;
    let id = landing.value("platform_id");
    let body =
        json!({"platform": "youtube", "callback_url": CALLBACK, "state": STATE, "expected_platform_id": id});
    let same = service.session_with(&body).await;
    let again: Landing = service.browser().land_as(&same, "ordinary").await;
    assert_eq!(again.proof(&service.key.secret, STATE, NOW).platform_id(), id);
    let other = service.session_with(&body).await;
    service.browser().land_as(&other, "another").await.fails_with("account_mismatch");
    assert_eq!(service.status(&other.session_id).await, ("failed".into(), Some("account_mismatch".into())));
}

#[tokio::test]
async fn t88_a_full_store_refuses_new_sessions_and_keeps_every_one_that_it_accepted() {
    let service = Service::start(Setup::sandbox().set("sessions.max_live", 20)).await;
    let mut accepted = Vec::new();
    for _ in 0..20 {
        accepted.push(service.session("tiktok").await);
    }
    for _ in 0..5 {
        let refused = service.create(&good()).await;
        assert_eq!(refused.problem(503), "store_unavailable");
        assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
    }
    for created in &accepted {
        let landing = service.browser().land_as(created, "ordinary").await;
        landing.proves(&service.key.secret, STATE, NOW);
    }
    // What ended makes room again.
    assert_eq!(service.create(&good()).await.status, 201);
}

#[tokio::test]
async fn t87_a_key_that_is_not_alone_holds_a_quarter_of_the_store_and_no_more() {
    let limits =
        Setup::sandbox().set("sessions.max_live", 16).set("limits.sessions_per_key_per_minute", 1000);
    let service = Service::start(limits).await;
    for _ in 0..6 {
        assert_eq!(service.create(&good()).await.status, 201, "a key that is alone shares with nobody");
    }
    let other = service.another_key(true).await;
    until("the second key is known", async || service.keys.serve_several()).await;
    let refused = service.create(&good()).await;
    assert_eq!(refused.problem(429), "rate_limited");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
    for _ in 0..4 {
        assert_eq!(service.create_as(&other.api_key, &good()).await.status, 201);
    }
    assert_eq!(service.create_as(&other.api_key, &good()).await.problem(429), "rate_limited");
}
