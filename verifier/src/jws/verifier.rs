//! The verifier of public proofs: what it expects, and the ways in.

use alloc::format;
use alloc::string::String;
use core::time::Duration;

use super::error::JwsError;
use super::key_set::KeySet;
use super::parse::{Claims as Presented, Parsed};
use super::proof::PublicProof;
use crate::claims::Claims;
use crate::proof::Proof;
use crate::verifier::DEFAULT_LEEWAY;
use crate::{constant_time, rules};

/// Verifies the public proofs that one service made for one API key.
#[derive(Debug, Clone)]
pub struct PublicVerifier {
    keys: KeySet,
    issuer: String,
    audience: String,
    platform: Option<String>,
    leeway: Duration,
}

impl PublicVerifier {
    /// `issuer` is the service's public URL, as it stands in `iss`; `audience` the id of the API key (`key_…`) that the
    /// proof was made for. Both are decided by whoever verifies, and never read from the proof.
    pub fn new(keys: KeySet, issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        Self {
            keys,
            issuer: issuer.into(),
            audience: audience.into(),
            platform: None,
            leeway: DEFAULT_LEEWAY,
        }
    }

    /// Refuses proofs for another platform. Without it the proof may be for any platform but `sandbox`.
    #[must_use]
    pub fn expect_platform(mut self, platform: impl Into<String>) -> Self {
        self.platform = Some(platform.into());
        self
    }

    /// How far this machine's clock may lag behind the service's, in whole seconds. It never makes an expired proof
    /// fresh.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// Verifies a proof that a browser has just brought. `expected_state` is the state that **this browser's own
    /// session** holds, as for [`Verifier`](crate::Verifier).
    #[cfg(feature = "std")]
    pub fn verify(&self, jws: &str, expected_state: &str) -> Result<PublicProof, JwsError> {
        self.verify_at(jws, expected_state, crate::verifier::unix_now())
    }

    /// [`verify`](Self::verify) at a given time.
    pub fn verify_at(&self, jws: &str, expected_state: &str, now: u64) -> Result<PublicProof, JwsError> {
        let presented = self.signed(jws)?;
        check_state(&presented.nonce, expected_state)?;
        let (expires, issued_at) = (presented.exp, presented.iat);
        if now > expires {
            return Err(JwsError::Expired { expires, now });
        }
        let latest = now.saturating_add(self.leeway.as_secs());
        if issued_at > latest {
            return Err(JwsError::NotYetIssued { issued_at, latest });
        }
        public_proof(presented)
    }

    /// Verifies a proof out of an archive: **whether it is fresh is not asked**, nor which browser brought it. It says
    /// that the account was proven at [`issued_at`](PublicProof::issued_at), to this audience, and nothing about today.
    ///
    /// Never accept a log-in or a new connection by it: anybody who ever saw the proof could bring it.
    pub fn verify_archived(&self, jws: &str) -> Result<PublicProof, JwsError> {
        public_proof(self.signed(jws)?)
    }

    /// The claims that a key of the set signed, for the expected audience and platform.
    fn signed(&self, jws: &str) -> Result<Presented, JwsError> {
        let parsed = Parsed::of(jws)?;
        let key = self.keys.key(&parsed.kid).ok_or(JwsError::UnknownKey)?;
        if !key.made(&parsed.signature, parsed.signing_input.as_bytes()) {
            return Err(JwsError::BadSignature);
        }
        let claims = parsed.claims()?;
        if claims.iss != self.issuer {
            return Err(JwsError::WrongIssuer);
        }
        if claims.aud != self.audience {
            return Err(JwsError::WrongAudience);
        }
        match &self.platform {
            Some(expected) if *expected != claims.platform => {
                Err(JwsError::PlatformMismatch { expected: expected.clone() })
            }
            None if claims.platform == "sandbox" => Err(JwsError::SandboxPlatform),
            _ => Ok(claims),
        }
    }
}

fn check_state(nonce: &str, expected_state: &str) -> Result<(), JwsError> {
    if rules::is_absence(expected_state) {
        return Err(JwsError::NoExpectedState);
    }
    let is_same: bool = constant_time::equal(nonce.as_bytes(), expected_state.as_bytes()).into();
    if is_same { Ok(()) } else { Err(JwsError::StateMismatch) }
}

/// The rules of the base string hold here too, so that one proof has one reading in both its forms.
fn public_proof(presented: Presented) -> Result<PublicProof, JwsError> {
    let Presented { platform, platform_id, handle, nonce, .. } = &presented;
    if presented.sub != format!("{platform}:{platform_id}") {
        return Err(JwsError::Malformed { part: "sub" });
    }
    let claims = Claims::new(platform, platform_id, handle, nonce, presented.exp);
    let claims = claims.map_err(|error| JwsError::Malformed { part: error.parameter() })?;
    let proof = Proof::of_claims(&claims);
    Ok(PublicProof::new(proof, presented))
}
