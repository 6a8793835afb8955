//! Callback URLs: whatever passes is read alike by everybody, and stays on its list (`T12` to `T16`).

use url::{Url, form_urlencoded};

use super::texts;
use crate::error::Failure;
use crate::proof::failed;
use crate::session::{
    CallbackRules, CallbackUrl, CallerState, ForCallback, PlatformName, RegisteredCallback,
};

/// Two fields: the callback URL that is asked for, and one that is registered.
///
/// # Panics
/// Where the property does not hold.
pub fn callback_url(input: &[u8]) {
    let Some([asked, registered]) = texts(input) else { return };
    for (own, is_development) in [("https://verify.example.com", false), ("http://127.0.0.1:8080", true)] {
        let own = Url::parse(own).expect("it is a URL");
        let rules = CallbackRules::new(own.clone(), is_development);
        let entry = rules.parse_registered(registered).ok();
        let Ok(callback) = rules.parse(asked) else { continue };
        assert_eq!(callback.as_str(), asked);
        let url = Url::parse(asked).expect("it was parsed before");
        assert_eq!(url.as_str(), asked, "another parser's reading");
        assert!(url.scheme() == "https" || (is_development && url.scheme() == "http"));
        assert!(is_development || url.host() != own.host(), "the service's own");
        assert!(!asked.contains(['#', '@']) || url.authority() == callback.host(), "a user name");
        if let Some(entry) = &entry {
            assert_eq!(entry.allows(&callback), is_on_list(entry, &url), "{entry:?} {callback:?}");
        }
        the_redirect_says_it_once(&callback, &url);
    }
}

/// By two parsed URLs, where the service compares their texts.
fn is_on_list(entry: &RegisteredCallback, asked: &Url) -> bool {
    let url = Url::parse(entry.as_str()).expect("it was parsed before");
    let is_bare_origin = url.as_str() != entry.as_str();
    url.origin() == asked.origin() && (is_bare_origin || url.path() == asked.path())
}

/// The caller's own parameters stand first and untouched, and each of ours stands there once.
fn the_redirect_says_it_once(callback: &CallbackUrl, url: &Url) {
    let facts = ForCallback {
        callback_url: callback.clone(),
        caller_state: CallerState::parse("a=b%26+c").expect("it keeps the rule"),
        expected_platform_id: None,
        interstitial: false,
        jws: false,
    };
    let platform = PlatformName::parse("acme").expect("it keeps the rule");
    let redirect = failed(&platform, &facts, Failure::ServerError);
    let redirect = redirect.into_location();
    let location = Url::parse(&redirect).expect("it is a URL");
    assert!(redirect.starts_with(callback.as_str()));
    assert_eq!(location.as_str(), redirect);
    assert_eq!((location.origin(), location.path()), (url.origin(), url.path()));
    let pairs = |url: &Url| {
        form_urlencoded::parse(url.query().unwrap_or_default().as_bytes()).into_owned().collect::<Vec<_>>()
    };
    let (own, whole) = (pairs(url), pairs(&location));
    let (first, ours) = whole.split_at(own.len());
    assert_eq!(first, own);
    let names: Vec<&str> = ours.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["error", "error_description", "platform", "state"]);
    assert_eq!(ours.last().map(|(_, state)| state.as_str()), Some(facts.caller_state.as_str()));
    assert!(own.iter().all(|(name, _)| !names.contains(&name.to_ascii_lowercase().trim())));
}
