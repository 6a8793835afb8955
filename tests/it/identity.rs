//! What a platform says of an account: only a positive, whole and exact answer becomes a proof.

use serde_json::{Value, json};

use crate::harness::service::{CALLBACK, NOW, STATE};
use crate::harness::walk::land;
use crate::harness::{Endpoint, HostilePlatform, Landing, Reply, Service, Setup};

async fn acme() -> (HostilePlatform, Service) {
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform)).await;
    (platform, service)
}

/// One flow with this body of the identity answer.
async fn with_identity(platform: &HostilePlatform, service: &Service, body: &[u8]) -> Landing {
    platform.always(Endpoint::Identity, Reply::raw(body));
    land(service, platform, "acme").await
}

#[tokio::test]
async fn t51_whatever_is_not_positively_a_token_is_a_failure() {
    let (platform, service) = acme().await;
    let bodies: [&[u8]; 20] = [
        b"",
        b"null",
        b"true",
        b"5",
        b"\"tok\"",
        b"[]",
        b"{}",
        b"<html>login</html>",
        b"access_token=tok&token_type=bearer",
        br#"{"error":"bad_verification_code"}"#,
        br#"{"access_token":"t","error":"x"}"#,
        br#"{"access_token":null}"#,
        br#"{"access_token":""}"#,
        br#"{"access_token":{"a":1}}"#,
        br#"{"access_token":["t"]}"#,
        br#"{"access_token":true}"#,
        br#"{"access_token":"a b"}"#,
        b"{\"access_token\":\"a\\r\\nx: y\"}",
        br#"{"access_token":"t"} {}"#,
        b"\xef\xbb\xbf{\"access_token\":\"t\"}",
    ];
    for body in bodies {
        platform.next(Endpoint::Token, Reply::raw(body));
        let landing = land(&service, &platform, "acme").await;
        assert_eq!(landing.value("error"), "platform_error", "{}", String::from_utf8_lossy(body));
    }
    for status in [204, 400, 401, 403, 404, 418] {
        platform.next(Endpoint::Token, Reply::status(status, &json!({"access_token": "t"})));
        land(&service, &platform, "acme").await.fails_with("platform_error");
    }
    assert_eq!(platform.count(Endpoint::Identity), 0);
}

#[tokio::test]
async fn t51_t52_an_identity_without_a_usable_id_makes_no_proof() {
    let (platform, service) = acme().await;
    let bodies: [&[u8]; 11] = [
        b"",
        b"null",
        b"[]",
        b"false",
        b"<html></html>",
        b"id=1",
        b"{\"id\":\"1\"",
        b"{\"id\":\"1\"}{}",
        b"\xff\xfe",
        b"\xef\xbb\xbf{\"id\":\"1\"}",
        b"[{\"id\":\"1\"}]",
    ];
    for body in bodies {
        with_identity(&platform, &service, body).await.fails_with("platform_error");
    }
    let longest = format!("\"{}\"", "9".repeat(256));
    for id in [
        "null",
        "\"\"",
        "\" \"",
        "[]",
        "[1]",
        "{}",
        "{\"id\":1}",
        "true",
        "false",
        "1e3",
        "1.0",
        "-0",
        "-1",
        "1E400",
        "0.5",
        "\"1 \"",
        "\" 1\"",
        "\"1&handle=x\"",
        "\"1,2\"",
        "\"1%32\"",
        "\"é\"",
        "\"\\ud800\"",
        "\"a\\u0000\"",
        "\"a\\nb\"",
        "\"\u{ff11}\"",
        "\"1;2\"",
        "\"1=2\"",
        "\"1?2\"",
        "\"1#2\"",
        "\"1+2\"",
        longest.as_str(),
        "1234567890123456789012345678901234567890",
    ] {
        let landing =
            with_identity(&platform, &service, format!("{{\"id\":{id},\"username\":\"jane\"}}").as_bytes())
                .await;
        assert_eq!(landing.value("error"), "invalid_identity", "{id}");
        landing.fails_with("invalid_identity");
    }
    with_identity(&platform, &service, b"{\"username\":\"jane\"}").await.fails_with("invalid_identity");
    with_identity(&platform, &service, b"{\"id\":\"1\",\"id\":\"2\"}").await.fails_with("invalid_identity");
    for status in [301, 400, 401, 403, 404] {
        platform.always(Endpoint::Identity, Reply::status(status, &json!({"id": "u-1"})));
        land(&service, &platform, "acme").await.fails_with("platform_error");
    }
}

#[tokio::test]
async fn t53_t54_ids_come_out_digit_by_digit_and_letter_by_letter() {
    let (platform, service) = acme().await;
    let longest = "a".repeat(255);
    for (sent, id) in [
        ("9007199254740993", "9007199254740993"),
        ("17841400008460057", "17841400008460057"),
        ("18446744073709551615", "18446744073709551615"),
        ("18446744073709551616", "18446744073709551616"),
        ("340282366920938463463374607431768211456", "340282366920938463463374607431768211456"),
        ("0", "0"),
        ("\"007\"", "007"),
        ("\"AbC\"", "AbC"),
        ("\"abc\"", "abc"),
        ("\"did:plc:z72i7\"", "did:plc:z72i7"),
        ("\"a@b.c/d~e-_\"", "a@b.c/d~e-_"),
        ("\"\\u0031\\u0032\"", "12"),
        (&format!("\"{longest}\""), longest.as_str()),
    ] {
        let landing = with_identity(&platform, &service, format!("{{\"id\":{sent}}}").as_bytes()).await;
        assert_eq!(landing.proof(&service.key.secret, STATE, NOW).platform_id(), id);
    }
}

#[tokio::test]
async fn t55_t61_a_hostile_handle_is_cleaned_or_dropped_and_never_spoils_the_proof() {
    let (platform, service) = acme().await;
    let flood = format!("\"a{}\"", "\\u0301".repeat(1000));
    let long = format!("\"{}\"", "é".repeat(257));
    for (sent, signed) in [
        (r#""jane""#, "jane"),
        (r#""@jane""#, "jane"),
        (r#""Ben & Jerry's""#, "Ben %26 Jerry's"),
        (r#""100%26 real""#, "100%2526 real"),
        (r#""x&platform_id=VICTIM&handle=victim""#, "x%26platform_id=VICTIM%26handle=victim"),
        (r#""v&state=S2&expires=9999999999""#, "v%26state=S2%26expires=9999999999"),
        (r#""ab\r\nSet-Cookie: x\u202egnp\u0000""#, "abSet-Cookie: xgnp"),
        (r#""\u0000""#, ""),
        (r#"" \u200b a  \t b \ufeff""#, "a b"),
        (r#""e\u200b\u0301""#, "é"),
        (r#""a\ud800b""#, ""),
        (r#""\u0416\u0430 \ud83d\udc69\u200d\ud83d\udcbb""#, "Жа 👩\u{200d}💻"),
        (r#""<img src=x onerror=alert(1)>""#, "<img src=x onerror=alert(1)>"),
        (long.as_str(), ""),
        (flood.as_str(), ""),
        ("null", ""),
        ("5", ""),
        ("[\"jane\"]", ""),
        ("{\"a\":\"jane\"}", ""),
    ] {
        let landing =
            with_identity(&platform, &service, format!("{{\"id\":\"u-1\",\"username\":{sent}}}").as_bytes())
                .await;
        let proof = landing.proof(&service.key.secret, STATE, NOW);
        assert_eq!((proof.platform_id(), proof.handle()), ("u-1", signed), "{sent}");
        assert_eq!(landing.base().matches('&').count(), 4);
        assert!(landing.url.bytes().all(|b| b.is_ascii_graphic()), "{}", landing.url);
    }
    // Bytes that are no UTF-8, in the handle and beside it.
    for body in [&b"{\"id\":\"u-1\",\"username\":\"a\xffb\"}"[..], b"{\"id\":\"u-1\",\"bio\":\"\xff\xfe\"}"] {
        let landing = with_identity(&platform, &service, body).await;
        assert_eq!(landing.proof(&service.key.secret, STATE, NOW).handle(), "");
    }
}

#[tokio::test]
async fn t56_the_id_stays_where_the_handle_changes_and_follows_the_account_where_handles_are_swapped() {
    let (platform, service) = acme().await;
    for (id, handle) in [("u-1", "jane"), ("u-1", "jane2"), ("u-2", "jane"), ("u-1", "")] {
        platform.always(Endpoint::Identity, Reply::json(&json!({"id": id, "username": handle})));
        let landing = land(&service, &platform, "acme").await;
        let proof = landing.proof(&service.key.secret, STATE, NOW);
        assert_eq!((proof.platform_id(), proof.handle()), (id, handle));
    }
}

#[tokio::test]
async fn an_expected_account_is_compared_byte_by_byte() {
    let (platform, service) = acme().await;
    for (expected, id, matches) in
        [("AbC", "AbC", true), ("AbC", "abc", false), ("1", "01", false), ("1", "1", true)]
    {
        let body = json!({"platform": "acme", "callback_url": CALLBACK, "state": STATE, "expected_platform_id": expected});
        let created = service.session_with(&body).await;
        platform.always(Endpoint::Identity, Reply::json(&json!({"id": id})));
        let browser = service.browser();
        let callback = browser.consent(&created, &platform).await;
        let landing = Landing::at(browser.get(&callback).await.location());
        if matches {
            landing.proves(&service.key.secret, STATE, NOW);
        } else {
            landing.fails_with("account_mismatch");
            assert!(!landing.url.contains(&format!("={id}")));
        }
    }
}

#[tokio::test]
async fn t52_a_token_for_one_account_and_an_identity_of_another_is_no_proof_of_either() {
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::bare().platform("tiktok", platform.endpoints())).await;
    let identity =
        json!({"data": {"user": {"open_id": "-000A", "username": "jane"}}, "error": {"code": "ok"}});
    platform.always(Endpoint::Identity, Reply::json(&identity));
    platform.token_member("scope", json!("user.info.basic,user.info.profile"));
    for (account, error) in [(json!("-000B"), "invalid_identity"), (json!("-000a"), "invalid_identity")] {
        platform.token_member("open_id", account);
        land(&service, &platform, "tiktok").await.fails_with(error);
    }
    for account in [json!("-000A"), Value::Null] {
        platform.token_member("open_id", account);
        land(&service, &platform, "tiktok").await.proves(&service.key.secret, STATE, NOW);
    }
}

#[tokio::test]
async fn t51_each_platforms_own_way_of_saying_no_in_a_200_is_heard() {
    let platform = HostilePlatform::start().await;
    let mut setup = Setup::bare();
    for name in ["tiktok", "youtube", "facebook", "linkedin", "twitter"] {
        setup = setup.platform(name, platform.endpoints());
    }
    for name in ["instagram", "threads", "pinterest"] {
        setup = setup.platform(name, platform.endpoints_without_revocation());
    }
    let service = Service::start(setup).await;
    let cases = [
        (
            "tiktok",
            json!({"data": {"user": {"open_id": "1"}}, "error": {"code": "scope_not_authorized"}}),
            "platform_error",
        ),
        ("tiktok", json!({"data": {"user": {"open_id": "1"}}}), "platform_error"),
        ("tiktok", json!({"data": {}, "error": {"code": "ok"}}), "invalid_identity"),
        ("youtube", json!({"kind": "x"}), "no_account"),
        ("youtube", json!({"items": []}), "no_account"),
        ("youtube", json!({"items": [{}]}), "invalid_identity"),
        ("youtube", json!({"error": {"errors": [{"reason": "youtubeSignupRequired"}]}}), "no_account"),
        (
            "youtube",
            json!({"error": {"errors": [{"reason": "authError"}]}, "items": [{"id": "UC1"}]}),
            "platform_error",
        ),
        ("facebook", json!({"error": {"code": 190}}), "platform_error"),
        ("linkedin", json!({"serviceErrorCode": 65600, "sub": "1"}), "platform_error"),
        ("twitter", json!({"errors": [{"title": "Forbidden"}]}), "invalid_identity"),
        ("instagram", json!({"error": {"code": 190}, "user_id": "1"}), "platform_error"),
        ("threads", json!({"error": {"code": 190}, "id": "1"}), "platform_error"),
        ("pinterest", json!({"code": 2, "message": "Authentication failed."}), "platform_error"),
    ];
    for (name, identity, error) in cases {
        platform.always(Endpoint::Identity, Reply::json(&identity));
        let landing = land(&service, &platform, name).await;
        assert_eq!(landing.value("error"), error, "{name} {identity}");
    }
    platform.always(Endpoint::Identity, Reply::raw(b"false"));
    land(&service, &platform, "facebook").await.fails_with("platform_error");
}

#[tokio::test]
async fn f16_no_mutated_answer_gives_a_5xx_or_another_proof_than_it_says() {
    let (platform, service) = acme().await;
    let body = br#"{"id":"u-1","username":"jane","extra":[1,{"a":"b"}]}"#;
    for at in 0..body.len() {
        for byte in [b'"', b'}', 0xff] {
            let mut mutated = body.to_vec();
            mutated[at] = byte;
            let landing = with_identity(&platform, &service, &mutated).await;
            if landing.url.contains("error=") {
                landing.fails_with(&landing.value("error"));
                assert_ne!(landing.value("error"), "server_error");
            } else {
                let id = landing.proof(&service.key.secret, STATE, NOW).platform_id().to_owned();
                assert!(String::from_utf8_lossy(&mutated).contains(&format!("\"{id}\"")), "{id}");
            }
        }
    }
}
