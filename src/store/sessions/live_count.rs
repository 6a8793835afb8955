//! How many sessions are live, in all and of each API key, counted without visiting any of them.

use std::collections::BTreeMap;
use std::time::Duration;

use foldhash::{HashMap, HashMapExt};

use crate::session::ApiKeyId;

/// A count by the second in which a life ends. Lives that ended count no more once their second is over.
pub(super) struct LiveCount {
    max: u64,
    total: u64,
    by_key: HashMap<ApiKeyId, u64>,
    by_second: BTreeMap<u64, HashMap<ApiKeyId, u64>>,
}

impl LiveCount {
    /// A count that admits `max` at a time.
    pub(super) fn new(max: u64) -> Self {
        Self { max, total: 0, by_key: HashMap::new(), by_second: BTreeMap::new() }
    }

    /// Counts one more of `key` that lives until `end`; `false`, and nothing counted, where there is no room.
    pub(super) fn admit(&mut self, key: ApiKeyId, now: Duration, end: Duration) -> bool {
        self.forget_ended(now);
        let has_room = self.total < self.max;
        if has_room {
            self.add(key, end);
        }
        has_room
    }

    /// One that lived until `from` lives until `to` instead. It was admitted before, so it is never refused.
    pub(super) fn prolong(&mut self, key: ApiKeyId, from: Duration, to: Duration) {
        if from.as_secs() != to.as_secs() {
            self.release(key, from);
            self.add(key, to);
        }
    }

    /// One that would have lived until `end` is over.
    pub(super) fn release(&mut self, key: ApiKeyId, end: Duration) {
        let Some(second) = self.by_second.get_mut(&end.as_secs()) else { return };
        if take(second, key, 1) {
            if second.is_empty() {
                self.by_second.remove(&end.as_secs());
            }
            take(&mut self.by_key, key, 1);
            self.total -= 1;
        }
    }

    /// How many are live.
    pub(super) fn total(&mut self, now: Duration) -> u64 {
        self.forget_ended(now);
        self.total
    }

    /// How many of `key` are live.
    pub(super) fn of(&mut self, key: ApiKeyId, now: Duration) -> u64 {
        self.forget_ended(now);
        self.by_key.get(&key).copied().unwrap_or_default()
    }

    fn add(&mut self, key: ApiKeyId, end: Duration) {
        *self.by_second.entry(end.as_secs()).or_default().entry(key).or_default() += 1;
        *self.by_key.entry(key).or_default() += 1;
        self.total += 1;
    }

    fn forget_ended(&mut self, now: Duration) {
        while let Some(second) = self.by_second.first_entry().filter(|second| *second.key() < now.as_secs()) {
            for (key, ended) in second.remove() {
                take(&mut self.by_key, key, ended);
                self.total -= ended;
            }
        }
    }
}

/// Takes `number` from the count of `key`, whose entry goes with the last one; `false` where it has none.
fn take(counts: &mut HashMap<ApiKeyId, u64>, key: ApiKeyId, number: u64) -> bool {
    let Some(count) = counts.get_mut(&key) else { return false };
    *count = count.saturating_sub(number);
    if *count == 0 {
        counts.remove(&key);
    }
    true
}
