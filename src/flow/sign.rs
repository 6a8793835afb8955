//! The end of a flow: a proof, or an error, for the caller's callback.

use std::time::Duration;

use super::Flow;
use super::recording::identity_read;
use crate::crypto::locator::EntryKey;
use crate::error::Failure;
use crate::keys::ApiKey;
use crate::platform::Identified;
use crate::platform::entry::Entry;
use crate::proof::{CallbackRedirect, ProofFacts, PublicFacts, SignedProof, sign_publicly};
use crate::session::{ForCallback, IssuedProof, ProofId, Session};
use crate::store::sessions::READABLE_AFTER_END;

/// What a proof is made of.
pub(super) struct Proven<'a> {
    /// Where the session lies.
    pub(super) entry: EntryKey,
    /// What was asked for.
    pub(super) session: &'a Session,
    /// Where the proof goes.
    pub(super) callback: &'a ForCallback,
    /// The caller, as it is now.
    pub(super) key: &'a ApiKey,
    /// The platform's facts.
    pub(super) platform: &'a Entry,
    /// Who gave consent.
    pub(super) identified: Identified,
    /// Unix seconds: when the browser came back.
    pub(super) auth_time: u64,
}

impl Flow {
    /// Signs with the secret as it is now: a secret that was replaced meanwhile signs nothing any more (`T69`).
    pub(super) async fn sign(&self, proven: Proven<'_>) -> Result<CallbackRedirect, Failure> {
        if !self.clock.is_plausible() {
            tracing::error!("nothing is signed: the wall clock is behind this release");
            return Err(Failure::ServerError);
        }
        let (session, callback) = (proven.session, proven.callback);
        let issued_at = self.clock.unix_seconds();
        let expires = issued_at + self.rules.proof_ttl.as_secs();
        let secret = proven.key.signing_secret.as_ref().ok_or(Failure::ServerError)?;
        let facts = ProofFacts {
            session,
            state: &callback.caller_state,
            identity: &proven.identified.identity,
            expires,
        };
        let proof = SignedProof::new(&facts, secret)?;
        let jws = match callback.jws {
            true => Some(self.sign_publicly(&proof, &proven, issued_at).await?),
            false => None,
        };
        let read = proven.key.record_accounts.then(|| identity_read(&proven.identified, issued_at));
        let profile_id = session.profile_id.clone();
        self.keep_for_redemption(proof.id, IssuedProof { session: proven.entry, profile_id, read }).await;
        Ok(match jws {
            Some(jws) => proof.redirect_with_jws(&callback.callback_url, &jws),
            None => proof.redirect(&callback.callback_url),
        })
    }

    async fn sign_publicly(
        &self,
        proof: &SignedProof,
        proven: &Proven<'_>,
        issued_at: u64,
    ) -> Result<String, Failure> {
        let signer = self.signing_keys.signer().await.map_err(|fault| {
            tracing::error!(%fault, "there is no key for a public proof");
            Failure::ServerError
        })?;
        let facts = PublicFacts {
            issuer: &self.rules.public_url,
            session: proven.session,
            nonce: &proven.callback.caller_state,
            entry: proven.platform,
            identified: &proven.identified,
            issued_at,
            auth_time: proven.auth_time,
        };
        Ok(sign_publicly(proof, &facts, &signer))
    }

    /// A proof that could not be kept is as good as any for who verifies it; only redeeming it fails, which never
    /// doubles anything.
    pub(super) async fn keep_for_redemption(&self, id: ProofId, issued: IssuedProof) {
        if let Err(fault) = self.sessions.keep_proof(id, issued, self.redeemable_for()).await {
            tracing::warn!(%fault, "a proof cannot be redeemed: it could not be kept");
        }
    }

    /// A little longer than a proof is fresh, so that a late request still hears when it was redeemed.
    pub(super) fn redeemable_for(&self) -> Duration {
        self.rules.proof_ttl.saturating_add(READABLE_AFTER_END)
    }
}
