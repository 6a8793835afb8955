//! The master key: 32 bytes from outside the database, under which everything secret in the database is sealed.
//!
//! A key file holds one key, or, during and after a rotation, the newest first and the one before it below: the first
//! seals, all of them open.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::entropy::{Entropy, NoEntropy};
use super::root_key::RootKey;

/// The newest key and those before it that still open. Never leaves the process except into the operator's key file.
#[derive(Clone, Debug)]
pub struct MasterKey {
    newest: RootKey,
    earlier: Vec<RootKey>,
    file: Option<PathBuf>,
}

/// Why there is no usable master key.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyFault {
    /// The text is not the base64 of 32 bytes. What was there is not repeated.
    #[error("a master key is 32 random bytes in base64 (44 characters)")]
    Malformed,
    /// The key is not in a file that could be rewritten.
    #[error("the key was given by its text; only a key file can be rotated")]
    NoFile,
    /// The file could not be read or made.
    #[error("{0}")]
    File(#[from] io::Error),
    /// A new key could not be drawn.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
}

impl MasterKey {
    /// Reads the base64 text of a key, or of several with blanks, line ends or commas between them.
    ///
    /// # Errors
    /// [`MasterKeyFault::Malformed`].
    pub fn parse(text: &str) -> Result<Self, MasterKeyFault> {
        let words = text.split([',', ' ', '\t', '\r', '\n']).filter(|word| !word.is_empty());
        let mut keys = words.map(parse_one).collect::<Result<Vec<_>, _>>()?.into_iter();
        let newest = keys.next().ok_or(MasterKeyFault::Malformed)?;
        Ok(Self { newest, earlier: keys.collect(), file: None })
    }

    /// Reads the operator's key file.
    ///
    /// # Errors
    /// Where the file cannot be read or holds no key.
    pub fn read(path: &Path) -> Result<Self, MasterKeyFault> {
        let mut text = Zeroizing::new(String::new());
        File::open(path)?.take(1024).read_to_string(&mut text)?;
        Ok(Self { file: Some(path.to_owned()), ..Self::parse(&text)? })
    }

    /// Reads the key file, or makes it with a fresh key, readable by its owner alone.
    ///
    /// # Errors
    /// As [`MasterKey::read`], and where the file cannot be made.
    pub fn read_or_create(path: &Path, entropy: &dyn Entropy) -> Result<Self, MasterKeyFault> {
        let created = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        match created {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Self::read(path),
            Err(error) => Err(error.into()),
            Ok(file) => {
                let key = Self { file: Some(path.to_owned()), ..Self::fresh(entropy)? };
                key.write(file)?;
                Ok(key)
            }
        }
    }

    /// A fresh key that is kept nowhere.
    ///
    /// # Errors
    /// Where there is no entropy.
    pub fn fresh(entropy: &dyn Entropy) -> Result<Self, NoEntropy> {
        Ok(Self { newest: RootKey::fresh(entropy)?, earlier: Vec::new(), file: None })
    }

    /// Puts a fresh key in front of the newest one and forgets all that came before, in one replacement of the file: a
    /// kill at any moment leaves the old file or the new one, whole.
    ///
    /// # Errors
    /// Where there is no file, or it cannot be replaced.
    pub fn rotate(&self, entropy: &dyn Entropy) -> Result<Self, MasterKeyFault> {
        let path = self.file.as_ref().ok_or(MasterKeyFault::NoFile)?;
        let (newest, earlier) = (RootKey::fresh(entropy)?, vec![self.newest.clone()]);
        let rotated = Self { newest, earlier, file: Some(path.clone()) };
        let beside = path.with_extension("new");
        rotated
            .write(OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?)?;
        std::fs::rename(&beside, path)?;
        Ok(rotated)
    }

    /// The key file as it is now, where there is one: another process may have rotated it.
    pub(super) fn reread(&self) -> Option<Self> {
        Self::read(self.file.as_ref()?).ok()
    }

    /// All keys, the one that seals first.
    pub(super) fn keys(&self) -> impl Iterator<Item = &RootKey> {
        std::iter::once(&self.newest).chain(&self.earlier)
    }

    fn write(&self, mut file: File) -> io::Result<()> {
        for key in self.keys() {
            let line = Zeroizing::new(STANDARD.encode(key.expose()));
            file.write_all(line.as_bytes())?;
            file.write_all(b"\n")?;
        }
        file.sync_all()
    }
}

fn parse_one(word: &str) -> Result<RootKey, MasterKeyFault> {
    let bytes = Zeroizing::new(STANDARD.decode(word).map_err(|_| MasterKeyFault::Malformed)?);
    RootKey::from_bytes(&bytes).ok_or(MasterKeyFault::Malformed)
}
