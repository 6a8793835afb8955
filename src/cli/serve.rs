//! `handleproof serve`: production.

use std::net::TcpListener;
use std::path::Path;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{Outcome, existing_master_key, fail, load, log, sources};
use crate::app::{App, Running};

pub(super) async fn run(config: &Path) -> Outcome {
    let config = load(config)?;
    log::install(config.log);
    let master_key = existing_master_key(&config)?;
    let listener = TcpListener::bind(config.listen)
        .map_err(|error| fail(format_args!("listen: {} cannot be listened on: {error}", config.listen)))?;
    let app = App::build(&config, &master_key, &sources()).await.map_err(fail)?;
    let running = app.start(listener).map_err(fail)?;
    tracing::info!(address = %running.address(), public_url = config.public_url.origin(), "serving");
    until_told_to_stop(running).await
}

/// The first SIGTERM or SIGINT drains; a second one ends the process at once (`F22`).
pub(super) async fn until_told_to_stop(running: Running) -> Outcome {
    let (mut terminate, mut interrupt) = (on(SignalKind::terminate())?, on(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("draining");
    tokio::select! {
        () = running.drain_and_stop() => Ok(()),
        _ = terminate.recv() => Err(fail("stopped at once, by a second signal")),
        _ = interrupt.recv() => Err(fail("stopped at once, by a second signal")),
    }
}

fn on(kind: SignalKind) -> Result<Signal, super::Failed> {
    signal(kind).map_err(fail)
}
