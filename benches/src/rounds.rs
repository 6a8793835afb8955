//! CPU and latency of each step and of the whole flow, the servers taking turns.

use serde_json::json;

use crate::flow::{authorize, callback, create, whole};
use crate::http::{Connection, connections};
use crate::results::{Results, Row, Target as Bound, median};
use crate::servers::{self, Setup, Target};
use crate::work::{Latencies, at_once};
use crate::{Arguments, Fault};

const STEPS: [&str; 4] = ["create", "authorize", "callback", "whole flow"];

/// One step in one round.
struct Figure {
    cpu_micros: f64,
    p50_micros: f64,
    p99_micros: f64,
}

type Round = [Figure; 4];

/// All servers, each in every round; the order turns, so that none always goes first.
pub async fn run(arguments: &Arguments, results: &mut Results) -> Result<(), Fault> {
    let upstream = servers::upstream()?;
    let mut targets = vec![servers::floor(&upstream)?, servers::service(&upstream, Setup::default())?];
    if arguments.grant {
        targets.push(servers::grant(&upstream)?);
    }
    let mut rounds: Vec<Vec<Round>> = targets.iter().map(|_| Vec::new()).collect();
    for number in 0..=arguments.rounds {
        for turn in 0..targets.len() {
            let at = (number + turn) % targets.len();
            let (Some(target), Some(kept)) = (targets.get(at), rounds.get_mut(at)) else { continue };
            let round =
                round(target, arguments).await.map_err(|fault| format!("{}: {fault}", target.name))?;
            // The first one warms up.
            if number > 0 {
                note(results, target, number, &round)?;
                kept.push(round);
            }
        }
        eprintln!("round {number} of {}", arguments.rounds);
    }
    summarise(results, &rounds);
    Ok(())
}

/// The service alone, in whole flows, until the operations are done: what a profiler looks at.
pub async fn load(arguments: &Arguments) -> Result<(), Fault> {
    let upstream = servers::upstream()?;
    let service = servers::service(&upstream, Setup::default())?;
    round(&service, arguments).await.map(drop)
}

async fn round(target: &Target, arguments: &Arguments) -> Result<Round, Fault> {
    let users = &mut connections(target.address(), arguments.users).await?;
    let meter = Meter { target, operations: arguments.operations };
    let all = 0..arguments.operations;
    let (created, links) = meter.step(users, all.clone(), async |c, n| create(target, c, n).await).await?;
    let (opened, pending) =
        meter.step(users, links, async |c, link| authorize(target, c, link).await).await?;
    let (finished, _) = meter.step(users, pending, async |c, open| callback(target, c, open).await).await?;
    let (flown, _) = meter.step(users, all, async |c, n| whole(target, c, n).await).await?;
    Ok([created, opened, finished, flown])
}

struct Meter<'t> {
    target: &'t Target,
    operations: usize,
}

impl Meter<'_> {
    async fn step<T, R>(
        &self,
        users: &mut [Connection],
        items: impl IntoIterator<Item = T>,
        operation: impl AsyncFn(&mut Connection, T) -> Result<R, Fault>,
    ) -> Result<(Figure, Vec<R>), Fault> {
        let before = self.target.cpu()?;
        let done = at_once(users, items, operation).await?;
        let used = self.target.cpu()?.saturating_sub(before);
        Ok((self.figure(used.as_secs_f64(), &done.latencies), done.results))
    }

    #[allow(clippy::cast_precision_loss, reason = "a count of operations is far below 2^52")]
    fn figure(&self, cpu_seconds: f64, latencies: &Latencies) -> Figure {
        Figure {
            cpu_micros: cpu_seconds * 1e6 / self.operations as f64,
            p50_micros: latencies.quantile_micros(50),
            p99_micros: latencies.quantile_micros(99),
        }
    }
}

fn note(results: &mut Results, target: &Target, number: usize, round: &Round) -> Result<(), Fault> {
    for (step, figure) in STEPS.iter().zip(round) {
        results.note(&json!({
            "measure": "step", "server": target.name, "step": step, "round": number,
            "cpu_micros": figure.cpu_micros, "p50_micros": figure.p50_micros, "p99_micros": figure.p99_micros,
        }))?;
    }
    Ok(())
}

/// Ratios are taken round by round, so that what else the machine does weighs on both sides.
fn summarise(results: &mut Results, rounds: &[Vec<Round>]) {
    let [floor, service, rest @ ..] = rounds else { return };
    for (step, name) in STEPS.iter().enumerate() {
        let bound = Bound::AtLeast { must: 0.75, goal: 0.85 };
        results.row(row(&format!("{name}: CPU µs, floor/service"), step, (floor, service), bound));
    }
    if let [grant] = rest {
        let bound = Bound::AtLeast { must: 8.0, goal: 12.0 };
        results.row(row("whole flow: CPU µs, grant/service", 3, (grant, service), bound));
    }
    for (step, name) in STEPS.iter().enumerate() {
        results.row(Row {
            what: format!("{name}: p50/p99 µs"),
            control: latency(floor, step),
            service: latency(service, step),
            measured: f64::NAN,
            target: Bound::None,
        });
    }
}

fn row(what: &str, step: usize, (control, service): (&[Round], &[Round]), target: Bound) -> Row {
    let cpu = |rounds: &[Round]| figures(rounds, step, |figure| figure.cpu_micros);
    let ratios = cpu(control).into_iter().zip(cpu(service)).map(|(control, service)| control / service);
    Row {
        what: what.to_owned(),
        control: format!("{:.1}", median(cpu(control))),
        service: format!("{:.1}", median(cpu(service))),
        measured: median(ratios),
        target,
    }
}

fn latency(rounds: &[Round], step: usize) -> String {
    let p50 = median(figures(rounds, step, |figure| figure.p50_micros));
    let p99 = median(figures(rounds, step, |figure| figure.p99_micros));
    format!("{p50:.0}/{p99:.0}")
}

fn figures(rounds: &[Round], step: usize, of: impl Fn(&Figure) -> f64) -> Vec<f64> {
    rounds.iter().filter_map(|round| round.get(step)).map(of).collect()
}
