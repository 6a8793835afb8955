//! `POST /api/oauth/delegate/sessions`: every row of the table of fields.

use handleproof::keys::NewKey;
use serde_json::{Value, json};

use crate::harness::service::{CALLBACK, NOW, STATE};
use crate::harness::{Landing, Service, Setup};

fn good() -> Value {
    json!({"platform": "tiktok", "callback_url": CALLBACK, "state": STATE})
}

fn with(name: &str, value: impl Into<Value>) -> Value {
    let mut body = good();
    body[name] = value.into();
    body
}

fn without(name: &str) -> Value {
    let mut body = good();
    body.as_object_mut().unwrap().remove(name);
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
async fn t12_t13_t15_t16_a_callback_that_could_be_read_in_two_ways_is_refused() {
    let service = Service::start(
        Setup::bare().public_url("https://verify.example.com").callbacks(&["https://app.example.com"]),
    )
    .await;
    let long = format!("https://app.example.com/{}", "a".repeat(2048));
    let shapes = [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "//app.example.com/cb",
        "/cb",
        "app:cb",
        "http://app.example.com/cb",
        " https://app.example.com/cb",
        "https://app.example.com/cb ",
        "https://app.example.com/c\tb",
        "https://app.example.com/c\nb",
        "https:\\\\app.example.com\\cb",
        "https://app.example.com\\@evil.test/",
        "https://user@app.example.com/",
        "https://u:p@app.example.com/",
        "https://a@b@app.example.com/",
        "https://app.example.com/a/../cb",
        "https://app.example.com/%2e%2e/cb",
        "https://app.example.com",
        "https://APP.example.com/cb",
        "https://app.example.com./cb",
        "https://app.example.com:443/cb",
        "https://app.example.com:0/cb",
        "https://app.example.com:65536/cb",
        "https://bücher.example/cb",
        "https://%61pp.example.com/cb",
        "https://[::1]/cb",
        "https://[fe80::1%25eth0]/cb",
        "https://127.0.0.1/cb",
        "https://0x7f.1/cb",
        "https://2130706433/cb",
        "https://10.0.0.1/cb",
        "https://localhost/cb",
        "https://app.localhost/cb",
        "https://intranet/cb",
        "https://verify.example.com/cb",
        "https://verify.example.com:8443/cb",
        "https://app.example.com/cb#",
        "https://app.example.com/cb#x",
        long.as_str(),
    ];
    for bad in shapes {
        assert_eq!(
            service.create(&with("callback_url", bad)).await.bad_fields(),
            ["callback_url"],
            "{bad:?}"
        );
    }
    let names = [
        "platform",
        "platform_id",
        "handle",
        "state",
        "expires",
        "sig",
        "jws",
        "error",
        "error_description",
        "code",
        "iss",
        "STATE",
        "st%61te",
        "%73ig",
        "state[]",
        "state[0][a]",
        "sig.x",
        "State%5B%5D",
    ];
    for name in names {
        for query in [format!("{name}=1"), format!("a=b&{name}"), format!("{name}=&x=y")] {
            let url = format!("https://app.example.com/cb?{query}");
            assert_eq!(
                service.create(&with("callback_url", url.as_str())).await.bad_fields(),
                ["callback_url"],
                "{url}"
            );
        }
    }
}

#[tokio::test]
async fn t14_only_registered_callbacks_are_served_by_origin_or_by_exact_path() {
    let service = Service::start(
        Setup::sandbox().callbacks(&["https://app.example.com/cb", "https://open.example.com"]),
    )
    .await;
    for foreign in [
        "https://app.example.com.evil.test/cb",
        "https://app.example.com:8443/cb",
        "https://app.example.com/cb2",
        "https://app.example.com/cb/",
        "https://app.example.com/CB",
        "https://app.example.com/cb/x",
        "https://app.example.com/",
        "https://www.app.example.com/cb",
        "https://example.com/cb",
        "https://open.example.com:444/",
        "http://127.0.0.1:9/cb",
    ] {
        let answer = service.create(&with("callback_url", foreign)).await;
        assert_eq!(answer.problem(403), "callback_not_registered", "{foreign}");
    }
    for own in
        ["https://app.example.com/cb", "https://app.example.com/cb?a=b", "https://open.example.com/any/where"]
    {
        assert_eq!(service.create(&with("callback_url", own)).await.status, 201, "{own}");
    }
}

#[tokio::test]
async fn the_callback_may_be_left_out_where_the_key_has_exactly_one() {
    let one = Service::start(Setup::sandbox().callbacks(&["https://app.example.com/only"])).await;
    let created = one.session_with(&without("callback_url")).await;
    let landing = one.browser().land_as(&created, "ordinary").await;
    assert!(landing.url.starts_with("https://app.example.com/only?platform="), "{}", landing.url);

    let two =
        Service::start(Setup::sandbox().callbacks(&["https://a.example.com/", "https://b.example.com/"]))
            .await;
    assert_eq!(two.create(&without("callback_url")).await.bad_fields(), ["callback_url"]);
    let none = Service::start(Setup::sandbox().callbacks(&[])).await;
    assert_eq!(none.create(&without("callback_url")).await.bad_fields(), ["callback_url"]);
    assert_eq!(none.create(&good()).await.problem(403), "callback_not_registered");
}

#[tokio::test]
async fn a_key_that_may_name_any_callback_still_keeps_the_rules() {
    let service = Service::start(Setup::sandbox()).await;
    let new =
        NewKey { name: "Any".into(), any_callback: true, with_signing_secret: true, ..NewKey::default() };
    let key = service.keys.create(new).await.unwrap();
    let any =
        service.create_as(key.api_key.expose(), &with("callback_url", "https://elsewhere.example/x")).await;
    assert_eq!(any.status, 201);
    let bad =
        service.create_as(key.api_key.expose(), &with("callback_url", "https://elsewhere.example/x#y")).await;
    assert_eq!(bad.bad_fields(), ["callback_url"]);
}

#[tokio::test]
async fn a_platform_without_credentials_and_a_key_without_signing_secret_are_told() {
    let service = Service::start(Setup::bare()).await;
    assert_eq!(service.create(&good()).await.problem(403), "platform_not_available");

    let service = Service::start(Setup::sandbox()).await;
    let new = NewKey { name: "Fresh".into(), any_callback: true, ..NewKey::default() };
    let key = service.keys.create(new).await.unwrap();
    assert_eq!(service.create_as(key.api_key.expose(), &good()).await.problem(409), "no_signing_secret");
    service.keys.generate_signing_secret(key.id).await.unwrap();
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
