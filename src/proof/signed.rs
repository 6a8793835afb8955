//! A proof for its caller: five values and the MAC over them.

use std::collections::BTreeMap;

use handleproof_verify::{Claims, sign};

use super::handle;
use super::redirect::CallbackRedirect;
use crate::crypto::secret::SecretText;
use crate::error::Failure;
use crate::platform::PlatformIdentity;
use crate::platform::entry::PlatformName;
use crate::session::{ApiKeyId, CallerState, ProofId, Session};

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

/// Whose proof it is and what for, where there is no session.
#[derive(Clone, Copy)]
pub struct ProofContext<'a> {
    /// The caller.
    pub api_key: ApiKeyId,
    /// Where the account is.
    pub platform: &'a PlatformName,
    /// Goes into the proof as it is.
    pub state: &'a CallerState,
}

impl SignedProof {
    /// Signs.
    ///
    /// # Errors
    /// [`Failure::ServerError`] where a value breaks the rules of the base string. Everything was checked before, so this
    /// is the last line of defence: rather no proof than one with two readings.
    pub fn new(
        session: &Session,
        identity: &PlatformIdentity,
        signing_secret: &SecretText,
        expires: u64,
    ) -> Result<Self, Failure> {
        let state = &session.caller_state;
        let context = ProofContext { api_key: session.api_key, platform: &session.platform, state };
        Self::in_context(context, identity, signing_secret, expires)
    }

    /// Signs a proof that no session ends with.
    ///
    /// # Errors
    /// As [`SignedProof::new`].
    pub fn in_context(
        context: ProofContext<'_>,
        identity: &PlatformIdentity,
        signing_secret: &SecretText,
        expires: u64,
    ) -> Result<Self, Failure> {
        let handle = handle::signed(&identity.handle.0);
        let (platform, platform_id) = (context.platform.as_str(), identity.platform_id.as_str());
        let claims = Claims::new(platform, platform_id, &handle, context.state.as_str(), expires);
        let claims = claims.map_err(|error| {
            tracing::error!(parameter = error.parameter(), "a value was refused just before signing");
            Failure::ServerError
        })?;
        let sig = sign(&claims, signing_secret.expose().as_bytes());
        let query = claims.to_query(&sig);
        Ok(Self { id: ProofId::of(context.api_key, &sig), handle, expires, query })
    }

    /// The six parameters, decoded, as a caller's program takes them.
    pub fn values(&self) -> BTreeMap<String, String> {
        url::form_urlencoded::parse(self.query.as_bytes()).into_owned().collect()
    }

    /// The redirect that carries it to the caller.
    pub fn redirect(self, session: &Session) -> CallbackRedirect {
        CallbackRedirect::appending(&session.callback_url, &self.query)
    }

    /// The same with the publicly verifiable form behind it, which has no character that a query would encode.
    pub fn redirect_with_jws(self, session: &Session, jws: &str) -> CallbackRedirect {
        CallbackRedirect::appending(&session.callback_url, &format!("{}&jws={jws}", self.query))
    }
}
