//! A proof's entry in Redis: when it was redeemed, in 8 bytes in the clear (zeros: not yet), and behind it, sealed, what
//! is known of the proof.
//!
//! Whoever can write to Redis can put an older value back, and the proof is redeemed a second time (`T92`). He cannot make
//! an entry, nor move one to another proof.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::entry::environment_prefix;
use crate::crypto::entropy::{Entropy, NoEntropy};
use crate::crypto::locator::EntryKey;
use crate::crypto::root_key::RootKey;
use crate::crypto::seal::Sealer;
use crate::session::{IssuedProof, ProfileId, ProofId, Redemption};

const NOT_REDEEMED: [u8; 8] = [0; 8];

/// Makes entries and reads them, for one environment.
pub(super) struct ProofFormat {
    prefix: String,
    sealer: Sealer,
    entropy: Arc<dyn Entropy>,
}

impl ProofFormat {
    pub(super) fn new(service_key: &RootKey, entropy: Arc<dyn Entropy>) -> Self {
        let prefix = format!("{}proof:", environment_prefix(service_key));
        Self { prefix, sealer: Sealer::new(service_key, "issued proofs"), entropy }
    }

    pub(super) fn redis_key(&self, id: ProofId) -> String {
        format!("{}{}", self.prefix, URL_SAFE_NO_PAD.encode(id.0))
    }

    /// The entry of a proof that was just sent.
    ///
    /// # Errors
    /// Where there is no entropy.
    pub(super) fn kept(&self, id: ProofId, proof: &IssuedProof) -> Result<Vec<u8>, NoEntropy> {
        let profile_id = proof.profile_id.as_ref().map_or("", ProfileId::as_str);
        let facts = [proof.session.0.as_slice(), profile_id.as_bytes()].concat();
        let sealed = self.sealer.seal(&id.to_string(), &facts, &*self.entropy)?;
        Ok([NOT_REDEEMED.as_slice(), &sealed].concat())
    }

    /// What an entry says; `None` where we did not write it for this proof.
    pub(super) fn open(&self, id: ProofId, entry: &[u8]) -> Option<Redemption> {
        let (redeemed_at, sealed) = entry.split_first_chunk::<8>()?;
        let facts = self.sealer.open(&id.to_string(), sealed).ok()?;
        let (session, profile_id) = facts.split_first_chunk::<16>()?;
        let profile_id = match std::str::from_utf8(profile_id).ok()? {
            "" => None,
            text => Some(ProfileId::parse(text)?),
        };
        let proof = IssuedProof { session: EntryKey(*session), profile_id };
        let before = (*redeemed_at != NOT_REDEEMED).then(|| u64::from_be_bytes(*redeemed_at));
        Some(Redemption { proof, before })
    }
}
