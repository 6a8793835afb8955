//! The exchange of the code against a platform that misbehaves: time, size, redirects, retries, revocation.

use std::io::Write;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;

use crate::harness::hostile::{CLIENT_SECRET, header, http};
use crate::harness::service::{NOW, STATE};
use crate::harness::walk::land;
use crate::harness::{Endpoint, HostilePlatform, Landing, Reply, Service, Setup, until};

const UNAVAILABLE: &str = "temporarily_unavailable";
const UNUSABLE: &str = "platform_error";

#[tokio::test]
async fn t47_f13_f14_a_platform_that_answers_late_or_never_is_given_up_within_its_time() {
    let drip = |bytes: Vec<u8>| Reply::Drip(Duration::from_millis(700), bytes);
    let token = || http(200, &[], br#"{"access_token":"t"}"#);
    let cases = [
        (Endpoint::Token, Reply::Hang, 5.0),
        (Endpoint::Token, drip(token()), 5.0),
        (Endpoint::Token, drip(b"HTTP/1.1 200 OK\r\nx: ".iter().copied().chain([b'y'; 100]).collect()), 5.0),
        (Endpoint::Token, Reply::Late(Duration::from_secs(30), token()), 5.0),
        // Reading may be tried again, within the ten seconds of the whole flow.
        (Endpoint::Identity, Reply::Hang, 10.0),
        (Endpoint::Identity, drip(http(200, &[], br#"{"id":"u-1"}"#)), 10.0),
    ];
    let ends = cases.map(|(endpoint, reply, seconds)| async move {
        let platform = HostilePlatform::start().await;
        platform.always(endpoint, reply);
        let service = Service::start(Setup::hostile(&platform)).await;
        let browser = service.browser();
        let callback = browser.consent(&service.session("acme").await, &platform).await;
        let started = Instant::now();
        Landing::at(browser.get(&callback).await.location()).fails_with(UNAVAILABLE);
        let took = started.elapsed().as_secs_f64();
        // Without a limit they would take twice as long or more, however busy the machine is.
        assert!(took > 4.5 && took < seconds * 2.0, "{endpoint:?} took {took}");
        assert_eq!(platform.count(Endpoint::Token), 1);
    });
    join_all(ends).await;
}

#[tokio::test]
async fn t90_f17_a_hanging_platform_does_not_slow_another() {
    let (dead, alive) = (HostilePlatform::start().await, HostilePlatform::start().await);
    dead.always(Endpoint::Token, Reply::Hang);
    let service = Service::start(Setup::hostile(&alive).platform("dead", dead.own_entry())).await;
    let browsers: Vec<_> = (0..80).map(|_| service.browser()).collect();
    let callbacks = join_all(browsers.iter().map(|browser| async {
        let created = service.session("dead").await;
        browser.consent(&created, &dead).await
    }))
    .await;
    let hanging = join_all(browsers.iter().zip(&callbacks).map(|(browser, callback)| browser.get(callback)));
    let meanwhile = async {
        until("64 calls hang", async || dead.count(Endpoint::Token) == 64).await;
        let started = Instant::now();
        for _ in 0..10 {
            land(&service, &alive, "acme").await.proves(&service.key.secret, STATE, NOW);
        }
        // One after the other behind hanging calls, they would take five seconds each.
        assert!(started.elapsed() < Duration::from_secs(25));
    };
    let (answers, ()) = tokio::join!(hanging, meanwhile);
    for answer in answers {
        Landing::at(answer.location()).fails_with(UNAVAILABLE);
    }
    assert_eq!(dead.count(Endpoint::Token), 64, "calls beyond the bound fail at once");
}

#[tokio::test]
async fn t48_f15_huge_endless_and_bomb_like_answers_are_cut_off() {
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform)).await;
    let bomb = {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        let megabyte = vec![b' '; 1 << 20];
        (0..64).for_each(|_| gzip.write_all(&megabyte).unwrap());
        gzip.finish().unwrap()
    };
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    let replies = [
        Reply::raw(&vec![b' '; (1 << 20) + 1]),
        Reply::Endless(format!("{head}\r\n{{").into_bytes()),
        Reply::Endless(format!("{head}content-length: 99999999999\r\n\r\n{{").into_bytes()),
        Reply::Endless(format!("{head}x: y").into_bytes()),
        Reply::headed(200, &[("content-encoding", "gzip")], &bomb),
        Reply::headed(200, &[("content-encoding", "gzip")], b"no gzip at all"),
        Reply::raw(format!("{{\"id\":{}}}", "[".repeat(100_000)).as_bytes()),
        Reply::raw(format!("{}{}", "{\"id\":".repeat(20_000), "}".repeat(20_000)).as_bytes()),
    ];
    for (n, reply) in replies.into_iter().enumerate() {
        for endpoint in [Endpoint::Token, Endpoint::Identity] {
            platform.next(endpoint, reply.clone());
            let landing = land(&service, &platform, "acme").await;
            assert_eq!(landing.value("error"), UNUSABLE, "{n} {endpoint:?}");
        }
    }
    // A number of a million digits is an id that no proof may carry, and its digits are never rounded.
    platform.next(Endpoint::Identity, Reply::raw(format!("{{\"id\":{}}}", "9".repeat(1_000_000)).as_bytes()));
    land(&service, &platform, "acme").await.fails_with("invalid_identity");
    land(&service, &platform, "acme").await.proves(&service.key.secret, STATE, NOW);
}

#[tokio::test]
async fn t49_redirects_are_never_followed() {
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform)).await;
    let canary = platform.url("/canary");
    for status in [300, 301, 302, 303, 307, 308] {
        for endpoint in [Endpoint::Token, Endpoint::Identity, Endpoint::Revoke] {
            platform.next(endpoint, Reply::headed(status, &[("location", &canary), ("refresh", "0")], b"{}"));
            let landing = land(&service, &platform, "acme").await;
            if endpoint == Endpoint::Revoke {
                landing.proves(&service.key.secret, STATE, NOW);
            } else {
                landing.fails_with(UNUSABLE);
            }
        }
    }
    until("all tokens were given back", async || platform.count(Endpoint::Revoke) >= 12).await;
    assert_eq!(platform.count(Endpoint::Canary), 0);
}

#[tokio::test]
async fn t50_a_platform_without_tls_behind_an_https_address_is_out_of_reach_and_never_asked_in_the_clear() {
    let platform = HostilePlatform::start().await;
    let mut entry = platform.own_entry();
    entry.insert("token_endpoint".into(), platform.url("/token").replace("http:", "https:").into());
    let service = Service::start(Setup::bare().platform("acme", entry)).await;
    land(&service, &platform, "acme").await.fails_with(UNAVAILABLE);
    assert_eq!(platform.count(Endpoint::Token), 0);
}

#[tokio::test]
async fn f12_t59_an_unavailable_platform_is_asked_once_for_the_token_and_twice_for_the_identity() {
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform)).await;
    let error = json!({"error": "server_error"});
    for status in [500, 502, 503, 504, 429] {
        platform.forget_calls();
        platform.always(Endpoint::Token, Reply::status(status, &error));
        land(&service, &platform, "acme").await.fails_with(UNAVAILABLE);
        assert_eq!((platform.count(Endpoint::Token), platform.count(Endpoint::Identity)), (1, 0), "{status}");
        platform.strict_tokens();
        platform.forget_calls();
        let reply = Reply::headed(status, &[("retry-after", "3600")], b"{}");
        platform.next(Endpoint::Identity, reply.clone());
        platform.next(Endpoint::Identity, reply);
        land(&service, &platform, "acme").await.fails_with(UNAVAILABLE);
        let asked = if status == 429 { 1 } else { 2 };
        assert_eq!(
            (platform.count(Endpoint::Token), platform.count(Endpoint::Identity)),
            (1, asked),
            "{status}"
        );
        if status == 429 {
            // The second scripted answer is still waiting.
            land(&service, &platform, "acme").await.fails_with(UNAVAILABLE);
        }
    }
    // One bad moment is forgiven.
    platform.next(Endpoint::Identity, Reply::status(503, &error));
    land(&service, &platform, "acme").await.proves(&service.key.secret, STATE, NOW);
}

#[tokio::test]
async fn t59_f16_a_connection_that_breaks_at_the_token_endpoint_is_not_tried_again() {
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform)).await;
    let whole = http(200, &[], br#"{"access_token":"t","token_type":"Bearer"}"#);
    for reply in [
        Reply::Reset,
        Reply::ResetAfter(whole[..20].to_vec()),
        Reply::ResetAfter(whole[..whole.len() - 5].to_vec()),
        Reply::Bytes(Vec::new()),
        Reply::Bytes(whole[..whole.len() - 5].to_vec()),
        Reply::Bytes(b"\x16\x03\x01 no http".to_vec()),
    ] {
        platform.forget_calls();
        platform.next(Endpoint::Token, reply.clone());
        let error = land(&service, &platform, "acme").await.value("error");
        assert!([UNAVAILABLE, UNUSABLE].contains(&error.as_str()), "{reply:?}: {error}");
        assert_eq!(
            (platform.count(Endpoint::Token), platform.count(Endpoint::Identity)),
            (1, 0),
            "{reply:?}"
        );
    }
}

#[tokio::test]
async fn t40_f40_a_platform_that_nobody_runs_is_out_of_reach() {
    let platform = HostilePlatform::start().await;
    let mut entry = platform.own_entry();
    let nobody = format!("http://127.0.0.1:{}/token", crate::harness::child::free_port());
    entry.insert("token_endpoint".into(), nobody.into());
    let service = Service::start(Setup::bare().platform("acme", entry)).await;
    land(&service, &platform, "acme").await.fails_with(UNAVAILABLE);
}

#[tokio::test]
async fn t43_t51_an_error_is_an_error_and_never_a_reason_to_try_without_pkce() {
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform)).await;
    for error in ["invalid_grant", "invalid_client", "code_verifier not supported", "unsupported_parameter"] {
        platform.forget_calls();
        platform.next(Endpoint::Token, Reply::status(400, &json!({"error": error})));
        let landing = land(&service, &platform, "acme").await;
        landing.fails_with(UNUSABLE);
        let [call] = &platform.calls(Endpoint::Token)[..] else { panic!("one token request") };
        let verifier = call.body.split("code_verifier=").nth(1).unwrap().split('&').next().unwrap();
        assert!((43..=128).contains(&verifier.len()));
    }
}

#[tokio::test]
async fn both_ways_of_client_authentication_are_spoken_as_the_entry_says() {
    for (method, in_body) in [("client_secret_basic", false), ("client_secret_post", true)] {
        let platform = HostilePlatform::start().await;
        let mut entry = platform.own_entry();
        entry.insert("token_endpoint_auth_method".into(), method.into());
        let service = Service::start(Setup::bare().platform("acme", entry)).await;
        land(&service, &platform, "acme").await.proves(&service.key.secret, STATE, NOW);
        let call = platform.calls(Endpoint::Token).remove(0);
        assert_eq!(call.body.contains("client_secret="), in_body);
        assert_eq!(header(&call.head, "authorization").is_some(), !in_body);
        assert!(!call.target.contains('?') && !call.head.contains(CLIENT_SECRET));
    }
}

#[tokio::test]
async fn t60_the_token_is_given_back_even_where_the_identity_could_not_be_read() {
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform)).await;
    land(&service, &platform, "acme").await.proves(&service.key.secret, STATE, NOW);
    platform.next(Endpoint::Identity, Reply::status(403, &json!({})));
    land(&service, &platform, "acme").await.fails_with(UNUSABLE);
    until("both tokens were given back", async || platform.count(Endpoint::Revoke) == 2).await;
    let mut given: Vec<String> = platform.tokens();
    let calls = platform.calls(Endpoint::Revoke);
    let mut back: Vec<String> = calls
        .iter()
        .map(|call| call.body.split("token=").nth(1).unwrap().split('&').next().unwrap().to_owned())
        .collect();
    given.sort();
    back.sort();
    assert_eq!(given, back);
    assert!(calls.iter().all(|call| header(&call.head, "authorization").unwrap().starts_with("Basic ")));
}

#[tokio::test]
async fn t60_revocation_can_be_switched_off_and_its_failure_changes_nothing_and_delays_nobody() {
    let platform = HostilePlatform::start().await;
    let mut entry = platform.own_entry();
    entry.insert("revoke_after_read".into(), false.into());
    let service = Service::start(Setup::hostile(&platform).platform("keeps", entry)).await;
    land(&service, &platform, "keeps").await.proves(&service.key.secret, STATE, NOW);
    for reply in [Reply::status(500, &json!({})), Reply::Reset, Reply::raw(b"x"), Reply::Hang] {
        platform.next(Endpoint::Revoke, reply);
        let started = Instant::now();
        land(&service, &platform, "acme").await.proves(&service.key.secret, STATE, NOW);
        // The one that hangs would take five seconds.
        assert!(started.elapsed() < Duration::from_secs(5));
    }
    until("each was tried once", async || platform.count(Endpoint::Revoke) == 4).await;
    let kept = &platform.tokens()[0];
    assert!(platform.calls(Endpoint::Revoke).iter().all(|call| !call.body.contains(kept)));
}

#[tokio::test]
async fn f32_a_browser_that_goes_away_leaves_a_used_flow_and_no_second_exchange() {
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform)).await;
    let browser = service.browser();
    let created = service.session("acme").await;
    let callback = browser.consent(&created, &platform).await;
    let token = json!({"access_token": "t-late", "token_type": "Bearer"});
    platform.next(Endpoint::Token, Reply::json(&token).after(Duration::from_millis(300)));
    let gone = tokio::time::timeout(Duration::from_millis(100), browser.get(&callback)).await;
    assert!(gone.is_err());
    browser.get(&callback).await.refuses(400);
    until("the flow ended all the same", async || service.status(&created.session_id).await.0 == "verified")
        .await;
    until("its token was given back", async || platform.count(Endpoint::Revoke) == 1).await;
    assert_eq!(platform.count(Endpoint::Token), 1);
}
