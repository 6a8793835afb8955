//! CPU and latency of each step and of the whole flow, the servers taking turns.

use std::time::Duration;

use serde_json::json;

use crate::flow::{Link, Pending, authorize, callback, create, whole};
use crate::http::{Connection, connections};
use crate::results::{Results, Row, Target as Bound, median};
use crate::servers::{self, Setup, Target};
use crate::work::{Latencies, at_once};
use crate::{Arguments, Fault};

const STEPS: [&str; 4] = ["create", "authorize", "callback", "whole flow"];

/// A step of a round is made in so many turns, so that all servers work at it in the same moments of the machine: how fast
/// it is changes by half within a second, for reasons of its host.
const TURNS: usize = 20;

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
        let figures = round(&targets, arguments).await?;
        // The first one warms up.
        if number > 0 {
            for ((target, kept), figures) in targets.iter().zip(&mut rounds).zip(figures) {
                note(results, target, number, &figures)?;
                kept.push(figures);
            }
        }
        eprintln!("round {number} of {}", arguments.rounds);
    }
    summarise(results, &rounds);
    Ok(())
}

/// One server alone, until the operations are done: what a profiler looks at.
pub async fn load(arguments: &Arguments, floor: bool) -> Result<(), Fault> {
    let upstream = servers::upstream()?;
    let mut target = [match floor {
        true => servers::floor(&upstream)?,
        false => servers::service(&upstream, Setup::default())?,
    }];
    round(&target, arguments).await?;
    target.iter_mut().try_for_each(Target::stop)
}

async fn round(targets: &[Target], arguments: &Arguments) -> Result<Vec<Round>, Fault> {
    let mut courses = Vec::new();
    for target in targets {
        courses.push(Course::begin(target, arguments).await?);
    }
    for step in 0..STEPS.len() {
        for turn in 0..TURNS {
            let first = turn % courses.len();
            let (later, earlier) = courses.split_at_mut(first);
            for course in earlier.iter_mut().chain(later) {
                let name = course.target.name;
                course.turn(step).await.map_err(|fault| format!("{name}: {fault}"))?;
            }
        }
    }
    Ok(courses.into_iter().map(|course| course.spent.map(Spent::figure)).collect())
}

/// One server's way through a round.
struct Course<'t> {
    target: &'t Target,
    users: Vec<Connection>,
    /// Operations of a turn.
    portion: usize,
    links: Vec<Link>,
    pending: Vec<Pending>,
    spent: [Spent; 4],
}

/// What the turns of one step took.
#[derive(Default)]
struct Spent {
    cpu: Duration,
    latencies: Latencies,
}

impl<'t> Course<'t> {
    async fn begin(target: &'t Target, arguments: &Arguments) -> Result<Self, Fault> {
        let users = connections(target.address(), arguments.users).await?;
        let portion = arguments.operations.div_ceil(TURNS);
        Ok(Self { target, users, portion, links: Vec::new(), pending: Vec::new(), spent: Default::default() })
    }

    async fn turn(&mut self, step: usize) -> Result<(), Fault> {
        let (target, users) = (self.target, &mut self.users);
        let before = target.cpu()?;
        let latencies = match step {
            0 => {
                let done = at_once(users, 0..self.portion, async |c, n| create(target, c, n).await).await?;
                self.links.extend(done.results);
                done.latencies
            }
            1 => {
                let links = last(&mut self.links, self.portion);
                let done = at_once(users, links, async |c, link| authorize(target, c, link).await).await?;
                self.pending.extend(done.results);
                done.latencies
            }
            2 => {
                let pending = last(&mut self.pending, self.portion);
                at_once(users, pending, async |c, open| callback(target, c, open).await).await?.latencies
            }
            _ => at_once(users, 0..self.portion, async |c, n| whole(target, c, n).await).await?.latencies,
        };
        let used = target.cpu()?.saturating_sub(before);
        let spent = self.spent.get_mut(step).ok_or("there are four steps")?;
        spent.cpu += used;
        spent.latencies.add(latencies);
        Ok(())
    }
}

fn last<T>(items: &mut Vec<T>, count: usize) -> Vec<T> {
    items.split_off(items.len().saturating_sub(count))
}

impl Spent {
    #[allow(clippy::cast_precision_loss, reason = "a count of operations is far below 2^52")]
    fn figure(self) -> Figure {
        Figure {
            cpu_micros: self.cpu.as_secs_f64() * 1e6 / self.latencies.count() as f64,
            p50_micros: self.latencies.quantile_micros(50),
            p99_micros: self.latencies.quantile_micros(99),
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
