//! Rows that were read a moment ago and opened. Bounded in number and time, and emptied at every change of the registry.

use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use moka::sync::Cache;

/// The longest that a change by another process can go unnoticed where the registry does not tell its version.
const LONGEST: Duration = Duration::from_secs(5);
const MAX_ROWS: u64 = 10_000;

/// The cache of one kind of rows.
pub struct RegistryCache<K: Hash + Eq + Send + Sync + 'static, V: Send + Sync + 'static> {
    rows: Cache<K, (u64, Arc<V>)>,
    /// Goes up whenever everything is forgotten, so that a row read before a change is not kept after it.
    generation: AtomicU64,
    version: AtomicI64,
}

impl<K: Hash + Eq + Send + Sync + 'static, V: Send + Sync + 'static> RegistryCache<K, V> {
    /// An empty one.
    pub fn new() -> Self {
        let rows = Cache::builder().max_capacity(MAX_ROWS).time_to_live(LONGEST).build();
        Self { rows, generation: AtomicU64::new(0), version: AtomicI64::new(0) }
    }

    /// What is known of a row and still current.
    pub fn get(&self, id: &K) -> Option<Arc<V>> {
        let (generation, row) = self.rows.get(id)?;
        (generation == self.generation()).then_some(row)
    }

    /// To be asked before a row is read.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Keeps a row that was read while `generation` was current.
    pub fn keep(&self, id: K, row: Arc<V>, generation: u64) {
        self.rows.insert(id, (generation, row));
    }

    /// After a change of ours.
    pub fn forget_all(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
        self.rows.invalidate_all();
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

impl<K: Hash + Eq + Send + Sync + 'static, V: Send + Sync + 'static> Default for RegistryCache<K, V> {
    fn default() -> Self {
        Self::new()
    }
}
