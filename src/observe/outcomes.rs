//! Sessions by outcome over the last hour and the last day, for the console. Counted by this instance alone and gone with
//! it: long memories are the metrics' business.

use std::sync::{Arc, Mutex, PoisonError};

use crate::clock::Clock;
use crate::error::Failure;
use crate::session::Outcome;

const MINUTES_OF_AN_HOUR: u64 = 60;
const MINUTES_OF_A_DAY: u64 = 24 * MINUTES_OF_AN_HOUR;
/// A session was made; it was verified, cancelled, or failed in one of seven ways.
const KINDS: usize = 3 + Failure::ALL.len();

/// The counters: a ring of minutes, so that its size never grows.
pub struct OutcomeCounts {
    clock: Arc<dyn Clock>,
    ring: Mutex<Vec<Minute>>,
}

/// How many sessions were made, and how they ended, within some time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts([u64; KINDS]);

#[derive(Clone, Copy, Default)]
struct Minute {
    /// Counted from the clock's start; a slot of another lap holds nothing of ours.
    number: u64,
    counts: [u32; KINDS],
}

impl OutcomeCounts {
    /// Nothing has happened yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let slots = usize::try_from(MINUTES_OF_A_DAY).unwrap_or_default();
        Self { clock, ring: Mutex::new(vec![Minute::default(); slots]) }
    }

    /// A session was made.
    pub fn created(&self) {
        self.count(0);
    }

    /// A session ended.
    pub fn ended(&self, outcome: Outcome) {
        self.count(kind(outcome));
    }

    /// The last 60 minutes, the current one included.
    pub fn last_hour(&self) -> Counts {
        self.last(MINUTES_OF_AN_HOUR)
    }

    /// The last 24 hours, the current minute included.
    pub fn last_day(&self) -> Counts {
        self.last(MINUTES_OF_A_DAY)
    }

    fn count(&self, kind: usize) {
        let number = self.minute();
        let mut ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = usize::try_from(number % MINUTES_OF_A_DAY).ok().and_then(|slot| ring.get_mut(slot));
        let Some(minute) = slot else { return };
        if minute.number != number {
            *minute = Minute { number, ..Minute::default() };
        }
        if let Some(count) = minute.counts.get_mut(kind) {
            *count = count.saturating_add(1);
        }
    }

    fn last(&self, minutes: u64) -> Counts {
        let now = self.minute();
        let mut sum = Counts::default();
        let ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        for minute in ring.iter().filter(|minute| minute.number <= now && minute.number + minutes > now) {
            for (total, count) in sum.0.iter_mut().zip(minute.counts) {
                *total += u64::from(count);
            }
        }
        sum
    }

    fn minute(&self) -> u64 {
        self.clock.monotonic().as_secs() / 60
    }
}

impl Counts {
    /// Sessions made.
    pub fn created(&self) -> u64 {
        self.of(0)
    }

    /// Every count with its stable name: `created`, `verified`, `cancelled`, and the callback's errors.
    pub fn named(&self) -> Vec<(&'static str, u64)> {
        let failures = Failure::ALL.map(Outcome::Failed);
        let outcomes = [Outcome::Verified, Outcome::Cancelled].into_iter().chain(failures);
        let ended = outcomes.map(|outcome| (outcome.as_str(), self.ended(outcome)));
        std::iter::once(("created", self.created())).chain(ended).collect()
    }

    /// Sessions that ended so.
    pub fn ended(&self, outcome: Outcome) -> u64 {
        self.of(kind(outcome))
    }

    fn of(&self, kind: usize) -> u64 {
        self.0.get(kind).copied().unwrap_or_default()
    }
}

fn kind(outcome: Outcome) -> usize {
    match outcome {
        Outcome::Verified => 1,
        Outcome::Cancelled => 2,
        Outcome::Failed(failure) => {
            3 + Failure::ALL.iter().position(|one| *one == failure).unwrap_or_default()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clock::ManualClock;

    #[test]
    fn what_happened_is_counted_by_kind_and_forgotten_after_its_time() {
        let clock = Arc::new(ManualClock::default());
        let counts = OutcomeCounts::new(Arc::clone(&clock) as Arc<dyn Clock>);
        counts.created();
        counts.ended(Outcome::Failed(Failure::AccessDenied));
        clock.advance(Duration::from_mins(59));
        counts.created();
        counts.ended(Outcome::Verified);
        let hour = counts.last_hour();
        assert_eq!((hour.created(), hour.ended(Outcome::Verified)), (2, 1));
        assert_eq!(hour.ended(Outcome::Failed(Failure::AccessDenied)), 1);
        assert_eq!(hour.ended(Outcome::Failed(Failure::ServerError)), 0);

        clock.advance(Duration::from_mins(1));
        assert_eq!((counts.last_hour().created(), counts.last_day().created()), (1, 2));
        clock.advance(Duration::from_hours(23));
        assert_eq!(counts.last_day().created(), 1);
    }

    #[test]
    fn a_slot_of_yesterday_starts_anew() {
        let clock = Arc::new(ManualClock::default());
        let counts = OutcomeCounts::new(Arc::clone(&clock) as Arc<dyn Clock>);
        counts.ended(Outcome::Cancelled);
        clock.advance(Duration::from_hours(24));
        assert_eq!(counts.last_day(), Counts::default());
        counts.ended(Outcome::Cancelled);
        assert_eq!(counts.last_day().ended(Outcome::Cancelled), 1);
    }
}
