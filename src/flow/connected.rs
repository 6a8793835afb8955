//! An account that was proven while the caller's server waited: the proof goes to that server, with a state of its own.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Flow;
use crate::error::{Code, FieldFault, Problem};
use crate::keys::ApiKey;
use crate::platform::entry::Entry;
use crate::platform::{PlatformFault, PlatformIdentity};
use crate::proof::{ProofContext, SignedProof, clean_handle};
use crate::session::{CallerState, PlatformId, ProfileId};

/// What the caller's server is told.
pub struct Connected {
    /// The platform's name.
    pub platform: String,
    /// The permanent id.
    pub account_id: PlatformId,
    /// The handle, cleaned for display; empty where there is none.
    pub username: String,
    /// The caller's own reference.
    pub profile_id: Option<ProfileId>,
    /// Signed with the caller's secret.
    pub proof: SignedProof,
}

impl Flow {
    /// Signs for a caller who waits. The state is fresh and random: no browser carries it, and it makes each proof one of
    /// its own.
    ///
    /// # Errors
    /// Where the key has no signing secret, or nothing can be signed now.
    pub(super) fn sign_connected(
        &self,
        key: &ApiKey,
        entry: &Entry,
        identity: &PlatformIdentity,
        profile_id: Option<ProfileId>,
    ) -> Result<Connected, Problem> {
        if !self.clock.is_plausible() {
            tracing::error!("nothing is signed: the wall clock is behind this release");
            return Err(Problem::server_error());
        }
        let secret = key.signing_secret.as_ref().ok_or_else(no_signing_secret)?;
        let state = self.fresh_state()?;
        let expires = self.clock.unix_seconds() + self.rules.proof_ttl.as_secs();
        let context = ProofContext { api_key: key.id, platform: &entry.name, state: &state };
        let proof = SignedProof::in_context(context, identity, secret, expires)
            .map_err(|_told_to_the_log| Problem::server_error())?;
        Ok(Connected {
            platform: entry.name.to_string(),
            account_id: identity.platform_id.clone(),
            username: clean_handle(&identity.handle.0),
            profile_id,
            proof,
        })
    }

    fn fresh_state(&self) -> Result<CallerState, Problem> {
        let bytes: [u8; 32] = self.entropy.bytes().map_err(|fault| {
            tracing::error!(%fault, "no state could be made");
            Problem::server_error()
        })?;
        CallerState::parse(&URL_SAFE_NO_PAD.encode(bytes)).ok_or_else(Problem::server_error)
    }
}

/// Without one, no proof can be made.
pub(super) fn no_signing_secret() -> Problem {
    let detail = "Generate a signing secret for this key first: without one no proof can be made.";
    Problem::new(Code::NoSigningSecret, detail)
}

/// The operator has not set the platform up.
pub(super) fn not_available() -> Problem {
    let detail = "The operator has not set up this platform. The list of platforms says which are available.";
    Problem::new(Code::PlatformNotAvailable, detail)
}

/// A platform's fault for a caller who waits, who is to look at `field` where the platform will not take what was sent.
/// The platform's own words stay behind.
pub(super) fn problem_of(fault: &PlatformFault, field: &str) -> Problem {
    let at_field = |message: &'static str| Problem::invalid(vec![FieldFault::new(field, message)]);
    match fault {
        PlatformFault::BadCredentials => at_field("is not accepted by the platform, or not for this account"),
        PlatformFault::InactiveAccount => at_field("is of an account that is not active at the platform"),
        PlatformFault::NoAccount => at_field("leads to no account of this kind at the platform"),
        PlatformFault::Denied => at_field("lacks a permission that the account cannot be read without"),
        PlatformFault::Unavailable(_) => {
            let detail = "The platform is out of reach, slow, or answers 5xx or 429. Send the same request again later.";
            Problem::new(Code::PlatformTimeout, detail)
        }
        PlatformFault::InvalidIdentity(_) => {
            let detail = "The platform gave no account id that could be confirmed, so nothing is proven.";
            Problem::new(Code::PlatformError, detail)
        }
        PlatformFault::Unusable(_) => {
            let detail =
                "The platform refused, or answered something unusable. The operator's log says what it was.";
            Problem::new(Code::PlatformError, detail)
        }
        PlatformFault::Service(_) => Problem::server_error(),
    }
}
