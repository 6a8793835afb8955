//! What a process used so far, from `/proc` (Linux).

use std::fs;
use std::time::Duration;

use crate::Fault;

/// User and system time of all threads, to the nanosecond: the same sum as `utime + stime`, which count in ticks of 10 ms.
pub fn cpu(pid: u32) -> Result<Duration, Fault> {
    let mut nanos = 0;
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        let line = fs::read_to_string(thread?.path().join("schedstat"))?;
        nanos += line.split(' ').next().unwrap_or_default().parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanos))
}

/// Resident memory in bytes.
pub fn resident(pid: u32) -> Result<u64, Fault> {
    let status = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("Rss:")).ok_or("no Rss line")?;
    let kib: u64 = line.trim_end_matches("kB").trim().parse()?;
    Ok(kib * 1024)
}
