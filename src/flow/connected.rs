//! An account that was proven while the caller's server waited: the proof goes to that server, in the answer.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Flow;
use super::recording::{ConfirmedAccount, Recording};
use crate::crypto::locator::EntryKey;
use crate::crypto::secret::SecretText;
use crate::error::{Code, FieldFault, Problem};
use crate::keys::ApiKey;
use crate::platform::{PlatformFault, PlatformIdentity};
use crate::proof::{ProofFacts, SignedProof, cleaned_handle};
use crate::session::{CallerState, IdentityRead, IssuedProof, PlatformId, PlatformName, ProfileId, Scopes};

/// What the caller's server is told.
pub struct Connected {
    /// Where the account is.
    pub platform: PlatformName,
    /// The platform's permanent id.
    pub account_id: PlatformId,
    /// For display: cleaned, and empty where there is none.
    pub username: String,
    /// The caller's own reference.
    pub profile_id: Option<ProfileId>,
    /// The signed proof, its six parameters by name.
    pub proof: Vec<(String, String)>,
    /// Whether the account is in the caller's list now.
    pub recording: Recording,
    /// The platform's tokens, sealed, where the caller asked for them.
    pub grant: Option<SecretText>,
}

/// What the proof is made of.
pub(super) struct Confirming<'a> {
    pub(super) key: &'a ApiKey,
    pub(super) platform: &'a PlatformName,
    pub(super) identity: &'a PlatformIdentity,
    /// What the user granted.
    pub(super) scopes: Scopes,
    /// Goes into the proof.
    pub(super) state: CallerState,
    /// The session that the proof ends, where there is one.
    pub(super) session: Option<EntryKey>,
    pub(super) profile_id: Option<ProfileId>,
}

impl Flow {
    /// Signs for a caller who waits, keeps what redeeming the proof needs, and records the account where the key wants it.
    ///
    /// # Errors
    /// Where the key has no signing secret, or nothing can be signed now.
    pub(super) async fn confirm(&self, confirming: Confirming<'_>) -> Result<Connected, Problem> {
        if !self.clock.is_plausible() {
            tracing::error!("nothing is signed: the wall clock is behind this release");
            return Err(Problem::server_error());
        }
        let Confirming { key, platform, identity, scopes, state, session, profile_id } = confirming;
        let secret = key.signing_secret.as_ref().ok_or_else(no_signing_secret)?;
        let now = self.clock.unix_seconds();
        let expires = now + self.rules.proof_ttl.as_secs();
        let facts = ProofFacts { api_key: key.id, platform, state: &state, identity, expires };
        let proof = SignedProof::new(&facts, secret).map_err(|_told_to_the_log| Problem::server_error())?;
        let read = IdentityRead { at: now, scopes };
        let kept = key.record_accounts.then(|| read.clone());
        let issued = IssuedProof { session, profile_id: profile_id.clone(), read: kept };
        self.keep_for_redemption(proof.id, issued).await;
        let username = cleaned_handle(&identity.handle.0);
        let account = ConfirmedAccount {
            platform: platform.clone(),
            platform_id: identity.platform_id.clone(),
            username: username.clone(),
        };
        let recording = self.record(key, account, profile_id.as_ref(), Some(&read)).await;
        Ok(Connected {
            platform: platform.clone(),
            account_id: identity.platform_id.clone(),
            username,
            profile_id,
            proof: proof.parameters(),
            recording,
            grant: None,
        })
    }

    /// For a proof that no browser carries: it makes each one of its own.
    pub(super) fn fresh_state(&self) -> Result<CallerState, Problem> {
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

/// A platform's fault for a caller who waits, who is to look at `field` where the platform will not take what was sent.
/// The platform's own words stay behind.
pub(super) fn problem_of(fault: &PlatformFault, field: &str) -> Problem {
    let at_field = |message: &'static str| Problem::invalid(vec![FieldFault::new(field, message)]);
    match fault {
        PlatformFault::BadCredentials => at_field("is not accepted by the platform, or not for this account"),
        PlatformFault::InactiveAccount => at_field("is of an account that is not active at the platform"),
        PlatformFault::NoAccount => at_field("leads to no account of this kind at the platform"),
        PlatformFault::Denied => at_field("lacks a permission that the account cannot be read without"),
        fault => platform_problem(fault, "Send the same request again later."),
    }
}

/// What the caller is told of a platform's fault, and what to do now: our words, never the platform's.
pub(super) fn platform_problem(fault: &PlatformFault, what_now: &str) -> Problem {
    let (code, what) = match fault {
        PlatformFault::TimedOut => (Code::PlatformTimeout, "The platform did not answer in time."),
        PlatformFault::Unavailable(_) => {
            (Code::PlatformError, "The platform is out of reach, or cannot answer now.")
        }
        PlatformFault::Refused(_) => (
            Code::PlatformError,
            "The platform refused the code: it is wrong, was used, has expired, or belongs to another redirect_uri.",
        ),
        PlatformFault::Unusable(_) => (Code::PlatformError, "The platform's answer is unusable."),
        PlatformFault::Denied => {
            (Code::PlatformError, "The user withheld a permission without which the account cannot be read.")
        }
        PlatformFault::BadCredentials => (Code::PlatformError, "The platform does not take the credentials."),
        PlatformFault::NoAccount | PlatformFault::InactiveAccount => {
            (Code::PlatformError, "The user agreed, but has no active account of this kind there.")
        }
        PlatformFault::InvalidIdentity(_) => (
            Code::PlatformError,
            "The platform gave no account id that could be confirmed, so nothing is proven.",
        ),
        PlatformFault::Service(_) => return Problem::server_error(),
    };
    Problem::new(code, format!("{what} {what_now}"))
}
