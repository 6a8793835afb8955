//! API keys: made, found, changed and revoked. The console, the JSON API and the command line all come through here.

mod api_key;
mod cache;

use std::sync::Arc;

use crate::clock::Clock;
use crate::crypto::entropy::{Entropy, NoEntropy};
use crate::crypto::locator::Digest;
use crate::crypto::seal::{CannotOpen, MasterSealer};
use crate::crypto::secret::SecretText;
use crate::session::{ApiKeyId, RegisteredCallback};
use crate::store::StoreFault;
use crate::store::registry::{ApiKeyRow, Registry, SealedPlace};

pub use api_key::{ApiKey, ApiKeyText};
use cache::KeyCache;

/// Every operation on API keys.
pub struct ApiKeys {
    registry: Arc<dyn Registry>,
    sealer: Arc<MasterSealer>,
    entropy: Arc<dyn Entropy>,
    clock: Arc<dyn Clock>,
    cache: KeyCache,
}

/// What an operator says about a new key.
#[derive(Clone, Debug, Default)]
pub struct NewKey {
    /// Users read it on the interstitial. 1–60 visible characters.
    pub name: String,
    /// Registered callback URLs.
    pub callbacks: Vec<RegisteredCallback>,
    /// Any callback URL that keeps the rules will do.
    pub any_callback: bool,
    /// The operator's own product: no interstitial.
    pub first_party: bool,
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
    #[error("a key's name has 1 to 60 characters and no control or formatting characters")]
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

impl ApiKeys {
    /// The operations on one registry.
    pub fn new(
        registry: Arc<dyn Registry>,
        sealer: Arc<MasterSealer>,
        entropy: Arc<dyn Entropy>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { registry, sealer, entropy, clock, cache: KeyCache::new() }
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
        let key = self.find(id).await?;
        Ok(key.filter(|key| key.secret_hash == presented))
    }

    /// The good key of this id.
    ///
    /// # Errors
    /// As [`ApiKeys::authenticate`].
    pub async fn find(&self, id: ApiKeyId) -> Result<Option<Arc<ApiKey>>, KeyFault> {
        if let Some(key) = self.cache.get(id) {
            return Ok(Some(key));
        }
        let generation = self.cache.generation();
        let Some(row) = self.registry.key(id).await?.filter(|row| row.revoked_at.is_none()) else {
            return Ok(None);
        };
        let key = Arc::new(self.open(row)?);
        self.cache.keep(Arc::clone(&key), generation);
        Ok(Some(key))
    }

    /// Makes a key. Its secrets are in the answer and nowhere else in the clear.
    ///
    /// # Errors
    /// A bad name, or the registry's fault; nothing was kept then.
    pub async fn create(&self, new: NewKey) -> Result<CreatedKey, KeyFault> {
        if !is_good_name(&new.name) {
            return Err(KeyFault::Name);
        }
        let (id, api_key) = ApiKeyText::fresh(&*self.entropy)?;
        let signing_secret = match new.with_signing_secret {
            true => Some(ApiKeyText::fresh_signing_secret(&*self.entropy)?),
            false => None,
        };
        let sealed = signing_secret.as_ref().map(|secret| self.seal(id, secret)).transpose()?;
        let row = ApiKeyRow {
            id,
            name: new.name.clone(),
            secret_hash: Digest::of(api_key.expose().as_bytes()),
            first_party: new.first_party,
            any_callback: new.any_callback,
            signing_secret: sealed,
            callbacks: new.callbacks,
            created_at: self.clock.unix_seconds(),
            revoked_at: None,
        };
        self.registry.insert_key(&row).await?;
        Ok(CreatedKey { id, name: new.name, api_key, signing_secret })
    }

    /// Every key, oldest first, revoked ones included.
    ///
    /// # Errors
    /// The registry's fault.
    pub async fn list(&self) -> Result<Vec<ApiKeyRow>, KeyFault> {
        Ok(self.registry.keys().await?)
    }

    /// Revokes a key for good, with all its sessions.
    ///
    /// # Errors
    /// [`KeyFault::Unknown`], or the registry's fault.
    pub async fn revoke(&self, id: ApiKeyId) -> Result<(), KeyFault> {
        let is_revoked = self.registry.revoke_key(id, self.clock.unix_seconds()).await?;
        self.cache.forget_all();
        if is_revoked { Ok(()) } else { Err(KeyFault::Unknown) }
    }

    /// Generates a signing secret; the previous one signs nothing from this moment.
    ///
    /// # Errors
    /// [`KeyFault::Unknown`], or the registry's fault.
    pub async fn generate_signing_secret(&self, id: ApiKeyId) -> Result<SecretText, KeyFault> {
        let secret = ApiKeyText::fresh_signing_secret(&*self.entropy)?;
        let is_set = self.registry.set_signing_secret(id, &self.seal(id, &secret)?).await?;
        self.cache.forget_all();
        if is_set { Ok(secret) } else { Err(KeyFault::Unknown) }
    }

    /// Adds and removes registered callback URLs, and gives the list as it is then.
    ///
    /// # Errors
    /// [`KeyFault::Unknown`], or the registry's fault.
    pub async fn change_callbacks(
        &self,
        id: ApiKeyId,
        add: &[RegisteredCallback],
        remove: &[RegisteredCallback],
    ) -> Result<Vec<RegisteredCallback>, KeyFault> {
        let row = self.registry.key(id).await?.filter(|row| row.revoked_at.is_none());
        row.ok_or(KeyFault::Unknown)?;
        self.registry.change_callbacks(id, add, remove).await?;
        self.cache.forget_all();
        Ok(self.registry.key(id).await?.map(|row| row.callbacks).unwrap_or_default())
    }

    /// Forgets cached keys where another process changed the registry since the last call: called many times a second,
    /// it bounds how long a revoked key or a replaced secret goes on (`T3`, `T69`). Where the registry does not answer,
    /// what is cached runs out by itself, within five seconds.
    pub async fn follow_changes(&self) {
        match self.registry.version().await {
            Ok(version) => self.cache.follow(version),
            Err(fault) => tracing::warn!(%fault, "the registry does not tell its version"),
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
fn is_good_name(name: &str) -> bool {
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
