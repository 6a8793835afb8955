//! One API key, ready for use, and the texts that are shown once.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::crypto::entropy::{Entropy, NoEntropy};
use crate::crypto::locator::Digest;
use crate::crypto::secret::SecretText;
use crate::session::{ApiKeyId, CallbackUrl, RegisteredCallback};

/// A good key with its secrets open, for the time of a request.
#[derive(Debug)]
pub struct ApiKey {
    /// Public.
    pub id: ApiKeyId,
    /// What users read on the interstitial.
    pub name: String,
    /// The operator's own product.
    pub first_party: bool,
    /// Any callback URL that keeps the rules will do.
    pub any_callback: bool,
    /// Accounts that the caller's server confirms are recorded.
    pub record_accounts: bool,
    /// Registered callback URLs.
    pub callbacks: Vec<RegisteredCallback>,
    /// What this key's proofs are signed with, and nothing else (`T68`).
    pub signing_secret: Option<SecretText>,
    pub(super) secret_hash: Digest,
}

impl ApiKey {
    /// Whether proofs of this key may go to `callback`.
    pub fn allows(&self, callback: &CallbackUrl) -> bool {
        self.any_callback || self.callbacks.iter().any(|entry| entry.allows(callback))
    }
}

/// The texts that stand for a key: `hpk_{16 hex digits of the id}_{256 bits, base64url}`, `pss_{256 bits, base64url}`.
pub struct ApiKeyText;

impl ApiKeyText {
    /// The id that an API key names, where it has the form of one.
    pub fn id_of(text: &str) -> Option<ApiKeyId> {
        let (digits, secret) = text.strip_prefix("hpk_")?.split_once('_')?;
        (secret.len() == 43).then(|| ApiKeyId::parse_digits(digits))?
    }

    /// A fresh API key and its id.
    pub(super) fn fresh(entropy: &dyn Entropy) -> Result<(ApiKeyId, SecretText), NoEntropy> {
        let id = ApiKeyId(u64::from_be_bytes(entropy.bytes()?));
        let secret = Zeroizing::new(entropy.bytes::<32>()?);
        let secret = Zeroizing::new(URL_SAFE_NO_PAD.encode(secret.as_slice()));
        Ok((id, SecretText::new(format!("hpk_{}_{}", id.digits(), *secret))))
    }

    /// A fresh signing secret.
    pub(super) fn fresh_signing_secret(entropy: &dyn Entropy) -> Result<SecretText, NoEntropy> {
        let secret = Zeroizing::new(entropy.bytes::<32>()?);
        let secret = Zeroizing::new(URL_SAFE_NO_PAD.encode(secret.as_slice()));
        Ok(SecretText::new(format!("pss_{}", *secret)))
    }
}
