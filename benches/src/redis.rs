//! Sessions in Redis: what each step sends there, what a session takes there, and what a second instance brings.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::flow::{authorize, callback, create, whole};
use crate::http::{Connection, connections};
use crate::redis_server::{Redis, Watched};
use crate::results::{Results, Row, Target as Bound, median};
use crate::servers::{self, Sessions, Setup, Target};
use crate::work::at_once;
use crate::{Arguments, Fault};

/// Flows whose commands are listed one by one.
const WATCHED: usize = 100;

/// Two instances over one Redis.
struct Deployment {
    redis: Redis,
    first: Target,
    second: Target,
}

/// Everything about sessions in Redis.
pub async fn run(arguments: &Arguments, results: &mut Results) -> Result<(), Fault> {
    let upstream = servers::upstream()?;
    let redis = Redis::start()?;
    let setup = Setup { sessions: Sessions::Redis(redis.address()), platforms: 8, ..Setup::default() };
    let first = servers::service(&upstream, setup)?;
    let second = servers::instance_beside(&first, &upstream, setup)?;
    let deployment = Deployment { redis, first, second };
    let both = &mut users_of_both(&deployment, arguments.users).await?;
    at_once(both, 0..arguments.operations, async |c, n| whole(&deployment.first, c, n).await).await?;
    commands(&deployment, results).await?;
    memory(&deployment, arguments, results).await?;
    instances(&deployment, arguments, results).await
}

/// Every other user at the second instance.
async fn users_of_both(deployment: &Deployment, users: usize) -> Result<Vec<Connection>, Fault> {
    let mut first = connections(deployment.first.address(), users.div_ceil(2)).await?;
    first.extend(connections(deployment.second.address(), users / 2).await?);
    Ok(first)
}

/// Each step at another instance than the one before.
async fn commands(deployment: &Deployment, results: &mut Results) -> Result<(), Fault> {
    let Deployment { redis, first, second } = deployment;
    let here = &mut connections(first.address(), 1).await?;
    let there = &mut connections(second.address(), 1).await?;
    let watched = redis.watch()?;
    let links = at_once(here, 0..WATCHED, async |c, n| create(first, c, n).await).await?.results;
    note_commands("create", watched, results)?;
    let watched = redis.watch()?;
    let pending = at_once(there, links, async |c, link| authorize(first, c, link).await).await?.results;
    note_commands("authorize", watched, results)?;
    let watched = redis.watch()?;
    at_once(here, pending, async |c, open| callback(first, c, open).await).await?;
    note_commands("callback", watched, results)
}

fn note_commands(step: &str, watched: Watched, results: &mut Results) -> Result<(), Fault> {
    let counts: BTreeMap<String, usize> = watched.commands()?;
    let names = counts.iter().try_fold(String::new(), |mut text, (name, count)| {
        write!(text, "{name} {} ", per_flow(*count))?;
        Ok::<_, Fault>(text)
    })?;
    let each = per_flow(counts.values().sum());
    results.note(&json!({ "measure": "redis commands", "step": step, "each": each, "by_name": counts }))?;
    results.row(Row {
        what: format!("{step}: commands to Redis"),
        control: String::new(),
        service: names.trim_end().to_owned(),
        measured: each,
        target: Bound::None,
    });
    Ok(())
}

async fn memory(deployment: &Deployment, arguments: &Arguments, results: &mut Results) -> Result<(), Fault> {
    let Deployment { redis, first, .. } = deployment;
    let users = &mut users_of_both(deployment, arguments.users).await?;
    let all = 0..arguments.sessions;
    let before = redis.figure("used_memory")?;
    let links = at_once(users, all, async |c, n| create(first, c, n).await).await?.results;
    let created = redis.figure("used_memory")?;
    at_once(users, links, async |c, link| authorize(first, c, link).await).await?;
    let pending = redis.figure("used_memory")?;
    #[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
    let each = |bytes: f64| (bytes - before) / arguments.sessions as f64;
    for (what, bytes) in [("created", each(created)), ("pending", each(pending))] {
        results.note(&json!({ "measure": "redis memory", "of": what, "bytes_each": bytes }))?;
        results.row(Row {
            what: format!("bytes of a {what} session in Redis"),
            control: String::new(),
            service: format!("{bytes:.0}"),
            measured: bytes,
            target: Bound::AtMost { must: 1024.0, goal: 1024.0 },
        });
    }
    Ok(())
}

/// What one instance and two carry, in turns.
async fn instances(
    deployment: &Deployment,
    arguments: &Arguments,
    results: &mut Results,
) -> Result<(), Fault> {
    let mut rounds = [Vec::new(), Vec::new()];
    for round in 0..=arguments.rounds {
        for (number, kept) in rounds.iter_mut().enumerate() {
            let users = &mut match number {
                0 => connections(deployment.first.address(), arguments.users).await?,
                _ => users_of_both(deployment, arguments.users).await?,
            };
            let carried = carry(deployment, users, arguments.operations).await?;
            // The first one warms up.
            if round > 0 {
                kept.push(carried);
            }
        }
    }
    for (kept, name) in rounds.iter().zip(["one instance", "two instances"]) {
        let of = |figure: fn(&Carried) -> f64| median(kept.iter().map(figure));
        let (flows, service, redis) =
            (of(|c| c.flows_per_second), of(|c| c.instances_micros), of(|c| c.redis_micros));
        results.note(&json!({
            "measure": "redis instances", "of": name, "flows_per_second": flows,
            "instances_cpu_micros": service, "redis_cpu_micros": redis,
        }))?;
        results.row(Row {
            what: format!("{name}: CPU µs of a flow"),
            control: format!("Redis {redis:.0}"),
            service: format!("{service:.0}"),
            measured: f64::NAN,
            target: Bound::None,
        });
        results.row(Row {
            what: format!("{name}: flows a second"),
            control: String::new(),
            service: String::new(),
            measured: flows,
            target: Bound::None,
        });
    }
    Ok(())
}

struct Carried {
    flows_per_second: f64,
    instances_micros: f64,
    redis_micros: f64,
}

async fn carry(deployment: &Deployment, users: &mut [Connection], flows: usize) -> Result<Carried, Fault> {
    let used = || -> Result<(Duration, Duration), Fault> {
        Ok((deployment.first.cpu()? + deployment.second.cpu()?, deployment.redis.cpu()?))
    };
    let (before, began) = (used()?, Instant::now());
    at_once(users, 0..flows, async |c, n| whole(&deployment.first, c, n).await).await?;
    let (after, seconds) = (used()?, began.elapsed().as_secs_f64());
    #[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
    let flows = flows as f64;
    let micros = |used: Duration| used.as_secs_f64() * 1e6 / flows;
    Ok(Carried {
        flows_per_second: flows / seconds,
        instances_micros: micros(after.0.saturating_sub(before.0)),
        redis_micros: micros(after.1.saturating_sub(before.1)),
    })
}

#[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
fn per_flow(count: usize) -> f64 {
    count as f64 / WATCHED as f64
}
