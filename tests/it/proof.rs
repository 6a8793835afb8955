//! The callback with its proof: exact bytes, one reading, and what every verifier makes of it.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::landing::{PROOF, mac};
use crate::harness::samples::Samples;
use crate::harness::service::{NOW, STATE};
use crate::harness::{Endpoint, HostilePlatform, Landing, Reply, Service, Setup};

/// A platform of the catalogue at the hostile server, and what its identity answer says.
fn identity(platform: &str, id: &str, handle: &Value) -> Value {
    match platform {
        "tiktok" => json!({"data": {"user": {"open_id": id, "username": handle}}, "error": {"code": "ok"}}),
        "youtube" => json!({"items": [{"id": id, "snippet": {"customUrl": handle}}]}),
        "instagram" => json!({"user_id": id, "username": handle}),
        "twitter" => json!({"data": {"id": id, "username": handle}}),
        "facebook" => json!({"id": id, "name": handle}),
        _ => json!({"id": id, "username": handle}),
    }
}

async fn bench() -> (HostilePlatform, Service) {
    let platform = HostilePlatform::start().await;
    let mut setup = Setup::hostile(&platform).platform("bluesky", platform.own_entry());
    for name in ["tiktok", "youtube", "facebook", "twitter"] {
        setup = setup.platform(name, platform.endpoints());
    }
    setup = setup.platform("instagram", platform.endpoints_without_revocation());
    (platform, Service::start(setup).await)
}

struct Flow<'a> {
    platform: &'a str,
    id: &'a str,
    handle: Value,
    state: &'a str,
    callback: &'a str,
}

impl Flow<'_> {
    async fn land(&self, platform: &HostilePlatform, service: &Service) -> Landing {
        platform.always(Endpoint::Identity, Reply::json(&identity(self.platform, self.id, &self.handle)));
        let body = json!({"platform": self.platform, "callback_url": self.callback, "state": self.state});
        let created = service.session_with(&body).await;
        let browser = service.browser();
        let callback = browser.consent(&created, platform).await;
        Landing::at(browser.get(&callback).await.location())
    }
}

fn vectors() -> Value {
    let path = format!("{}/verifier/vectors.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[tokio::test]
async fn p1_to_p16_t62_real_flows_give_the_vectors_byte_by_byte() {
    let mut samples = Samples::default();
    let (platform, service) = bench().await;
    let vectors = vectors();
    let find = |list: &str, id: &str| {
        vectors[list].as_array().unwrap().iter().find(|one| one["id"] == id).unwrap().clone()
    };
    for n in 1..=16 {
        let id = format!("P{n}");
        let (vector, handle) = (find("verify", &id), find("handles", &id));
        let value = |at: usize| vector["params"][at][1].as_str().unwrap();
        // The vector says `x`, which here is an alias: proofs carry the catalogue's own name.
        let name = if value(0) == "x" { "twitter" } else { value(0) };
        let flow = Flow {
            platform: name,
            id: value(1),
            handle: handle["from_platform"].clone(),
            state: value(3),
            callback: "https://app.example.com/callback",
        };
        let landing = flow.land(&platform, &service).await;
        landing.proves(&service.key.secret, value(3), NOW);
        let wire = vector["query"].as_str().unwrap().replacen("platform=x&", "platform=twitter&", 1);
        let (unsigned, _) = wire.split_once("&sig=").unwrap();
        assert_eq!(landing.query().split_once("&sig=").unwrap().0, unsigned, "{id}");
        samples.must_accept(&landing.url, &service.key.secret, value(3), NOW);
    }
    samples.check();
}

#[tokio::test]
async fn t18_the_callbacks_own_query_stays_byte_by_byte_and_the_join_is_right() {
    let mut samples = Samples::default();
    let (platform, service) = bench().await;
    for (callback, joined) in [
        ("https://app.example.com/", "https://app.example.com/?platform="),
        ("https://app.example.com/cb", "https://app.example.com/cb?platform="),
        ("https://app.example.com/cb?", "https://app.example.com/cb?platform="),
        ("https://app.example.com/cb?a=b&c=%2F", "https://app.example.com/cb?a=b&c=%2F&platform="),
        ("https://app.example.com/cb?a=b&", "https://app.example.com/cb?a=b&platform="),
        ("https://app.example.com/cb?x", "https://app.example.com/cb?x&platform="),
        (
            "https://app.example.com/cb?a=+&b=%20&a=1;2",
            "https://app.example.com/cb?a=+&b=%20&a=1;2&platform=",
        ),
        (
            "https://app.example.com/cb?u=https://x.test/?y",
            "https://app.example.com/cb?u=https://x.test/?y&platform=",
        ),
        ("https://app.example.com/c%20b/ü?q=%C3%BC", ""),
    ] {
        if joined.is_empty() {
            let body = json!({"platform": "acme", "callback_url": callback, "state": STATE});
            assert_eq!(service.create(&body).await.bad_fields(), ["callback_url"]);
            continue;
        }
        let flow = Flow { platform: "acme", id: "u-1", handle: json!("jane"), state: STATE, callback };
        let landing = flow.land(&platform, &service).await;
        assert!(landing.url.starts_with(joined), "{}", landing.url);
        let own = landing.url.split("platform=acme").next().unwrap();
        assert_eq!(own.len() + "acme".len(), joined.len() - "platform=".len() + "acme".len());
        let _accepted = landing.verify(&service.key.secret, STATE, NOW).unwrap();
        samples.must_accept(&landing.url, &service.key.secret, STATE, NOW);

        let denied = {
            let body = json!({"platform": "acme", "callback_url": callback, "state": STATE});
            let created = service.session_with(&body).await;
            platform.next(Endpoint::Token, Reply::status(400, &json!({})));
            let browser = service.browser();
            let callback = browser.consent(&created, &platform).await;
            Landing::at(browser.get(&callback).await.location())
        };
        assert!(
            denied.url.starts_with(&joined.replace("platform=", "error=platform_error&")),
            "{}",
            denied.url
        );
    }
    samples.check();
}

#[tokio::test]
async fn t18_the_longest_redirect_stays_under_8000_bytes() {
    let (platform, service) = bench().await;
    let callback = format!("https://app.example.com/{}", "a".repeat(2048 - 24));
    let state = "/".repeat(512);
    let id = "@".repeat(255);
    let handle = json!("&".repeat(512));
    let flow = Flow { platform: "acme", id: &id, handle, state: &state, callback: &callback };
    let landing = flow.land(&platform, &service).await;
    landing.proves(&service.key.secret, &state, NOW);
    assert!(landing.url.len() < 8000, "{}", landing.url.len());
}

#[tokio::test]
async fn t65_a_proof_is_fresh_for_300_seconds_from_the_redirect_and_not_from_the_session() {
    let mut samples = Samples::default();
    let (platform, service) = bench().await;
    let browser = service.browser();
    let callback = browser.consent(&service.session("acme").await, &platform).await;
    service.pass_time(Duration::from_secs(600)).await;
    let landing = Landing::at(browser.get(&callback).await.location());
    assert_eq!(landing.value("expires"), (NOW + 900).to_string());
    landing.proves(&service.key.secret, STATE, NOW + 900);
    assert!(landing.verify(&service.key.secret, STATE, NOW + 901).is_err());
    samples.must_reject(&landing.url, &service.key.secret, STATE, NOW + 901);
    samples.check();
}

#[tokio::test]
async fn t63_tampered_foreign_and_downgraded_proofs_are_refused_by_everybody() {
    let mut samples = Samples::default();
    let (platform, service) = bench().await;
    let flow = Flow {
        platform: "acme",
        id: "u-1",
        handle: json!("Ben & Jerry's"),
        state: STATE,
        callback: "https://app.example.com/callback?own=1",
    };
    let landing = flow.land(&platform, &service).await;
    let secret = &service.key.secret;
    let other = service.another_key(true).await.secret;
    let sig = landing.value("sig");
    // T68: one key's proof means nothing to another.
    for (url, secret, state) in [
        (landing.url.clone(), &other, STATE),
        (landing.url.clone(), secret, "another-state"),
        (landing.url.replace("platform_id=u-1", "platform_id=u-2"), secret, STATE),
        (landing.url.replace("platform=acme", "platform=acmf"), secret, STATE),
        (landing.url.replace("Ben", "Bob"), secret, STATE),
        (landing.url.replace("%2526", "%26"), secret, STATE),
        (landing.url.replace(&(NOW + 300).to_string(), &(NOW + 299).to_string()), secret, STATE),
        (landing.url.replace(&sig, &"0".repeat(64)), secret, STATE),
        (landing.url.replace(&sig, &sig[..63]), secret, STATE),
        (landing.url.replace(&format!("&sig={sig}"), ""), secret, STATE),
    ] {
        assert!(Landing::at(&url).verify(secret, state, NOW).is_err(), "{url}");
        samples.must_reject(&url, secret, state, NOW);
    }
    // What only the strict verifier refuses.
    for url in [
        landing.url.replace(&sig, &sig.to_uppercase()),
        format!("{}&platform_id=victim", landing.url),
        format!("{}&platform%5Fid=victim", landing.url),
    ] {
        assert!(Landing::at(&url).verify(secret, STATE, NOW).is_err(), "{url}");
    }
    samples.check();
}

/// All ways to cut a base string into five values from which the template makes the same string again.
fn readings(base: &str) -> Vec<Vec<String>> {
    fn cut(rest: &str, later: &[&str]) -> Vec<Vec<String>> {
        let Some((name, later)) = later.split_first() else { return vec![vec![rest.to_owned()]] };
        let delimiter = format!("&{name}=");
        let places = rest.match_indices(&delimiter).map(|(at, _)| at);
        let tails = places.flat_map(|at| {
            let tails = cut(&rest[at + delimiter.len()..], later);
            tails.into_iter().map(move |tail| [vec![rest[..at].to_owned()], tail].concat())
        });
        tails.collect()
    }
    cut(base.strip_prefix("platform=").unwrap(), &PROOF[1..5])
}

fn query(values: &[String], sig: &str) -> String {
    let pairs = PROOF.iter().zip(values.iter().map(String::as_str).chain([sig]));
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

#[tokio::test]
async fn t61_attacks_a_b_and_c_by_handle_have_one_reading_and_deceive_no_sample() {
    let mut samples = Samples::default();
    let (platform, service) = bench().await;
    let secret = &service.key.secret;
    for handle in [
        "x&platform_id=VICTIM&handle=victim",
        "v&state=S2&expires=9999999999",
        "x&platform_id=VICTIM&handle=v&state=S2&expires=9999999999",
        "x%26platform_id=VICTIM%26handle=victim",
        "&state=S2&expires=9999999999&sig=0",
    ] {
        let flow = Flow {
            platform: "acme",
            id: "u-1",
            handle: json!(handle),
            state: STATE,
            callback: "https://app.example.com/callback",
        };
        let landing = flow.land(&platform, &service).await;
        landing.proves(secret, STATE, NOW);
        let (base, sig) = (landing.base(), landing.value("sig"));
        let values: Vec<String> = PROOF[..5].iter().map(|name| landing.value(name)).collect();
        assert_eq!(readings(&base), [values], "{handle}");
        // What the attacker hoped for: the escapes read as what they stand for.
        for hoped in readings(&base.replace("%26", "&").replace("%25", "%")) {
            let state = hoped[3].clone();
            let url = format!("https://app.example.com/callback?{}", query(&hoped, &sig));
            let is_genuine = mac(secret, &Landing::at(&url).base()) == sig;
            assert!(!is_genuine, "{handle}: {url}");
            samples.must_reject(&url, secret, &state, NOW);
            assert!(Landing::at(&url).verify(secret, &state, NOW).is_err());
        }
    }
    samples.check();
}

#[tokio::test]
async fn t61_attacks_d_e_and_f_by_state_and_id_never_get_as_far_as_a_proof() {
    let (platform, service) = bench().await;
    // D and E: no session begins with such a state.
    for state in ["S1&expires=9999999999", "undefined", "null", "None"] {
        let body = json!({"platform": "acme", "callback_url": "https://app.example.com/", "state": state});
        assert_eq!(service.create(&body).await.bad_fields(), ["state"]);
    }
    // F: no proof carries such an id.
    let flow = |id: &'static str| Flow {
        platform: "acme",
        id,
        handle: json!(""),
        state: STATE,
        callback: "https://app.example.com/callback",
    };
    for id in ["1,2", "1&platform_id=2", "1 2"] {
        flow(id).land(&platform, &service).await.fails_with("invalid_identity");
    }
}

#[tokio::test]
async fn t67_the_same_id_at_two_platforms_gives_two_proofs_that_do_not_stand_for_each_other() {
    let mut samples = Samples::default();
    let (platform, service) = bench().await;
    let flow = |name: &'static str| Flow {
        platform: name,
        id: "42",
        handle: json!("jane"),
        state: STATE,
        callback: "https://app.example.com/callback",
    };
    let twitter = flow("twitter").land(&platform, &service).await;
    let verifier = || handleproof_verify::Verifier::new(&service.key.secret).unwrap();
    let _accepted = verifier().expect_platform("twitter").verify_url_at(&twitter.url, STATE, NOW).unwrap();
    assert!(verifier().expect_platform("youtube").verify_url_at(&twitter.url, STATE, NOW).is_err());
    let renamed = twitter.url.replace("platform=twitter", "platform=youtube");
    samples.must_reject(&renamed, &service.key.secret, STATE, NOW);
    samples.check();
}
