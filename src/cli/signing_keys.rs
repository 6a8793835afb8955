//! `handleproof signing-keys`: the keys of publicly verifiable proofs, from the operator's shell.

use std::path::PathBuf;

use clap::Subcommand;
use serde::Serialize;

use super::{Outcome, existing_master_key, fail, load, opened_registry};
use crate::signing_keys::{KeyState, ListedKey, Rotation, SigningKeys};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
    /// The configuration file (TOML).
    #[arg(long, value_name = "FILE", global = true, required = false)]
    config: Option<PathBuf>,
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List all keys and what each does.
    List,
    /// Make the next key. It is published now and signs a day from now.
    Rotate {
        /// It signs ten seconds from now: for a key that somebody else may know.
        #[arg(long)]
        at_once: bool,
    },
    /// Take a key out of use and out of the key set for good: nothing that it ever signed can be verified any more.
    Withdraw {
        /// The key's `kid`.
        kid: String,
    },
}

#[derive(Serialize)]
struct Listed<'a> {
    kid: &'a str,
    state: &'static str,
    created_at: u64,
    active_from: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    published_until: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    withdrawn_at: Option<u64>,
}

pub(super) async fn run(args: Args) -> Outcome {
    let Some(path) = &args.config else {
        eprintln!("error: the following required arguments were not provided:\n  --config <FILE>");
        std::process::exit(2);
    };
    let config = load(path)?;
    let master_key = existing_master_key(&config)?;
    let keys = opened_registry(&config, &master_key).await?.signing_keys;
    match args.command {
        Command::List => list(&keys, args.json).await?,
        Command::Rotate { at_once } => {
            let rotation = if at_once { Rotation::AtOnce } else { Rotation::Announced };
            let kid = keys.rotate(rotation).await.map_err(fail)?;
            let when = if at_once { "ten seconds" } else { "24 hours" };
            let plain = format!("{kid}\n\nIt is published now and signs {when} from now.");
            say(args.json, &serde_json::json!({ "kid": kid }), &plain);
        }
        Command::Withdraw { kid } => {
            keys.withdraw(&kid).await.map_err(fail)?;
            let plain = format!("{kid} is withdrawn: what it signed cannot be verified any more");
            say(args.json, &serde_json::json!({ "kid": kid, "withdrawn": true }), &plain);
        }
    }
    Ok(())
}

async fn list(keys: &SigningKeys, json: bool) -> Outcome {
    let rows = keys.list().await.map_err(fail)?;
    let listed: Vec<Listed<'_>> = rows.iter().map(listed).collect();
    let lines: Vec<String> = listed.iter().map(|key| format!("{}  {}", key.kid, key.state)).collect();
    let plain = match lines.as_slice() {
        [] => "there is no key yet: the first session with \"jws\": true makes it".to_owned(),
        lines => lines.join("\n"),
    };
    say(json, &serde_json::json!(listed), &plain);
    Ok(())
}

fn listed(key: &ListedKey) -> Listed<'_> {
    let published_until = match key.state {
        KeyState::Retired { published_until } => Some(published_until),
        _ => None,
    };
    Listed {
        kid: &key.row.kid,
        state: key.state.as_str(),
        created_at: key.row.created_at,
        active_from: key.row.active_from,
        published_until,
        withdrawn_at: key.row.withdrawn_at,
    }
}

fn say(json: bool, document: &serde_json::Value, plain: &str) {
    if json {
        println!("{document}");
    } else {
        println!("{plain}");
    }
}
