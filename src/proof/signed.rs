//! A proof for its caller: five values and the MAC over them.

use handleproof_verify::{Claims, sign};

use super::handle;
use super::redirect::CallbackRedirect;
use crate::crypto::secret::SecretText;
use crate::error::Failure;
use crate::platform::PlatformIdentity;
use crate::session::{ApiKeyId, CallbackUrl, CallerState, PlatformName, ProofId};

/// A signed proof on its way to the caller.
pub struct SignedProof {
    /// Names it in the store and in `jti`.
    pub id: ProofId,
    /// As signed: cleaned and escaped.
    pub handle: String,
    /// The last second in which it is fresh, Unix time.
    pub expires: u64,
    query: String,
}

/// What a proof says, and for whom.
pub struct ProofFacts<'a> {
    /// Whose proof it is.
    pub api_key: ApiKeyId,
    /// Where the account is.
    pub platform: &'a PlatformName,
    /// Echoed.
    pub state: &'a CallerState,
    /// Whose account it is.
    pub identity: &'a PlatformIdentity,
    /// The last second in which it is fresh, Unix time.
    pub expires: u64,
}

impl SignedProof {
    /// Signs.
    ///
    /// # Errors
    /// [`Failure::ServerError`] where a value breaks the rules of the base string. Everything was checked before, so this
    /// is the last line of defence: rather no proof than one with two readings.
    pub fn new(facts: &ProofFacts<'_>, signing_secret: &SecretText) -> Result<Self, Failure> {
        let ProofFacts { api_key, platform, state, identity, expires } = *facts;
        let handle = handle::signed(&identity.handle.0);
        let (platform, platform_id) = (platform.as_str(), identity.platform_id.as_str());
        let claims = Claims::new(platform, platform_id, &handle, state.as_str(), expires);
        let claims = claims.map_err(|error| {
            tracing::error!(parameter = error.parameter(), "a value was refused just before signing");
            Failure::ServerError
        })?;
        let sig = sign(&claims, signing_secret.expose().as_bytes());
        let query = claims.to_query(&sig);
        Ok(Self { id: ProofId::of(api_key, &sig), handle, expires, query })
    }

    /// Its six parameters, as they read after URL-decoding: taken from the very query that a redirect carries.
    pub fn parameters(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(self.query.as_bytes()).into_owned().collect()
    }

    /// The redirect that carries it to the caller.
    pub fn redirect(self, callback_url: &CallbackUrl) -> CallbackRedirect {
        CallbackRedirect::appending(callback_url, &self.query)
    }

    /// The same with the publicly verifiable form behind it, which has no character that a query would encode.
    pub fn redirect_with_jws(self, callback_url: &CallbackUrl, jws: &str) -> CallbackRedirect {
        CallbackRedirect::appending(callback_url, &format!("{}&jws={jws}", self.query))
    }
}
