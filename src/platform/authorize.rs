//! The authorization request (RFC 6749, section 4.1.1; PKCE, RFC 7636; nonce, OpenID Connect Core 3.1.2.1).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oauth2::{PkceCodeChallenge, PkceCodeVerifier};
use sha2::{Digest, Sha256};
use url::Url;

use super::entry::{Client, Entry, Kind, Pkce};
use super::urlencoded::push_in_query;
use crate::crypto::locator::OAuthState;
use crate::crypto::mac::MacKey;
use crate::crypto::root_key::RootKey;

/// Most authorization URLs are shorter.
const URL_LENGTH: usize = 512;

/// Makes what belongs to a state and must be known again at the callback: the code verifier and the nonce.
///
/// Both are a pseudo-random function of the 256 random bits in the state, under keys that never leave the service, so
/// they are as fresh as the state and stand in no store.
pub struct FlowSecrets {
    code_verifier: MacKey,
    nonce: MacKey,
}

impl FlowSecrets {
    /// The maker of a deployment; all instances with one registry agree.
    pub fn new(key: &RootKey) -> Self {
        Self { code_verifier: MacKey::new(key, "pkce code verifier"), nonce: MacKey::new(key, "oidc nonce") }
    }

    /// The PKCE code verifier of a flow: 43 unreserved characters.
    pub fn code_verifier(&self, state: &OAuthState) -> PkceCodeVerifier {
        PkceCodeVerifier::new(URL_SAFE_NO_PAD.encode(self.code_verifier.tag(state.as_str().as_bytes())))
    }

    /// The OpenID Connect nonce of a flow.
    pub fn nonce(&self, state: &OAuthState) -> String {
        URL_SAFE_NO_PAD.encode(self.nonce.tag(state.as_str().as_bytes()))
    }
}

/// The URL that the browser is sent to. The platform sees our state, scopes and redirect URI, and nothing of the
/// caller's (`T44`).
pub(super) fn request(
    entry: &Entry,
    endpoint: &Url,
    client: &Client,
    redirect_uri: &str,
    state: &OAuthState,
    secrets: &FlowSecrets,
) -> String {
    let facts = &entry.authorization;
    let scope = facts.scopes.join(&facts.scope_separator);
    let challenge = code_challenge(facts.pkce, &secrets.code_verifier(state));
    let nonce = (entry.kind == Kind::Oidc).then(|| secrets.nonce(state));
    let params = [
        ("response_type", Some("code")),
        ("client_id", Some(client.client_id.as_str())),
        ("redirect_uri", Some(redirect_uri)),
        ("scope", Some(scope.as_str())),
        ("state", Some(state.as_str())),
        ("code_challenge", challenge.as_deref()),
        ("code_challenge_method", challenge.as_ref().map(|_| "S256")),
        ("nonce", nonce.as_deref()),
    ];
    let said =
        params.iter().filter_map(|(name, value)| Some((*name, value.filter(|text| !text.is_empty())?)));
    let renamed = said.map(|(name, value)| (entry.spelling(name), value));
    let extra = facts.params.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    with_params(endpoint, renamed.chain(extra))
}

/// The endpoint with more parameters. Its own query stays; a fragment, which it must not have (RFC 6749, section 3.1), goes.
fn with_params<'p>(endpoint: &Url, params: impl Iterator<Item = (&'p str, &'p str)>) -> String {
    let (text, _fragment) = endpoint.as_str().split_once('#').unwrap_or((endpoint.as_str(), ""));
    let mut url = String::with_capacity(URL_LENGTH);
    url.push_str(text);
    let mut separator = match endpoint.query() {
        None => "?",
        Some("") => "",
        Some(_) => "&",
    };
    for (name, value) in params {
        url.push_str(separator);
        push_in_query(&mut url, name);
        url.push('=');
        push_in_query(&mut url, value);
        separator = "&";
    }
    url
}

fn code_challenge(pkce: Pkce, verifier: &PkceCodeVerifier) -> Option<String> {
    match pkce {
        Pkce::S256 => Some(PkceCodeChallenge::from_code_verifier_sha256(verifier).as_str().to_owned()),
        Pkce::S256Hex => Some(hex::encode(Sha256::digest(verifier.secret().as_bytes()))),
        Pkce::None => None,
    }
}

impl Entry {
    /// How this platform spells an RFC 6749 parameter.
    pub(super) fn spelling<'n>(&'n self, name: &'n str) -> &'n str {
        self.authorization.rename.get(name).map_or(name, String::as_str)
    }
}
