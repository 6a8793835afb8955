//! The service as a value: everything is built from the configuration once, then it runs. `serve`, `dev` and the tests
//! build the same thing.

mod running;
mod stores;
mod upkeep;

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::middleware::from_fn;
use actix_web::web::Data;
use actix_web::{App as ActixApp, HttpServer};

use crate::accounts::Accounts;
use crate::apps::Apps;
use crate::clock::Clock;
use crate::config::Config;
use crate::crypto::entropy::{Entropy, NoEntropy};
use crate::crypto::master_key::MasterKey;
use crate::flow::{Flow, FlowParts, FlowRules};
use crate::keys::ApiKeys;
use crate::observe::outcomes::OutcomeCounts;
use crate::operator::Access;
use crate::platform::Platforms;
use crate::platform::http_client::{ClientFault, HttpClient};
use crate::session::ApiKeyId;
use crate::signing_keys::SigningKeys;
use crate::store::StoreFault;
use crate::store::registry::{AccountTable, Patience, Registry};
use crate::vault::{self, VaultFault};
use crate::web::{RateLimits, Tester, WebState, observe, routes};

pub use running::Running;
use stores::open_sessions;
pub use stores::{OpenedRegistry, open_registry};

/// A request head that takes longer than this is a slow attack (`T89`).
const HEAD_LIMIT: Duration = Duration::from_secs(5);
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// In-flight requests get this long at the end (`F22`).
const SHUTDOWN_LIMIT_SECONDS: u64 = 15;
const MAX_CONNECTIONS: usize = 25_000;

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
    registry: Arc<dyn Registry>,
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
    /// The service key does not open, or cannot be made.
    #[error("secrets.master_key_file: {0}")]
    Vault(#[from] VaultFault),
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
        let opened = open_registry(config, master_key, sources, Patience::Request).await?;
        let OpenedRegistry { registry, sealer, keys, apps, signing_keys } = opened;
        let (keys, apps, signing_keys) = (Arc::new(keys), Arc::new(apps), Arc::new(signing_keys));
        let service_key = vault::service_key(&*registry, &sealer, &*sources.entropy).await?;
        let sessions = open_sessions(config, &service_key, sources).await?;
        let platforms = Arc::new(Platforms::new(config.catalogue.clone(), &HttpClient::new()?));
        let table: Arc<dyn AccountTable> = Arc::<dyn Registry>::clone(&registry);
        let accounts = Arc::new(Accounts::new(table, Arc::clone(&sources.clock), &service_key));
        let outcomes = Arc::new(OutcomeCounts::new(Arc::clone(&sources.clock)));
        let parts = FlowParts {
            sessions: Arc::clone(&sessions),
            keys: Arc::clone(&keys),
            apps: Arc::clone(&apps),
            signing_keys: Arc::clone(&signing_keys),
            accounts: Arc::clone(&accounts),
            platforms,
            entropy: Arc::clone(&sources.entropy),
            clock: Arc::clone(&sources.clock),
            outcomes: Arc::clone(&outcomes),
        };
        let flow = Arc::new(Flow::new(parts, FlowRules::of(config), &service_key));
        let state = Data::new(WebState {
            flow,
            keys: Arc::clone(&keys),
            apps,
            signing_keys,
            accounts,
            sessions,
            limits: RateLimits::new(&config.limits),
            trusted_proxies: config.limits.trusted_proxies.clone(),
            is_https: config.public_url.is_https(),
            tester: config.tester_enabled.then(|| Tester::new(Arc::clone(&sources.clock))),
            draining: false.into(),
            operator: Access::new(&config.operator, &service_key, &sources.clock, &sources.entropy),
            outcomes,
        });
        Ok(Self { state, keys, registry, drain: config.drain })
    }

    /// Every operation on API keys, for `dev` and the tests.
    pub fn keys(&self) -> &Arc<ApiKeys> {
        &self.keys
    }

    /// Every operation on callers' own apps, for `check` and the tests.
    pub fn apps(&self) -> &Arc<Apps> {
        &self.state.apps
    }

    /// Every operation on signing keys, for `check` and the tests.
    pub fn signing_keys(&self) -> &Arc<SigningKeys> {
        &self.state.signing_keys
    }

    /// The way of a browser into the console without the password: once, within ten minutes. For `dev` alone.
    ///
    /// # Errors
    /// Where there is no entropy.
    pub fn console_link(&self) -> Result<String, NoEntropy> {
        let ticket = self.state.operator.issue_ticket()?;
        let public_url = &self.state.flow.rules().public_url;
        Ok(format!("{public_url}/console/enter?ticket={}", ticket.expose()))
    }

    /// Lets every browser use `key` in the tester, for `dev`.
    pub fn offer_in_tester(&self, key: ApiKeyId) {
        if let Some(tester) = &self.state.tester {
            tester.offer(key);
        }
    }

    /// The flow, for the tests.
    pub fn flow(&self) -> &Arc<Flow> {
        &self.state.flow
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
        let make = move || {
            ActixApp::new()
                .app_data(state.clone())
                .wrap(from_fn(observe))
                .configure(|config| routes(config, &state))
        };
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
