//! `handleproof master-key`: rotation, with the service running or not.

use clap::Subcommand;

use super::{ConfigArg, Outcome, existing_master_key, fail, load, opened_registry, sources};
use crate::app::OpenedRegistry;
use crate::crypto::master_key::MasterKey;
use crate::vault;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a new master key and seal everything in the registry under it. The key before it stays in the file, below,
    /// until the next rotation. Running services that read the same file follow; one that was interrupted is continued.
    Rotate {
        #[command(flatten)]
        config: ConfigArg,
        /// Only put the new key into the file, to be distributed to all instances before anything is sealed under it.
        #[arg(long)]
        prepare: bool,
    },
}

pub(super) async fn run(args: &Args) -> Outcome {
    let Command::Rotate { config, prepare } = &args.command;
    let config = load(&config.config)?;
    let sources = sources();
    let master_key = existing_master_key(&config)?;
    let opened = opened_registry(&config, &master_key).await?;
    let stale = vault::stale(&*opened.registry, &opened.sealer).await.map_err(fail)?;
    if stale > 0 && *prepare {
        return Err(fail("the last rotation is not finished; run without --prepare first"));
    }
    if stale > 0 {
        println!("continuing the last rotation");
        return reseal(&opened).await;
    }
    let rotated: MasterKey = master_key.rotate(&*sources.entropy).map_err(fail)?;
    println!("the key file begins with a new key now; back it up");
    if *prepare {
        println!("copy it to every instance, then run 'handleproof master-key rotate'");
        return Ok(());
    }
    let opened = opened_registry(&config, &rotated).await?;
    reseal(&opened).await
}

async fn reseal(opened: &OpenedRegistry) -> Outcome {
    let sources = sources();
    let resealed = vault::reseal(&*opened.registry, &opened.sealer, &*sources.entropy).await.map_err(fail)?;
    println!("{resealed} sealed values are under the new key");
    Ok(())
}
