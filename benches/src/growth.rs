//! Whether a flow costs more when there is more of everything: users at once, live sessions, API keys, platforms.

use serde_json::json;

use crate::flow::{create, whole};
use crate::http::connections;
use crate::results::{Results, Row, Target as Bound, median};
use crate::servers::{self, Server, Setup, Target};
use crate::work::at_once;
use crate::{Arguments, Fault};

/// The whole series, each on a server of its own.
pub async fn run(arguments: &Arguments, results: &mut Results) -> Result<(), Fault> {
    let upstream = servers::upstream()?;
    users(&upstream, arguments, results).await?;
    sessions(&upstream, arguments, results).await?;
    for keys in [1, 100, 10_000] {
        let setup = Setup { keys, ..Setup::default() };
        one(&upstream, arguments, results, ("API keys", keys, setup)).await?;
    }
    for platforms in [1, 8, 100] {
        let setup = Setup { platforms, ..Setup::default() };
        one(&upstream, arguments, results, ("platforms", platforms, setup)).await?;
    }
    Ok(())
}

async fn users(upstream: &Server, arguments: &Arguments, results: &mut Results) -> Result<(), Fault> {
    // The service makes 64 calls to one platform at once and fails those beyond: 256 users need several platforms.
    let service = servers::service(upstream, Setup { platforms: 8, ..Setup::default() })?;
    for users in [1, 4, 16, 64, 256] {
        measure(&service, arguments, results, ("users at once", users, users)).await?;
    }
    Ok(())
}

async fn sessions(upstream: &Server, arguments: &Arguments, results: &mut Results) -> Result<(), Fault> {
    let service = servers::service(upstream, Setup::default())?;
    let connections = &mut connections(service.address(), arguments.users).await?;
    let mut live = 0;
    for size in [1000, 10_000, 100_000, 1_000_000] {
        if size > arguments.sessions {
            return Ok(());
        }
        at_once(connections, live..size, async |c, n| create(&service, c, n).await).await?;
        live = size;
        measure(&service, arguments, results, ("live sessions", size, arguments.users)).await?;
    }
    Ok(())
}

async fn one(
    upstream: &Server,
    arguments: &Arguments,
    results: &mut Results,
    (what, size, setup): (&str, usize, Setup),
) -> Result<(), Fault> {
    let service = servers::service(upstream, setup)?;
    measure(&service, arguments, results, (what, size, arguments.users)).await
}

async fn measure(
    service: &Target,
    arguments: &Arguments,
    results: &mut Results,
    (what, size, users): (&str, usize, usize),
) -> Result<(), Fault> {
    let connections = &mut connections(service.address(), users).await?;
    let (mut cpu, mut p99) = (Vec::new(), Vec::new());
    for round in 0..=arguments.rounds {
        let before = service.cpu()?;
        let flows = 0..arguments.operations;
        let done = at_once(connections, flows, async |c, n| whole(service, c, n).await).await?;
        let used = service.cpu()?.saturating_sub(before);
        // The first one warms up.
        if round > 0 {
            #[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
            cpu.push(used.as_secs_f64() * 1e6 / arguments.operations as f64);
            p99.push(done.latencies.quantile_micros(99));
        }
    }
    let (cpu, p99) = (median(cpu), median(p99));
    results.note(&json!({
        "measure": "growth", "of": what, "size": size, "cpu_micros": cpu, "p99_micros": p99,
    }))?;
    results.row(Row {
        what: format!("{what}: {size}, CPU µs of a flow"),
        control: String::new(),
        service: format!("p99 {p99:.0}"),
        measured: cpu,
        target: Bound::None,
    });
    Ok(())
}
