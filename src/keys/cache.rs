//! Keys that were read a moment ago. Bounded in number and time, and emptied at every change of the registry.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use moka::sync::Cache;

use super::ApiKey;
use crate::session::ApiKeyId;

/// The longest that a change by another process can go unnoticed where the registry does not tell its version.
const LONGEST: Duration = Duration::from_secs(5);
const MAX_KEYS: u64 = 10_000;

/// The cache.
pub(super) struct KeyCache {
    keys: Cache<ApiKeyId, (u64, Arc<ApiKey>)>,
    /// Goes up whenever everything is forgotten, so that a key read before a change is not kept after it.
    generation: AtomicU64,
    version: AtomicI64,
}

impl KeyCache {
    pub(super) fn new() -> Self {
        let keys = Cache::builder().max_capacity(MAX_KEYS).time_to_live(LONGEST).build();
        Self { keys, generation: AtomicU64::new(0), version: AtomicI64::new(0) }
    }

    pub(super) fn get(&self, id: ApiKeyId) -> Option<Arc<ApiKey>> {
        let (generation, key) = self.keys.get(&id)?;
        (generation == self.generation()).then_some(key)
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Keeps a key that was read while `generation` was current.
    pub(super) fn keep(&self, key: Arc<ApiKey>, generation: u64) {
        self.keys.insert(key.id, (generation, key));
    }

    pub(super) fn forget_all(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
        self.keys.invalidate_all();
    }

    /// Whether the version is another one than at the last call; everything is forgotten then.
    pub(super) fn follow(&self, version: i64) -> bool {
        let is_changed = self.version.swap(version, Ordering::AcqRel) != version;
        if is_changed {
            self.forget_all();
        }
        is_changed
    }
}
