//! Measures the service beside its floor: server CPU per operation, latency, memory, and how both grow.
//!
//! No time is asserted anywhere: what counts are ratios of figures of one run. See `README.md`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the table is what this is for")]
#![allow(unreachable_pub, reason = "one program: `pub` marks what sibling modules use")]

mod flow;
mod folder;
mod growth;
mod http;
mod memory;
mod redis;
mod redis_server;
mod results;
mod rounds;
mod servers;
mod table;
mod timing;
mod usage;
mod work;

use clap::{Parser, Subcommand};

type Fault = Box<dyn std::error::Error + Send + Sync>;

/// Measures handleproof beside a bare control.
#[derive(Parser)]
#[command(name = "benches/run")]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Concurrent users.
    #[arg(long, default_value_t = 16, global = true)]
    users: usize,
    /// Interleaved rounds.
    #[arg(long, default_value_t = 9, global = true)]
    rounds: usize,
    /// Operations of each step in a round.
    #[arg(long, default_value_t = 10_000, global = true)]
    operations: usize,
    /// Live sessions to fill the memory with.
    #[arg(long, default_value_t = 100_000, global = true)]
    sessions: usize,
    /// Measure the npm package `grant` as well (needs node; installed by `npm ci` in `benches/grant`).
    #[arg(long, global = true)]
    grant: bool,
}

#[derive(Clone, Copy, Subcommand)]
enum Command {
    /// CPU, latency and memory, with the table (the default).
    All,
    /// CPU and latency alone.
    Speed,
    /// Memory alone.
    Memory,
    /// Memory after all sessions expired and were forgotten, and after a second fill. Takes six minutes.
    Expiry,
    /// CPU of a whole flow as users, sessions, keys and platforms grow.
    Growth,
    /// Whether the time of a refusal tells which API keys there are.
    Timing,
    /// Sessions in Redis: commands of each step, bytes of a session, one instance and two (needs `redis-server`).
    Redis,
    /// One round with one server alone, for a profiler.
    Load {
        /// The control, in the place of the service.
        #[arg(long)]
        floor: bool,
    },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Fault> {
    let arguments = Arguments::parse();
    let mut results = results::Results::create()?;
    match arguments.command.unwrap_or(Command::All) {
        Command::All => {
            rounds::run(&arguments, &mut results).await?;
            memory::run(&arguments, &mut results).await?;
        }
        Command::Speed => rounds::run(&arguments, &mut results).await?,
        Command::Memory => memory::run(&arguments, &mut results).await?,
        Command::Expiry => memory::expiry(&arguments, &mut results).await?,
        Command::Growth => growth::run(&arguments, &mut results).await?,
        Command::Timing => return timing::run(),
        Command::Redis => redis::run(&arguments, &mut results).await?,
        Command::Load { floor } => return rounds::load(&arguments, floor).await,
    }
    table::print(&results);
    println!("\nJSON lines: {}", results.path().display());
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use clap::Parser;

    use super::Arguments;

    #[test]
    fn every_command_of_the_documents_is_one_that_it_takes() {
        let documents = [include_str!("../README.md"), include_str!("../../docs/performance.md")].concat();
        let named =
            documents.split("benches/run ").skip(1).map(|rest| rest.split(['#', '`', '\n']).next().unwrap());
        let mut found = 0;
        for arguments in named {
            let words = std::iter::once("benches/run").chain(arguments.split_whitespace());
            assert!(Arguments::try_parse_from(words).is_ok(), "benches/run {arguments}");
            found += 1;
        }
        assert!(found >= 8, "{found}");
        for option in ["--users", "--rounds", "--operations", "--sessions"] {
            assert!(Arguments::try_parse_from(["benches/run", option, "1"]).is_ok(), "{option}");
        }
    }
}
