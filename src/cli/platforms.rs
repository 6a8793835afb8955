//! `handleproof platforms`: the catalogue, and what each platform still needs.

use std::path::PathBuf;

use serde::Serialize;

use super::{Failed, Outcome, fail, load};
use crate::platform::catalogue::{Catalogue, Overrides};
use crate::platform::entry::Entry;
use crate::settings::Origins;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The configuration file (TOML); without it the catalogue is shown as it is built in.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Listed<'a> {
    name: &'a str,
    display_name: &'a str,
    kind: &'static str,
    ready: bool,
    missing: &'static [&'static str],
}

pub(super) fn run(args: &Args) -> Outcome {
    let catalogue = catalogue(args)?;
    let listed: Vec<Listed<'_>> = catalogue.iter().map(|entry| listed(entry)).collect();
    if args.json {
        println!("{}", serde_json::json!({ "platforms": listed }));
        return Ok(());
    }
    for one in &listed {
        let state =
            if one.ready { "ready".to_owned() } else { format!("needs {}", one.missing.join(" and ")) };
        println!("{:<12} {:<12} {:<11} {state}", one.name, one.display_name, one.kind);
    }
    Ok(())
}

fn catalogue(args: &Args) -> Result<Catalogue, Failed> {
    match &args.config {
        Some(path) => Ok(load(path)?.catalogue),
        None => {
            let (platforms, origins) = (toml::Table::new(), Origins::file("the built-in catalogue"));
            let overrides =
                Overrides { platforms: &platforms, origins: &origins, folder: std::path::Path::new("") };
            Catalogue::load(overrides).map_err(|faults| {
                for fault in &faults {
                    eprintln!("handleproof: {fault}");
                }
                fail("the built-in catalogue has faults")
            })
        }
    }
}

fn listed(entry: &Entry) -> Listed<'_> {
    Listed {
        name: entry.name.as_str(),
        display_name: &entry.display_name,
        kind: entry.kind.as_str(),
        ready: entry.is_available(),
        missing: entry.missing(),
    }
}
