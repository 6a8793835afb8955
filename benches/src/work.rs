//! Runs one operation for many items, by as many users at once as there are connections, and times each.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;

use crate::Fault;
use crate::http::Connection;

pub struct Done<R> {
    /// In no particular order.
    pub results: Vec<R>,
    pub latencies: Latencies,
}

/// Sorted.
#[derive(Default)]
pub struct Latencies(Vec<Duration>);

impl Latencies {
    pub fn count(&self) -> usize {
        self.0.len()
    }

    pub fn add(&mut self, more: Self) {
        self.0.extend(more.0);
        self.0.sort_unstable();
    }

    /// In microseconds; `share` of them are at most this long.
    pub fn quantile_micros(&self, percent: usize) -> f64 {
        let at = (self.0.len() * percent / 100).min(self.0.len().saturating_sub(1));
        self.0.get(at).map_or(f64::NAN, |latency| latency.as_secs_f64() * 1e6)
    }
}

/// Each user takes the next item as soon as its last one is done. The first fault ends everything.
pub async fn at_once<T, R>(
    connections: &mut [Connection],
    items: impl IntoIterator<Item = T>,
    operation: impl AsyncFn(&mut Connection, T) -> Result<R, Fault>,
) -> Result<Done<R>, Fault> {
    let queue = RefCell::new(items.into_iter());
    let users = connections.iter_mut().map(async |connection| {
        let (mut results, mut times) = (Vec::new(), Vec::new());
        loop {
            let next = queue.borrow_mut().next();
            let Some(item) = next else { return Ok::<_, Fault>((results, times)) };
            let began = Instant::now();
            results.push(operation(connection, item).await?);
            times.push(began.elapsed());
        }
    });
    let (mut results, mut times) = (Vec::new(), Vec::new());
    for (one, other) in try_join_all(users).await? {
        results.extend(one);
        times.extend(other);
    }
    times.sort_unstable();
    Ok(Done { results, latencies: Latencies(times) })
}
