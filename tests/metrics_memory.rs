//! What the metrics keep of what was timed, measured as the memory of this process: so it is the only test in it.
#![allow(clippy::unwrap_used, missing_docs)]

use std::time::Duration;

use handleproof::observe::metrics;

const TICKS: u64 = 80;
const PER_TICK: u64 = 40_000;
/// Of each single time that is kept, at least.
const BYTES: u64 = 8;

/// Resident memory, in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_nobody_reads_the_metrics_what_was_timed_is_summed_up_and_not_kept() {
    let handle = metrics::install().unwrap();
    // A hundred times as often as in life, so that a busy machine may be late with it.
    let often = metrics::UPKEEP / 100;
    let upkeep = tokio::spawn(metrics::keep_small(handle.clone(), often));
    let mut timer = tokio::time::interval(often);
    let before = resident();
    for _ in 0..TICKS {
        timer.tick().await;
        for _ in 0..PER_TICK {
            metrics::request("GET", "/healthz", "2xx", Duration::from_millis(1));
        }
    }
    let grown = resident().saturating_sub(before);
    upkeep.abort();
    let all = TICKS * PER_TICK;
    assert!(grown < all * BYTES, "{grown} bytes more after {all} requests");
    let name =
        "handleproof_request_duration_seconds_count{method=\"GET\",route=\"/healthz\",status=\"2xx\"} ";
    let text = handle.render();
    let counted: u64 = text.lines().find_map(|line| line.strip_prefix(name)).unwrap().parse().unwrap();
    // The library drops times that are recorded in the very moment of summing up, here a hundred times as often as in life.
    assert!((all * 9 / 10..=all).contains(&counted), "{counted} of {all}");
}
