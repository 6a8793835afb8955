//! Platforms' files: whatever facts are accepted, every request that is built of them has one reading.

use std::path::Path;

use oauth2::AuthorizationCode;
use toml::Table;
use url::{Url, form_urlencoded};

use crate::crypto::locator::{EntryKey, Locator, OAuthState};
use crate::crypto::root_key::RootKey;
use crate::crypto::secret::SecretText;
use crate::fuzzing::FixedEntropy;
use crate::platform::authorize::{self, FlowSecrets};
use crate::platform::entry::{AuthMethod, Client, Entry};
use crate::platform::token::{self, Exchange, Tokens};
use crate::platform::{identity, read_entry, revocation};
use crate::session::PlatformName;
use crate::settings::{Faults, Origins, Reader, Source, is_loopback};

const OWN: [&str; 7] =
    ["response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "nonce"];

/// One field: the file's text.
///
/// # Panics
/// Where the property does not hold.
pub fn platform_file(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    // Which files there are on this machine is no property of the text.
    if text.contains("_file") {
        return;
    }
    let Ok(table) = text.parse::<Table>() else { return };
    let (origins, faults) = (Origins::file("fuzz.toml"), Faults::default());
    let source = Source { origins: &origins, folder: Path::new("/nowhere"), faults: &faults };
    let name = PlatformName::parse("acme").expect("it keeps the rule");
    let entry = read_entry::read(name, Reader::new(&table, source));
    match faults.into_result(entry) {
        Ok(entry) => its_requests_have_one_reading(&entry),
        Err(faults) => assert!(!faults.is_empty(), "refused without a word"),
    }
}

fn its_requests_have_one_reading(entry: &Entry) {
    assert!(!entry.identity.platform_id.is_empty());
    let client =
        Client { client_id: "our id".to_owned(), client_secret: SecretText::new("our secret".to_owned()) };
    let token = || SecretText::new("a-token".to_owned());
    if let Some(url) = allowed(entry.authorization.endpoint.as_ref()) {
        the_browser_is_sent_with_each_parameter_once(entry, url, &client);
    }
    if let Some(url) = allowed(entry.token.endpoint.as_ref()) {
        let exchange = Exchange {
            code: &AuthorizationCode::new("a-code".to_owned()),
            redirect_uri: "https://verify.example.com/oauth/callback/acme",
            code_verifier: None,
        };
        let request = token::request(entry, url, AuthMethod::Post, &client, &exchange).expect("it is built");
        let body = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
        each_stands_once(form_urlencoded::parse(body).map(|(name, _)| name.into_owned()).collect());
    }
    if let Some(url) = allowed(entry.identity.endpoint.as_ref()) {
        let tokens = Tokens { access_token: token(), scopes: None, account: None, id_token: None };
        assert!(identity::request(entry, url, &client, &tokens).is_ok(), "a header that is none");
    }
    if let Some(facts) = &entry.revocation
        && let Some(url) = allowed(facts.endpoint.as_ref())
    {
        assert!(revocation::request(entry, facts, url, &client, &token()).is_ok());
    }
}

fn allowed(endpoint: Option<&Url>) -> Option<&Url> {
    assert!(endpoint.is_none_or(|url| url.scheme() == "https" || is_loopback(url)), "{endpoint:?}");
    endpoint
}

fn the_browser_is_sent_with_each_parameter_once(entry: &Entry, endpoint: &Url, client: &Client) {
    let secrets = FlowSecrets::new(&RootKey::from_bytes(&[7; 32]).expect("they are 32"));
    let state = any_state();
    let redirect_uri = "https://verify.example.com/oauth/callback/acme";
    let text = authorize::request(entry, endpoint, client, redirect_uri, &state, &secrets);
    let url = Url::parse(&text).expect("it is a URL");
    assert_eq!(url.as_str(), text, "another parser's reading");
    assert_eq!(url.origin(), endpoint.origin());
    let names: Vec<String> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
    for own in OWN.map(|name| entry.spelling(name).to_owned()) {
        assert!(names.iter().filter(|name| **name == own).count() <= 1, "{own} twice: {url}");
    }
    let sent = url.query_pairs().find(|(name, _)| name == "state").map(|(_, value)| value.into_owned());
    assert_eq!(sent.as_deref(), Some(state.as_str()));
}

fn any_state() -> OAuthState {
    let locator = Locator::new(&RootKey::from_bytes(&[7; 32]).expect("they are 32"));
    locator.state(EntryKey([3; 16]), &FixedEntropy).expect("there is entropy")
}

fn each_stands_once(mut names: Vec<String>) {
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all, "{names:?}");
}
