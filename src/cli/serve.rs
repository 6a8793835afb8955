//! `handleproof serve`: production.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{Failed, Outcome, existing_master_key, fail, load, sources};
use crate::app::{App, Running};
use crate::config::METRICS_LISTEN;
use crate::observe::{self, metrics};
use crate::web::metrics_server;

pub(super) async fn run(config: &Path) -> Outcome {
    let config = load(config)?;
    let _observing = observe::install(config.log, &config.traces).map_err(fail)?;
    let master_key = existing_master_key(&config)?;
    let listener = TcpListener::bind(config.listen)
        .map_err(|error| fail(format_args!("listen: {} cannot be listened on: {error}", config.listen)))?;
    serve_metrics(config.metrics_listen)?;
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

/// Metrics are served for as long as the process runs, draining included.
fn serve_metrics(listen: Option<SocketAddr>) -> Result<(), Failed> {
    let Some(listen) = listen else { return Ok(()) };
    let listener = match TcpListener::bind(listen) {
        Ok(listener) => listener,
        // Two instances on one machine, neither of which was told where its metrics go: the first one has the port.
        Err(error) if listen == METRICS_LISTEN && error.kind() == ErrorKind::AddrInUse => {
            tracing::warn!(%listen, "no metrics: the usual port is taken; set metrics.listen");
            return Ok(());
        }
        Err(error) => {
            return Err(fail(format_args!("metrics.listen: {listen} cannot be listened on: {error}")));
        }
    };
    let handle = metrics::install().ok_or_else(|| fail("metrics cannot be counted in this process"))?;
    tokio::spawn(metrics::keep_small(handle.clone(), metrics::UPKEEP));
    tokio::spawn(metrics_server(listener, handle).map_err(fail)?);
    Ok(())
}

fn on(kind: SignalKind) -> Result<Signal, Failed> {
    signal(kind).map_err(fail)
}
