//! A concurrent map whose entries say themselves when they are forgotten, and which gives their memory back.
//!
//! Made for what must never be evicted: unlike a cache it drops nothing that has not ended. Each operation on a key is one
//! atomic step. Whether an entry can still be *used* is for its owner to say, to the millisecond; this only forgets.

use std::collections::BTreeMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher, Hash};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use foldhash::fast::RandomState;
use foldhash::{HashMap, HashMapExt};

/// So many that threads seldom meet in one, and that each stays small: a table that grows holds up its own shard alone, and
/// one that is freed lay in a page of the allocator that few others keep alive. With more of them, they no longer lie in the
/// processor's cache.
const SHARDS: usize = 128;
/// Below this a table is not worth making smaller.
const SMALL_TABLE: usize = 128;

/// A value with an end.
pub(super) trait Expiring {
    /// The moment, in the clock's monotonic time, from which nobody reads it any more.
    fn forgotten_at(&self) -> Duration;
}

/// The map. Keys are drawn at random or are digests, so that they spread evenly and nobody chooses them: a quick hash does.
pub(super) struct ExpiringMap<K, V> {
    shards: Box<[Mutex<Shard<K, V>>]>,
    hasher: RandomState,
}

struct Shard<K, V> {
    entries: HashMap<K, V>,
    /// Which entries to look at once a second is over. One that lives longer by then is listed anew.
    due: BTreeMap<u64, Vec<K>>,
}

impl<K: Copy + Eq + Hash, V: Expiring> ExpiringMap<K, V> {
    pub(super) fn new() -> Self {
        let shard = |_| Mutex::new(Shard { entries: HashMap::new(), due: BTreeMap::new() });
        Self { shards: (0..SHARDS).map(shard).collect(), hasher: RandomState::default() }
    }

    /// Puts a value in the place of whatever was there.
    pub(super) fn insert(&self, key: K, value: V) {
        let mut shard = self.shard(&key);
        shard.list(key, value.forgotten_at());
        shard.entries.insert(key, value);
    }

    /// What `read` makes of the value.
    pub(super) fn read<R>(&self, key: &K, read: impl FnOnce(&V) -> R) -> Option<R> {
        self.shard(key).entries.get(key).map(read)
    }

    /// One atomic step: nobody else sees the value before `change` is done with it.
    pub(super) fn change<R>(&self, key: &K, change: impl FnOnce(&mut V) -> R) -> Option<R> {
        let mut shard = self.shard(key);
        let value = shard.entries.get_mut(key)?;
        let before = value.forgotten_at();
        let result = change(value);
        let after = value.forgotten_at();
        if after < before {
            shard.list(*key, after);
        }
        Some(result)
    }

    /// Forgets what has ended at `now`.
    pub(super) fn sweep(&self, now: Duration) {
        for shard in &*self.shards {
            lock(shard).sweep(now);
        }
    }

    #[expect(clippy::indexing_slicing, reason = "a remainder is in range")]
    fn shard(&self, key: &K) -> MutexGuard<'_, Shard<K, V>> {
        let hash = self.hasher.hash_one(key).to_le_bytes();
        lock(&self.shards[usize::from(hash[0]) % SHARDS])
    }
}

/// Nothing of ours panics half-way through a step, so what is inside is whole even where a thread died.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<K: Copy + Eq + Hash, V: Expiring> Shard<K, V> {
    fn list(&mut self, key: K, forgotten_at: Duration) {
        self.due.entry(forgotten_at.as_secs()).or_default().push(key);
    }

    fn sweep(&mut self, now: Duration) {
        let before = self.entries.len();
        while let Some(second) = self.due.first_entry().filter(|second| *second.key() < now.as_secs()) {
            for key in second.remove() {
                self.forget(key, now);
            }
        }
        if self.entries.len() < before {
            self.give_room_back();
        }
    }

    /// A table says too little of its room where places of what was removed are left in it; an empty one may say none.
    fn give_room_back(&mut self) {
        let len = self.entries.len();
        if len == 0 || self.entries.capacity() > SMALL_TABLE.max(4 * len) {
            self.entries.shrink_to(2 * len);
        }
    }

    fn forget(&mut self, key: K, now: Duration) {
        let Entry::Occupied(entry) = self.entries.entry(key) else { return };
        let forgotten_at = entry.get().forgotten_at();
        if forgotten_at <= now {
            entry.remove();
        } else {
            self.list(key, forgotten_at);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sha2::{Digest, Sha256};

    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq)]
    struct Until(u64);

    impl Expiring for Until {
        fn forgotten_at(&self) -> Duration {
            Duration::from_secs(self.0)
        }
    }

    fn len<K, V>(map: &ExpiringMap<K, V>) -> usize {
        map.shards.iter().map(|shard| lock(shard).entries.len()).sum()
    }

    fn capacity<K, V>(map: &ExpiringMap<K, V>) -> usize {
        map.shards.iter().map(|shard| lock(shard).entries.capacity()).sum()
    }

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Insert(u8, u64),
        Change(u8, u64),
        Pass(u64),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0..8_u8, 1..30_u64).prop_map(|(key, life)| Step::Insert(key, life)),
            (0..8_u8, 0..60_u64).prop_map(|(key, life)| Step::Change(key, life)),
            (1..10_u64).prop_map(Step::Pass),
        ]
    }

    proptest! {
        /// Whatever is done to lives: no entry is forgotten before its end, and none is kept for more than a second after.
        #[test]
        fn entries_are_forgotten_at_their_end_and_never_before(steps in prop::collection::vec(step(), 1..60)) {
            let map = ExpiringMap::new();
            let mut model: HashMap<u8, u64> = HashMap::new();
            let mut now = 0;
            for step in steps {
                match step {
                    Step::Insert(key, life) => {
                        map.insert(key, Until(now + life));
                        model.insert(key, now + life);
                    }
                    Step::Change(key, life) => {
                        let changed = map.change(&key, |until| until.0 = now + life);
                        if changed.is_some() {
                            model.insert(key, now + life);
                        }
                    }
                    Step::Pass(seconds) => now += seconds,
                }
                map.sweep(Duration::from_secs(now));
                for key in 0..8 {
                    let there = map.read(&key, |until| until.0);
                    match model.get(&key).copied() {
                        Some(until) if until > now => prop_assert_eq!(there, Some(until)),
                        Some(until) if until < now => prop_assert_eq!(there, None),
                        Some(until) => prop_assert!(there.is_none_or(|there| there == until)),
                        None => prop_assert_eq!(there, None),
                    }
                }
                model.retain(|key, _| map.read(key, |_| ()).is_some());
            }
        }
    }

    #[test]
    fn the_memory_of_many_that_ended_is_given_back() {
        let map = ExpiringMap::new();
        // Keys spread evenly, as drawn ones do: consecutive numbers do not under a quick hash.
        for n in 0..200_000_u64 {
            map.insert(<[u8; 32]>::from(Sha256::digest(n.to_le_bytes())), Until(100));
        }
        assert_eq!(len(&map), 200_000);
        assert!(capacity(&map) > 200_000);
        map.sweep(Duration::from_secs(101));
        assert_eq!(len(&map), 0);
        assert_eq!(capacity(&map), 0);
    }
}
