//! Idle memory, bytes of a live session, and whether a full store still serves.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::flow::{authorize, callback, create, whole};
use crate::http::{Connection, connections};
use crate::results::{Results, Row, Target as Bound};
use crate::servers::{self, Server, Setup, Target};
use crate::work::at_once;
use crate::{Arguments, Fault};

const FLOWS_TO_WARM_UP: usize = 2000;
/// Of the live sessions, this many are finished to show that none was lost.
const SAMPLE: usize = 10_000;
/// Ended sessions can be read this long; then they are forgotten.
const READABLE: Duration = Duration::from_secs(300);

/// One server's memory.
struct Figures {
    idle: f64,
    created: f64,
    pending: f64,
    /// Of create and authorize together, with few sessions and with all.
    p99_micros: (f64, f64),
}

/// Both servers, one after the other.
pub async fn run(arguments: &Arguments, results: &mut Results) -> Result<(), Fault> {
    let upstream = servers::upstream()?;
    let floor = servers::floor(&upstream)?;
    let control = fill(&floor, arguments, results).await?;
    drop(floor);
    let service = servers::service(&upstream, Setup::default())?;
    let service = fill(&service, arguments, results).await?;
    let bounds = [
        ("idle memory, MB", control.idle / 1e6, service.idle / 1e6, (30.0, 20.0)),
        ("bytes of a created session", control.created, service.created, (1200.0, 600.0)),
        ("bytes of a pending session", control.pending, service.pending, (1500.0, 850.0)),
    ];
    for (what, control, service, (must, goal)) in bounds {
        results.row(Row {
            what: what.to_owned(),
            control: format!("{control:.1}"),
            service: format!("{service:.1}"),
            measured: service,
            target: Bound::AtMost { must, goal },
        });
    }
    let p99 = |(few, all)| format!("{few:.0}/{all:.0}");
    results.row(Row {
        what: "p99 µs, few sessions/all".to_owned(),
        control: p99(control.p99_micros),
        service: p99(service.p99_micros),
        measured: f64::NAN,
        target: Bound::None,
    });
    Ok(())
}

/// The service alone: full, expired and forgotten, full again.
pub async fn expiry(arguments: &Arguments, results: &mut Results) -> Result<(), Fault> {
    let upstream: Server = servers::upstream()?;
    let ttl_seconds = 60;
    let service = servers::service(&upstream, Setup { ttl_seconds, ..Setup::default() })?;
    let users = &mut connections(service.address(), arguments.users).await?;
    warm_up(&service, users).await?;
    let all = || 0..arguments.sessions;
    let empty = service.resident()?;
    at_once(users, all(), async |c, n| create(&service, c, n).await).await?;
    let full = service.resident()?;
    // A server hangs up on connections that say nothing for 75 s.
    let wait = Duration::from_secs(ttl_seconds.into()) + READABLE + Duration::from_secs(15);
    eprintln!("waiting {} s for the sessions to be forgotten", wait.as_secs());
    tokio::time::sleep(wait).await;
    let forgotten = service.resident()?;
    let users = &mut connections(service.address(), arguments.users).await?;
    at_once(users, all(), async |c, n| create(&service, c, n).await).await?;
    let again = service.resident()?;
    results.note(&json!({
        "measure": "expiry", "sessions": arguments.sessions, "empty": empty, "full": full,
        "forgotten": forgotten, "full_again": again,
    }))?;
    for (what, bytes) in
        [("empty", empty), ("full", full), ("after expiry", forgotten), ("full again", again)]
    {
        results.row(Row {
            what: format!("memory {what}, MB"),
            control: String::new(),
            service: format!("{:.1}", megabytes(bytes)),
            measured: f64::NAN,
            target: Bound::None,
        });
    }
    Ok(())
}

async fn fill(target: &Target, arguments: &Arguments, results: &mut Results) -> Result<Figures, Fault> {
    let idle = target.resident()?;
    let users = &mut connections(target.address(), arguments.users).await?;
    warm_up(target, users).await?;
    let p99_few = p99(target, users).await?;
    let (before, began) = (target.resident()?, Instant::now());
    let links = at_once(users, 0..arguments.sessions, async |c, n| create(target, c, n).await).await?.results;
    let (created, seconds) = (target.resident()?, began.elapsed().as_secs_f64());
    let mut pending = at_once(users, links, async |c, link| authorize(target, c, link).await).await?.results;
    let opened = target.resident()?;
    let p99_all = p99(target, users).await?;
    // They lie user by user, so the first ones come from all over the fill.
    pending.truncate(SAMPLE);
    let finished = pending.len();
    at_once(users, pending, async |c, open| callback(target, c, open).await).await?;
    let each = |bytes: u64| megabytes(bytes.saturating_sub(before)) * 1e6 / count(arguments.sessions);
    results.note(&json!({
        "measure": "memory", "server": target.name, "sessions": arguments.sessions, "idle": idle,
        "created_each": each(created), "pending_each": each(opened), "finished": finished,
        "filled_per_second": count(arguments.sessions) / seconds,
        "p99_micros_few": p99_few, "p99_micros_all": p99_all,
    }))?;
    Ok(Figures {
        idle: megabytes(idle) * 1e6,
        created: each(created),
        pending: each(opened),
        p99_micros: (p99_few, p99_all),
    })
}

async fn warm_up(target: &Target, users: &mut [Connection]) -> Result<(), Fault> {
    at_once(users, 0..FLOWS_TO_WARM_UP, async |c, n| whole(target, c, n).await).await.map(drop)
}

async fn p99(target: &Target, users: &mut [Connection]) -> Result<f64, Fault> {
    let both = async |c: &mut Connection, n| {
        let link = create(target, c, n).await?;
        authorize(target, c, link).await
    };
    Ok(at_once(users, 0..FLOWS_TO_WARM_UP, both).await?.latencies.quantile_micros(99))
}

#[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

#[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
fn count(number: usize) -> f64 {
    number as f64
}
