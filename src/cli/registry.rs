//! `handleproof registry`: looking after the registry's store, from the operator's shell.

use std::path::PathBuf;

use clap::Subcommand;

use super::{Outcome, existing_master_key, fail, load, opened_registry};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
    /// The configuration file (TOML).
    #[arg(long, value_name = "FILE", global = true, required = false)]
    config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Rewrite the store, so that nothing that was deleted is left in its files. Others wait meanwhile.
    Vacuum,
}

pub(super) async fn run(args: Args) -> Outcome {
    let Some(path) = &args.config else {
        eprintln!("error: the following required arguments were not provided:\n  --config <FILE>");
        std::process::exit(2);
    };
    let config = load(path)?;
    let master_key = existing_master_key(&config)?;
    let registry = opened_registry(&config, &master_key).await?.registry;
    let Command::Vacuum = args.command;
    registry.vacuum().await.map_err(fail)?;
    println!("Nothing that was deleted is left in the registry's files. Backups are yours to look after.");
    Ok(())
}
