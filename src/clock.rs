//! Time as an argument, so that expiry is tested at both sides of its edge without waiting.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The two times that the service knows.
pub trait Clock: Send + Sync {
    /// Seconds since 1970 by the wall clock: for what others read (`expires`, `created_at`), never for lifetimes.
    fn unix_seconds(&self) -> u64;

    /// Time since some fixed moment, which no step of the wall clock moves: for lifetimes (`T98`).
    fn monotonic(&self) -> Duration;
}

/// The wall clock cannot be right before this release was made: 1 November 2026. Nothing is signed then (`T99`).
const EARLIEST: u64 = 1_793_491_200;

impl dyn Clock + '_ {
    /// Whether the wall clock can be right.
    pub fn is_plausible(&self) -> bool {
        self.unix_seconds() >= EARLIEST
    }
}

/// The machine's clocks.
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// A clock whose monotonic time starts now.
    pub fn new() -> Self {
        Self { start: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn unix_seconds(&self) -> u64 {
        // A clock before 1970 reads as 1970, which is not plausible either.
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }
}

/// A clock that stands still until it is told otherwise, for tests.
#[derive(Default)]
pub struct ManualClock {
    passed: std::sync::Mutex<Duration>,
    /// Seconds by which the wall clock was set forwards.
    stepped: std::sync::atomic::AtomicI64,
}

impl ManualClock {
    /// The wall clock's time when nothing has passed yet.
    pub const START: u64 = 1_900_000_000;

    /// Lets time pass.
    pub fn advance(&self, time: Duration) {
        let mut passed = self.passed.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *passed += time;
    }

    /// Sets the wall clock forwards or backwards, as an administrator or a time server does; no time passes (`T98`).
    pub fn step_wall(&self, seconds: i64) {
        self.stepped.fetch_add(seconds, std::sync::atomic::Ordering::AcqRel);
    }
}

impl Clock for ManualClock {
    fn unix_seconds(&self) -> u64 {
        let stepped = self.stepped.load(std::sync::atomic::Ordering::Acquire);
        (Self::START + self.monotonic().as_secs()).saturating_add_signed(stepped)
    }

    fn monotonic(&self) -> Duration {
        *self.passed.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
