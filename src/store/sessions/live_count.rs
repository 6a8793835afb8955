//! How many sessions are live, counted without visiting any of them.

use std::collections::BTreeMap;
use std::time::Duration;

/// A count by the second in which a life ends. Lives that ended count no more once their second is over.
pub(super) struct LiveCount {
    max: u64,
    total: u64,
    by_second: BTreeMap<u64, u64>,
}

impl LiveCount {
    /// A count that admits `max` at a time.
    pub(super) fn new(max: u64) -> Self {
        Self { max, total: 0, by_second: BTreeMap::new() }
    }

    /// Counts one more that lives until `end`; `false`, and nothing counted, where there is no room.
    pub(super) fn admit(&mut self, now: Duration, end: Duration) -> bool {
        self.forget_ended(now);
        let has_room = self.total < self.max;
        if has_room {
            self.add(end);
        }
        has_room
    }

    /// One that lived until `from` lives until `to` instead. It was admitted before, so it is never refused.
    pub(super) fn prolong(&mut self, from: Duration, to: Duration) {
        self.release(from);
        self.add(to);
    }

    /// One that would have lived until `end` is over.
    pub(super) fn release(&mut self, end: Duration) {
        if let Some(count) = self.by_second.get_mut(&end.as_secs()) {
            *count -= 1;
            self.total -= 1;
            if *count == 0 {
                self.by_second.remove(&end.as_secs());
            }
        }
    }

    /// How many are live.
    pub(super) fn total(&mut self, now: Duration) -> u64 {
        self.forget_ended(now);
        self.total
    }

    fn add(&mut self, end: Duration) {
        *self.by_second.entry(end.as_secs()).or_default() += 1;
        self.total += 1;
    }

    fn forget_ended(&mut self, now: Duration) {
        while let Some(second) = self.by_second.first_entry().filter(|second| *second.key() < now.as_secs()) {
            self.total -= second.remove();
        }
    }
}
