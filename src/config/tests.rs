//! Good configurations: what they give, and where each value may come from.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;
use crate::observe::LogFormat;

pub(super) const MINIMAL: &str = "public_url = 'https://verify.example.com'\n";

fn env(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

pub(super) fn parse(text: &str, variables: &[(&str, &str)]) -> Result<Config, Vec<Fault>> {
    Config::parse(text, "handleproof.toml", Path::new("/etc/handleproof"), env(variables))
}

#[test]
fn a_public_url_is_all_that_production_needs() {
    let config = parse(MINIMAL, &[("PATH", "/bin"), ("HANDLEPROOF_LOG", "debug")]).unwrap();
    assert_eq!(config.public_url.origin(), "https://verify.example.com");
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.metrics_listen.unwrap().to_string(), "127.0.0.1:9090");
    assert_eq!(config.stores.sessions, SessionStoreUrl::Memory);
    assert!(!config.stores.allow_eviction && config.stores.sessions_ca_file.is_none());
    assert_eq!(config.stores.registry, RegistryUrl::Sqlite("/etc/handleproof/handleproof.db".into()));
    assert_eq!(config.master_key, MasterKeySource::File("/etc/handleproof/master.key".into()));
    assert_eq!((config.sessions, config.limits), (Sessions::default(), Limits::default()));
    assert_eq!((config.interstitial, config.tester_enabled), (Interstitial::SharedApps, false));
    assert!(config.operator.token.is_none() && config.operator.password_hash.is_none());
    assert!(config.catalogue.iter().all(|entry| !entry.is_available() || !entry.has_consent_page()));
}

#[test]
fn the_documented_file_is_read_in_every_part() {
    let text = r#"
        public_url = "http://127.0.0.1:8080/"
        listen = "[::1]:8080"
        drain_seconds = 0
        [stores]
        sessions = "redis+cluster://r.example:6379"
        registry = "postgres://user:pw@db.example/handleproof"
        allow_eviction = true
        sessions_ca_file = "redis-ca.pem"
        [secrets]
        master_key_file = "keys/master.key"
        [sessions]
        ttl_seconds = 60
        proof_ttl_seconds = 30
        browser_binding = false
        max_live = 1_000
        [limits]
        sessions_per_key_per_minute = 0
        trusted_proxies = ["10.0.0.0/8", "::1"]
        [consent]
        interstitial = "always"
        [tester]
        enabled = true
        [metrics]
        listen = "off"
        [log]
        format = "pretty"
        level = "debug"
        [platforms.tiktok]
        client_id = "id"
        client_secret = "secret"
    "#;
    let config = parse(text, &[]).unwrap();
    assert_eq!(config.public_url.origin(), "http://127.0.0.1:8080");
    assert!(config.public_url.is_loopback() && !config.public_url.is_https());
    assert!(matches!(config.stores.sessions, SessionStoreUrl::RedisCluster(_)));
    assert!(matches!(config.stores.registry, RegistryUrl::Postgres(_)));
    assert!(config.stores.allow_eviction);
    assert_eq!(config.stores.sessions_ca_file, Some("/etc/handleproof/redis-ca.pem".into()));
    assert_eq!(config.master_key, MasterKeySource::File("/etc/handleproof/keys/master.key".into()));
    assert_eq!((config.sessions.ttl.as_secs(), config.drain.as_secs()), (60, 0));
    let proxies: Vec<_> = config.limits.trusted_proxies.iter().map(ToString::to_string).collect();
    assert_eq!(proxies, ["10.0.0.0/8", "::1/128"]);
    assert_eq!((config.metrics_listen, config.log.format), (None, LogFormat::Pretty));
    assert!(config.catalogue.find("tiktok").unwrap().is_available());
}

#[test]
fn every_kind_of_key_can_come_from_the_environment_and_wins_over_the_file() {
    let text = format!("{MINIMAL}[secrets]\nmaster_key_file = 'other.key'\n[sessions]\nttl_seconds = 1");
    let key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let config = parse(
        &text,
        &[
            ("HANDLEPROOF_PUBLIC_URL", "https://other.example"),
            ("HANDLEPROOF_SESSIONS__TTL_SECONDS", "120"),
            ("HANDLEPROOF_SESSIONS__BROWSER_BINDING", "false"),
            ("HANDLEPROOF_LIMITS__TRUSTED_PROXIES", "10.0.0.1, 192.168.0.0/16"),
            ("HANDLEPROOF_SECRETS__MASTER_KEY", key),
            ("HANDLEPROOF_PLATFORMS__TIKTOK__CLIENT_ID", "id"),
            ("HANDLEPROOF_PLATFORMS__TIKTOK__CLIENT_SECRET", "true"),
            ("HANDLEPROOF_PLATFORMS__TIKTOK__SCOPES", "user.info.basic"),
            ("HANDLEPROOF_PLATFORMS__TIKTOK__AUTHORIZATION_PARAMS__LANG", "en"),
            ("HANDLEPROOF_PLATFORMS__ACME__KIND", "oidc"),
            ("HANDLEPROOF_PLATFORMS__ACME__ISSUER", "https://id.acme.example"),
        ],
    )
    .unwrap();
    assert_eq!(config.public_url.origin(), "https://other.example");
    assert_eq!((config.sessions.ttl.as_secs(), config.sessions.browser_binding), (120, false));
    assert_eq!(config.limits.trusted_proxies.len(), 2);
    assert!(matches!(config.master_key, MasterKeySource::Inline(_)));
    let tiktok = config.catalogue.find("tiktok").unwrap();
    assert_eq!(tiktok.client.as_ref().unwrap().client_secret.expose(), "true");
    assert_eq!(tiktok.authorization.scopes, ["user.info.basic"]);
    assert_eq!(tiktok.authorization.params["lang"], "en");
    assert!(config.catalogue.find("acme").is_some());
}

#[test]
fn a_secret_can_come_from_a_file_beside_the_configuration() {
    let folder = std::env::temp_dir().join(format!("handleproof-{}", uuid::Uuid::now_v7()));
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("tiktok.secret"), "s3cret\n").unwrap();
    let text = format!("{MINIMAL}[platforms.tiktok]\nclient_id = 'i'\nclient_secret_file = 'tiktok.secret'");
    std::fs::write(folder.join("handleproof.toml"), text).unwrap();

    let config = Config::load(&folder.join("handleproof.toml"), []);
    std::fs::remove_dir_all(&folder).unwrap();

    let config = config.unwrap();
    let client = config.catalogue.find("tiktok").unwrap().client.as_ref().unwrap();
    assert_eq!(client.client_secret.expose(), "s3cret");
}
