//! The master key: 32 bytes from outside the database, from which every other key of the service is derived.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::entropy::{Entropy, NoEntropy};

/// 256 bits that never leave the process except into the operator's key file.
#[derive(ZeroizeOnDrop)]
pub struct MasterKey([u8; 32]);

/// Why there is no usable master key.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyFault {
    /// The text is not the base64 of 32 bytes. What was there is not repeated.
    #[error("a master key is 32 random bytes in base64 (44 characters)")]
    Malformed,
    /// The file could not be read or made.
    #[error("{0}")]
    File(#[from] io::Error),
    /// A new key could not be drawn.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
}

impl MasterKey {
    /// Reads the base64 text of a key; blanks around it do not count.
    ///
    /// # Errors
    /// [`MasterKeyFault::Malformed`].
    pub fn parse(text: &str) -> Result<Self, MasterKeyFault> {
        let bytes = Zeroizing::new(STANDARD.decode(text.trim()).map_err(|_| MasterKeyFault::Malformed)?);
        Ok(Self(bytes.as_slice().try_into().map_err(|_| MasterKeyFault::Malformed)?))
    }

    /// Reads the key from the operator's file.
    ///
    /// # Errors
    /// Where the file cannot be read or holds no key.
    pub fn read(path: &Path) -> Result<Self, MasterKeyFault> {
        let mut text = Zeroizing::new(String::new());
        File::open(path)?.take(1024).read_to_string(&mut text)?;
        Self::parse(&text)
    }

    /// Reads the key, or makes the file with a fresh one, readable by its owner alone.
    ///
    /// # Errors
    /// As [`MasterKey::read`], and where the file cannot be made.
    pub fn read_or_create(path: &Path, entropy: &dyn Entropy) -> Result<Self, MasterKeyFault> {
        let created = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        match created {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Self::read(path),
            Err(error) => Err(error.into()),
            Ok(mut file) => {
                let key = Self(entropy.bytes()?);
                let text = Zeroizing::new(STANDARD.encode(key.0));
                file.write_all(text.as_bytes())?;
                file.write_all(b"\n")?;
                file.sync_all()?;
                Ok(key)
            }
        }
    }

    /// A fresh key that is kept nowhere, for `dev` and tests.
    ///
    /// # Errors
    /// Where there is no entropy.
    pub fn fresh(entropy: &dyn Entropy) -> Result<Self, NoEntropy> {
        Ok(Self(entropy.bytes()?))
    }

    /// The key for one purpose (HKDF-SHA256, RFC 5869): keys of different purposes tell nothing of each other,
    /// so that no sealed value, cookie or handle can be passed off as one of another kind.
    pub fn derive(&self, purpose: &'static str) -> Zeroizing<[u8; 32]> {
        let mut key = Zeroizing::new([0; 32]);
        // HKDF-SHA256 refuses only outputs over 255 × 32 bytes.
        let _always_fits = Hkdf::<Sha256>::new(None, &self.0).expand(purpose.as_bytes(), key.as_mut());
        key
    }
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[master key]")
    }
}
