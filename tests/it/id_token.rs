//! `kind = "oidc"` against an issuer that signs what it likes: every claim and the signature are checked (`T57`).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};
use sha2::Sha256;
use url::Url;

use crate::harness::hostile::{CLIENT_ID, CLIENT_SECRET};
use crate::harness::{Endpoint, HostilePlatform, Landing, Reply, Service, Setup};

/// What an attacker changes in the claims or in a document.
type Change = fn(&mut Value);
/// A token made of claims.
type Forge<'a> = Box<dyn Fn(&Value) -> Value + 'a>;

struct Issuer {
    platform: HostilePlatform,
    key: Ed25519KeyPair,
    service: Service,
}

impl Issuer {
    async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// With a changed discovery document.
    async fn with(change: impl FnOnce(&mut Value)) -> Self {
        let platform = HostilePlatform::start().await;
        let key = pair();
        let mut discovery = json!({
            "issuer": platform.url(""), "authorization_endpoint": platform.url("/authorize"),
            "token_endpoint": platform.url("/token"), "userinfo_endpoint": platform.url("/identity"),
            "revocation_endpoint": platform.url("/revoke"), "jwks_uri": platform.url("/jwks"),
        });
        change(&mut discovery);
        platform.document("/.well-known/openid-configuration", &discovery);
        platform.document("/jwks", &json!({"keys": [jwk(&key, "k1")]}));
        let mut entry = toml::toml! { kind = "oidc" };
        entry.insert("issuer".into(), platform.url("").into());
        entry.insert("client_id".into(), CLIENT_ID.into());
        entry.insert("client_secret".into(), CLIENT_SECRET.into());
        // The machine's clock, since a library compares `exp` with it.
        let service = Service::start(Setup::bare().platform("acme", entry).real_clock()).await;
        Self { platform, key, service }
    }

    fn claims(&self, nonce: &str) -> Value {
        let exp = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() + 600;
        json!({
            "iss": self.platform.url(""), "aud": CLIENT_ID, "sub": "s-1", "exp": exp, "iat": exp - 600, "nonce": nonce,
            "preferred_username": "jane",
        })
    }

    /// One flow whose ID token is what `make` makes of the flow's nonce.
    async fn attempt(&self, make: impl FnOnce(&str) -> Value) -> Landing {
        let browser = self.service.browser();
        let created = self.service.session("acme").await;
        let authorization_url = browser.open(&created).await;
        let asked = Url::parse(&authorization_url).unwrap();
        let nonce = asked.query_pairs().find(|(name, _)| name == "nonce").unwrap().1.into_owned();
        self.platform.token_member("id_token", make(&nonce));
        let callback = self.platform.consent(&authorization_url);
        Landing::at(browser.get(&callback).await.location())
    }

    async fn with_claims(&self, change: impl FnOnce(&mut Value)) -> Landing {
        self.attempt(|nonce| {
            let mut claims = self.claims(nonce);
            change(&mut claims);
            json!(signed(&json!({"alg": "EdDSA", "kid": "k1"}), &claims, &self.key))
        })
        .await
    }
}

/// The id and the handle of a proof.
#[track_caller]
fn proven(landing: &Landing) -> (String, String) {
    assert!(landing.url.contains("sig="), "{}", landing.url);
    (landing.value("platform_id"), landing.value("handle"))
}

fn pair() -> Ed25519KeyPair {
    let document = Ed25519KeyPair::generate_pkcs8(&ring::rand::SystemRandom::new()).unwrap();
    Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap()
}

fn jwk(key: &Ed25519KeyPair, id: &str) -> Value {
    let x = URL_SAFE_NO_PAD.encode(key.public_key());
    json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": id, "x": x})
}

fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}

fn signed(header: &Value, claims: &Value, key: &Ed25519KeyPair) -> String {
    let message = unsigned(header, claims);
    let signature = URL_SAFE_NO_PAD.encode(key.sign(message.as_bytes()));
    format!("{message}.{signature}")
}

fn with_hmac(claims: &Value, secret: &[u8]) -> String {
    let message = unsigned(&json!({"alg": "HS256", "kid": "k1"}), claims);
    let mac = Hmac::<Sha256>::new_from_slice(secret).unwrap().chain_update(&message).finalize().into_bytes();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac))
}

#[tokio::test]
async fn a_good_id_token_proves_its_subject() {
    let issuer = Issuer::start().await;
    let landing = issuer.with_claims(|_| {}).await;
    assert_eq!(proven(&landing), ("s-1".into(), "jane".into()));
    let listed = issuer.with_claims(|claims| claims["aud"] = json!([CLIENT_ID])).await;
    proven(&listed);
    let among_others = |claims: &mut Value| {
        claims["aud"] = json!(["a-project", CLIENT_ID]);
        claims["azp"] = json!(CLIENT_ID);
    };
    proven(&issuer.with_claims(among_others).await);
    assert_eq!(issuer.platform.count(Endpoint::Identity), 0, "the handle was in the ID token");
}

#[tokio::test]
async fn t57_a_wrong_claim_makes_no_proof() {
    let issuer = Issuer::start().await;
    let changes: [(&str, Change); 17] = [
        ("another audience", |claims| claims["aud"] = json!("another-client")),
        ("other audiences", |claims| claims["aud"] = json!(["a", "b"])),
        ("no audience", |claims| drop(claims.as_object_mut().unwrap().remove("aud"))),
        ("another issuer", |claims| claims["iss"] = json!("https://evil.test")),
        ("an issuer with a slash", |claims| {
            claims["iss"] = json!(format!("{}/", claims["iss"].as_str().unwrap()));
        }),
        ("no issuer", |claims| drop(claims.as_object_mut().unwrap().remove("iss"))),
        ("expired", |claims| claims["exp"] = json!(1_500_000_000)),
        ("no expiry", |claims| drop(claims.as_object_mut().unwrap().remove("exp"))),
        ("text expiry", |claims| claims["exp"] = json!("never")),
        ("not yet", |claims| claims["nbf"] = json!(4_000_000_000_u64)),
        ("another nonce", |claims| claims["nonce"] = json!("x")),
        ("an empty nonce", |claims| claims["nonce"] = json!("")),
        ("no nonce", |claims| drop(claims.as_object_mut().unwrap().remove("nonce"))),
        ("another azp", |claims| claims["azp"] = json!("another-client")),
        ("no subject", |claims| drop(claims.as_object_mut().unwrap().remove("sub"))),
        ("many audiences without azp", |claims| claims["aud"] = json!([CLIENT_ID, "another-client"])),
        ("claims that are no object", |claims| *claims = json!([1])),
    ];
    for (what, change) in changes {
        let landing = issuer.with_claims(change).await;
        assert_eq!(landing.value("error"), "platform_error", "{what}: {}", landing.url);
    }
    for sub in [json!(""), json!("a b"), json!("a&b"), json!({"a": 1})] {
        let landing = issuer.with_claims(|claims| claims["sub"] = sub.clone()).await;
        assert!(
            ["invalid_identity", "platform_error"].contains(&landing.value("error").as_str()),
            "{sub} {}",
            landing.url
        );
    }
}

#[tokio::test]
async fn t57_a_token_that_the_issuers_key_did_not_sign_makes_no_proof() {
    let issuer = Issuer::start().await;
    let stranger = pair();
    let header = json!({"alg": "EdDSA", "kid": "k1"});
    let public = URL_SAFE_NO_PAD.encode(issuer.key.public_key());
    let forgeries: Vec<(&str, Forge<'_>)> = vec![
        ("another key", Box::new(|claims| json!(signed(&header, claims, &stranger)))),
        (
            "an unknown kid",
            Box::new(|claims| json!(signed(&json!({"alg": "EdDSA", "kid": "k2"}), claims, &stranger))),
        ),
        (
            "no kid and another key",
            Box::new(|claims| json!(signed(&json!({"alg": "EdDSA"}), claims, &stranger))),
        ),
        ("none", Box::new(|claims| json!(format!("{}.", unsigned(&json!({"alg": "none"}), claims))))),
        (
            "None",
            Box::new(|claims| json!(format!("{}.", unsigned(&json!({"alg": "None", "kid": "k1"}), claims)))),
        ),
        (
            "none with a signature",
            Box::new(|claims| json!(signed(&json!({"alg": "none"}), claims, &issuer.key))),
        ),
        (
            "HS256 with the client secret",
            Box::new(|claims| json!(with_hmac(claims, CLIENT_SECRET.as_bytes()))),
        ),
        (
            "HS256 with the public key",
            Box::new(|claims| json!(with_hmac(claims, issuer.key.public_key().as_ref()))),
        ),
        ("HS256 with the key's text", Box::new(|claims| json!(with_hmac(claims, public.as_bytes())))),
        (
            "RS256 in name",
            Box::new(|claims| json!(signed(&json!({"alg": "RS256", "kid": "k1"}), claims, &issuer.key))),
        ),
        (
            "a key of its own",
            Box::new(|claims| {
                let header = json!({"alg": "EdDSA", "kid": "k1", "jwk": jwk(&stranger, "k1")});
                json!(signed(&header, claims, &stranger))
            }),
        ),
        ("no signature", Box::new(|claims| json!(unsigned(&header, claims)))),
        ("an empty signature", Box::new(|claims| json!(format!("{}.", unsigned(&header, claims))))),
        ("no JWS", Box::new(|_| json!("abc"))),
        ("no text", Box::new(|_| json!(5))),
        ("none at all", Box::new(|_| Value::Null)),
    ];
    for (what, forge) in forgeries {
        let landing = issuer.attempt(|nonce| forge(&issuer.claims(nonce))).await;
        assert_eq!(landing.value("error"), "platform_error", "{what}: {}", landing.url);
    }
    // Claims of one token with the signature of another.
    let landing = issuer
        .attempt(|nonce| {
            let good = signed(&header, &issuer.claims(nonce), &issuer.key);
            let mut claims = issuer.claims(nonce);
            claims["sub"] = json!("victim");
            json!(format!("{}.{}", unsigned(&header, &claims), good.rsplit('.').next().unwrap()))
        })
        .await;
    landing.fails_with("platform_error");
    let landing = issuer.with_claims(|_| {}).await;
    proven(&landing);
}

#[tokio::test]
async fn the_handle_is_asked_of_userinfo_which_must_be_about_the_same_subject() {
    let issuer = Issuer::start().await;
    let without = |claims: &mut Value| drop(claims.as_object_mut().unwrap().remove("preferred_username"));
    issuer
        .platform
        .always(Endpoint::Identity, Reply::json(&json!({"sub": "s-1", "preferred_username": "jane.d"})));
    let landing = issuer.with_claims(without).await;
    assert_eq!(proven(&landing), ("s-1".into(), "jane.d".into()));
    issuer
        .platform
        .always(Endpoint::Identity, Reply::json(&json!({"sub": "victim", "preferred_username": "v"})));
    issuer.with_claims(without).await.fails_with("invalid_identity");
    issuer.platform.always(Endpoint::Identity, Reply::json(&json!({"sub": "s-1"})));
    let landing = issuer.with_claims(without).await;
    assert_eq!(proven(&landing), ("s-1".into(), String::new()));
}

#[tokio::test]
async fn t42_the_iss_of_the_response_is_the_issuer() {
    let issuer = Issuer::start().await;
    for (iss, is_good) in [(issuer.platform.url(""), true), (issuer.platform.url("/"), false)] {
        let browser = issuer.service.browser();
        let authorization_url = browser.open(&issuer.service.session("acme").await).await;
        let asked = Url::parse(&authorization_url).unwrap();
        let nonce = asked.query_pairs().find(|(name, _)| name == "nonce").unwrap().1.into_owned();
        let token = signed(&json!({"alg": "EdDSA", "kid": "k1"}), &issuer.claims(&nonce), &issuer.key);
        issuer.platform.token_member("id_token", json!(token));
        let callback = issuer.platform.consent(&authorization_url);
        let named = Url::parse_with_params(&callback, [("iss", iss)]).unwrap();
        let landing = Landing::at(browser.get(named.as_str()).await.location());
        assert_eq!(landing.url.contains("sig="), is_good, "{}", landing.url);
    }
}

#[tokio::test]
async fn t58_a_discovery_document_of_another_issuer_or_with_endpoints_in_the_clear_is_not_believed() {
    let changes: [Change; 4] = [
        |document| document["issuer"] = json!("https://evil.test"),
        |document| document["token_endpoint"] = json!("http://evil.test/token"),
        |document| document["authorization_endpoint"] = json!("javascript:alert(1)"),
        |document| drop(document.as_object_mut().unwrap().remove("token_endpoint")),
    ];
    for change in changes {
        let issuer = Issuer::with(change).await;
        let created = issuer.service.session("acme").await;
        issuer.service.browser().get(&created.authorize_url).await.refuses(503);
        assert_eq!(issuer.service.status(&created.session_id).await.0, "created");
    }
    // Without any keys there is nothing to check a signature with.
    let issuer = Issuer::with(|document| drop(document.as_object_mut().unwrap().remove("jwks_uri"))).await;
    issuer.with_claims(|_| {}).await.fails_with("platform_error");
}

#[tokio::test]
async fn two_flows_of_one_browser_have_two_nonces() {
    let issuer = Issuer::start().await;
    let mut first = String::new();
    issuer
        .attempt(|nonce| {
            first = nonce.to_owned();
            Value::Null
        })
        .await;
    // The ID token of one flow in another.
    let replayed = issuer
        .attempt(|nonce| {
            assert_ne!(nonce, first);
            json!(signed(&json!({"alg": "EdDSA", "kid": "k1"}), &issuer.claims(&first), &issuer.key))
        })
        .await;
    replayed.fails_with("platform_error");
}
