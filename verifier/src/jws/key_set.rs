//! The service's public keys (RFC 7517), of which only Ed25519 keys for signatures count (RFC 8037).

use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, VerifyingKey};
use serde::Deserialize;

use super::error::KeySetError;

/// The keys that `/.well-known/jwks.json` lists. Fetch it over https from the issuer that you expect, keep it for as long
/// as its `Cache-Control` says, and beside every proof that goes into an archive.
#[derive(Debug, Clone)]
pub struct KeySet {
    keys: Vec<(String, VerifyingKey)>,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Key>,
}

#[derive(Deserialize)]
struct Key {
    kty: String,
    crv: Option<String>,
    alg: Option<String>,
    r#use: Option<String>,
    kid: Option<String>,
    x: Option<String>,
}

impl KeySet {
    /// Reads a key set. Keys of other kinds are passed over.
    pub fn from_json(json: &str) -> Result<Self, KeySetError> {
        let document: Document = serde_json::from_str(json).map_err(|_| KeySetError)?;
        let mut keys: Vec<(String, VerifyingKey)> = Vec::new();
        for key in document.keys.into_iter().filter(Key::is_ours) {
            let (Some(kid), Some(x)) = (key.kid, key.x) else { return Err(KeySetError) };
            let bytes = URL_SAFE_NO_PAD.decode(x).map_err(|_| KeySetError)?;
            let bytes: &[u8; 32] = bytes.as_slice().try_into().map_err(|_| KeySetError)?;
            let key = VerifyingKey::from_bytes(bytes).map_err(|_| KeySetError)?;
            if key.is_weak() || keys.iter().any(|(other, _)| *other == kid) {
                return Err(KeySetError);
            }
            keys.push((kid, key));
        }
        Ok(Self { keys })
    }

    pub(super) fn key(&self, kid: &str) -> Option<Verifying<'_>> {
        self.keys.iter().find(|(other, _)| other == kid).map(|(_, key)| Verifying(key))
    }
}

impl Key {
    fn is_ours(&self) -> bool {
        let is = |value: &Option<String>, wanted| value.as_deref().is_none_or(|value| value == wanted);
        self.kty == "OKP"
            && self.crv.as_deref() == Some("Ed25519")
            && is(&self.alg, "EdDSA")
            && is(&self.r#use, "sig")
    }
}

/// One key of the set.
pub(super) struct Verifying<'a>(&'a VerifyingKey);

impl Verifying<'_> {
    /// Strictly: of one message and key there is one signature, and no key fits every message.
    pub(super) fn made(&self, signature: &[u8; 64], message: &[u8]) -> bool {
        self.0.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
    }
}
