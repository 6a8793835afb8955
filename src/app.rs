//! The service as a value: everything is built from the configuration once, then it runs. `serve`, `dev` and the tests
//! build the same thing.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::middleware::from_fn;
use actix_web::web::Data;
use actix_web::{App as ActixApp, HttpServer};
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::config::Config;
use crate::crypto::entropy::Entropy;
use crate::crypto::master_key::MasterKey;
use crate::flow::{Flow, FlowParts, FlowRules};
use crate::keys::ApiKeys;
use crate::platform::Platforms;
use crate::platform::http::{Client, ClientFault};
use crate::store::StoreFault;
use crate::store::registry;
use crate::store::sessions::{self, SessionStore, SessionsSetup};
use crate::web::{RateLimits, WebState, observe, routes};

/// A request head that takes longer than this is a slow attack (`T89`).
const HEAD_LIMIT: Duration = Duration::from_secs(5);
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// In-flight requests get this long at the end (`F22`).
const SHUTDOWN_LIMIT_SECONDS: u64 = 15;
const MAX_CONNECTIONS: usize = 25_000;
/// How often the registry is asked whether another process changed it: the bound on how long a revoked key goes on.
const FOLLOW_CHANGES: Duration = Duration::from_millis(50);

/// Time and randomness, from outside.
#[derive(Clone)]
pub struct Sources {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The generator.
    pub entropy: Arc<dyn Entropy>,
}

/// The service, built and not running yet.
pub struct App {
    state: Data<WebState>,
    keys: Arc<ApiKeys>,
    drain: Duration,
}

/// Why the service cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildFault {
    /// A store cannot be opened.
    #[error("{setting}: {fault}")]
    Store {
        /// The setting that names it.
        setting: &'static str,
        /// What it said.
        fault: StoreFault,
    },
    /// No outbound client.
    #[error(transparent)]
    Client(#[from] ClientFault),
}

impl App {
    /// Opens the stores and puts everything together.
    ///
    /// # Errors
    /// The first part that cannot be built.
    pub async fn build(
        config: &Config,
        master_key: &MasterKey,
        sources: &Sources,
    ) -> Result<Self, BuildFault> {
        let keys = Arc::new(open_keys(config, master_key, sources).await?);
        let sessions = open_sessions(config, master_key, sources).await?;
        let platforms = Arc::new(Platforms::new(config.catalogue.clone(), &Client::new()?));
        let parts = FlowParts {
            sessions: Arc::clone(&sessions),
            keys: Arc::clone(&keys),
            platforms,
            entropy: Arc::clone(&sources.entropy),
            clock: Arc::clone(&sources.clock),
        };
        let flow = Arc::new(Flow::new(parts, FlowRules::of(config), master_key));
        let state = Data::new(WebState {
            flow,
            keys: Arc::clone(&keys),
            sessions,
            limits: RateLimits::new(&config.limits),
            trusted_proxies: config.limits.trusted_proxies.clone(),
            is_https: config.public_url.is_https(),
            draining: false.into(),
        });
        Ok(Self { state, keys, drain: config.drain })
    }

    /// Every operation on API keys, for `dev` and the tests.
    pub fn keys(&self) -> &Arc<ApiKeys> {
        &self.keys
    }

    /// The platforms, for `check`.
    pub fn platforms(&self) -> &Platforms {
        self.state.flow.platforms()
    }

    /// Whether the session store answers.
    pub async fn sessions_answer(&self) -> bool {
        self.state.sessions.check().await.is_ok()
    }

    /// Starts serving on `listener`.
    ///
    /// # Errors
    /// Where the socket cannot be used.
    pub fn start(self, listener: TcpListener) -> std::io::Result<Running> {
        let address = listener.local_addr()?;
        let state = self.state.clone();
        let make = move || ActixApp::new().app_data(state.clone()).wrap(from_fn(observe)).configure(routes);
        let server = HttpServer::new(make)
            .client_request_timeout(HEAD_LIMIT)
            .keep_alive(KEEP_ALIVE)
            .max_connections(MAX_CONNECTIONS)
            .shutdown_timeout(SHUTDOWN_LIMIT_SECONDS)
            .disable_signals()
            .listen(listener)?
            .run();
        Ok(Running::new(address, server, self))
    }
}

/// The service at work.
pub struct Running {
    address: SocketAddr,
    handle: ServerHandle,
    server: JoinHandle<std::io::Result<()>>,
    upkeep: [JoinHandle<()>; 2],
    state: Data<WebState>,
    drain: Duration,
}

impl Running {
    fn new(address: SocketAddr, server: Server, app: App) -> Self {
        let sessions = Arc::clone(&app.state.sessions);
        let keys = Arc::clone(&app.keys);
        let sweep = tokio::spawn(async move {
            let mut timer = tokio::time::interval(Duration::from_secs(1));
            loop {
                timer.tick().await;
                sessions.sweep();
            }
        });
        let follow = tokio::spawn(async move {
            let mut timer = tokio::time::interval(FOLLOW_CHANGES);
            timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                timer.tick().await;
                keys.follow_changes().await;
            }
        });
        let handle = server.handle();
        let server = tokio::spawn(server);
        Self { address, handle, server, upkeep: [sweep, follow], state: app.state, drain: app.drain }
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

/// The registry with the operations on it; the command line uses it without a server.
///
/// # Errors
/// Where the registry cannot be opened.
pub async fn open_keys(
    config: &Config,
    master_key: &MasterKey,
    sources: &Sources,
) -> Result<ApiKeys, BuildFault> {
    let registry = registry::open(&config.stores.registry).await.map_err(registry_fault)?;
    Ok(ApiKeys::new(registry, master_key, Arc::clone(&sources.entropy), Arc::clone(&sources.clock)))
}

async fn open_sessions(
    config: &Config,
    master_key: &MasterKey,
    sources: &Sources,
) -> Result<Arc<dyn SessionStore>, BuildFault> {
    let fault = |fault| BuildFault::Store { setting: "stores.sessions", fault };
    let authorities = config.stores.sessions_ca_file.as_ref().map(std::fs::read).transpose();
    let authorities = authorities.map_err(|error| {
        let problem = format!("the file of stores.sessions_ca_file cannot be read: {error}");
        BuildFault::Store { setting: "stores.sessions_ca_file", fault: StoreFault::Unavailable(problem) }
    })?;
    let setup = SessionsSetup {
        url: &config.stores.sessions,
        max_live: config.sessions.max_live,
        allow_eviction: config.stores.allow_eviction,
        authorities,
        master_key,
        entropy: Arc::clone(&sources.entropy),
        clock: Arc::clone(&sources.clock),
    };
    sessions::open(setup).await.map_err(fault)
}

fn registry_fault(fault: StoreFault) -> BuildFault {
    BuildFault::Store { setting: "stores.registry", fault }
}
