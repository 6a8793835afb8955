//! The command line: one file per command, each of which says how it went by its exit code.
//!
//! Exit codes: 0 done, 1 failed, 2 usage. No secret is taken from an argument, where every process could read it.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is where the program speaks to its operator"
)]

mod apps;
mod check;
mod config;
mod dev;
mod health;
mod keys;
mod master_key;
mod operator;
mod platforms;
mod registry;
mod secret_input;
mod serve;
mod signing_keys;
mod verify;

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};

use crate::app::{OpenedRegistry, Sources, open_registry};
use crate::clock::SystemClock;
use crate::config::{Config, MasterKeySource, process_environment};
use crate::crypto::entropy::SystemEntropy;
use crate::crypto::master_key::{MasterKey, MasterKeyFault};
use crate::store::registry::Patience;

/// Proves, by the platform's own consent, that a person owns a social account. Keeps no token.
#[derive(Debug, Parser)]
#[command(name = "handleproof", version, about, propagate_version = true, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run everything on this machine with no set-up: service, sandbox platforms, a demo key.
    Dev(dev::Args),
    /// Run the service.
    Serve(ConfigArg),
    /// Tell what is wrong with a deployment before users do.
    Check(ConfigArg),
    /// Print the configuration file with every setting, its meaning and its default.
    Config,
    /// Ask the instance on this machine whether it lives.
    Health(health::Args),
    /// Make, list, change and revoke API keys.
    Keys(keys::Args),
    /// Make, list, change and delete callers' own OAuth apps.
    Apps(apps::Args),
    /// List, replace and withdraw the keys of publicly verifiable proofs.
    SigningKeys(signing_keys::Args),
    /// Set the password of the console.
    Operator(operator::Args),
    /// Rotate the master key.
    MasterKey(master_key::Args),
    /// Look after the registry's store.
    Registry(registry::Args),
    /// List the platforms and what each still needs.
    Platforms(platforms::Args),
    /// Print the description of the API: OpenAPI 3.1, as /openapi.json serves it.
    Openapi,
    /// Check a proof and print every check.
    Verify(verify::Args),
}

/// Where the configuration is.
#[derive(Debug, clap::Args)]
struct ConfigArg {
    /// The configuration file (TOML). Every setting can also be set by environment: `HANDLEPROOF_SECTION__KEY`.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

/// How a command went.
type Outcome = Result<(), Failed>;

/// The command failed; what is to be said was said.
struct Failed;

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let system = actix_web::rt::System::new();
    let outcome = system.block_on(async {
        match cli.command {
            Command::Dev(args) => dev::run(args).await,
            Command::Serve(args) => serve::run(&args.config).await,
            Command::Check(args) => check::run(&args.config).await,
            Command::Config => config::run(),
            Command::Health(args) => health::run(&args),
            Command::Keys(args) => keys::run(args).await,
            Command::Apps(args) => apps::run(args).await,
            Command::SigningKeys(args) => signing_keys::run(args).await,
            Command::Operator(args) => operator::run(&args),
            Command::MasterKey(args) => master_key::run(&args).await,
            Command::Registry(args) => registry::run(args).await,
            Command::Platforms(args) => platforms::run(&args),
            Command::Openapi => print_whole(&crate::web::openapi_document()),
            Command::Verify(args) => verify::run(&args),
        }
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failed) => ExitCode::FAILURE,
    }
}

/// Prints a long text. A reader that has seen enough, such as `head`, ends it without a fault.
fn print_whole(text: &str) -> Outcome {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(fail(error)),
        _ => Ok(()),
    }
}

/// Says why, and fails.
fn fail(why: impl std::fmt::Display) -> Failed {
    eprintln!("handleproof: {why}");
    Failed
}

/// The machine's clock and generator.
fn sources() -> Sources {
    Sources { clock: Arc::new(SystemClock::new()), entropy: Arc::new(SystemEntropy) }
}

/// The configuration; every fault of it is printed, a line each.
fn load(path: &Path) -> Result<Config, Failed> {
    Config::load(path, process_environment()).map_err(|faults| {
        for fault in &faults {
            eprintln!("handleproof: {fault}");
        }
        Failed
    })
}

/// The registry, without a server.
async fn opened_registry(config: &Config, master_key: &MasterKey) -> Result<OpenedRegistry, Failed> {
    open_registry(config, master_key, &sources(), Patience::Operator).await.map_err(fail)
}

/// The master key of a deployment that runs already.
fn existing_master_key(config: &Config) -> Result<MasterKey, Failed> {
    match &config.master_key {
        MasterKeySource::Inline(text) => {
            MasterKey::parse(text.expose()).map_err(|fault| fail(format_args!("secrets.master_key: {fault}")))
        }
        MasterKeySource::File(path) => MasterKey::read(path).map_err(|fault| master_key_file(path, &fault)),
    }
}

/// The master key; its file is made where it is absent.
fn new_or_existing_master_key(config: &Config) -> Result<MasterKey, Failed> {
    match &config.master_key {
        MasterKeySource::Inline(_) => existing_master_key(config),
        MasterKeySource::File(path) => {
            MasterKey::read_or_create(path, &SystemEntropy).map_err(|fault| master_key_file(path, &fault))
        }
    }
}

fn master_key_file(path: &Path, fault: &MasterKeyFault) -> Failed {
    fail(format_args!(
        "secrets.master_key_file: {}: {fault}; 'handleproof keys create' makes the file where there is none",
        path.display()
    ))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
