//! How often anybody may guess: per network, and over all networks together (`T84`).

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Clock;

/// Failures are counted for this long from the first one.
const WINDOW: Duration = Duration::from_mins(15);
const PER_NETWORK: u32 = 10;
/// Keeps a botnet from guessing with ten tries per machine, and bounds the table with it.
const ALTOGETHER: u32 = 50;
/// Networks that logged in before; a botnet's failures do not lock them out.
const MAX_KNOWN: usize = 16;

/// Failed attempts of the last quarter of an hour.
pub struct Attempts {
    clock: Arc<dyn Clock>,
    table: Mutex<Table>,
}

/// Too many failures; another try makes sense after this many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Locked(pub u64);

#[derive(Default)]
struct Table {
    by_network: HashMap<IpAddr, Window>,
    altogether: Window,
    known: Vec<IpAddr>,
}

#[derive(Clone, Copy, Default)]
struct Window {
    began: Duration,
    failures: u32,
}

impl Attempts {
    /// Nobody has failed yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, table: Mutex::default() }
    }

    /// Counts an attempt as failed before it is judged, so that attempts made at once do not pass together.
    ///
    /// # Errors
    /// [`Locked`]; the attempt must not be judged then.
    pub fn begin(&self, network: IpAddr) -> Result<(), Locked> {
        let now = self.clock.monotonic();
        let mut table = self.lock();
        table.by_network.retain(|_, window| window.is_open(now));
        if !table.altogether.is_open(now) {
            table.altogether = Window::default();
        }
        let own = table.by_network.get(&network).copied().unwrap_or_default();
        own.check(PER_NETWORK, now)?;
        if !table.known.contains(&network) {
            table.altogether.check(ALTOGETHER, now)?;
            table.altogether.count(now);
        }
        table.by_network.entry(network).or_default().count(now);
        Ok(())
    }

    /// The attempt was good: the network starts anew.
    pub fn succeeded(&self, network: IpAddr) {
        let mut table = self.lock();
        table.by_network.remove(&network);
        if !table.known.contains(&network) {
            table.altogether.failures = table.altogether.failures.saturating_sub(1);
            if table.known.len() == MAX_KNOWN {
                table.known.remove(0);
            }
            table.known.push(network);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Window {
    fn is_open(self, now: Duration) -> bool {
        self.failures > 0 && now < self.began + WINDOW
    }

    fn check(self, limit: u32, now: Duration) -> Result<(), Locked> {
        if self.failures < limit {
            return Ok(());
        }
        Err(Locked((self.began + WINDOW).saturating_sub(now).as_secs() + 1))
    }

    fn count(&mut self, now: Duration) {
        if self.failures == 0 {
            self.began = now;
        }
        self.failures += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    fn network(n: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, n])
    }

    fn fixture() -> (Arc<ManualClock>, Attempts) {
        let clock = Arc::new(ManualClock::default());
        (Arc::clone(&clock), Attempts::new(clock))
    }

    #[test]
    fn t84_a_network_is_locked_after_ten_failures_and_free_a_quarter_of_an_hour_later() {
        let (clock, attempts) = fixture();
        assert!((0..10).all(|_| attempts.begin(network(1)).is_ok()));
        clock.advance(Duration::from_secs(899));
        assert_eq!(attempts.begin(network(1)), Err(Locked(2)));
        assert!(attempts.begin(network(2)).is_ok());
        clock.advance(Duration::from_secs(1));
        assert!(attempts.begin(network(1)).is_ok());
    }

    #[test]
    fn t84_many_networks_together_are_locked_and_those_that_logged_in_before_are_not() {
        let (_, attempts) = fixture();
        attempts.begin(network(200)).unwrap();
        attempts.succeeded(network(200));
        assert!((0..50).all(|n| attempts.begin(network(n)).is_ok()));
        assert!(attempts.begin(network(100)).is_err());
        assert!((0..10).all(|_| attempts.begin(network(200)).is_ok()));
        assert!(attempts.begin(network(200)).is_err());
    }

    #[test]
    fn a_success_gives_the_tries_back() {
        let (_, attempts) = fixture();
        for _ in 0..5 {
            assert!((0..9).all(|_| attempts.begin(network(1)).is_ok()));
            attempts.succeeded(network(1));
        }
    }
}
