//! Real servers for tests: started on a free loopback port with a folder of their own, gone with the value that holds them.
//!
//! Where a server's program is missing the tests fail: a store that was not tried against its server was not tested.

mod budget;
mod ports;
mod postgres;
mod process;
mod proxy;
mod redis;
mod tls;

pub(crate) use budget::{given_up_within, recovers};
use ports::free_port;
pub(crate) use postgres::PostgresServer;
pub(crate) use proxy::Proxy;
pub(crate) use redis::RedisServer;

use std::path::PathBuf;
use std::time::{Duration, Instant};

/// A new folder, to be removed by who asked for it.
fn new_folder() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("handleproof-test-{}", uuid::Uuid::now_v7()));
    std::fs::create_dir(&folder).unwrap();
    folder
}

/// Waits until `condition` holds; fails the test where it does not within `limit`. Answers how long it took.
pub(crate) async fn eventually(limit: Duration, mut condition: impl AsyncFnMut() -> bool) -> Duration {
    let start = Instant::now();
    while !condition().await {
        assert!(start.elapsed() < limit, "not within {limit:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    start.elapsed()
}
