//! What lasts: API keys with their callback URLs and sealed secrets, callers' own OAuth apps, and the keys that sign for
//! the public.
//!
//! Secrets arrive here hashed or sealed; a registry never sees one.

mod accounts;
mod apps;
mod bounded_pool;
mod cache;
mod key_rows;
mod postgres;
#[cfg(test)]
mod postgres_tests;
mod sealed_place;
mod sealed_rows;
mod signing_keys;
mod sqlite;
#[cfg(test)]
mod sqlite_fault_tests;
#[cfg(test)]
mod suite;
mod tables;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::migrate::{Migration, MigrationType};

use crate::config::RegistryUrl;
use crate::crypto::locator::Digest;
use crate::session::{ApiKeyId, RegisteredCallback};

use super::StoreFault;

pub use accounts::{AccountQuery, AccountRow, AccountStatus, AccountTable};
pub use apps::{AppRow, AppRowChange, AppTable};
pub use cache::RegistryCache;
pub use postgres::PostgresRegistry;
pub use sealed_place::SealedPlace;
pub use sealed_rows::SealedRows;
pub use signing_keys::{SigningKeyRow, SigningKeyTable};
pub use sqlite::SqliteRegistry;

/// An API key as it is kept.
#[derive(Clone, Debug)]
pub struct ApiKeyRow {
    /// Public.
    pub id: ApiKeyId,
    /// What the operator calls it; users read it on the interstitial.
    pub name: String,
    /// SHA-256 of the whole API key.
    pub secret_hash: Digest,
    /// The operator's own product.
    pub first_party: bool,
    /// The operator lets this key name any callback URL.
    pub any_callback: bool,
    /// Accounts that the caller's server confirms are recorded.
    pub record_accounts: bool,
    /// Sealed; `None` where none was generated yet.
    pub signing_secret: Option<Vec<u8>>,
    /// In the order of their text.
    pub callbacks: Vec<RegisteredCallback>,
    /// Unix seconds.
    pub created_at: u64,
    /// Unix seconds; `None` while the key is good.
    pub revoked_at: Option<u64>,
}

/// The registry. Writes are rare, made by operators; reads are kept off the hot path by whoever calls.
#[async_trait]
pub trait Registry: SealedRows + SigningKeyTable + AppTable + AccountTable {
    /// Keeps a new key with its callbacks, all or nothing.
    ///
    /// # Errors
    /// The store's fault.
    async fn insert_key(&self, row: &ApiKeyRow) -> Result<(), StoreFault>;

    /// One key, revoked or not.
    ///
    /// # Errors
    /// The store's fault.
    async fn key(&self, id: ApiKeyId) -> Result<Option<ApiKeyRow>, StoreFault>;

    /// One key that is not revoked. One that is costs what one costs that never was (`T2`).
    ///
    /// # Errors
    /// The store's fault.
    async fn live_key(&self, id: ApiKeyId) -> Result<Option<ApiKeyRow>, StoreFault>;

    /// Every key, oldest first.
    ///
    /// # Errors
    /// The store's fault.
    async fn keys(&self) -> Result<Vec<ApiKeyRow>, StoreFault>;

    /// Revokes a key for good; `false` where there is none that is good.
    ///
    /// # Errors
    /// The store's fault.
    async fn revoke_key(&self, id: ApiKeyId, at: u64) -> Result<bool, StoreFault>;

    /// Gives a good key another name; `false` where there is none.
    ///
    /// # Errors
    /// The store's fault.
    async fn rename_key(&self, id: ApiKeyId, name: &str) -> Result<bool, StoreFault>;

    /// Switches the recording of accounts of a good key; `false` where there is none.
    ///
    /// # Errors
    /// The store's fault.
    async fn set_record_accounts(&self, id: ApiKeyId, records: bool) -> Result<bool, StoreFault>;

    /// Replaces the sealed signing secret of a good key; `false` where there is none.
    ///
    /// # Errors
    /// The store's fault.
    async fn set_signing_secret(&self, id: ApiKeyId, sealed: &[u8]) -> Result<bool, StoreFault>;

    /// Adds and removes callback URLs of a key, all or nothing. Adding one that is there, and removing one that is not,
    /// change nothing.
    ///
    /// # Errors
    /// The store's fault.
    async fn change_callbacks(
        &self,
        id: ApiKeyId,
        add: &[RegisteredCallback],
        remove: &[RegisteredCallback],
    ) -> Result<(), StoreFault>;

    /// A number that is another one after any change by any process, so that caches know when to forget.
    ///
    /// # Errors
    /// The store's fault.
    async fn version(&self) -> Result<i64, StoreFault>;

    /// How often [`Registry::version`] is asked, by what it costs there: the longest that a change by another process goes
    /// unnoticed.
    fn follow_every(&self) -> Duration;

    /// Whether the store answers.
    ///
    /// # Errors
    /// The store's fault.
    async fn check(&self) -> Result<(), StoreFault>;
}

/// Who waits for the registry.
#[derive(Debug, Clone, Copy)]
pub enum Patience {
    /// A request: whatever happens to the registry, its answer is out within a second (`F9`, `F10`).
    Request,
    /// An operator at a shell, who would only type the command again.
    Operator,
}

impl Patience {
    /// What an operation may take, the wait for a connection and for the locks of others included.
    const fn time(self) -> Duration {
        match self {
            // What is left of a second is for the rest of the answer.
            Self::Request => Duration::from_millis(950),
            Self::Operator => Duration::from_secs(30),
        }
    }
}

/// Opens the registry that the operator chose.
///
/// # Errors
/// Where it cannot be used, with the remedy and without its password.
pub async fn open(url: &RegistryUrl, patience: Patience) -> Result<Arc<dyn Registry>, StoreFault> {
    Ok(match url {
        RegistryUrl::Sqlite(path) => Arc::new(SqliteRegistry::open(path, patience).await?),
        RegistryUrl::Postgres(url) => Arc::new(PostgresRegistry::open(url, patience).await?),
    })
}

fn migration((version, name, sql): (i64, &'static str, &'static str)) -> Migration {
    Migration::new(version, name.into(), MigrationType::Simple, sqlx::SqlStr::from_static(sql), false)
}
