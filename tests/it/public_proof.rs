//! Publicly verifiable proofs: what the callback carries, and what others make of it with the key set alone.

use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use handleproof_verify::{JwsError, KeySet, PublicVerifier};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::service::{CALLBACK, NOW, STATE};
use crate::harness::{Answer, Landing, Service, Setup};

const KEY_SET: &str = "/.well-known/jwks.json";
const MONTH: u64 = 31 * 24 * 3600;

pub async fn key_set(service: &Service) -> Answer {
    Answer::of(service.request(Method::GET, KEY_SET)).await
}

/// A flow with a public proof, to its end.
pub async fn land(service: &Service, persona: &str) -> Landing {
    let request = json!({"platform": "tiktok", "callback_url": CALLBACK, "state": STATE, "jws": true, "profile_id": "user-1"});
    let created = service.session_with(&request).await;
    service.browser().land_as(&created, persona).await
}

fn part(jws: &str, n: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(jws.split('.').nth(n).unwrap()).unwrap()).unwrap()
}

async fn verifier(service: &Service) -> PublicVerifier {
    let keys = KeySet::from_json(&key_set(service).await.text()).unwrap();
    PublicVerifier::new(keys, service.public_url.clone(), service.key.id.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_proof_stands_behind_the_callers_own_and_says_the_same() {
    let service = Service::start(Setup::sandbox()).await;
    let landing = land(&service, "ordinary").await;
    assert_eq!(landing.names(), ["platform", "platform_id", "handle", "state", "expires", "sig", "jws"]);
    assert!(landing.verify(&service.key.secret, STATE, NOW).is_ok());
    let jws = landing.value("jws");
    let header = part(&jws, 0);
    assert_eq!((&header["alg"], &header["typ"]), (&json!("EdDSA"), &json!("ownership-proof+jwt")));
    let claims = part(&jws, 1);
    assert_eq!(claims["iss"], service.public_url.as_str());
    assert_eq!(claims["aud"], service.key.id.to_string());
    assert_eq!(claims["sub"], format!("tiktok:{}", landing.value("platform_id")));
    for name in ["platform", "platform_id", "handle"] {
        assert_eq!(claims[name], landing.value(name), "{name}");
    }
    assert_eq!((&claims["nonce"], &claims["iat"]), (&json!(STATE), &json!(NOW)));
    assert_eq!(claims["exp"].to_string(), landing.value("expires"));
    assert_eq!((&claims["id_kind"], &claims["id_scope"]), (&json!("open_id"), &json!("app")));
    assert!(claims["auth_time"].as_u64().unwrap() <= NOW);
    assert!(["pending", "yes"].contains(&claims["token_revoked"].as_str().unwrap()), "{claims}");
    let public = verifier(&service).await.verify_at(&jws, STATE, NOW).unwrap();
    assert_eq!(public.proof().platform_id(), landing.value("platform_id"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_being_asked_for_there_is_no_public_proof_and_no_key() {
    let service = Service::start(Setup::sandbox()).await;
    let created = service.session("tiktok").await;
    let landing = service.browser().land_as(&created, "ordinary").await;
    landing.proves(&service.key.secret, STATE, NOW);
    let set = key_set(&service).await;
    assert_eq!((set.json(), set.header("cache-control")), (json!({"keys": []}), "no-cache"));
    let wrong = json!({"platform": "tiktok", "callback_url": CALLBACK, "state": STATE, "jws": "true"});
    assert_eq!(service.create(&wrong).await.bad_fields(), ["jws"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_set_is_public_cacheable_and_has_no_private_half() {
    let service = Service::start(Setup::sandbox()).await;
    land(&service, "ordinary").await;
    let set = key_set(&service).await;
    assert_eq!(set.header("content-type"), "application/jwk-set+json");
    assert_eq!(set.header("cache-control"), "public, max-age=300");
    let keys = set.json()["keys"].as_array().unwrap().clone();
    assert_eq!(keys.len(), 1);
    let mut names: Vec<&str> = keys[0].as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["alg", "crv", "kid", "kty", "use", "x"]);
    assert_eq!(Answer::of(service.request(Method::POST, KEY_SET)).await.problem(405), "method_not_allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archived_proof_is_verified_a_month_later_with_the_key_set_alone() {
    let service = Service::start(Setup::sandbox()).await;
    let jws = land(&service, "ordinary").await.value("jws");
    service.pass_time(std::time::Duration::from_secs(MONTH)).await;
    let verifier = verifier(&service).await;
    let late = verifier.verify_at(&jws, STATE, NOW + MONTH);
    assert!(matches!(late, Err(JwsError::Expired { .. })), "{late:?}");
    let archived = verifier.verify_archived(&jws).unwrap();
    assert_eq!((archived.issued_at(), archived.proof().platform()), (NOW, "tiktok"));
}

/// What a library of another language says of a proof.
fn foreign(program: &str, script: &str, service: &Service, jws: &str, audience: &str, now: u64) -> Value {
    let root = env!("CARGO_MANIFEST_DIR");
    let output = Command::new(program.replace("{root}", root))
        .arg(format!("{root}/tests/jws/{script}"))
        .args([&format!("http://{}{KEY_SET}", service.address), jws, &service.public_url, audience])
        .arg(now.to_string())
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}; tests/run installs what this test needs"));
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&out).unwrap_or_else(|_| panic!("{script}: {out} {err}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn jose_and_joserfc_agree_and_refuse_what_was_altered_is_anothers_or_has_expired() {
    let service = Service::start(Setup::sandbox()).await;
    let jws = land(&service, "awkward_ampersand").await.value("jws");
    let own = service.key.id.to_string();
    let altered = {
        let (input, signature) = jws.rsplit_once('.').unwrap();
        let (header, _) = input.split_once('.').unwrap();
        let claims = part(&jws, 1).to_string().replace("\"tiktok\"", "\"tiktak\"");
        format!("{header}.{}.{signature}", URL_SAFE_NO_PAD.encode(claims))
    };
    let tools = [("node", "verify.mjs"), ("{root}/target/venv/bin/python", "verify.py")];
    for (program, script) in tools {
        let good = foreign(program, script, &service, &jws, &own, NOW + 300 - 1);
        assert_eq!(good["claims"], part(&jws, 1), "{script}: {good}");
        let other = "key_0123456789abcdef";
        for (what, jws, audience, now) in [
            ("altered", altered.as_str(), own.as_str(), NOW),
            ("another audience", &jws, other, NOW),
            ("expired", &jws, &own, NOW + 302),
        ] {
            let answer = foreign(program, script, &service, jws, audience, now);
            assert!(answer["refused"].is_string(), "{script}, {what}: {answer}");
        }
    }
}
