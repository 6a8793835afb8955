//! Callers' own OAuth apps: found and opened here, changed in [`changes`], turned into the client of a flow in [`client`].
//!
//! Whose app a flow uses is settled when its session is made, and never changes: a session that names an app uses that
//! app or fails.

mod changes;
mod client;

use std::sync::Arc;

use crate::clock::Clock;
use crate::crypto::entropy::{Entropy, NoEntropy};
use crate::crypto::seal::{CannotOpen, MasterSealer};
use crate::crypto::secret::SecretText;
use crate::platform::entry::Client;
use crate::session::{ApiKeyId, AppId, PlatformName};
use crate::store::StoreFault;
use crate::store::registry::{AppRow, Registry, RegistryCache, SealedPlace};

pub use changes::{AppChange, AppChanges, ClientId, ClientSecret, NewApp};
pub use client::{FlowClient, NoClient};

/// How many apps a key can have.
pub const MOST_APPS: u32 = 100;

/// The apps of one registry.
pub struct Apps {
    registry: Arc<dyn Registry>,
    sealer: Arc<MasterSealer>,
    entropy: Arc<dyn Entropy>,
    clock: Arc<dyn Clock>,
    public_url: String,
    cache: RegistryCache<AppId, App>,
}

/// What apps work with.
pub struct AppParts {
    /// Where they are kept.
    pub registry: Arc<dyn Registry>,
    /// Seals their secrets.
    pub sealer: Arc<MasterSealer>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// `{scheme}://{host}[:{port}]`, without a slash at the end.
    pub public_url: String,
}

/// An app with its secret open, for the time of a request.
#[derive(Debug)]
pub struct App {
    /// Public.
    pub id: AppId,
    /// Whose app it is.
    pub api_key: ApiKeyId,
    /// Where it is registered.
    pub platform: PlatformName,
    /// Its registration there.
    pub client: Client,
}

/// Why an operation on apps was not done.
#[derive(Debug, thiserror::Error)]
pub enum AppFault {
    /// The name is empty, too long, or has invisible characters.
    #[error("the name {}", crate::keys::KeyFault::NAME_RULE)]
    Name,
    /// This key has no such app.
    #[error("there is no such app")]
    Unknown,
    /// The key that an app was to be made for does not exist, or was revoked.
    #[error("there is no such key, or it was revoked")]
    UnknownKey,
    /// The key has as many apps as a key can have.
    #[error("the key {}", Self::FULL_RULE)]
    Full,
    /// A client secret does not open.
    #[error("the app's client secret: {0}")]
    Sealed(#[from] CannotOpen),
    /// No random bytes.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
    /// The registry failed.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

impl AppFault {
    /// What a key with [`MOST_APPS`] apps is told.
    pub const FULL_RULE: &'static str =
        "has 100 apps, which is the limit; delete one that is not used any more";
}

impl Apps {
    /// The operations on one registry.
    pub fn new(parts: AppParts) -> Self {
        let AppParts { registry, sealer, entropy, clock, public_url } = parts;
        Self { registry, sealer, entropy, clock, public_url, cache: RegistryCache::new() }
    }

    /// What is to be registered at the platform: a path of its own for each app, so that an answer which was meant for
    /// another app is told by where it arrives (`T41`).
    pub fn redirect_uri(&self, platform: &PlatformName, app: Option<AppId>) -> String {
        let public_url = &self.public_url;
        match app {
            None => format!("{public_url}/oauth/callback/{platform}"),
            Some(app) => format!("{public_url}/oauth/callback/{platform}/{app}"),
        }
    }

    /// The app of this key; `None` for unknown ids and other keys' apps alike.
    ///
    /// # Errors
    /// The registry's fault, or a secret that does not open.
    pub async fn find(&self, key: ApiKeyId, id: AppId) -> Result<Option<Arc<App>>, AppFault> {
        let own = |app: Arc<App>| (app.api_key == key).then_some(app);
        if let Some(app) = self.cache.get(&id) {
            return Ok(own(app));
        }
        let generation = self.cache.generation();
        let Some(row) = self.registry.app(id).await? else { return Ok(None) };
        let app = Arc::new(self.open(row)?);
        self.cache.keep(id, Arc::clone(&app), generation);
        Ok(own(app))
    }

    /// The apps of a key as they are kept, oldest first.
    ///
    /// # Errors
    /// The registry's fault.
    pub async fn list(&self, key: ApiKeyId) -> Result<Vec<AppRow>, AppFault> {
        Ok(self.registry.apps_of(key).await?)
    }

    /// The apps of all keys as they are kept, oldest first.
    ///
    /// # Errors
    /// The registry's fault.
    pub async fn list_all(&self) -> Result<Vec<AppRow>, AppFault> {
        Ok(self.registry.apps().await?)
    }

    /// An app of this key as it is kept; straight from the registry.
    ///
    /// # Errors
    /// [`AppFault::Unknown`] for unknown ids and other keys' apps alike, or the registry's fault.
    pub async fn row(&self, key: ApiKeyId, id: AppId) -> Result<AppRow, AppFault> {
        let row = self.registry.app(id).await?.filter(|row| row.api_key == key);
        row.ok_or(AppFault::Unknown)
    }

    /// Whose app this is, for the operator, who names apps alone.
    ///
    /// # Errors
    /// [`AppFault::Unknown`], or the registry's fault.
    pub async fn holder(&self, id: AppId) -> Result<ApiKeyId, AppFault> {
        Ok(self.registry.app(id).await?.ok_or(AppFault::Unknown)?.api_key)
    }

    /// Forgets cached apps where `version` of the registry is another one than at the last call.
    pub fn follow(&self, version: i64) {
        self.cache.follow(version);
    }

    /// Drops the opened secrets of apps that were not used lately.
    pub fn forget_old(&self) {
        self.cache.forget_old();
    }

    /// Whether every client secret opens under this master key.
    ///
    /// # Errors
    /// The first that does not, or the registry's fault.
    pub async fn check_secrets(&self) -> Result<(), AppFault> {
        for row in self.registry.apps().await? {
            self.open(row)?;
        }
        Ok(())
    }

    fn open(&self, row: AppRow) -> Result<App, AppFault> {
        let secret = self.sealer.open(&place(row.id), &row.client_secret)?;
        let secret = String::from_utf8(secret.to_vec()).map_err(|_| CannotOpen)?;
        let client = Client { client_id: row.client_id, client_secret: SecretText::new(secret) };
        Ok(App { id: row.id, api_key: row.api_key, platform: row.platform, client })
    }

    fn seal(&self, id: AppId, secret: &ClientSecret) -> Result<Vec<u8>, NoEntropy> {
        self.sealer.seal(&place(id), secret.expose().as_bytes(), &*self.entropy)
    }
}

fn place(id: AppId) -> String {
    SealedPlace::AppSecret(id).to_string()
}
