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
use crate::session::{IdentityRead, IssuedProof, ProfileId, ProofId, Redemption, Scopes};

const NOT_REDEEMED: [u8; 8] = [0; 8];

/// Makes entries and reads them, for one environment.
pub(super) struct ProofFormat {
    prefix: String,
    sealer: Sealer,
    entropy: Arc<dyn Entropy>,
}

/// In the place of a session's key, which is half a digest and never this.
const NO_SESSION: EntryKey = EntryKey([0; 16]);

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
        let facts = [proof.session.unwrap_or(NO_SESSION).0.as_slice(), told(proof).as_bytes()].concat();
        let sealed = self.sealer.seal(&id.to_string(), &facts, &*self.entropy)?;
        Ok([NOT_REDEEMED.as_slice(), &sealed].concat())
    }

    /// What an entry says; `None` where we did not write it for this proof.
    pub(super) fn open(&self, id: ProofId, entry: &[u8]) -> Option<Redemption> {
        let (redeemed_at, sealed) = entry.split_first_chunk::<8>()?;
        let facts = self.sealer.open(&id.to_string(), sealed).ok()?;
        let (session, told) = facts.split_first_chunk::<16>()?;
        let (profile_id, read) = hear(std::str::from_utf8(told).ok()?)?;
        let proof = IssuedProof {
            session: Some(EntryKey(*session)).filter(|entry| *entry != NO_SESSION),
            profile_id,
            read,
        };
        let before = (*redeemed_at != NOT_REDEEMED).then(|| u64::from_be_bytes(*redeemed_at));
        Some(Redemption { proof, before })
    }
}

/// The profile and, of keys that record accounts, on two more lines when the identity was read and what was granted.
/// A release that records nothing reads the one line of every other key.
fn told(proof: &IssuedProof) -> String {
    let profile_id = proof.profile_id.as_ref().map_or("", ProfileId::as_str);
    match &proof.read {
        None => profile_id.to_owned(),
        Some(IdentityRead { at, scopes }) => format!("{profile_id}\n{at}\n{}", scopes.as_str()),
    }
}

pub(super) fn hear(told: &str) -> Option<(Option<ProfileId>, Option<IdentityRead>)> {
    let (profile_id, read) = match told.split_once('\n') {
        None => (told, None),
        Some((profile_id, read)) => {
            let (at, scopes) = read.split_once('\n')?;
            (profile_id, Some(IdentityRead { at: at.parse().ok()?, scopes: Scopes::parse(scopes) }))
        }
    };
    let profile_id = match profile_id {
        "" => None,
        text => Some(ProfileId::parse(text)?),
    };
    Some((profile_id, read))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_of_a_proof_is_heard_again_with_and_without_its_parts() {
        let profile = ProfileId::parse("user-1");
        let read = Some(IdentityRead { at: 1_900_000_000, scopes: Scopes::of(["a", "b"]) });
        let bare = Some(IdentityRead { at: 1, scopes: Scopes::default() });
        for profile_id in [None, profile] {
            for read in [None, read.clone(), bare.clone()] {
                let proof =
                    IssuedProof { session: Some(EntryKey([1; 16])), profile_id: profile_id.clone(), read };
                assert_eq!(hear(&told(&proof)), Some((proof.profile_id, proof.read)));
            }
        }
        assert_eq!(hear("user-1\n5"), None);
        assert_eq!(hear("user-1\nx\na"), None);
    }
}
