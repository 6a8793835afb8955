//! Keyed values that the service makes and recognises by itself: derived secrets of a flow, form tokens.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::root_key::RootKey;

/// HMAC-SHA256 under a key for one purpose. Never used for proofs, whose key is the caller's signing secret alone.
#[derive(Clone)]
pub struct MacKey(Hmac<Sha256>);

impl MacKey {
    /// The key for `purpose`.
    pub fn new(key: &RootKey, purpose: &'static str) -> Self {
        // HMAC pads keys with zeros up to the block of 64 bytes (RFC 2104), so this is the key of 32.
        let mut block = Zeroizing::new([0; 64]);
        for (to, from) in block.iter_mut().zip(key.derive(purpose).iter()) {
            *to = *from;
        }
        Self(Hmac::new(&(*block).into()))
    }

    /// The tag of `message`.
    pub fn tag(&self, message: &[u8]) -> [u8; 32] {
        self.0.clone().chain_update(message).finalize().into_bytes().into()
    }
}
