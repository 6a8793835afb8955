//! Sessions in this process's memory: for one instance. Capacity is refused at the door, and nothing that was accepted is
//! ever dropped for something new (`T88`).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::expiring_map::{Expiring, ExpiringMap};
use super::live_count::LiveCount;
use super::memory_proofs::MemoryProofs;
use super::{InsertFault, READABLE_AFTER_END, SessionStore, TIME_TO_FINISH, TakenAuthorization};
use crate::clock::Clock;
use crate::crypto::locator::{Digest, EntryKey};
use crate::observe::metrics;
use crate::session::{
    ApiKeyId, IssuedProof, Outcome, PendingAuthorization, ProofId, Redemption, Session, Stage, StoredSession,
};
use crate::store::StoreFault;

/// The store. Cheap to share behind an [`Arc`].
pub struct MemorySessions {
    entries: ExpiringMap<EntryKey, Kept>,
    live: Mutex<LiveCount>,
    proofs: MemoryProofs,
    clock: Arc<dyn Clock>,
}

/// One session and the moment, in the clock's monotonic time, at which its life ends.
struct Kept {
    session: Arc<Session>,
    stage: Stage,
    life_ends: Duration,
}

/// What a step makes of a live session.
struct Next {
    stage: Stage,
    life_ends: Duration,
}

impl Kept {
    fn counts_as_live(&self) -> bool {
        !matches!(self.stage, Stage::Ended(_))
    }

    fn is_live(&self, now: Duration) -> bool {
        self.counts_as_live() && now < self.life_ends
    }
}

impl Expiring for Kept {
    fn forgotten_at(&self) -> Duration {
        self.life_ends.saturating_add(READABLE_AFTER_END)
    }
}

impl MemorySessions {
    /// An empty store for at most `max_live` live sessions.
    pub fn new(max_live: u64, clock: Arc<dyn Clock>) -> Self {
        let proofs = MemoryProofs::new(Arc::clone(&clock));
        Self { entries: ExpiringMap::new(), live: Mutex::new(LiveCount::new(max_live)), proofs, clock }
    }

    /// How many sessions are live now.
    pub fn live(&self) -> u64 {
        self.count().total(self.clock.monotonic())
    }

    fn count(&self) -> MutexGuard<'_, LiveCount> {
        // No code panics while it holds the count, so it is whole even where a thread died.
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One atomic step of one entry: `step` sees it only where it is live, and what it answers becomes of it.
    /// Returns whether it answered anything.
    fn advance(&self, key: EntryKey, step: impl FnOnce(&Kept, Duration) -> Option<Next>) -> bool {
        let now = self.clock.monotonic();
        let moved = self.entries.change(&key, |kept| {
            let next = if kept.is_live(now) { step(kept, now) } else { None }?;
            let before = kept.life_ends;
            kept.stage = next.stage;
            kept.life_ends = next.life_ends;
            Some((kept.session.api_key, before, kept.counts_as_live().then_some(kept.life_ends)))
        });
        match moved.flatten() {
            Some((of, from, Some(to))) => self.count().prolong(of, from, to),
            Some((of, from, None)) => self.count().release(of, from),
            None => return false,
        }
        true
    }
}

#[async_trait]
impl SessionStore for MemorySessions {
    async fn insert(&self, key: EntryKey, session: Session, life: Duration) -> Result<(), InsertFault> {
        let now = self.clock.monotonic();
        let life_ends = now + life;
        if !self.count().admit(session.api_key, now, life_ends) {
            return Err(InsertFault::Full);
        }
        self.entries.insert(key, Kept { session: Arc::new(session), stage: Stage::Created, life_ends });
        Ok(())
    }

    async fn read(&self, key: EntryKey) -> Result<Option<StoredSession>, StoreFault> {
        let now = self.clock.monotonic();
        let stored = self.entries.read(&key, |kept| {
            (now < kept.forgotten_at()).then(|| StoredSession {
                session: Arc::clone(&kept.session),
                stage: kept.stage.clone(),
                is_live: kept.is_live(now),
            })
        });
        Ok(stored.flatten())
    }

    async fn take_request(
        &self,
        key: EntryKey,
        pending: PendingAuthorization,
        life: Duration,
    ) -> Result<bool, StoreFault> {
        let opened = Stage::Opened(Arc::new(pending));
        Ok(self.advance(key, |old, now| {
            let is_created = matches!(old.stage, Stage::Created);
            is_created.then(|| Next { stage: opened, life_ends: now + life })
        }))
    }

    async fn take_pending(
        &self,
        key: EntryKey,
        state: Digest,
    ) -> Result<Option<TakenAuthorization>, StoreFault> {
        let is_taken = self.advance(key, |old, now| {
            let is_opened = matches!(&old.stage, Stage::Opened(pending) if pending.state == state);
            let life_ends = old.life_ends.max(now + TIME_TO_FINISH);
            is_opened.then_some(Next { stage: Stage::Taken, life_ends })
        });
        Ok(is_taken.then_some(TakenAuthorization(())))
    }

    async fn take_declined(&self, key: EntryKey, outcome: Outcome) -> Result<bool, StoreFault> {
        Ok(self.advance(key, |old, now| matches!(old.stage, Stage::Created).then(|| ended(now, outcome))))
    }

    async fn end(
        &self,
        key: EntryKey,
        _taken: TakenAuthorization,
        outcome: Outcome,
    ) -> Result<bool, StoreFault> {
        Ok(self.advance(key, |old, now| matches!(old.stage, Stage::Taken).then(|| ended(now, outcome))))
    }

    async fn cancel(&self, key: EntryKey) -> Result<bool, StoreFault> {
        Ok(self.advance(key, |_live, now| Some(ended(now, Outcome::Cancelled))))
    }

    async fn keep_proof(&self, id: ProofId, proof: IssuedProof, life: Duration) -> Result<(), StoreFault> {
        self.proofs.keep(id, proof, life);
        Ok(())
    }

    async fn redeem(&self, id: ProofId, at: u64, life: Duration) -> Result<Option<Redemption>, StoreFault> {
        Ok(self.proofs.redeem(id, at, life))
    }

    async fn check(&self) -> Result<(), StoreFault> {
        Ok(())
    }

    fn live_of(&self, key: ApiKeyId) -> Option<u64> {
        Some(self.count().of(key, self.clock.monotonic()))
    }

    fn sweep(&self) {
        self.entries.sweep(self.clock.monotonic());
        self.proofs.sweep();
        metrics::live_sessions(self.live());
    }
}

fn ended(now: Duration, outcome: Outcome) -> Next {
    Next { stage: Stage::Ended(outcome), life_ends: now }
}

#[cfg(test)]
mod tests {
    use super::super::suite;
    use super::*;
    use crate::clock::ManualClock;

    fn store(max_live: u64) -> (Arc<MemorySessions>, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::default());
        (Arc::new(MemorySessions::new(max_live, clock.clone())), clock)
    }

    #[async_trait]
    impl suite::PassTime for ManualClock {
        async fn pass_time(&self, time: Duration) {
            self.advance(time);
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn keeps_what_every_session_store_promises() {
        let (store, clock) = store(10_000);
        suite::run(&[store], &*clock).await;
    }

    #[tokio::test]
    async fn t88_the_last_admitted_session_lives_and_the_next_is_refused() {
        let (store, clock) = store(3);
        for n in 0..5 {
            let result = store.insert(suite::key(n), suite::session(), Duration::from_secs(900)).await;
            assert_eq!(result.is_ok(), n < 3, "{n}");
        }
        for n in 0..3 {
            assert!(store.read(suite::key(n)).await.unwrap().unwrap().is_live);
        }
        store.cancel(suite::key(0)).await.unwrap();
        assert!(store.insert(suite::key(7), suite::session(), Duration::from_secs(900)).await.is_ok());
        clock.advance(Duration::from_secs(901));
        assert_eq!(store.live(), 0);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn t88_of_creators_at_once_exactly_as_many_get_in_as_there_is_room_for() {
        let (store, _) = store(1000);
        let create = |n: u64| {
            let (store, key) = (Arc::clone(&store), EntryKey(u128::from(n).to_be_bytes()));
            tokio::spawn(async move {
                store.insert(key, suite::session(), Duration::from_secs(900)).await.is_ok()
            })
        };
        let results = futures_util::future::join_all((0..1200).map(create)).await;
        assert_eq!(results.into_iter().filter(|accepted| *accepted.as_ref().unwrap()).count(), 1000);
        assert_eq!(store.live(), 1000);
    }
}
