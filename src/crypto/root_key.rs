//! A key that is used for nothing itself: other keys are derived from it.

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::entropy::{Entropy, NoEntropy};

/// 256 random bits.
#[derive(Clone, ZeroizeOnDrop)]
pub struct RootKey([u8; 32]);

impl RootKey {
    /// A fresh one.
    ///
    /// # Errors
    /// Where there is no entropy.
    pub fn fresh(entropy: &dyn Entropy) -> Result<Self, NoEntropy> {
        Ok(Self(entropy.bytes()?))
    }

    /// From its bytes; `None` where there are not 32 of them.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Its bytes, for the one place that seals or writes them.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// The key for one purpose (HKDF-SHA256, RFC 5869): keys of different purposes tell nothing of each other,
    /// so that no sealed value, cookie or handle can be passed off as one of another kind.
    pub fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        let mut key = Zeroizing::new([0; 32]);
        // HKDF-SHA256 refuses only outputs over 255 × 32 bytes.
        let _always_fits = Hkdf::<Sha256>::new(None, &self.0).expand(purpose.as_bytes(), key.as_mut());
        key
    }
}

impl std::fmt::Debug for RootKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[key]")
    }
}
