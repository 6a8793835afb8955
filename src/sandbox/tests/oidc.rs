//! Discovery and ID tokens.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::Value;

use super::visitor::{exchange, our_client, request, returned};
use super::*;

impl Bench {
    async fn json(&self, url: &str) -> Value {
        self.http.get(url).send().await.unwrap().json().await.unwrap()
    }
}

fn decoded(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

#[tokio::test]
async fn discovery_names_the_endpoints_under_the_issuer() {
    let bench = Bench::start();
    let acme = bench.entry("acme");
    let issuer = acme.issuer.as_deref().unwrap();
    let found = bench.json(&format!("{issuer}/.well-known/openid-configuration")).await;
    assert_eq!(found["issuer"], issuer);
    for endpoint in ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"] {
        assert!(found[endpoint].as_str().unwrap().starts_with(issuer), "{endpoint}");
    }
    let plain = format!("{}/.well-known/openid-configuration", bench.base(bench.entry("plain")));
    assert_eq!(bench.http.get(plain).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn an_id_token_is_signed_by_the_published_key_and_made_for_this_request() {
    let bench = Bench::start();
    let acme = bench.entry("acme");
    let issuer = acme.issuer.clone().unwrap();
    let mut params = request(acme);
    params.insert("nonce".into(), "the-nonce".into());
    let transaction = bench.transaction(acme, &params).await;
    let back = returned(&bench.consent(acme, &transaction, "ordinary").await);
    assert_eq!(back["iss"], issuer, "RFC 9207");
    let tokens: Value = bench.exchange(acme, exchange(acme, &back["code"])).await.json().await.unwrap();

    let token = tokens["id_token"].as_str().unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    let header: Value = serde_json::from_slice(&decoded(header)).unwrap();
    let key = bench.json(&format!("{issuer}/jwks")).await["keys"][0].clone();
    assert_eq!((&header["alg"], &header["kid"]), (&"ES256".into(), &key["kid"]));
    let point = [vec![4], decoded(key["x"].as_str().unwrap()), decoded(key["y"].as_str().unwrap())].concat();
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
    key.verify(signed.as_bytes(), &decoded(signature)).unwrap();

    let claims: Value = serde_json::from_slice(&decoded(claims)).unwrap();
    assert_eq!(claims["iss"], issuer);
    assert_eq!(claims["aud"], our_client(acme).client_id);
    assert_eq!(claims["nonce"], "the-nonce");
    assert_eq!(claims["preferred_username"], "sandbox_ordinary");
    assert!(claims["sub"].is_string() && claims["exp"].as_u64() > claims["iat"].as_u64());
    let userinfo = bench.ask(acme, tokens["access_token"].as_str().unwrap()).await;
    assert_eq!(userinfo.json::<Value>().await.unwrap()["sub"], claims["sub"]);
}
