//! ID tokens: none is taken that does not say, to another reader too, all that it must (`T57`).

use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::JwkSet;
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};

use crate::crypto::secret::SecretText;
use crate::platform::id_token::{self as checking, Expected};

const EXPECTED: Expected<'static> =
    Expected { issuer: "https://id.example", client_id: "our-id", nonce: "our-nonce" };

static KEY: LazyLock<Ed25519KeyPair> =
    LazyLock::new(|| Ed25519KeyPair::from_seed_unchecked(&[9; 32]).expect("they are 32"));
static KEYS: LazyLock<JwkSet> = LazyLock::new(|| {
    let x = URL_SAFE_NO_PAD.encode(KEY.public_key());
    serde_json::from_value(json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "k", "x": x}]}))
        .expect("it is a key set")
});

/// The header and, behind the first byte of value 255, the claims. They are signed with the issuer's own key, so that
/// what is refused is refused for what it says; the input itself is no token.
///
/// # Panics
/// Where the property does not hold.
pub fn id_token(input: &[u8]) {
    if let Ok(text) = std::str::from_utf8(input) {
        assert!(!is_taken(text), "a token that nobody signed");
        let _no_panic = checking::key_id(&SecretText::new(text.to_owned()));
    }
    let Some(at) = input.iter().position(|&byte| byte == 0xff) else { return };
    let (header, claims) = (&input[..at], &input[at + 1..]);
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = KEY.sign(signed.as_bytes());
    if !is_taken(&format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))) {
        return;
    }
    // Bytes that are no text, in a claim that nobody reads, are passed over here and refused by the other reader.
    if let (Ok(header), Ok(claims)) =
        (serde_json::from_slice::<Value>(header), serde_json::from_slice(claims))
    {
        assert_eq!(header["alg"], "EdDSA");
        says_all_that_it_must(&claims);
    }
    let mut forged = signature.as_ref().to_vec();
    forged[0] ^= 1;
    assert!(!is_taken(&format!("{signed}.{}", URL_SAFE_NO_PAD.encode(forged))), "a changed signature");
}

fn is_taken(token: &str) -> bool {
    checking::check(&SecretText::new(token.to_owned()), &KEYS, &EXPECTED).is_ok()
}

fn says_all_that_it_must(claims: &Value) {
    assert_eq!(claims["nonce"], EXPECTED.nonce);
    // Issuers may be given as a list; one of them is then ours.
    let names = |value: &Value, wanted: &str| match value {
        Value::Array(all) => all.iter().any(|one| one == wanted),
        one => one == wanted,
    };
    assert!(names(&claims["iss"], EXPECTED.issuer), "{claims}");
    assert!(names(&claims["aud"], EXPECTED.client_id), "{claims}");
    let is_ours_alone = claims["aud"].as_array().is_none_or(|all| all.len() == 1) && claims["azp"].is_null();
    assert!(is_ours_alone || claims["azp"] == EXPECTED.client_id, "{claims}");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |time| time.as_secs_f64());
    assert!(claims["exp"].as_f64().is_some_and(|exp| exp > now - 90.0), "{claims}");
    assert!(claims["nbf"].as_f64().is_none_or(|nbf| nbf < now + 90.0), "{claims}");
}
