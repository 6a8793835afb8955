//! API keys: found and read here, changed in [`changes`].

mod api_key;
mod changes;
mod needs;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::clock::Clock;
use crate::crypto::entropy::{Entropy, NoEntropy};
use crate::crypto::locator::Digest;
use crate::crypto::seal::{CannotOpen, MasterSealer};
use crate::crypto::secret::SecretText;
use crate::session::{ApiKeyId, RegisteredCallback};
use crate::store::StoreFault;
use crate::store::registry::{ApiKeyRow, Registry, RegistryCache, SealedPlace};

pub use api_key::{ApiKey, ApiKeyText};
pub use changes::{Actor, KeyChanges};
pub use needs::Need;

/// The API keys of one registry.
pub struct ApiKeys {
    registry: Arc<dyn Registry>,
    sealer: Arc<MasterSealer>,
    entropy: Arc<dyn Entropy>,
    clock: Arc<dyn Clock>,
    cache: RegistryCache<ApiKeyId, ApiKey>,
    several: AtomicBool,
    /// The registry changed since the keys were counted.
    uncounted: AtomicBool,
}

/// What an operator says about a new key.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "rights that are given one by one")]
pub struct NewKey {
    /// Users read it on the interstitial. 1–60 visible characters.
    pub name: String,
    /// Registered callback URLs.
    pub callbacks: Vec<RegisteredCallback>,
    /// Any callback URL that keeps the rules will do.
    pub any_callback: bool,
    /// The operator's own product: no interstitial.
    pub first_party: bool,
    /// Record the accounts that the caller's server confirms.
    pub record_accounts: bool,
    /// Generate a signing secret at once.
    pub with_signing_secret: bool,
}

/// What is shown once.
#[derive(Debug)]
pub struct CreatedKey {
    /// Public.
    pub id: ApiKeyId,
    /// As kept.
    pub name: String,
    /// `hpk_…`.
    pub api_key: SecretText,
    /// `pss_…`, where it was asked for.
    pub signing_secret: Option<SecretText>,
}

/// Why an operation on keys was not done.
#[derive(Debug, thiserror::Error)]
pub enum KeyFault {
    /// The name is empty, too long, or has invisible characters.
    #[error("the name {}", Self::NAME_RULE)]
    Name,
    /// No good key has this id.
    #[error("there is no such key, or it was revoked")]
    Unknown,
    /// A secret of this key does not open.
    #[error("the key's signing secret: {0}")]
    Sealed(#[from] CannotOpen),
    /// No random bytes.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
    /// The registry failed.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

impl KeyFault {
    /// What a wrong name is told.
    pub const NAME_RULE: &'static str =
        "must have 1 to 60 characters, no blanks around it, and no control or formatting characters";
}

impl ApiKeys {
    /// The operations on one registry.
    pub fn new(
        registry: Arc<dyn Registry>,
        sealer: Arc<MasterSealer>,
        entropy: Arc<dyn Entropy>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (several, uncounted) = (AtomicBool::new(false), AtomicBool::new(true));
        Self { registry, sealer, entropy, clock, cache: RegistryCache::new(), several, uncounted }
    }

    /// The good key that `text` is, if it is one. Missing, unknown, wrong and revoked keys are alike to the outside.
    ///
    /// The look-up goes by the public id; the secret is compared by its hash, in constant time (`T2`).
    ///
    /// # Errors
    /// The registry's fault, or a secret that does not open.
    pub async fn authenticate(&self, text: &str) -> Result<Option<Arc<ApiKey>>, KeyFault> {
        let Some(id) = ApiKeyText::id_of(text) else { return Ok(None) };
        let presented = Digest::of(text.as_bytes());
        let Some(key) = self.find(id).await? else { return Ok(None) };
        if key.secret_hash == presented {
            return Ok(Some(key));
        }
        // The clock must not tell which ids there are (`T2`): an id that nobody has is looked up, as for one of those.
        self.registry.live_key(ApiKeyId(!id.0)).await?;
        Ok(None)
    }

    /// The good key of this id.
    ///
    /// # Errors
    /// As [`ApiKeys::authenticate`].
    pub async fn find(&self, id: ApiKeyId) -> Result<Option<Arc<ApiKey>>, KeyFault> {
        if let Some(key) = self.cache.get(&id) {
            return Ok(Some(key));
        }
        let generation = self.cache.generation();
        let Some(row) = self.registry.live_key(id).await? else {
            return Ok(None);
        };
        let key = Arc::new(self.open(row)?);
        self.cache.keep(id, Arc::clone(&key), generation);
        Ok(Some(key))
    }

    /// Every key, oldest first, revoked ones included.
    ///
    /// # Errors
    /// The registry's fault.
    pub async fn list(&self) -> Result<Vec<ApiKeyRow>, KeyFault> {
        Ok(self.registry.keys().await?)
    }

    /// One key as it is kept, revoked or not; straight from the registry.
    ///
    /// # Errors
    /// The registry's fault.
    pub async fn row(&self, id: ApiKeyId) -> Result<Option<ApiKeyRow>, KeyFault> {
        Ok(self.registry.key(id).await?)
    }

    /// Forgets cached keys where `version` of the registry is another one than at the last call.
    pub fn follow(&self, version: i64) {
        if self.cache.follow(version) {
            self.uncounted.store(true, Ordering::Release);
        }
    }

    /// Drops the opened secrets of keys that were not used lately.
    pub fn forget_old(&self) {
        self.cache.forget_old();
    }

    /// Counts the keys anew where anything changed since. It reads all of them, so it is not done at every change.
    pub async fn recount(&self) {
        if self.uncounted.swap(false, Ordering::AcqRel) {
            self.count_callers().await;
        }
    }

    /// Whether there is more than one good key, as of a moment ago: a caller who is alone has nobody to share with.
    pub fn serve_several(&self) -> bool {
        self.several.load(Ordering::Acquire)
    }

    async fn count_callers(&self) {
        match self.registry.keys().await {
            Ok(rows) => {
                let good = rows.iter().filter(|row| row.revoked_at.is_none()).count();
                self.several.store(good > 1, Ordering::Release);
            }
            Err(fault) => {
                self.uncounted.store(true, Ordering::Release);
                tracing::warn!(%fault, "the keys could not be counted");
            }
        }
    }

    /// Whether every signing secret opens under this master key.
    ///
    /// # Errors
    /// The first that does not, or the registry's fault.
    pub async fn check_secrets(&self) -> Result<(), KeyFault> {
        for row in self.registry.keys().await? {
            self.open(row)?;
        }
        Ok(())
    }

    /// Whether the registry answers.
    ///
    /// # Errors
    /// The registry's fault.
    pub async fn check(&self) -> Result<(), StoreFault> {
        self.registry.check().await
    }

    fn open(&self, row: ApiKeyRow) -> Result<ApiKey, KeyFault> {
        let secret =
            row.signing_secret.map(|sealed| self.sealer.open(&place(row.id), &sealed)).transpose()?;
        let secret =
            secret.map(|bytes| String::from_utf8(bytes.to_vec()).map_err(|_| CannotOpen)).transpose()?;
        Ok(ApiKey {
            id: row.id,
            name: row.name,
            first_party: row.first_party,
            any_callback: row.any_callback,
            record_accounts: row.record_accounts,
            callbacks: row.callbacks,
            signing_secret: secret.map(SecretText::new),
            secret_hash: row.secret_hash,
        })
    }

    fn seal(&self, id: ApiKeyId, secret: &SecretText) -> Result<Vec<u8>, NoEntropy> {
        self.sealer.seal(&place(id), secret.expose().as_bytes(), &*self.entropy)
    }
}

fn place(id: ApiKeyId) -> String {
    SealedPlace::SigningSecret(id).to_string()
}

/// A name is shown to users who decide by it: nothing invisible, nothing that turns the reading direction (`T36`).
pub fn is_good_name(name: &str) -> bool {
    use unicode_properties::{GeneralCategory as Category, UnicodeGeneralCategory};
    let is_visible = |c: char| {
        let category = c.general_category();
        !matches!(
            category,
            Category::Control | Category::Format | Category::LineSeparator | Category::ParagraphSeparator
        )
    };
    (1..=60).contains(&name.chars().count()) && name.trim() == name && name.chars().all(is_visible)
}
