//! `handleproof keys`: API keys, from the operator's shell. A running service follows at once.

use std::path::PathBuf;

use clap::Subcommand;
use serde::Serialize;

use super::{Failed, Outcome, existing_master_key, fail, load, new_or_existing_master_key, opened_registry};
use crate::config::Config;
use crate::crypto::secret::SecretText;
use crate::flow::FlowRules;
use crate::keys::{Actor, ApiKeys, KeyChanges, Need, NewKey};
use crate::observe;
use crate::session::{ApiKeyId, RegisteredCallback};
use crate::store::registry::ApiKeyRow;

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
    /// Make a key. It is shown once.
    Create {
        /// What users read when they are asked to confirm: the name of the app that asks.
        name: String,
        /// A callback URL that proofs may go to: with a path exactly that path, a bare origin any path there.
        #[arg(long = "callback", value_name = "URL")]
        callbacks: Vec<String>,
        /// Let the key name any callback URL. Whoever gets hold of the key then gets proofs sent anywhere.
        #[arg(long)]
        any_callback: bool,
        /// The operator's own product: users are not asked on a page of ours.
        #[arg(long)]
        first_party: bool,
        /// Keep a list of the accounts that the caller's server confirms.
        #[arg(long)]
        record_accounts: bool,
        /// Generate the signing secret as well. It is shown once.
        #[arg(long)]
        signing_secret: bool,
    },
    /// List all keys.
    List,
    /// Give a key another name.
    Rename {
        /// `key_…`
        id: String,
        /// What users read from now on.
        name: String,
    },
    /// Switch the list of accounts that the caller's server confirms on or off. Off, those in it stay.
    RecordAccounts {
        /// `key_…`
        id: String,
        /// `on` or `off`.
        switch: Switch,
    },
    /// Revoke a key for good, with all its sessions.
    Revoke {
        /// `key_…`
        id: String,
    },
    /// Generate a signing secret anew. It is shown once; the previous one is invalid from that moment.
    SigningSecret {
        /// `key_…`
        id: String,
    },
    /// Show or change the key's registered callback URLs.
    Callbacks {
        /// `key_…`
        id: String,
        /// Register one more.
        #[arg(long, value_name = "URL")]
        add: Vec<String>,
        /// Take one out.
        #[arg(long, value_name = "URL")]
        remove: Vec<String>,
    },
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Switch {
    On,
    Off,
}

#[derive(Serialize)]
struct CreatedKey<'a> {
    id: String,
    name: &'a str,
    api_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    signing_secret: Option<&'a str>,
}

#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "rights that are given one by one")]
struct ListedKey<'a> {
    id: String,
    name: &'a str,
    first_party: bool,
    any_callback: bool,
    record_accounts: bool,
    callbacks: Vec<&'a str>,
    has_signing_secret: bool,
    needs: Vec<Need>,
    created_at: u64,
    revoked_at: Option<u64>,
}

pub(super) async fn run(args: Args) -> Outcome {
    let Some(path) = &args.config else {
        eprintln!("error: the following required arguments were not provided:\n  --config <FILE>");
        std::process::exit(2);
    };
    let config = load(path)?;
    let creates = matches!(args.command, Command::Create { .. });
    let master_key =
        if creates { new_or_existing_master_key(&config) } else { existing_master_key(&config) }?;
    let _observing = observe::install(config.log, &config.traces).map_err(fail)?;
    let keys = opened_registry(&config, &master_key).await?.keys;
    let changes = keys.acting(Actor::Cli);
    match args.command {
        Command::Create {
            name,
            callbacks,
            any_callback,
            first_party,
            record_accounts,
            signing_secret: with_signing_secret,
        } => {
            let callbacks = registered(&config, "--callback", &callbacks)?;
            let new =
                NewKey { name, callbacks, any_callback, first_party, record_accounts, with_signing_secret };
            create(&changes, new, args.json).await?;
        }
        Command::List => list(&keys, args.json).await?,
        Command::Rename { id, name } => {
            changes.rename(parse_id(&id)?, &name).await.map_err(fail)?;
            say(
                args.json,
                &serde_json::json!({ "id": id, "name": name }),
                &format!("{id} is called {name} now"),
            );
        }
        Command::RecordAccounts { id, switch } => {
            let key = parse_id(&id)?;
            let (done, plain) = match switch {
                Switch::On => (changes.start_recording(key).await, "are recorded from now on"),
                Switch::Off => (changes.stop_recording(key).await, "are not recorded any more"),
            };
            done.map_err(fail)?;
            let document = serde_json::json!({ "id": id, "record_accounts": matches!(switch, Switch::On) });
            say(args.json, &document, &format!("{id}: accounts {plain}"));
        }
        Command::Revoke { id } => {
            changes.revoke(parse_id(&id)?).await.map_err(fail)?;
            say(args.json, &serde_json::json!({ "id": id, "revoked": true }), &format!("{id} is revoked"));
        }
        Command::SigningSecret { id } => {
            let secret = changes.generate_signing_secret(parse_id(&id)?).await.map_err(fail)?;
            let secret = secret.expose();
            let plain = format!(
                "signing secret   {secret}\n\nIt is not shown again. The previous one is invalid now."
            );
            say(args.json, &serde_json::json!({ "id": id, "signing_secret": secret }), &plain);
        }
        Command::Callbacks { id, add, remove } => {
            let (add, remove) = (registered(&config, "--add", &add)?, removed(&remove));
            let urls = changes.change_callbacks(parse_id(&id)?, &add, &remove).await.map_err(fail)?;
            let urls: Vec<&str> = urls.iter().map(RegisteredCallback::as_str).collect();
            say(args.json, &serde_json::json!({ "id": id, "callbacks": urls }), &urls.join("\n"));
        }
    }
    Ok(())
}

async fn create(keys: &KeyChanges<'_>, new: NewKey, json: bool) -> Outcome {
    let is_useless = new.callbacks.is_empty() && !new.any_callback;
    let created = keys.create(new).await.map_err(fail)?;
    let document = CreatedKey {
        id: created.id.to_string(),
        name: &created.name,
        api_key: created.api_key.expose(),
        signing_secret: created.signing_secret.as_ref().map(SecretText::expose),
    };
    let secret = match document.signing_secret {
        Some(secret) => format!("signing secret   {secret}"),
        None => format!(
            "\nIt has no signing secret yet: 'handleproof keys signing-secret {}' makes one.",
            document.id
        ),
    };
    let plain = format!(
        "id               {}\napi key          {}\n{secret}\n\nWhat is shown here is not shown again.",
        document.id, document.api_key
    );
    if is_useless {
        eprintln!(
            "handleproof: the key has no callback URL yet and can make no session; see 'handleproof keys callbacks'"
        );
    }
    say(json, &serde_json::json!(document), &plain);
    Ok(())
}

async fn list(keys: &ApiKeys, json: bool) -> Outcome {
    let rows = keys.list().await.map_err(fail)?;
    let listed: Vec<ListedKey<'_>> = rows.iter().map(listed).collect();
    let plain: Vec<String> = listed.iter().map(line).collect();
    say(json, &serde_json::json!(listed), &plain.join("\n"));
    Ok(())
}

fn listed(row: &ApiKeyRow) -> ListedKey<'_> {
    ListedKey {
        id: row.id.to_string(),
        name: &row.name,
        first_party: row.first_party,
        any_callback: row.any_callback,
        record_accounts: row.record_accounts,
        callbacks: row.callbacks.iter().map(RegisteredCallback::as_str).collect(),
        has_signing_secret: row.signing_secret.is_some(),
        needs: Need::of(row),
        created_at: row.created_at,
        revoked_at: row.revoked_at,
    }
}

fn line(key: &ListedKey<'_>) -> String {
    let marks = [
        (key.revoked_at.is_some(), "revoked"),
        (key.first_party, "first party"),
        (key.needs.contains(&Need::SigningSecret), "no signing secret"),
        (key.needs.contains(&Need::CallbackUrl), "no callback URL"),
        (key.any_callback, "any callback"),
        (key.record_accounts, "records accounts"),
    ];
    let marks: Vec<&str> = marks.into_iter().filter(|(holds, _)| *holds).map(|(_, mark)| mark).collect();
    let marks = if marks.is_empty() { String::new() } else { format!("  ({})", marks.join(", ")) };
    let urls: String = key.callbacks.iter().flat_map(|url| ["\n    ", url]).collect();
    [&key.id, "  ", key.name, &marks, &urls].concat()
}

fn say(json: bool, document: &serde_json::Value, plain: &str) {
    if json {
        println!("{document}");
    } else {
        println!("{plain}");
    }
}

fn parse_id(id: &str) -> Result<ApiKeyId, Failed> {
    ApiKeyId::parse(id)
        .ok_or_else(|| fail("an id looks like key_0123456789abcdef; 'handleproof keys list' shows them"))
}

fn registered(config: &Config, option: &str, urls: &[String]) -> Result<Vec<RegisteredCallback>, Failed> {
    let rules = FlowRules::of(config).callbacks;
    let parse = |url: &String| {
        rules.parse_registered(url).map_err(|fault| fail(format_args!("{option} {url}: {fault}")))
    };
    urls.iter().map(parse).collect()
}

/// Whatever was registered under older rules can be taken out.
fn removed(urls: &[String]) -> Vec<RegisteredCallback> {
    urls.iter().map(|url| RegisteredCallback::from_store(url)).collect()
}
