//! The authorization request (RFC 6749, section 4.1.1; PKCE, RFC 7636; nonce, OpenID Connect Core 3.1.2.1).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use oauth2::{PkceCodeChallenge, PkceCodeVerifier};
use sha2::{Digest, Sha256};
use url::Url;
use zeroize::Zeroizing;

use super::entry::{Client, Entry, Kind, Pkce};
use crate::crypto::locator::OAuthState;
use crate::crypto::master_key::MasterKey;

/// Makes what belongs to a state and must be known again at the callback: the code verifier and the nonce.
///
/// Both are a pseudo-random function of the 256 random bits in the state, under keys that never leave the service, so
/// they are as fresh as the state and stand in no store.
pub struct FlowSecrets {
    code_verifier: Hmac<Sha256>,
    nonce: Hmac<Sha256>,
}

impl FlowSecrets {
    /// The maker of a deployment; all instances with one master key agree.
    pub fn new(master_key: &MasterKey) -> Self {
        let keyed = |key: Zeroizing<[u8; 32]>| Hmac::new(&(*key).into());
        let code_verifier = master_key.derive("pkce code verifier");
        Self { code_verifier: pad(&code_verifier, keyed), nonce: pad(&master_key.derive("oidc nonce"), keyed) }
    }

    /// The PKCE code verifier of a flow: 43 unreserved characters.
    pub fn code_verifier(&self, state: &OAuthState) -> PkceCodeVerifier {
        PkceCodeVerifier::new(derive(&self.code_verifier, state))
    }

    /// The OpenID Connect nonce of a flow.
    pub fn nonce(&self, state: &OAuthState) -> String {
        derive(&self.nonce, state)
    }
}
