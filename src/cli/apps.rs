//! `handleproof apps`: callers' own OAuth apps, from the operator's shell. A running service follows at once.
//!
//! A client secret is read from a file, from `HANDLEPROOF_CLIENT_SECRET`, or asked for.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde::Serialize;

use super::{Failed, Outcome, existing_master_key, fail, load, opened_registry, secret_input};
use crate::apps::{AppChange, AppFault, Apps, ClientId, ClientSecret, NewApp};
use crate::config::Config;
use crate::keys::Actor;
use crate::observe;
use crate::session::{ApiKeyId, AppId, PlatformName};
use crate::settings::read_secret_file;
use crate::store::registry::AppRow;

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
    /// Make an app of a key's holder known. Prints what to register at the platform.
    Create {
        /// `key_…`
        key_id: String,
        /// Where the app is registered.
        #[arg(long, value_name = "NAME")]
        platform: String,
        /// For its holder.
        #[arg(long)]
        name: String,
        /// As the platform shows it.
        #[arg(long, value_name = "ID")]
        client_id: String,
        /// A file with the client secret alone; without it `HANDLEPROOF_CLIENT_SECRET` is read, or the secret asked for.
        #[arg(long, value_name = "FILE")]
        client_secret_file: Option<PathBuf>,
    },
    /// List the apps of a key, or of all keys.
    List {
        /// `key_…`
        key_id: Option<String>,
    },
    /// Replace an app's client secret: the new one is used from the next token request on.
    Rotate {
        /// `app_…`
        app_id: String,
        /// A file with the client secret alone; without it `HANDLEPROOF_CLIENT_SECRET` is read, or the secret asked for.
        #[arg(long, value_name = "FILE")]
        client_secret_file: Option<PathBuf>,
    },
    /// Delete an app with its secret: its unopened links answer like used ones, open flows end in an error.
    Delete {
        /// `app_…`
        app_id: String,
    },
}

#[derive(Serialize)]
struct Listed<'a> {
    id: String,
    key_id: String,
    platform: &'a str,
    name: &'a str,
    client_id: &'a str,
    redirect_uri: String,
    created_at: u64,
}

pub(super) async fn run(args: Args) -> Outcome {
    let Some(path) = &args.config else {
        eprintln!("error: the following required arguments were not provided:\n  --config <FILE>");
        std::process::exit(2);
    };
    let config = load(path)?;
    let master_key = existing_master_key(&config)?;
    let _observing = observe::install(config.log, &config.traces).map_err(fail)?;
    let apps = opened_registry(&config, &master_key).await?.apps;
    let changes = apps.acting(Actor::Cli);
    match args.command {
        Command::Create { key_id, platform, name, client_id, client_secret_file } => {
            let key = parse_key(&key_id)?;
            let new = NewApp {
                platform: parse_platform(&platform, &config)?,
                name,
                client_id: parse_client_id(&client_id)?,
                client_secret: client_secret(client_secret_file.as_deref())?,
            };
            let row = changes.create(key, new).await.map_err(fail)?;
            let app = listed(&row, &apps);
            let plain = format!(
                "id             {}\nredirect uri   {}\n\nRegister the redirect URI at the platform, exactly so.",
                app.id, app.redirect_uri
            );
            say(args.json, &serde_json::json!(app), &plain);
        }
        Command::List { key_id } => list(&apps, key_id.as_deref(), args.json).await?,
        Command::Rotate { app_id, client_secret_file } => {
            let (key, id) = find(&apps, &app_id).await?;
            let client_secret = Some(client_secret(client_secret_file.as_deref())?);
            let change = AppChange { client_secret, ..AppChange::default() };
            changes.change(key, id, change).await.map_err(fail)?;
            let document = serde_json::json!({ "id": app_id, "rotated": true });
            say(args.json, &document, &format!("{app_id} has another client secret now"));
        }
        Command::Delete { app_id } => {
            let (key, id) = find(&apps, &app_id).await?;
            changes.delete(key, id).await.map_err(fail)?;
            let document = serde_json::json!({ "id": app_id, "deleted": true });
            say(args.json, &document, &format!("{app_id} is deleted"));
        }
    }
    Ok(())
}

async fn list(apps: &Apps, key_id: Option<&str>, json: bool) -> Outcome {
    let rows = match key_id {
        Some(key_id) => apps.list(parse_key(key_id)?).await,
        None => apps.list_all().await,
    };
    let rows = rows.map_err(fail)?;
    let listed: Vec<Listed<'_>> = rows.iter().map(|row| listed(row, apps)).collect();
    let line = |app: &Listed<'_>| {
        let Listed { id, key_id, platform, name, client_id, redirect_uri, .. } = app;
        format!("{id}  {platform}  {name}\n    of {key_id}, client id {client_id}\n    {redirect_uri}")
    };
    let plain: Vec<String> = listed.iter().map(line).collect();
    say(json, &serde_json::json!(listed), &plain.join("\n"));
    Ok(())
}

fn listed<'a>(row: &'a AppRow, apps: &Apps) -> Listed<'a> {
    Listed {
        id: row.id.to_string(),
        key_id: row.api_key.to_string(),
        platform: row.platform.as_str(),
        name: &row.name,
        client_id: &row.client_id,
        redirect_uri: apps.redirect_uri(&row.platform, Some(row.id)),
        created_at: row.created_at,
    }
}

async fn find(apps: &Apps, text: &str) -> Result<(ApiKeyId, AppId), Failed> {
    let id = AppId::parse(text).ok_or(AppFault::Unknown);
    let id = id.map_err(|fault| fail(format_args!("{fault}; 'handleproof apps list' shows them")))?;
    Ok((apps.holder(id).await.map_err(fail)?, id))
}

fn client_secret(file: Option<&Path>) -> Result<ClientSecret, Failed> {
    let secret = match file {
        Some(path) => read_secret_file(path).map_err(|complaint| {
            fail(format_args!("--client-secret-file {}; {}", complaint.problem, complaint.remedy))
        })?,
        None => secret_input::read("client secret", "HANDLEPROOF_CLIENT_SECRET")?,
    };
    let parsed = ClientSecret::parse(secret.expose());
    parsed.ok_or_else(|| fail(format_args!("the client secret {}", ClientSecret::RULE)))
}

fn parse_key(id: &str) -> Result<ApiKeyId, Failed> {
    ApiKeyId::parse(id)
        .ok_or_else(|| fail("an id looks like key_0123456789abcdef; 'handleproof keys list' shows them"))
}

fn parse_platform(name: &str, config: &Config) -> Result<PlatformName, Failed> {
    let entry = config.catalogue.find(name);
    let entry = entry.ok_or_else(|| fail("--platform is no platform; 'handleproof platforms' lists them"))?;
    Ok(entry.name.clone())
}

fn parse_client_id(text: &str) -> Result<ClientId, Failed> {
    ClientId::parse(text).ok_or_else(|| fail(format_args!("--client-id {}", ClientId::RULE)))
}

fn say(json: bool, document: &serde_json::Value, plain: &str) {
    if json {
        println!("{document}");
    } else {
        println!("{plain}");
    }
}
