//! Broken configurations: every mistake is found, named where it was made, and shown without its value.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use super::tests::{MINIMAL, parse};
use super::*;

fn faults(text: &str, variables: &[(&str, &str)]) -> Vec<Fault> {
    parse(text, variables).map(|_| ()).unwrap_err()
}

/// T83, T86: one mistake each; the key in its fault, and a word of its remedy.
const BROKEN: [(&str, &str, &str); 40] = [
    ("public_url = 'http://verify.example.com'", "public_url", "use https"),
    ("public_url = 'https://verify.example.com/base'", "public_url", "alone"),
    ("public_url = 'https://verify.example.com?x'", "public_url", "alone"),
    ("public_url = 'verify.example.com'", "public_url", "https://"),
    ("public_url = 'https://u:hunter2-hunter2@v.example'", "public_url", "before the @"),
    ("public_url = 'https://verify.example.com.'", "public_url", "last dot"),
    ("public_url = 7", "public_url", "text"),
    ("publik_url = 'https://v.example'", "publik_url", "did you mean public_url?"),
    ("listen = 'localhost:8080'", "listen", "127.0.0.1:8080"),
    ("listen = '127.0.0.1:9090'", "metrics.listen", "\"off\""),
    ("metrics.listen = '0.0.0.0:8080'", "metrics.listen", "\"off\""),
    ("drain_seconds = 61", "drain_seconds", "0 to 60"),
    ("drain_seconds = -1", "drain_seconds", "0 to 60"),
    ("stores = 'memory'", "stores", "table"),
    ("stores.sessions = 'redis'", "stores.sessions", "redis://"),
    ("stores.sessions = 'http://:hunter2-hunter2@r.example'", "stores.sessions", "redis://"),
    ("stores.registry = 'sqlite::memory:'", "stores.registry", "sqlite:handleproof.db"),
    ("stores.registry = 'mysql://u:hunter2-hunter2@db.example/x'", "stores.registry", "postgres://"),
    ("secrets.master_key = 'hunter2-hunter2'", "secrets.master_key", "openssl"),
    (
        "secrets = { master_key = 'hunter2-hunter2', master_key_file = 'm' }",
        "secrets.master_key",
        "one of the two",
    ),
    ("sessions.ttl_seconds = 0", "sessions.ttl_seconds", "1 to 3600"),
    ("sessions.ttl_seconds = '900'", "sessions.ttl_seconds", "whole number"),
    ("sessions.ttl_seconds = 90.5", "sessions.ttl_seconds", "whole number"),
    ("sessions.proof_ttl_seconds = 301", "sessions.proof_ttl_seconds", "30 to 300"),
    ("sessions.browser_binding = 'false'", "sessions.browser_binding", "true or false"),
    ("sessions.max_live = 0", "sessions.max_live", "1 to"),
    ("limits.requests_per_ip_per_minute = -5", "limits.requests_per_ip_per_minute", "0 to"),
    ("limits.trusted_proxies = ['proxy.example']", "limits.trusted_proxies", "10.0.0.0/8"),
    ("limits.trusted_proxies = '10.0.0.0/8'", "limits.trusted_proxies", "list"),
    ("consent.interstitial = 'sometimes'", "consent.interstitial", "shared_apps"),
    ("tester.enable = true", "tester.enable", "did you mean enabled?"),
    ("operator.token = 'hunter2-hunter2'", "operator.token", "32"),
    ("operator.password_hash = 'hunter2-hunter2'", "operator.password_hash", "$argon2id$"),
    ("operator.password = 'hunter2-hunter2'", "operator.password", "take it out"),
    ("log.level = 'inof'", "log.level", "\"info\""),
    ("log.format = 'xml'", "log.format", "\"json\""),
    ("platforms.tiktok.client_secret = 'hunter2-hunter2'", "platforms.tiktok.client_id", "both or neither"),
    (
        "platforms.tiktok = { client_id = 'i', client_secret_file = 'hunter2-hunter2' }",
        "platforms.tiktok.client_secret_file",
        "create the file",
    ),
    ("platforms.tiktok = { client_id = 'i', client_secret = '' }", "platforms.tiktok.client_secret", "value"),
    (
        "platforms.tiktok.token_endpoint = 'http://evil.example'",
        "platforms.tiktok.token_endpoint",
        "use https",
    ),
];

#[test]
fn each_broken_configuration_is_refused_with_its_key_and_a_remedy() {
    for (line, key, remedy) in BROKEN {
        let own_public_url = line.starts_with("publi");
        let text = if own_public_url { line.to_owned() } else { format!("{MINIMAL}{line}") };
        let found = faults(&text, &[]);
        let fault = found.iter().find(|fault| fault.key == key);
        let fault = fault.unwrap_or_else(|| panic!("{line}: {found:?}"));
        assert_eq!(fault.file, "handleproof.toml");
        assert!(fault.remedy.contains(remedy), "{line}: {fault}");
        // The mistyped public_url is missing as well.
        assert_eq!(found.len(), if key == "publik_url" { 2 } else { 1 }, "{line}: {found:?}");
    }
}

#[test]
fn broken_variables_are_refused_under_their_own_names() {
    for (name, value) in [
        ("HANDLEPROOF_LISTENN", "127.0.0.1:1"),
        ("HANDLEPROOF_STORE__SESSIONS", "memory"),
        ("HANDLEPROOF_STORES", "memory"),
        ("HANDLEPROOF_SESSIONS__TTL_SECONDS", "soon"),
        ("HANDLEPROOF_SESSIONS__TTL_SECONDS", "9999"),
        ("HANDLEPROOF_SESSIONS__BROWSER_BINDING", "yes"),
        ("HANDLEPROOF_PLATFORMS__TIKTOK__CLIENT_ID", ""),
        ("HANDLEPROOF_PLATFORMS__TIKTOK__PKCE", "off"),
        ("HANDLEPROOF_PLATFORMS__TIKTOK__CLIENT_SECRETT", "hunter2-hunter2"),
        ("HANDLEPROOF_PLATFORMS__ACME__KIND", "saml"),
        ("HANDLEPROOF_listen", "127.0.0.1:1"),
        ("HANDLEPROOF_", "1"),
        ("HANDLEPROOF_STORES____SESSIONS", "memory"),
        ("HANDLEPROOF_PUBLIC_URL", "https://verify.example\u{fffd}com"),
    ] {
        let found = faults(MINIMAL, &[(name, value)]);
        let named = found.iter().any(|fault| fault.file == "environment" && fault.key == name);
        assert!(named, "{name}: {found:?}");
    }
    let both =
        [("HANDLEPROOF_OPERATOR__TOKEN", "hunter2-hunter2"), ("HANDLEPROOF_OPERATOR__TOKEN_FILE", "t")];
    assert_eq!(faults(MINIMAL, &both)[0].key, "HANDLEPROOF_OPERATOR__TOKEN");
}

#[test]
fn all_faults_of_the_file_the_environment_and_the_platforms_come_at_once() {
    let text = "listne = 'x'\n[sessions]\nttl_seconds = 0\n[platforms.tiktok]\npkce = 'no'\nfoo = 1\n[platforms.acme]\nkind = 'oidc'";
    let found = faults(text, &[("HANDLEPROOF_LOG__LEVEL", "loud")]);
    let keys: Vec<_> = found.iter().map(|fault| fault.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "public_url",
            "sessions.ttl_seconds",
            "HANDLEPROOF_LOG__LEVEL",
            "platforms.acme.issuer",
            "platforms.tiktok.pkce",
            "platforms.tiktok.foo",
            "listne",
        ]
    );
}

/// T86: whatever is wrong with a line, its value is in no fault, in neither form of display.
#[test]
fn no_fault_shows_a_secret() {
    let mut texts: Vec<String> = BROKEN.iter().map(|(line, ..)| format!("{MINIMAL}{line}")).collect();
    texts.extend(
        [
            "operator.token = 'hunter2-hunter2",
            "operator.token = hunter2-hunter2",
            "hunter2-hunter2",
            "operator.token = 'hunter2-hunter2'\noperator.token = 'hunter2-hunter2'",
            "operator.token = \"hunter2-hunter2\\q\"",
            "operator.token = ['hunter2-hunter2']",
            "operator.token = 'hunter2-hunter2 \u{7}'",
            "log.level = 'hunter2-hunter2'",
            "platforms.tiktok = 'hunter2-hunter2'",
            "platforms.tiktok.client_secret = ['hunter2-hunter2']",
            "platforms.tiktok.client_secret.hunter = 'hunter2-hunter2'",
            "platforms.tiktok.scopes = ['hunter2-hunter2 x']",
            "platforms.tiktok.identity_headers.Authorization = 'hunter2-hunter2'",
        ]
        .map(|line| format!("{MINIMAL}{line}")),
    );
    for text in texts {
        for fault in faults(&text, &[]) {
            let shown = format!("{fault} {fault:?}");
            assert!(!shown.contains("hunter2"), "{shown}");
        }
    }
}
