//! The whole way, for every entry of the catalogue, and the sandbox as a value.

use super::visitor::at;
use super::*;
use crate::sandbox::dialect::Dialect;
use crate::sandbox::{Calls, StartError};

#[tokio::test]
async fn every_platform_is_walked_from_its_facts_alone() {
    let bench = Bench::start();
    assert!(bench.entries.len() >= 10);
    for entry in &bench.entries {
        let name = entry.name.as_str();
        let tokens = bench.tokens(entry, Persona::Ordinary).await;
        assert_eq!(at(&tokens, &entry.token.error), None, "{name}");
        let token = at(&tokens, &entry.token.access_token).unwrap().as_str().unwrap();
        let answer = bench.ask(entry, token).await;
        assert_eq!(answer.status(), 200, "{name}");
        let identity: serde_json::Value = answer.json().await.unwrap();

        let facts = &entry.identity;
        assert_eq!(at(&identity, &facts.error), None, "{name}");
        for (pointer, value) in &facts.require {
            assert_eq!(identity.pointer(pointer.as_str()).unwrap(), value.as_str(), "{name}");
        }
        assert!(at(&identity, &facts.platform_id).unwrap().to_string().len() > 5, "{name}");
        assert_eq!(at(&identity, &facts.handle).is_some(), !facts.handle.is_empty(), "{name}");
        if let (Some(token), Some(here)) = (at(&tokens, &entry.token.account), at(&identity, &facts.account))
        {
            assert_eq!(token.to_string().trim_matches('"'), here.to_string().trim_matches('"'), "{name}");
        }
        assert!(has_no_unfilled_place(&tokens) && has_no_unfilled_place(&identity), "{name}");
        let once = Calls { authorize: 1, token: 1, identity: 1, revoke: 0 };
        assert_eq!(bench.sandbox.calls(&entry.name), once);
    }
    bench.sandbox.stop().await;
}

#[tokio::test]
async fn a_revoked_token_is_dead_at_every_platform_that_revokes() {
    let bench = Bench::start();
    for entry in bench.entries.iter().filter(|entry| entry.revocation.is_some()) {
        let token = bench.access_token(entry, Persona::Ordinary).await;
        assert_eq!(bench.sandbox.live_tokens(&entry.name), std::slice::from_ref(&token));
        assert_eq!(bench.revoke(entry, "unknown").await.status().is_success(), {
            entry.revocation.as_ref().unwrap().auth != crate::platform::entry::RevocationAuth::Bearer
        });
        let answer = bench.revoke(entry, &token).await;
        assert_eq!(answer.status(), 200, "{}", entry.name);
        assert!(bench.sandbox.live_tokens(&entry.name).is_empty());
        assert_eq!(bench.ask(entry, &token).await.status(), 401, "{}", entry.name);
    }
}

#[tokio::test]
async fn a_revocation_without_the_right_credentials_kills_nothing() {
    let bench = Bench::start();
    let tiktok = bench.entry("tiktok");
    let token = bench.access_token(tiktok, Persona::Ordinary).await;
    let endpoint = tiktok.revocation.as_ref().unwrap().endpoint.clone().unwrap();
    let naked = bench.http.post(endpoint.clone()).form(&[("token", &token)]).send().await.unwrap();
    let wrong_method = bench.http.delete(endpoint).bearer_auth(&token).send().await.unwrap();
    assert_eq!((naked.status().as_u16(), wrong_method.status().as_u16()), (401, 400));
    assert_eq!(bench.sandbox.live_tokens(&tiktok.name), [token]);
}

#[tokio::test]
async fn the_overrides_make_the_configuration_s_platforms_table() {
    let bench = Bench::start();
    let overrides = bench.sandbox.overrides();
    let origins = Origins::file("dev");
    let mut platforms: toml::Table = OWN_PLATFORMS.parse().unwrap();
    for (name, table) in &overrides {
        let platform = platforms.entry(name).or_insert_with(|| toml::Table::new().into());
        platform.as_table_mut().unwrap().extend(table.as_table().unwrap().clone());
    }
    let folder = Path::new(".");
    let loaded = Catalogue::load(Overrides { platforms: &platforms, origins: &origins, folder }).unwrap();
    for entry in &bench.entries {
        let read = loaded.find(entry.name.as_str()).unwrap();
        assert!(read.is_available());
        assert_eq!(read.token.endpoint, entry.token.endpoint);
        assert_eq!(read.issuer, entry.issuer);
        assert_eq!(read.client.as_ref().unwrap().client_id, entry.client.as_ref().unwrap().client_id);
    }
    assert_eq!(overrides["acme"]["issuer"].as_str(), Some(bench.base(bench.entry("acme")).as_str()));
    assert!(overrides["threads"].get("revocation_endpoint").is_none());
    assert!(overrides["tiktok"].get("issuer").is_none());
}

#[tokio::test]
async fn t81_the_sandbox_starts_only_on_loopback_and_for_a_loopback_service() {
    let public = Options { bind: "0.0.0.0:0".parse().unwrap(), ..options() };
    assert!(matches!(Sandbox::start(&catalogue(), &public), Err(StartError::NotLoopback(_))));
    for url in ["https://verify.example.com", "http://localhost.example.com", "http://10.0.0.1:8080"] {
        let remote = Options { public_url: url.parse().unwrap(), ..options() };
        assert!(matches!(Sandbox::start(&catalogue(), &remote), Err(StartError::PublicService(_))), "{url}");
    }
}

#[tokio::test]
async fn a_stopped_sandbox_answers_no_more() {
    let bench = Bench::start();
    let address = bench.sandbox.address();
    let first = bench.entry("plain").client.clone().unwrap();
    bench.sandbox.stop().await;
    assert!(bench.http.get(format!("http://{address}/sandbox.css")).send().await.unwrap_err().is_connect());
    let again = Bench::start();
    assert_ne!(again.entry("plain").client.as_ref().unwrap().client_id, first.client_id);
}

/// An object's brace is followed by a quotation mark, a place's by its name.
fn has_no_unfilled_place(body: &serde_json::Value) -> bool {
    body.to_string().as_bytes().windows(2).all(|pair| pair[0] != b'{' || !pair[1].is_ascii_lowercase())
}

#[test]
fn every_dialect_file_belongs_to_a_platform_of_the_catalogue() {
    let catalogue = catalogue();
    let mut files = 0;
    for name in Dialect::names() {
        let entry = catalogue.find(&name).unwrap_or_else(|| panic!("{name} is no platform"));
        Dialect::of(&entry.name).unwrap();
        files += 1;
    }
    assert!(files >= 8);
}
