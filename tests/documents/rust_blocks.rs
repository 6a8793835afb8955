//! The Rust of documents, compiled and run. It stands here once more, between two marks, and has to be the same text.

use std::collections::HashMap;
use std::error::Error;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use handleproof_verify::{Claims, KeySet, PublicProof, PublicVerifier, sign};
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};

use super::markdown::{Block, block};
use super::repository::read;

const SECRET: &str = "pss_example_0123456789abcdefghijklmnop";

#[derive(Debug, thiserror::Error)]
#[error("this browser began nothing")]
struct NotStarted;

struct Request(String);

impl Request {
    fn query_string(&self) -> &str {
        &self.0
    }
}

fn readme(
    signing_secret: &str,
    browser_session: &mut HashMap<&str, String>,
    request: &Request,
    link_account: impl FnOnce(&str, &str, &str),
) -> Result<(), Box<dyn Error>> {
    // begins: README.md
    let verifier = handleproof_verify::Verifier::new(signing_secret)?.expect_platform("tiktok");
    let state = browser_session.remove("handleproof_state").ok_or(NotStarted)?; // consumed: a proof is used once
    let proof = verifier.verify_query(request.query_string(), &state)?;
    link_account(proof.platform(), proof.platform_id(), &proof.handle_decoded());
    // ends
    Ok(())
}

/// The references are those of a reader who holds what he has read.
#[rustfmt::skip]
#[allow(clippy::needless_borrow)]
fn public_proof(key_set: &str, jws: &str, state_of_this_browser: &str) -> Result<PublicProof, Box<dyn Error>> {
    // begins: docs/public-proofs.md
    // handleproof-verify with the feature `jws`
    let verifier = PublicVerifier::new(KeySet::from_json(&key_set)?, "https://verify.example.com", "key_0123456789abcdef");
    let public = verifier.verify(&jws, &state_of_this_browser)?;
    // ends
    Ok(public)
}

/// What stands between the marks, and what the document has, are the same but for white space.
#[track_caller]
fn is_the_same(shown: &Block) {
    let here = read("tests/documents/rust_blocks.rs");
    let (_, from) = here.split_once(&format!("// begins: {}\n", shown.document)).unwrap();
    let (code, _) = from.split_once("// ends\n").unwrap();
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(&shown.text), words(code), "{}:{}", shown.document, shown.line);
    assert_eq!(shown.language, "rust");
}

fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

#[test]
fn the_readmes_callback_links_the_account_once_and_for_its_own_browser_alone() {
    is_the_same(&block("README.md", "let verifier = handleproof_verify::Verifier"));
    let claims = Claims::new("tiktok", "_000abc", "Ben %26 Jerry's", "a1b2c3d4", now() + 300).unwrap();
    let request = Request(claims.to_query(&sign(&claims, SECRET.as_bytes())));
    let mut session = HashMap::from([("handleproof_state", "a1b2c3d4".to_owned())]);
    let mut linked = Vec::new();
    let mut callback = |session: &mut HashMap<&str, String>| {
        readme(SECRET, session, &request, |platform, id, handle| {
            linked.push(format!("{platform} {id} {handle}"))
        })
    };
    callback(&mut session).unwrap();
    assert_eq!(callback(&mut session).unwrap_err().to_string(), NotStarted.to_string());
    let mut another = HashMap::from([("handleproof_state", "e5f6a7b8".to_owned())]);
    assert!(callback(&mut another).is_err());
    assert_eq!(linked, ["tiktok _000abc Ben & Jerry's"]);
}

/// A key set with one key, and a public proof of it.
fn signed(claims: &Value) -> (String, String) {
    let key = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let x = URL_SAFE_NO_PAD.encode(key.public_key());
    let keys = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": "one", "x": x}]});
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = json!({"alg": "EdDSA", "typ": "ownership-proof+jwt", "kid": "one"});
    let input = format!("{}.{}", part(&header), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(key.sign(input.as_bytes()));
    (keys.to_string(), format!("{input}.{signature}"))
}

#[test]
fn a_public_proof_is_checked_by_the_lines_shown() {
    is_the_same(&block("docs/public-proofs.md", "// handleproof-verify with the feature"));
    let (keys, jws) = signed(&json!({
        "iss": "https://verify.example.com", "aud": "key_0123456789abcdef", "sub": "tiktok:_000abc", "platform": "tiktok",
        "platform_id": "_000abc", "handle": "jane", "nonce": "a1b2c3d4", "iat": now(), "exp": now() + 300, "jti": "j1",
    }));
    let public = public_proof(&keys, &jws, "a1b2c3d4").unwrap();
    assert_eq!((public.proof().platform_id(), public.id()), ("_000abc", "j1"));
    assert!(public_proof(&keys, &jws, "e5f6a7b8").is_err());
}
