//! The service's own secrets: the master key, and the operator's way in. None of them has a default value.

use std::path::{Path, PathBuf};

use argon2::PasswordHash;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::crypto::secret::SecretText;
use crate::settings::{Complaint, Reader};

/// `[secrets]`: the key under which everything at rest is sealed, 32 bytes in base64.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MasterKeySource {
    /// `master_key_file`; a relative path starts at the configuration file's folder. Whether it exists is checked
    /// by whoever reads it, since some commands make it.
    File(PathBuf),
    /// `master_key`, for platforms that hand secrets over in the environment.
    Inline(SecretText),
}

/// `[operator]`: the way into the console and the admin API; without them both are closed.
#[derive(Clone, Debug, Default)]
pub struct Operator {
    /// `password_hash`: an argon2id hash in the PHC format.
    pub password_hash: Option<SecretText>,
    /// `token`: the admin API's bearer token, at least 32 characters.
    pub token: Option<SecretText>,
}

pub(super) fn master_key(reader: &Reader<'_>, folder: &Path) -> MasterKeySource {
    let section = reader.section("secrets");
    let file = section.text("master_key_file");
    let source = if section.has("master_key") && !section.has("master_key_file") {
        section.parsed_secret("master_key", inline_master_key)
    } else {
        if section.has("master_key") {
            section.fault("master_key", "is given together with master_key_file", "keep one of the two");
        }
        None
    };
    section.finish();
    source.unwrap_or_else(|| MasterKeySource::File(folder.join(file.unwrap_or("master.key"))))
}

fn inline_master_key(text: SecretText) -> Result<MasterKeySource, Complaint> {
    let bytes = STANDARD.decode(text.expose()).map(Zeroizing::new);
    if bytes.is_ok_and(|bytes| bytes.len() == 32) {
        return Ok(MasterKeySource::Inline(text));
    }
    Err(Complaint::new("is not 32 bytes in base64", "make one with: openssl rand -base64 32"))
}

pub(super) fn operator(reader: &Reader<'_>) -> Operator {
    let section = reader.section("operator");
    let operator = Operator {
        password_hash: section.parsed_secret("password_hash", password_hash),
        token: section.parsed_secret("token", operator_token),
    };
    section.finish();
    operator
}

/// A password itself in this place is refused, too: it is no hash.
fn password_hash(text: SecretText) -> Result<SecretText, Complaint> {
    let hash = PasswordHash::new(text.expose()).ok();
    if hash.is_some_and(|hash| {
        hash.algorithm.as_str() == "argon2id" && hash.salt.is_some() && hash.hash.is_some()
    }) {
        return Ok(text);
    }
    Err(Complaint::new("is no argon2id hash", "give the PHC text that begins with $argon2id$"))
}

fn operator_token(text: SecretText) -> Result<SecretText, Complaint> {
    let token = text.expose();
    if token.len() >= 32 && token.bytes().all(|b| b.is_ascii_graphic()) {
        return Ok(text);
    }
    Err(Complaint::new("is too short or not plain ASCII", "use 32 characters or more: openssl rand -hex 32"))
}
