//! The catalogue as shipped, and what an operator can and cannot lay over it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::path::Path;

use super::*;
use crate::platform::entry::{AuthMethod, IdScope, Kind, Pkce, Pointer, RevocationAuth, RevocationMethod};

fn load(toml: &str) -> Result<Catalogue, Vec<Fault>> {
    let platforms: Table = toml.parse().unwrap();
    let origins = Origins::file("operator.toml");
    Catalogue::load(Overrides { platforms: &platforms, origins: &origins, folder: Path::new(".") })
}

fn faults(toml: &str) -> Vec<String> {
    load(toml).map(|_| ()).unwrap_err().iter().map(ToString::to_string).collect()
}

fn pointers(texts: &[&str]) -> Vec<Pointer> {
    texts.iter().map(|text| Pointer::parse(text).unwrap()).collect()
}

#[test]
fn the_catalogue_holds_the_eight_platforms_none_of_them_available_without_credentials() {
    let catalogue = load("").unwrap();
    let with_page = || catalogue.iter().filter(|entry| entry.has_consent_page());
    let names: Vec<_> = with_page().map(|entry| entry.name.as_str()).collect();
    assert_eq!(
        names,
        ["facebook", "instagram", "linkedin", "pinterest", "threads", "tiktok", "twitter", "youtube"]
    );
    for entry in with_page() {
        assert!(!entry.is_available());
        assert!(entry.documentation.is_some(), "{} names the page its facts come from", entry.name);
        assert!(!entry.authorization.scopes.is_empty());
        for url in [&entry.authorization.endpoint, &entry.token.endpoint, &entry.identity.endpoint] {
            assert_eq!(url.as_ref().unwrap().scheme(), "https");
        }
    }
}

#[test]
fn platforms_without_a_consent_page_need_no_client_and_say_what_a_person_types() {
    let catalogue = load("").unwrap();
    let names: Vec<_> = catalogue.iter().filter(|entry| !entry.has_consent_page()).collect();
    assert_eq!(names.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>(), ["bluesky", "trustpilot"]);
    for entry in &names {
        assert!(entry.documentation.is_some() && entry.client.is_none() && entry.revocation.is_none());
    }
    let fields = |name: &str| {
        let facts = catalogue.find(name).unwrap().credentials.as_ref().unwrap();
        facts.fields.iter().map(|field| (field.name.clone(), field.is_secret)).collect::<Vec<_>>()
    };
    assert_eq!(fields("bluesky"), [("app_password".to_owned(), true), ("identifier".to_owned(), false)]);
    assert_eq!(fields("trustpilot"), [("api_key".to_owned(), true)]);
    assert!(catalogue.find("bluesky").unwrap().is_available());
}

#[test]
fn a_key_that_nobody_asks_about_proves_nothing() {
    let trustpilot = load("").unwrap().find("trustpilot").cloned().unwrap();
    assert_eq!(trustpilot.missing(), ["identity_endpoint"]);
    let told = load("trustpilot.identity_endpoint = 'https://api.trustpilot.com/own'").unwrap();
    assert!(told.find("trustpilot").unwrap().is_available());
}

#[test]
fn a_third_platform_with_a_key_needs_a_file_alone() {
    let whole = "[acme]\nkind = 'credentials'\nprotocol = 'api_key'\nkey_query = 'key'
        identity_endpoint = 'https://a.example/me'\nidentity.platform_id = '/id'
        credentials.token = { secret = true, forms = '{a-z:8}' }";
    assert!(load(whole).unwrap().find("acme").unwrap().is_available());
    let like_all_others = "bluesky.client_id = 'i'\nbluesky.client_secret = 's'";
    assert!(load(like_all_others).unwrap().find("bluesky").unwrap().client.is_none());
    for (toml, key) in [
        ("[acme]\nkind = 'credentials'", "platforms.acme.protocol"),
        ("bluesky.scopes = ['a']", "platforms.bluesky.scopes"),
        ("bluesky.service_endpoint = 'http://pds.example/'", "platforms.bluesky.service_endpoint"),
        ("bluesky.host_suffixes = ['example.com']", "platforms.bluesky.host_suffixes"),
        ("bluesky.credentials.app_password.secret = false", "platforms.bluesky.credentials"),
        (
            "bluesky.credentials.app_password.forms = ['{']",
            "platforms.bluesky.credentials.app_password.forms",
        ),
        ("trustpilot.key_query = 'k'", "catalogue/trustpilot.toml: key_header"),
        ("trustpilot.key_header = 'Authorization'", "catalogue/trustpilot.toml: identity_headers"),
    ] {
        let found = faults(toml);
        assert_eq!(found.len(), 1, "{toml}: {found:?}");
        assert!(found[0].contains(key), "{toml}: {found:?}");
    }
}

#[test]
fn x_is_another_name_of_twitter_and_names_are_case_sensitive() {
    let catalogue = load("").unwrap();
    assert_eq!(catalogue.find("x").unwrap().name.as_str(), "twitter");
    assert_eq!(catalogue.find("twitter").unwrap().name.as_str(), "twitter");
    for unknown in ["X", "Twitter", "sandbox", "", "twitter "] {
        assert!(catalogue.find(unknown).is_none(), "{unknown:?}");
    }
}

#[test]
fn the_facts_on_which_a_flow_turns_are_read_as_written() {
    let catalogue = load("").unwrap();
    let tiktok = catalogue.find("tiktok").unwrap();
    assert_eq!(tiktok.authorization.rename["client_id"], "client_key");
    assert_eq!(tiktok.authorization.params["disable_auto_auth"], "1");
    assert_eq!(tiktok.token.account, pointers(&["/open_id"]));
    assert_eq!(tiktok.identity.require[&pointers(&["/error/code"])[0]], "ok");
    let basic_only = &tiktok.identity.without_scope["user.info.profile"].identity_query["fields"];
    assert!(!basic_only.contains("username"), "a field outside the grant fails the whole call");

    let instagram = catalogue.find("instagram").unwrap();
    assert_eq!(instagram.identity.platform_id, pointers(&["/user_id", "/data/0/user_id"]));
    assert_eq!(instagram.identity.account, pointers(&["/id", "/data/0/id"]));
    assert_eq!(instagram.authorization.pkce, Pkce::None);
    assert!(instagram.revocation.is_none());

    let youtube = catalogue.find("youtube").unwrap();
    assert_eq!(youtube.issuer.as_deref(), Some("https://accounts.google.com"));
    assert_eq!(youtube.id_scope, IdScope::Global);
    assert_eq!(youtube.identity.no_account_if.values().collect::<Vec<_>>(), ["youtubeSignupRequired"]);

    let facebook = catalogue.find("facebook").unwrap();
    let revocation = facebook.revocation.as_ref().unwrap();
    assert_eq!((revocation.method, revocation.auth), (RevocationMethod::Delete, RevocationAuth::Bearer));
    assert!(facebook.identity.handle.is_empty(), "a display name is no handle");
    assert_eq!(facebook.identity.proof_param.as_deref(), Some("appsecret_proof"));

    let methods = ["twitter", "pinterest"].map(|name| catalogue.find(name).unwrap().token.auth_method);
    assert_eq!(methods, [Some(AuthMethod::Basic); 2]);
    assert_eq!(catalogue.find("linkedin").unwrap().authorization.pkce, Pkce::None);
}

#[test]
fn an_operator_s_setting_replaces_one_fact_and_keeps_the_rest() {
    let catalogue = load(
        r#"[tiktok]
        client_id = "id"
        client_secret = "s"
        token_endpoint = "http://127.0.0.1:9/token"
        identity_endpoint = "http://[::1]:9/me"
        scopes = ["user.info.basic"]
        revoke_after_read = false
        authorization_params = { disable_auto_auth = "", lang = "en" }
        [tiktok.token]
        error = "/fault""#,
    )
    .unwrap();
    let tiktok = catalogue.find("tiktok").unwrap();
    assert!(tiktok.is_available());
    assert_eq!(tiktok.token.endpoint.as_ref().unwrap().as_str(), "http://127.0.0.1:9/token");
    assert_eq!(tiktok.authorization.scopes, ["user.info.basic"]);
    assert_eq!(tiktok.identity.query["fields"], "open_id,display_name,username");
    assert_eq!(tiktok.authorization.params.keys().collect::<Vec<_>>(), ["lang"]);
    assert_eq!(tiktok.token.error, pointers(&["/fault"]));
    assert_eq!(tiktok.token.account, pointers(&["/open_id"]));
    assert_eq!(tiktok.revocation.as_ref().unwrap().after_read, Some(false));
}

#[test]
fn an_operator_s_own_oidc_platform_needs_four_lines() {
    let text =
        "[acme]\nkind = 'oidc'\nissuer = 'https://id.acme.example'\nclient_id = 'i'\nclient_secret = 's'";
    let catalogue = load(text).unwrap();
    let acme = catalogue.find("acme").unwrap();
    assert_eq!((acme.kind, acme.id_scope, acme.id_kind.as_str()), (Kind::Oidc, IdScope::App, "sub"));
    assert_eq!(acme.authorization.scopes, ["openid", "profile"]);
    assert_eq!(acme.authorization.pkce, Pkce::S256);
    assert_eq!(acme.identity.platform_id, pointers(&["/sub"]));
    assert_eq!(acme.identity.handle, pointers(&["/preferred_username"]));
    assert_eq!(acme.token.auth_method, None, "discovery says which");
    assert!(acme.token.endpoint.is_none());
}

#[test]
fn an_operator_s_own_oauth2_platform_needs_its_endpoints_and_the_place_of_the_id() {
    let whole = "[acme]\nkind = 'oauth2'\nauthorization_endpoint = 'https://a.example/a'
        token_endpoint = 'https://a.example/t'\nidentity_endpoint = 'https://a.example/me'
        identity.platform_id = '/id'";
    let catalogue = load(whole).unwrap();
    let acme = catalogue.find("acme").unwrap();
    assert_eq!((acme.display_name.as_str(), acme.authorization.pkce), ("acme", Pkce::S256));
    assert_eq!(
        faults("[acme]\nkind = 'oauth2'"),
        [
            "operator.toml: platforms.acme.authorization_endpoint is missing; name the platform's address for it",
            "operator.toml: platforms.acme.token_endpoint is missing; name the platform's address for it",
            "operator.toml: platforms.acme.identity_endpoint is missing; name the platform's address for it",
            "operator.toml: platforms.acme.identity.platform_id names no place of the permanent id; \
             give its JSON pointer: \"/data/id\"",
        ]
    );
}

#[test]
fn a_broken_platform_setting_is_a_fault_at_its_own_key() {
    for (toml, key) in [
        ("tiktok.client_id = 'i'", "platforms.tiktok.client_secret"),
        ("tiktok.client_secret = 's'", "platforms.tiktok.client_id"),
        ("tiktok.client_idd = 'i'", "platforms.tiktok.client_idd"),
        ("tiktok.token_endpoint = 'http://evil.example/'", "platforms.tiktok.token_endpoint"),
        ("tiktok.token_endpoint = 'https://u:p@t.example/'", "platforms.tiktok.token_endpoint"),
        ("tiktok.token_endpoint = 'https://t.example/#f'", "platforms.tiktok.token_endpoint"),
        ("tiktok.token_endpoint = 'ftp://t.example/'", "platforms.tiktok.token_endpoint"),
        ("tiktok.authorization_params.state = '1'", "platforms.tiktok.authorization_params"),
        ("tiktok.rename.state = 's'", "platforms.tiktok.rename"),
        ("tiktok.rename.client_id = 'state'", "platforms.tiktok.rename"),
        ("tiktok.rename.client_secret = 'code'", "platforms.tiktok.rename"),
        ("tiktok.rename.scope = 'client_key'", "platforms.tiktok.rename"),
        ("tiktok.authorization_params.client_key = 'k'", "platforms.tiktok.authorization_params"),
        ("tiktok.grant.authorization_params.client_key = 'k'", "platforms.tiktok.grant.authorization_params"),
        (
            "tiktok.authorization_endpoint = 'https://a.example/?state=1'",
            "platforms.tiktok.authorization_endpoint",
        ),
        ("tiktok.identity_headers = { '' = 'x' }", "platforms.tiktok.identity_headers"),
        ("tiktok.identity_headers.Authorization = 'x'", "platforms.tiktok.identity_headers"),
        ("tiktok.identity.handle = 'data'", "platforms.tiktok.identity.handle"),
        ("tiktok.identity.handel = '/a'", "platforms.tiktok.identity.handel"),
        ("tiktok.scopes = 'a,b'", "platforms.tiktok.scopes"),
        ("tiktok.required_scopes = ['video.list']", "platforms.tiktok.required_scopes"),
        ("tiktok.pkce = 's256'", "platforms.tiktok.pkce"),
        ("facebook.revocation_auth = 'none'", "platforms.facebook.revocation_auth"),
        ("threads.revoke_after_read = true", "platforms.threads.revoke_after_read"),
        ("threads.aliases = ['x']", "aliases"),
        ("tiktok = 1", "platforms.tiktok"),
        ("x.client_id = 'i'", "platforms.x is another name of twitter; write [platforms.twitter]"),
        ("tictok.client_id = 'i'", "platforms.tictok is no platform of the catalogue; did you mean tiktok?"),
        ("sandbox.kind = 'oidc'", "platforms.sandbox"),
        ("Acme.kind = 'oidc'", "platforms.Acme"),
        ("acme.kind = 'oidc'", "platforms.acme.issuer"),
        ("acme = { kind = 'oidc', issuer = 'https://a.example?x' }", "platforms.acme.issuer"),
        ("acme = { kind = 'oidc', issuer = 'https://a.example', scopes = ['x'] }", "platforms.acme.scopes"),
    ] {
        let found = faults(toml);
        assert_eq!(found.len(), 1, "{toml}: {found:?}");
        assert!(found[0].contains(key), "{toml}: {found:?}");
    }
}
