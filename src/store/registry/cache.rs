//! Rows that were read a moment ago and opened. Bounded in number and time, and emptied at every change of the registry.

use std::hash::Hash;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use foldhash::HashMap;

/// The longest that a change by another process can go unnoticed where the registry does not tell its version.
const LONGEST: Duration = Duration::from_secs(5);
const MAX_ROWS: usize = 10_000;

/// The cache of one kind of rows. Every step of a flow reads it and few write, so it is a map behind a lock: a cache that
/// keeps book of what is used costs five times as much.
pub struct RegistryCache<K, V> {
    rows: RwLock<HashMap<K, Cached<V>>>,
    /// Goes up whenever everything is forgotten, so that a row read before a change is not kept after it.
    generation: AtomicU64,
    version: AtomicI64,
}

struct Cached<V> {
    row: Arc<V>,
    generation: u64,
    since: Instant,
}

impl<V> Cached<V> {
    fn is_current(&self, generation: u64) -> bool {
        self.generation == generation && self.since.elapsed() < LONGEST
    }
}

impl<K: Hash + Eq, V> RegistryCache<K, V> {
    /// An empty one.
    pub fn new() -> Self {
        Self { rows: RwLock::default(), generation: AtomicU64::new(0), version: AtomicI64::new(0) }
    }

    /// What is known of a row and still current.
    pub fn get(&self, id: &K) -> Option<Arc<V>> {
        let rows = self.rows.read().unwrap_or_else(PoisonError::into_inner);
        let cached = rows.get(id).filter(|cached| cached.is_current(self.generation()))?;
        Some(Arc::clone(&cached.row))
    }

    /// To be asked before a row is read.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Keeps a row that was read while `generation` was current.
    pub fn keep(&self, id: K, row: Arc<V>, generation: u64) {
        let mut rows = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        if rows.len() >= MAX_ROWS {
            let current = self.generation();
            rows.retain(|_, cached| cached.is_current(current));
            // So that room is not made row by row, each time by looking at all of them.
            if rows.len() > MAX_ROWS / 2 {
                rows.clear();
            }
        }
        rows.insert(id, Cached { row, generation, since: Instant::now() });
    }

    /// Drops what is current no more, so that the secrets of a key that nobody uses do not lie open.
    pub fn forget_old(&self) {
        let current = self.generation();
        let mut rows = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        rows.retain(|_, cached| cached.is_current(current));
    }

    /// After a change of ours.
    pub fn forget_all(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
        self.rows.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Whether the registry's version is another one than at the last call; everything is forgotten then.
    pub fn follow(&self, version: i64) -> bool {
        let is_changed = self.version.swap(version, Ordering::AcqRel) != version;
        if is_changed {
            self.forget_all();
        }
        is_changed
    }
}

impl<K: Hash + Eq, V> Default for RegistryCache<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_was_read_before_a_change_is_not_kept_after_it() {
        let cache = RegistryCache::new();
        let before = cache.generation();
        cache.keep(1, Arc::new("old"), before);
        assert!(cache.get(&1).is_some());
        assert!(cache.follow(7) && cache.get(&1).is_none());
        cache.keep(1, Arc::new("old"), before);
        assert!(cache.get(&1).is_none());
        cache.keep(1, Arc::new("new"), cache.generation());
        assert!(!cache.follow(7) && cache.get(&1).is_some());
    }

    #[test]
    fn a_row_that_is_old_is_not_given_out_and_does_not_stay() {
        let cache = RegistryCache::new();
        cache.keep(1, Arc::new(()), cache.generation());
        cache.keep(2, Arc::new(()), cache.generation());
        let old = Instant::now().checked_sub(LONGEST).unwrap();
        cache.rows.write().unwrap().get_mut(&1).unwrap().since = old;
        assert!(cache.get(&1).is_none());
        cache.forget_old();
        assert!(cache.get(&2).is_some() && cache.rows.read().unwrap().len() == 1);
    }

    #[test]
    fn a_cache_never_grows_beyond_its_bound_and_always_takes_the_newest() {
        let cache = RegistryCache::new();
        for n in 0..3 * MAX_ROWS {
            cache.keep(n, Arc::new(()), cache.generation());
            assert!(cache.get(&n).is_some() && cache.rows.read().unwrap().len() <= MAX_ROWS);
        }
    }
}
