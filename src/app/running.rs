//! The service at work: serving, what goes on beside it, and its end. It builds nothing.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::web::Data;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use super::App;
use crate::apps::Apps;
use crate::keys::ApiKeys;
use crate::signing_keys::SigningKeys;
use crate::store::registry::Registry;
use crate::store::sessions::SessionStore;
use crate::web::WebState;

const SWEEP: Duration = Duration::from_secs(1);
/// How often the registry is asked whether another process changed it: the bound on how long a revoked key or a replaced
/// secret goes on (`T3`, `T69`). Where it does not answer, what is cached runs out by itself, within five seconds.
const FOLLOW_CHANGES: Duration = Duration::from_millis(50);
/// How often it is asked whether the next signing key is due.
const KEY_UPKEEP: Duration = Duration::from_mins(10);

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
        let App { state, keys, registry, drain } = app;
        let upkeep = [
            tokio::spawn(sweep(Arc::clone(&state.sessions))),
            tokio::spawn(follow(registry, keys, Arc::clone(&state.apps))),
            tokio::spawn(rotate(Arc::clone(&state.signing_keys))),
        ];
        let handle = server.handle();
        Self { address, handle, server: tokio::spawn(server), upkeep, state, drain }
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

/// Lets the session store forget what is over.
async fn sweep(sessions: Arc<dyn SessionStore>) {
    let mut timer = tokio::time::interval(SWEEP);
    loop {
        timer.tick().await;
        sessions.sweep();
    }
}

/// Forgets what is cached of the registry when another process changed it.
async fn follow(registry: Arc<dyn Registry>, keys: Arc<ApiKeys>, apps: Arc<Apps>) {
    let mut timer = tokio::time::interval(FOLLOW_CHANGES);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        timer.tick().await;
        match registry.version().await {
            Ok(version) => {
                apps.follow(version);
                keys.follow(version).await;
            }
            Err(fault) => tracing::warn!(%fault, "the registry does not tell its version"),
        }
    }
}

/// Makes the next signing key when it is due.
async fn rotate(signing_keys: Arc<SigningKeys>) {
    let mut timer = tokio::time::interval(KEY_UPKEEP);
    loop {
        timer.tick().await;
        if let Err(fault) = signing_keys.upkeep().await {
            tracing::warn!(%fault, "the signing keys could not be looked after");
        }
    }
}
