//! Sessions in Redis: for many instances.
//!
//! One entry for a session, one command or one script for a step. Lives are the entry's own time to live, so that only
//! Redis' clock decides (`T98`): an entry that has [`READABLE_AFTER_END`] or less left is not live any more. How an entry
//! looks, and what somebody who writes to Redis can and cannot do, is told in [`entry`].
//!
//! A full Redis refuses (`T93`); one that would evict sessions is refused at the start. There is no other store to fall
//! back to (`T95`).

mod entry;
#[cfg(test)]
mod fault_tests;
#[cfg(any(test, fuzzing))]
mod fuzzing;
mod link;
mod memory_policy;
mod proof_entry;
#[cfg(test)]
mod tamper_tests;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use redis::{RedisError, Value};

use super::{InsertFault, READABLE_AFTER_END, SessionStore, TIME_TO_FINISH, TakenAuthorization};
use crate::crypto::entropy::Entropy;
use crate::crypto::locator::{Digest, EntryKey};
use crate::crypto::root_key::RootKey;
use crate::crypto::secret::SecretText;
use crate::session::{
    ApiKeyId, IssuedProof, Outcome, PendingAuthorization, ProofId, Redemption, Session, Stage, StoredSession,
};
use crate::store::StoreFault;
use entry::{EntryFormat, VERSION};
#[cfg(any(test, fuzzing))]
pub use fuzzing::fuzzed_session;
use link::{Link, Script};
use proof_entry::ProofFormat;

/// What a command may take, so that whoever waits for it is answered within a second.
pub const COMMAND_TIME: Duration = Duration::from_millis(500);

/// The store. Cheap to share behind an [`Arc`].
pub struct RedisSessions {
    link: Link,
    format: EntryFormat,
    proofs: ProofFormat,
    advance: Script,
    read: Script,
    redeem: Script,
}

/// What a Redis store is opened with.
pub struct RedisSetup<'a> {
    /// Its URL, of one of the forms that the configuration takes.
    pub address: &'a SecretText,
    /// PEM of the authorities that a `rediss://` server's certificate may be from; the system's unless given.
    pub authorities: Option<Vec<u8>>,
    /// The operator knows that this Redis may drop live sessions when it is full.
    pub allow_eviction: bool,
    /// Seals the entries and names the environment.
    pub service_key: &'a RootKey,
    /// For the seals.
    pub entropy: Arc<dyn Entropy>,
    /// What a command may take, waiting for its turn included; [`COMMAND_TIME`] but for tests of other things than time.
    pub command_time: Duration,
}

/// A step from one stage to the next.
struct Step<'a> {
    /// Letters of the stages that allow it.
    from: &'static [u8],
    /// The state that an opened session must have.
    state: Option<&'a Digest>,
    /// Where it leads.
    to: Stage,
    /// How long the session is live after it.
    life: Life,
}

enum Life {
    Exactly(Duration),
    AtLeast(Duration),
}

impl RedisSessions {
    /// Connects to one Redis, and checks that it keeps what it is given.
    ///
    /// # Errors
    /// [`StoreFault::Unavailable`] with the cause and the remedy; no password stands in it.
    pub async fn open(setup: RedisSetup<'_>) -> Result<Self, StoreFault> {
        let link = Link::to_server(&setup).await.map_err(told_remedy)?;
        Self::on(link, setup).await
    }

    /// Connects to a cluster by one of its servers, and checks that all of them keep what they are given.
    ///
    /// # Errors
    /// As [`RedisSessions::open`].
    pub async fn open_cluster(setup: RedisSetup<'_>) -> Result<Self, StoreFault> {
        let link = Link::to_cluster(&setup).await.map_err(told_remedy)?;
        Self::on(link, setup).await
    }

    async fn on(link: Link, setup: RedisSetup<'_>) -> Result<Self, StoreFault> {
        memory_policy::check(&link, setup.allow_eviction).await?;
        Ok(Self {
            link,
            format: EntryFormat::new(setup.service_key, Arc::clone(&setup.entropy)),
            proofs: ProofFormat::new(setup.service_key, setup.entropy),
            advance: Script::new(include_str!("redis/advance.lua")),
            read: Script::new(include_str!("redis/read.lua")),
            redeem: Script::new(include_str!("redis/redeem.lua")),
        })
    }

    /// Makes the step where the entry is live, allows it, and is ours; `true` for one caller alone.
    async fn advance(&self, key: EntryKey, step: Step<'_>) -> Result<bool, StoreFault> {
        let (life, policy) = match step.life {
            Life::Exactly(life) => (life, "shorten"),
            Life::AtLeast(life) => (life, "prolong"),
        };
        let readable = milliseconds(READABLE_AFTER_END);
        let keep = milliseconds(life.saturating_add(READABLE_AFTER_END));
        let args: [&[u8]; 7] = [
            &[VERSION],
            step.from,
            step.state.map_or(&[], |digest| &digest.0),
            &self.format.head(key, &step.to),
            readable.as_bytes(),
            keep.as_bytes(),
            policy.as_bytes(),
        ];
        let redis_key = self.format.redis_key(key);
        match self.link.run(&self.advance, &redis_key, &args).await? {
            Value::Nil => Ok(false),
            Value::BulkString(head) => {
                let is_ours = self.format.stage(key, &head).is_some();
                if !is_ours {
                    not_ours(&redis_key);
                }
                Ok(is_ours)
            }
            other => Err(unexpected(&other)),
        }
    }
}

#[async_trait]
impl SessionStore for RedisSessions {
    async fn insert(&self, key: EntryKey, session: Session, life: Duration) -> Result<(), InsertFault> {
        let entry = self.format.created(key, &session);
        let entry = entry.map_err(|fault| StoreFault::Unavailable(fault.to_string()))?;
        let mut set = redis::cmd("SET");
        set.arg(self.format.redis_key(key)).arg(entry).arg("NX");
        set.arg("PX").arg(milliseconds(life.saturating_add(READABLE_AFTER_END)));
        match self.link.send(&set).await? {
            Value::Okay => Ok(()),
            Value::Nil => Err(StoreFault::Unavailable("the entry key is in use".to_owned()).into()),
            other => Err(unexpected(&other).into()),
        }
    }

    async fn read(&self, key: EntryKey) -> Result<Option<StoredSession>, StoreFault> {
        let redis_key = self.format.redis_key(key);
        let (value, left) = match self.link.run(&self.read, &redis_key, &[]).await? {
            Value::Nil => return Ok(None),
            Value::Array(answer) => match <[Value; 2]>::try_from(answer) {
                Ok([Value::BulkString(value), Value::Int(left)]) => (value, left),
                other => return Err(unexpected(&other)),
            },
            other => return Err(unexpected(&other)),
        };
        // Every entry of ours has a time to live; an entry without one reads as a negative number.
        let left = u64::try_from(left).ok().map(Duration::from_millis);
        let Some((left, (session, stage))) = left.zip(self.format.open(key, &value)) else {
            not_ours(&redis_key);
            return Ok(None);
        };
        let is_live = left > READABLE_AFTER_END && !matches!(stage, Stage::Ended(_));
        Ok(Some(StoredSession { session: Arc::new(session), stage, is_live }))
    }

    async fn take_request(
        &self,
        key: EntryKey,
        pending: PendingAuthorization,
        life: Duration,
    ) -> Result<bool, StoreFault> {
        let to = Stage::Opened(Arc::new(pending));
        self.advance(key, Step { from: b"C", state: None, to, life: Life::Exactly(life) }).await
    }

    async fn take_pending(
        &self,
        key: EntryKey,
        state: Digest,
    ) -> Result<Option<TakenAuthorization>, StoreFault> {
        let life = Life::AtLeast(TIME_TO_FINISH);
        let is_taken =
            self.advance(key, Step { from: b"O", state: Some(&state), to: Stage::Taken, life }).await?;
        Ok(is_taken.then_some(TakenAuthorization(())))
    }

    async fn take_declined(&self, key: EntryKey, outcome: Outcome) -> Result<bool, StoreFault> {
        self.advance(key, over(b"C", outcome)).await
    }

    async fn end(
        &self,
        key: EntryKey,
        _taken: TakenAuthorization,
        outcome: Outcome,
    ) -> Result<bool, StoreFault> {
        self.advance(key, over(b"T", outcome)).await
    }

    async fn cancel(&self, key: EntryKey) -> Result<bool, StoreFault> {
        self.advance(key, over(b"COT", Outcome::Cancelled)).await
    }

    async fn keep_proof(&self, id: ProofId, proof: IssuedProof, life: Duration) -> Result<(), StoreFault> {
        let entry = self.proofs.kept(id, &proof);
        let entry = entry.map_err(|fault| StoreFault::Unavailable(fault.to_string()))?;
        let mut set = redis::cmd("SET");
        set.arg(self.proofs.redis_key(id)).arg(entry).arg("NX").arg("PX").arg(milliseconds(life));
        self.link.send(&set).await.map(drop)
    }

    async fn redeem(&self, id: ProofId, at: u64, life: Duration) -> Result<Option<Redemption>, StoreFault> {
        let (redis_key, keep) = (self.proofs.redis_key(id), milliseconds(life));
        let args: [&[u8]; 2] = [&at.to_be_bytes(), keep.as_bytes()];
        let entry = match self.link.run(&self.redeem, &redis_key, &args).await? {
            Value::Nil => return Ok(None),
            Value::BulkString(entry) => entry,
            other => return Err(unexpected(&other)),
        };
        let redemption = self.proofs.open(id, &entry);
        if redemption.is_none() {
            not_ours(&redis_key);
        }
        Ok(redemption)
    }

    async fn check(&self) -> Result<(), StoreFault> {
        self.link.send(&redis::cmd("PING")).await.map(drop)
    }

    /// Redis forgets by itself.
    fn live_of(&self, _: ApiKeyId) -> Option<u64> {
        None
    }

    fn sweep(&self) {}
}

fn told_remedy(error: RedisError) -> StoreFault {
    let remedy = "check stores.sessions: host, port, user, password, and redis or rediss";
    StoreFault::Unavailable(format!("Redis: {error}; {remedy}"))
}

fn over(from: &'static [u8], outcome: Outcome) -> Step<'static> {
    Step { from, state: None, to: Stage::Ended(outcome), life: Life::Exactly(Duration::ZERO) }
}

fn milliseconds(time: Duration) -> String {
    time.as_millis().to_string()
}

/// An entry that was altered, moved here, sealed under another master key or written by a release that we do not know
/// counts as absent (`T73`, `T97`).
fn not_ours(redis_key: &str) {
    tracing::warn!(redis_key, "an entry of the session store does not open here and counts as absent");
}

/// What came is not repeated: it could be somebody's session.
fn unexpected(_answer: &impl Sized) -> StoreFault {
    StoreFault::Corrupt("Redis answered something else than a script of ours can".to_owned())
}
