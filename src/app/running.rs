//! The service at work, and its end. It builds nothing.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::web::Data;
use tokio::task::JoinHandle;

use super::{App, upkeep};
use crate::web::WebState;

/// The service at work.
pub struct Running {
    address: SocketAddr,
    handle: ServerHandle,
    server: JoinHandle<std::io::Result<()>>,
    upkeep: [JoinHandle<()>; 3],
    state: Data<WebState>,
    drain: Duration,
}

impl Running {
    pub(super) fn new(address: SocketAddr, server: Server, app: App) -> Self {
        let upkeep = upkeep::start(&app);
        let handle = server.handle();
        let server = tokio::spawn(server);
        Self { address, handle, server, upkeep, state: app.state, drain: app.drain }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Not ready from here on; serves on for the time of draining, then lets requests in flight end, and ends.
    pub async fn drain_and_stop(self) {
        self.state.draining.store(true, Ordering::Release);
        tokio::time::sleep(self.drain).await;
        self.stop().await;
    }

    /// Takes no more connections, lets requests in flight end, and ends.
    pub async fn stop(self) {
        self.handle.stop(true).await;
        for task in &self.upkeep {
            task.abort();
        }
        if let Ok(Err(error)) = self.server.await {
            tracing::error!(%error, "the server ended with an error");
        }
    }
}
