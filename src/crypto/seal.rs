//! Sealing at rest: XChaCha20-Poly1305, bound to the place where the value stands.
//!
//! The associated data names table, column and row, so that a row's secret copied into another row does not open
//! (`T73`), and a value written under another master key reads as absent, never as something else.

use std::sync::{PoisonError, RwLock};

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::entropy::{Entropy, NoEntropy};
use super::master_key::MasterKey;
use super::root_key::RootKey;

const VERSION: u8 = 1;
const NONCE: usize = 24;

/// Seals and opens values for one purpose under one key.
#[derive(Clone)]
pub struct Sealer(XChaCha20Poly1305);

/// Seals under the newest master key and opens under every one, following the key file where it is rotated.
pub struct MasterSealer {
    purpose: &'static str,
    master_key: MasterKey,
    sealers: RwLock<Vec<Sealer>>,
}

/// The sealed value was altered, moved, or sealed under another master key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sealed value does not open here: it was altered, moved, or sealed under another master key")]
pub struct CannotOpen;

impl MasterSealer {
    /// The sealer for one purpose.
    pub fn new(master_key: &MasterKey, purpose: &'static str) -> Self {
        let sealers = RwLock::new(sealers(master_key, purpose));
        Self { purpose, master_key: master_key.clone(), sealers }
    }

    /// Seals under the newest key of the file as it is at this moment: a value sealed under an older one while the file
    /// is rotated could be missed by the rotation.
    ///
    /// # Errors
    /// [`NoEntropy`] where no nonce could be drawn.
    pub fn seal(&self, place: &str, plain: &[u8], entropy: &dyn Entropy) -> Result<Vec<u8>, NoEntropy> {
        self.follow_the_file();
        let sealers = self.sealers.read().unwrap_or_else(PoisonError::into_inner);
        sealers.first().ok_or(NoEntropy)?.seal(place, plain, entropy)
    }

    /// Opens what was sealed for `place` under any of the keys.
    ///
    /// # Errors
    /// [`CannotOpen`], for every reason alike.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, CannotOpen> {
        let opened = self.open_by_known(place, sealed);
        if opened.is_ok() {
            return opened;
        }
        self.follow_the_file();
        self.open_by_known(place, sealed)
    }

    /// Whether a value is sealed under the newest key.
    pub fn is_newest(&self, place: &str, sealed: &[u8]) -> bool {
        let sealers = self.sealers.read().unwrap_or_else(PoisonError::into_inner);
        sealers.first().is_some_and(|newest| newest.open(place, sealed).is_ok())
    }

    fn open_by_known(&self, place: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, CannotOpen> {
        let sealers = self.sealers.read().unwrap_or_else(PoisonError::into_inner);
        sealers.iter().find_map(|sealer| sealer.open(place, sealed).ok()).ok_or(CannotOpen)
    }

    fn follow_the_file(&self) {
        if let Some(master_key) = self.master_key.reread() {
            *self.sealers.write().unwrap_or_else(PoisonError::into_inner) =
                sealers(&master_key, self.purpose);
        }
    }
}

fn sealers(master_key: &MasterKey, purpose: &'static str) -> Vec<Sealer> {
    master_key.keys().map(|key| Sealer::new(key, purpose)).collect()
}

impl Sealer {
    /// The sealer for one purpose.
    pub fn new(key: &RootKey, purpose: &str) -> Self {
        let key = key.derive(purpose);
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
        Sealer::new(&RootKey::fresh(&SystemEntropy).unwrap(), "test")
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
    fn a_rotated_key_file_is_followed_by_sealers_that_know_the_old_one() {
        let path = std::env::temp_dir().join(format!("handleproof-{}.key", uuid::Uuid::now_v7()));
        let old = MasterKey::read_or_create(&path, &SystemEntropy).unwrap();
        let running = MasterSealer::new(&old, "test");
        let before = running.seal("place", b"before", &SystemEntropy).unwrap();
        let new = MasterSealer::new(&old.rotate(&SystemEntropy).unwrap(), "test");
        assert_eq!(new.open("place", &before).unwrap().as_slice(), b"before");
        assert!(!new.is_newest("place", &before));
        let after = new.seal("place", b"after", &SystemEntropy).unwrap();
        assert_eq!(running.open("place", &after).unwrap().as_slice(), b"after");
        let late = running.seal("place", b"late", &SystemEntropy).unwrap();
        assert!(new.is_newest("place", &late));
    }

    #[test]
    fn another_key_opens_nothing() {
        let sealed = sealer().seal("place", b"secret", &SystemEntropy).unwrap();
        assert_eq!(sealer().open("place", &sealed), Err(CannotOpen));
    }
}
