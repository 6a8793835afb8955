//! Figures: how they are told, and what is measured of a process from outside.

use std::io::Write;
use std::time::{Duration, Instant};

use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

static STAGE: RwLock<()> = RwLock::const_new(());

/// A test's turn. Its time is told at its end.
pub struct Turn<G> {
    guard: G,
    since: Told,
}

struct Told(Instant);

/// For who compares times: nobody else runs meanwhile.
pub async fn alone() -> Turn<RwLockWriteGuard<'static, ()>> {
    Turn { guard: STAGE.write().await, since: Told(Instant::now()) }
}

/// For who waits more than it works: others of the same kind run meanwhile.
pub async fn beside_others() -> Turn<RwLockReadGuard<'static, ()>> {
    Turn { guard: STAGE.read().await, since: Told(Instant::now()) }
}

impl Turn<RwLockWriteGuard<'static, ()>> {
    /// Nothing is compared any more.
    pub fn lets_others_in(self) -> Turn<RwLockReadGuard<'static, ()>> {
        Turn { guard: RwLockWriteGuard::downgrade(self.guard), since: self.since }
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        let thread = std::thread::current();
        let line =
            format!("took {:.1} s: {}\n", self.0.elapsed().as_secs_f64(), thread.name().unwrap_or_default());
        let _nobody_may_read = std::io::stderr().write_all(line.as_bytes());
    }
}

/// Tells a figure, also where the test succeeds: what is printed by macros is kept back then.
pub fn figure(number: &str, text: &str) {
    let line = format!("figure {number}: {text}\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

/// How long things took.
#[derive(Debug, Default)]
pub struct Times(Vec<Duration>);

impl Times {
    pub fn add(&mut self, time: Duration) {
        self.0.push(time);
    }

    pub fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The time that so many of a hundred did not exceed.
    pub fn percentile(&self, percent: usize) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort();
        sorted[(sorted.len() * percent / 100).min(sorted.len() - 1)]
    }

    pub fn min(&self) -> Duration {
        *self.0.iter().min().unwrap()
    }

    pub fn max(&self) -> Duration {
        *self.0.iter().max().unwrap()
    }
}

impl From<Duration> for Times {
    fn from(time: Duration) -> Self {
        Self(vec![time])
    }
}

impl std::fmt::Display for Times {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "p50 {}, p99 {}", ms(self.percentile(50)), ms(self.percentile(99)))
    }
}

pub fn ms(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

/// Fails where a time budget of the product has grown, and not where the machine is slow.
///
/// `budget` is the one that is documented. `control` is what the same takes on this machine, beside the same load, where
/// nothing is to be waited for. The best of the `times` counts: a busy machine delays one or the other, a budget that has
/// grown delays all of them.
#[track_caller]
pub fn within(what: &str, budget: Duration, control: &Times, times: &Times) {
    let (best, usual) = (times.min(), control.percentile(50));
    let limit = budget * 2 + usual * 4;
    assert!(
        best < limit,
        "{what}: {best:?} at best, beside a control of {usual:?}; the budget is {budget:?}"
    );
}

/// What has not come true by then never will: a minute is a hang on the slowest machine. How soon it should is for
/// [`within`].
const NEVER: Duration = Duration::from_mins(1);

/// Waits until `holds` and gives how long that took.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) -> Duration {
    let started = Instant::now();
    while !holds().await {
        assert!(started.elapsed() < NEVER, "never came true: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    started.elapsed()
}

/// Resident memory of a process, in bytes.
pub fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

/// Open files of a process, sockets among them.
pub fn open_files(pid: u32) -> usize {
    std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count()
}

pub fn mib(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / (1024.0 * 1024.0))
}
