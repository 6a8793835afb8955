//! Sealing at rest: XChaCha20-Poly1305 under a key of the master key, bound to the place where the value stands.
//!
//! The associated data names table, column and row, so that a row's secret copied into another row does not open
//! (`T73`), and a value written under another master key reads as absent, never as something else.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::entropy::{Entropy, NoEntropy};
use super::master_key::MasterKey;

const VERSION: u8 = 1;
const NONCE: usize = 24;

/// Seals and opens values for one purpose.
#[derive(Clone)]
pub struct Sealer(XChaCha20Poly1305);

/// The sealed value was altered, moved, or sealed under another master key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sealed value does not open here: it was altered, moved, or sealed under another master key")]
pub struct CannotOpen;

impl Sealer {
    /// The sealer for one purpose.
    pub fn new(master_key: &MasterKey, purpose: &'static str) -> Self {
        let key = master_key.derive(purpose);
        Self(XChaCha20Poly1305::new(&(*key).into()))
    }

    /// Seals `plain` for the place `place`: version byte, random nonce, ciphertext and tag.
    ///
    /// # Errors
    /// [`NoEntropy`] where no nonce could be drawn.
    pub fn seal(&self, place: &str, plain: &[u8], entropy: &dyn Entropy) -> Result<Vec<u8>, NoEntropy> {
        let nonce: [u8; NONCE] = entropy.bytes()?;
        let payload = Payload { msg: plain, aad: place.as_bytes() };
        // The cipher refuses only messages of 256 GiB and more.
        let ciphertext = self.0.encrypt(&XNonce::from(nonce), payload).map_err(|_| NoEntropy)?;
        Ok([&[VERSION], nonce.as_slice(), &ciphertext].concat())
    }

    /// Opens what was sealed for `place`.
    ///
    /// # Errors
    /// [`CannotOpen`], for every reason alike.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, CannotOpen> {
        let (&[VERSION], rest) = sealed.split_first_chunk::<1>().ok_or(CannotOpen)? else {
            return Err(CannotOpen);
        };
        let (nonce, msg) = rest.split_first_chunk::<NONCE>().ok_or(CannotOpen)?;
        let payload = Payload { msg, aad: place.as_bytes() };
        self.0.decrypt(&XNonce::from(*nonce), payload).map(Zeroizing::new).map_err(|_| CannotOpen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::entropy::SystemEntropy;

    fn sealer() -> Sealer {
        Sealer::new(&MasterKey::fresh(&SystemEntropy).unwrap(), "test")
    }

    #[test]
    fn t73_a_sealed_value_opens_only_in_its_own_place() {
        let sealer = sealer();
        let sealed = sealer.seal("keys/signing_secret/1", b"secret", &SystemEntropy).unwrap();
        assert_eq!(sealer.open("keys/signing_secret/1", &sealed).unwrap().as_slice(), b"secret");
        assert_eq!(sealer.open("keys/signing_secret/2", &sealed), Err(CannotOpen));
    }

    #[test]
    fn t73_no_flipped_bit_and_no_cut_opens() {
        let sealer = sealer();
        let sealed = sealer.seal("place", b"secret", &SystemEntropy).unwrap();
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert_eq!(sealer.open("place", &altered), Err(CannotOpen), "byte {at}");
            assert_eq!(sealer.open("place", &sealed[..at]), Err(CannotOpen), "cut at {at}");
        }
    }

    #[test]
    fn another_master_key_opens_nothing() {
        let sealed = sealer().seal("place", b"secret", &SystemEntropy).unwrap();
        assert_eq!(sealer().open("place", &sealed), Err(CannotOpen));
    }
}
