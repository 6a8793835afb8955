//! Public proofs: what is refused, whatever the sender hopes it to be taken for.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer, SigningKey};
use handleproof_verify::{JwsError, KeySet, PublicProof, PublicVerifier};
use serde_json::{Value, json};

const ISSUER: &str = "https://verify.example.com";
const AUDIENCE: &str = "key_0123456789abcdef";
const STATE: &str = "a1b2c3d4";
const NOW: u64 = 1_900_000_000;
const MONTH: u64 = 31 * 24 * 3600;

fn signing_key(n: u8) -> SigningKey {
    SigningKey::from_bytes(&[n; 32])
}

fn jwk(key: &SigningKey, kid: &str) -> Value {
    let x = URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes());
    json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": kid, "x": x})
}

fn key_set() -> KeySet {
    let others = [json!({"kty": "RSA", "kid": "r", "n": "AQ", "e": "AQAB"}), jwk(&signing_key(2), "two")];
    let keys = json!({"keys": [others[0], jwk(&signing_key(1), "one"), others[1]]});
    KeySet::from_json(&keys.to_string()).unwrap()
}

fn verifier() -> PublicVerifier {
    PublicVerifier::new(key_set(), ISSUER, AUDIENCE)
}

fn header() -> Value {
    json!({"alg": "EdDSA", "typ": "ownership-proof+jwt", "kid": "one"})
}

fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "tiktok:_000abc", "platform": "tiktok", "platform_id": "_000abc",
        "handle": "Ben %26 Jerry's", "nonce": STATE, "iat": NOW, "exp": NOW + 300, "jti": "prf_1",
        "auth_time": NOW - 1, "id_kind": "open_id", "id_scope": "app", "name": "Ben", "token_revoked": "pending",
    })
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn signed(header: &Value, claims: &Value) -> String {
    let input = format!("{}.{}", part(header), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(signing_key(1).sign(input.as_bytes()).to_bytes());
    format!("{input}.{signature}")
}

fn with(mut object: Value, name: &str, value: impl Into<Value>) -> Value {
    object[name] = value.into();
    object
}

fn verify(jws: &str) -> Result<PublicProof, JwsError> {
    verifier().verify_at(jws, STATE, NOW)
}

#[test]
fn a_public_proof_gives_the_same_proof_and_what_else_was_signed() {
    let public = verify(&signed(&header(), &claims())).unwrap();
    let proof = public.proof();
    assert_eq!((proof.platform(), proof.platform_id()), ("tiktok", "_000abc"));
    assert_eq!((proof.handle(), &*proof.handle_decoded()), ("Ben %26 Jerry's", "Ben & Jerry's"));
    assert_eq!((proof.state(), proof.expires()), (STATE, NOW + 300));
    assert_eq!((public.id(), public.issued_at(), public.auth_time()), ("prf_1", NOW, Some(NOW - 1)));
    assert_eq!((public.id_kind(), public.id_scope()), (Some("open_id"), Some("app")));
    assert_eq!((public.name(), public.app_id()), (Some("Ben"), None));
    assert_eq!(public.token_revoked(), Some("pending"));
}

#[test]
fn no_changed_byte_of_a_public_proof_is_accepted() {
    let jws = signed(&header(), &claims());
    for at in 0..jws.len() {
        let mut altered = jws.clone().into_bytes();
        altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
        let altered = String::from_utf8(altered).unwrap();
        assert!(verify(&altered).is_err(), "byte {at}");
        assert!(verify(&jws[..at]).is_err(), "cut at {at}");
    }
    for around in [format!("{jws}="), format!("{jws}."), format!(" {jws}"), format!("{jws}\n")] {
        assert!(verify(&around).is_err(), "{around:?}");
    }
}

#[test]
fn neither_algorithm_nor_type_is_the_senders_choice() {
    for alg in ["none", "None", "HS256", "ES256", "RS256", "Ed25519", "eddsa", ""] {
        let jws = signed(&with(header(), "alg", alg), &claims());
        assert_eq!(verify(&jws), Err(JwsError::WrongAlgorithm), "{alg}");
    }
    for typ in ["JWT", "at+jwt", "application/ownership-proof+jwt", ""] {
        let jws = signed(&with(header(), "typ", typ), &claims());
        assert_eq!(verify(&jws), Err(JwsError::WrongType), "{typ}");
    }
    let unsigned = format!("{}.{}.", part(&with(header(), "alg", "none")), part(&claims()));
    assert_eq!(verify(&unsigned), Err(JwsError::WrongAlgorithm));
    let unsigned = format!("{}.{}.", part(&header()), part(&claims()));
    assert_eq!(verify(&unsigned), Err(JwsError::BadSignature));
}

#[test]
fn a_public_key_is_no_mac_key() {
    use hmac::{Hmac, KeyInit, Mac};
    for alg in ["HS256", "EdDSA"] {
        let input = format!("{}.{}", part(&with(header(), "alg", alg)), part(&claims()));
        let key = signing_key(1).verifying_key();
        let mac = Hmac::<sha2::Sha256>::new_from_slice(key.as_bytes()).unwrap().chain_update(&input);
        let jws = format!("{input}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()));
        assert!(verify(&jws).is_err(), "{alg}");
    }
}

#[test]
fn the_key_is_the_one_of_the_set_that_the_header_names() {
    let other = signed(&with(header(), "kid", "two"), &claims());
    assert_eq!(verify(&other), Err(JwsError::BadSignature));
    assert_eq!(verify(&signed(&with(header(), "kid", "three"), &claims())), Err(JwsError::UnknownKey));
    let own_key = with(header(), "jwk", jwk(&signing_key(9), "one"));
    let input = format!("{}.{}", part(&own_key), part(&claims()));
    let signature = URL_SAFE_NO_PAD.encode(signing_key(9).sign(input.as_bytes()).to_bytes());
    assert_eq!(verify(&format!("{input}.{signature}")), Err(JwsError::BadSignature), "a key that came along");
    let crit = with(header(), "crit", json!(["b64"]));
    assert_eq!(verify(&signed(&crit, &claims())), Err(JwsError::Malformed { part: "header" }));
}

#[test]
fn t68_a_proof_of_another_service_key_or_platform_is_refused() {
    let refusal = |name, value: &str| verify(&signed(&header(), &with(claims(), name, value)));
    assert_eq!(refusal("iss", "https://other.example.com"), Err(JwsError::WrongIssuer));
    assert_eq!(refusal("iss", "https://verify.example.com/"), Err(JwsError::WrongIssuer));
    assert_eq!(refusal("aud", "key_fedcba9876543210"), Err(JwsError::WrongAudience));
    let both = with(claims(), "aud", json!([AUDIENCE, "key_fedcba9876543210"]));
    assert_eq!(verify(&signed(&header(), &both)), Err(JwsError::Malformed { part: "claims" }));
    let strict = verifier().expect_platform("youtube").verify_at(&signed(&header(), &claims()), STATE, NOW);
    assert_eq!(strict, Err(JwsError::PlatformMismatch { expected: "youtube".into() }));
    assert_eq!(refusal("platform", "sandbox"), Err(JwsError::SandboxPlatform));
}

#[test]
fn t28_a_proof_of_another_browsers_flow_is_refused() {
    let jws = signed(&header(), &claims());
    assert_eq!(verifier().verify_at(&jws, "another", NOW), Err(JwsError::StateMismatch));
    for nothing in ["", "undefined", "null", "None"] {
        assert_eq!(verifier().verify_at(&jws, nothing, NOW), Err(JwsError::NoExpectedState));
    }
}

#[test]
fn a_proof_is_fresh_to_its_last_second_and_an_archived_one_is_asked_for_by_name() {
    let jws = signed(&header(), &claims());
    assert!(verifier().verify_at(&jws, STATE, NOW + 300).is_ok());
    let late = JwsError::Expired { expires: NOW + 300, now: NOW + 301 };
    assert_eq!(verifier().verify_at(&jws, STATE, NOW + 301), Err(late));
    assert!(verifier().verify_at(&jws, STATE, NOW + MONTH).is_err());
    assert!(verifier().verify_at(&jws, STATE, NOW - 60).is_ok());
    let early = JwsError::NotYetIssued { issued_at: NOW, latest: NOW - 1 };
    assert_eq!(verifier().verify_at(&jws, STATE, NOW - 61), Err(early));
    assert_eq!(verifier().verify_archived(&jws).unwrap().issued_at(), NOW);
    let other = with(claims(), "aud", "key_fedcba9876543210");
    assert_eq!(verifier().verify_archived(&signed(&header(), &other)), Err(JwsError::WrongAudience));
}

#[test]
fn t61_signed_values_outside_the_rules_of_a_proof_are_refused() {
    for (name, value) in [
        ("handle", json!("x&state=y")),
        ("handle", json!("100%")),
        ("platform_id", json!("1 2")),
        ("nonce", json!("a&b")),
        ("exp", json!(5)),
        ("sub", json!("tiktok:other")),
        ("platform", json!("youtube")),
    ] {
        let jws = signed(&header(), &with(claims(), name, value.clone()));
        let refusal = verifier().verify_archived(&jws);
        assert!(matches!(refusal, Err(JwsError::Malformed { .. })), "{name} {value}: {refusal:?}");
    }
    let twice = claims().to_string().replacen('{', r#"{"aud":"key_fedcba9876543210","#, 1);
    let input = format!("{}.{}", part(&header()), URL_SAFE_NO_PAD.encode(twice));
    let signature = URL_SAFE_NO_PAD.encode(signing_key(1).sign(input.as_bytes()).to_bytes());
    assert_eq!(verify(&format!("{input}.{signature}")), Err(JwsError::Malformed { part: "claims" }));
}

#[test]
fn a_key_set_with_a_key_twice_or_an_unusable_key_is_refused() {
    let (one, two) = (jwk(&signing_key(1), "one"), jwk(&signing_key(2), "one"));
    let weak = with(one.clone(), "x", URL_SAFE_NO_PAD.encode([0; 32]));
    let short = with(one.clone(), "x", "AA");
    for keys in [json!({"keys": [one, two]}), json!({"keys": [weak]}), json!({"keys": [short]}), json!({})] {
        assert!(KeySet::from_json(&keys.to_string()).is_err(), "{keys}");
    }
    assert!(KeySet::from_json("").is_err());
}
