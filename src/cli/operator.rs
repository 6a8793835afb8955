//! `handleproof operator`: the way into the console. Only the hash of the password is ever written.

use std::fs::OpenOptions;
use std::io::{BufRead, IsTerminal, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::{Failed, Outcome, fail};
use crate::crypto::entropy::SystemEntropy;
use crate::crypto::secret::SecretText;
use crate::operator::password::{self, Cost};

const FILE: &str = "operator.password_hash";

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Set the password of the console: asked for twice, or one line of standard input. A running service takes it
    /// after a restart.
    Password {
        /// The configuration file (TOML). The hash is written to a file beside it, readable by its owner alone. Without
        /// it the line for the configuration is printed.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

pub(super) fn run(args: &Args) -> Outcome {
    let Command::Password { config } = &args.command;
    let target = config.as_deref().map(target).transpose()?;
    let password = new_password()?;
    let hash = password::hash(&password, Cost::Chosen, &SystemEntropy).map_err(fail)?;
    match target {
        Some(target) => target.keep(&hash),
        None => {
            println!("[operator]\npassword_hash = \"{}\"", hash.expose());
            Ok(())
        }
    }
}

/// Where the hash goes, by what the configuration says already.
enum Target {
    /// `password_hash_file` names it, or will.
    File { path: PathBuf, is_named: bool },
    /// `password_hash` holds a hash that must be replaced by hand.
    Inline,
}

/// The configuration is not checked as a whole: it may name a hash file that does not exist yet.
fn target(config: &Path) -> Result<Target, Failed> {
    let text = std::fs::read_to_string(config)
        .map_err(|error| fail(format_args!("{}: cannot be read ({})", config.display(), error.kind())))?;
    let table = text.parse::<toml::Table>().map_err(|_| {
        fail(format_args!("{}: is no TOML; 'handleproof check' says where", config.display()))
    })?;
    let operator = table.get("operator").and_then(toml::Value::as_table);
    let setting = |key: &str| operator.and_then(|operator| operator.get(key));
    if setting("password_hash").is_some() {
        return Ok(Target::Inline);
    }
    let named = setting("password_hash_file").and_then(toml::Value::as_str);
    let folder = config.parent().unwrap_or(Path::new(""));
    Ok(Target::File { path: folder.join(named.unwrap_or(FILE)), is_named: named.is_some() })
}

impl Target {
    fn keep(&self, hash: &SecretText) -> Outcome {
        let Self::File { path, is_named } = self else {
            println!("Replace the line in [operator]:\n\npassword_hash = \"{}\"", hash.expose());
            return Ok(());
        };
        write_whole(path, hash).map_err(|error| fail(format_args!("{}: {error}", path.display())))?;
        println!("The password is set. The service takes it after a restart.");
        if !is_named {
            println!("\nAdd to the configuration:\n\n[operator]\npassword_hash_file = \"{FILE}\"");
        }
        Ok(())
    }
}

/// All of the file or none of it: a service that starts meanwhile must not read half a hash.
fn write_whole(path: &Path, hash: &SecretText) -> std::io::Result<()> {
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(format!(".{}", uuid::Uuid::now_v7().simple()));
    let fresh = PathBuf::from(fresh);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
    file.write_all(hash.expose().as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    std::fs::rename(&fresh, path)
}

fn new_password() -> Result<SecretText, Failed> {
    if !std::io::stdin().is_terminal() {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).map_err(unreadable)?;
        return Ok(SecretText::new(line.trim_end_matches(['\r', '\n']).to_owned()));
    }
    let ask = |prompt: &str| rpassword::prompt_password(prompt).map(SecretText::new).map_err(unreadable);
    let (password, again) = (ask("password: ")?, ask("once more: ")?);
    if password == again { Ok(password) } else { Err(fail("the two passwords differ; nothing was changed")) }
}

fn unreadable(error: std::io::Error) -> Failed {
    fail(format_args!("the password cannot be read: {error}"))
}
