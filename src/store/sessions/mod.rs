//! Where sessions live from creation to five minutes after their end.
//!
//! What must happen once is *taken*: one atomic step that at most one of any number of callers, on any number of
//! instances, sees succeed. When it is unknown whether a take happened, the answer is an error and the session is lost,
//! never doubled.

mod expiring_map;
mod live_count;
mod memory;
mod memory_proofs;
mod redis;
mod session_format;
#[cfg(test)]
mod suite;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::clock::Clock;
use crate::config::SessionStoreUrl;
use crate::crypto::entropy::Entropy;
use crate::crypto::locator::{Digest, EntryKey};
use crate::crypto::root_key::RootKey;
use crate::session::{
    ApiKeyId, IssuedProof, Outcome, PendingAuthorization, ProofId, Redemption, Session, StoredSession,
};

use super::StoreFault;

pub use memory::MemorySessions;
#[cfg(any(test, fuzzing))]
pub use redis::fuzzed_session;
pub use redis::{COMMAND_TIME, RedisSessions, RedisSetup};

/// How long a session can still be read after it ended or expired.
pub const READABLE_AFTER_END: Duration = Duration::from_secs(300);

/// How long a taken session lives at least, so that an answer that came in the last second still ends properly.
pub const TIME_TO_FINISH: Duration = Duration::from_secs(30);

/// Why a new session was not kept.
#[derive(Debug, thiserror::Error)]
pub enum InsertFault {
    /// As many sessions are live as the operator allows. None that was accepted is ever dropped for a new one.
    #[error("the store holds as many live sessions as it may")]
    Full,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

/// Proof that this request, and no other, works on the platform's answer. Only a store's `take_pending` makes one.
#[derive(Debug)]
pub struct TakenAuthorization(());

/// Sessions by their entry key. Lifetimes follow the store's own clock, never the wall clock (`T98`).
///
/// Every method is safe to call from any number of tasks; each is one atomic step. A session whose life is over is not
/// live: nothing can be taken from it, and it reads as not live for [`READABLE_AFTER_END`], then as absent.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Keeps a new session, live for `life`.
    ///
    /// # Errors
    /// [`InsertFault::Full`] before anything is dropped; otherwise the store's fault.
    async fn insert(&self, key: EntryKey, session: Session, life: Duration) -> Result<(), InsertFault>;

    /// The session, taking nothing.
    ///
    /// # Errors
    /// The store's fault; an entry that cannot be read back counts as absent.
    async fn read(&self, key: EntryKey) -> Result<Option<StoredSession>, StoreFault>;

    /// Created and live → opened, live for `life` from here. `true` for exactly one caller, ever.
    ///
    /// # Errors
    /// The store's fault.
    async fn take_request(
        &self,
        key: EntryKey,
        pending: PendingAuthorization,
        life: Duration,
    ) -> Result<bool, StoreFault>;

    /// Opened with this state and live → taken. `Some` for exactly one caller, ever.
    ///
    /// # Errors
    /// The store's fault.
    async fn take_pending(
        &self,
        key: EntryKey,
        state: Digest,
    ) -> Result<Option<TakenAuthorization>, StoreFault>;

    /// Created and live → ended, for a user who declines before the platform. `true` for exactly one caller, ever.
    ///
    /// # Errors
    /// The store's fault.
    async fn take_declined(&self, key: EntryKey, outcome: Outcome) -> Result<bool, StoreFault>;

    /// Taken → ended. `false` where it was cancelled meanwhile, or is not there any more.
    ///
    /// # Errors
    /// The store's fault.
    async fn end(
        &self,
        key: EntryKey,
        taken: TakenAuthorization,
        outcome: Outcome,
    ) -> Result<bool, StoreFault>;

    /// Whatever is live → cancelled: the link and the pending authorization are dead from here, and an answer that is
    /// being worked on comes to nothing. `false` where it had ended already, and stays as it is.
    ///
    /// # Errors
    /// The store's fault.
    async fn cancel(&self, key: EntryKey) -> Result<bool, StoreFault>;

    /// Keeps for `life` what is known of a proof, so that it can be redeemed.
    ///
    /// # Errors
    /// The store's fault.
    async fn keep_proof(&self, id: ProofId, proof: IssuedProof, life: Duration) -> Result<(), StoreFault>;

    /// Redeems a proof at `at`, Unix seconds, and remembers that for `life`. [`Redemption::before`] is `None` for exactly
    /// one caller, ever; `None` where the store knows nothing of the proof, or not any more.
    ///
    /// # Errors
    /// The store's fault. Whether the proof was redeemed may be unknown then; it is never redeemed twice.
    async fn redeem(&self, id: ProofId, at: u64, life: Duration) -> Result<Option<Redemption>, StoreFault>;

    /// Whether the store answers.
    ///
    /// # Errors
    /// The store's fault.
    async fn check(&self) -> Result<(), StoreFault>;

    /// How many sessions of a key are live, where the store counts them: one that has no limit of its own does not.
    fn live_of(&self, key: ApiKeyId) -> Option<u64>;

    /// Housekeeping, once a second: gives memory of ended sessions back.
    fn sweep(&self);
}

/// What a session store is opened with.
pub struct SessionsSetup<'a> {
    /// Which store, and where.
    pub url: &'a SessionStoreUrl,
    /// `sessions.max_live`, for the memory store; Redis is as large as its own memory.
    pub max_live: u64,
    /// `stores.allow_eviction`, for Redis: the operator accepts that live sessions are dropped.
    pub allow_eviction: bool,
    /// `stores.sessions_ca_file`, for Redis over TLS.
    pub ca_file: Option<&'a Path>,
    /// Seals what leaves the process, and names the environment.
    pub service_key: &'a RootKey,
    /// For the seals.
    pub entropy: Arc<dyn Entropy>,
    /// For lives in memory.
    pub clock: Arc<dyn Clock>,
}

/// Opens the session store that the operator chose. There is none to fall back to (`T95`).
///
/// # Errors
/// Where it cannot be used, with the remedy and without its password.
pub async fn open(setup: SessionsSetup<'_>) -> Result<Arc<dyn SessionStore>, StoreFault> {
    let SessionsSetup { url, allow_eviction, ca_file, service_key, entropy, .. } = setup;
    let authorities = ca_file.map(read_authorities).transpose()?;
    Ok(match url {
        SessionStoreUrl::Memory => Arc::new(MemorySessions::new(setup.max_live, setup.clock)),
        SessionStoreUrl::Redis(address) => {
            let setup = RedisSetup {
                address,
                authorities,
                allow_eviction,
                service_key,
                entropy,
                command_time: COMMAND_TIME,
            };
            Arc::new(RedisSessions::open(setup).await?)
        }
        SessionStoreUrl::RedisCluster(address) => {
            let setup = RedisSetup {
                address,
                authorities,
                allow_eviction,
                service_key,
                entropy,
                command_time: COMMAND_TIME,
            };
            Arc::new(RedisSessions::open_cluster(setup).await?)
        }
    })
}

fn read_authorities(file: &Path) -> Result<Vec<u8>, StoreFault> {
    std::fs::read(file).map_err(|error| {
        StoreFault::Unavailable(format!("{}: {error}; check stores.sessions_ca_file", file.display()))
    })
}
