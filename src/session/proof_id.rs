//! The name of one proof, in the store and in `jti`.

use crate::crypto::locator::{Digest, lower_hex};

use super::ApiKeyId;

/// Derived from the signature, so that a proof leads to its own record whatever state the caller chose, and from the
/// key, so that it leads there for this caller alone. It tells nothing of the signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProofId(pub [u8; 16]);

const PREFIX: &str = "prf_";

impl ProofId {
    /// The id of the proof that `key` signed as `sig`.
    pub fn of(key: ApiKeyId, sig: &str) -> Self {
        let Digest(digest) = Digest::of(["proof\n", &key.to_string(), "\n", sig].concat().as_bytes());
        let mut id = [0; 16];
        for (to, from) in id.iter_mut().zip(digest) {
            *to = from;
        }
        Self(id)
    }

    /// Reads `prf_` and 32 hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        let mut id = [0; 16];
        hex::decode_to_slice(text.strip_prefix(PREFIX)?, &mut id).ok()?;
        Some(Self(id))
    }
}

impl std::fmt::Display for ProofId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{PREFIX}{}", lower_hex(&self.0))
    }
}
