//! The stores as the configuration names them, opened, with the operations on what they hold.

use std::sync::Arc;

use super::{BuildFault, Sources};
use crate::apps::{AppParts, Apps};
use crate::config::Config;
use crate::crypto::master_key::MasterKey;
use crate::crypto::root_key::RootKey;
use crate::crypto::seal::MasterSealer;
use crate::keys::ApiKeys;
use crate::signing_keys::SigningKeys;
use crate::store::registry::{self, Patience, Registry, SigningKeyTable};
use crate::store::sessions::{self, SessionStore, SessionsSetup};
use crate::vault;

/// The registry, what opens its sealed values, and the operations on its keys.
pub struct OpenedRegistry {
    /// The registry.
    pub registry: Arc<dyn Registry>,
    /// Seals under the master key.
    pub sealer: Arc<MasterSealer>,
    /// Every operation on API keys.
    pub keys: ApiKeys,
    /// Every operation on callers' own apps.
    pub apps: Apps,
    /// Every operation on signing keys.
    pub signing_keys: SigningKeys,
}

/// Opens the registry; the command line uses it without a server.
///
/// # Errors
/// Where the registry cannot be opened.
pub async fn open_registry(
    config: &Config,
    master_key: &MasterKey,
    sources: &Sources,
    patience: Patience,
) -> Result<OpenedRegistry, BuildFault> {
    let registry = registry::open(&config.stores.registry, patience).await;
    let registry = registry.map_err(|fault| BuildFault::Store { setting: "stores.registry", fault })?;
    let sealer = Arc::new(MasterSealer::new(master_key, vault::PURPOSE));
    let (entropy, clock) = (Arc::clone(&sources.entropy), Arc::clone(&sources.clock));
    let keys =
        ApiKeys::new(Arc::clone(&registry), Arc::clone(&sealer), Arc::clone(&entropy), Arc::clone(&clock));
    let apps = Apps::new(AppParts {
        registry: Arc::clone(&registry),
        sealer: Arc::clone(&sealer),
        entropy: Arc::clone(&entropy),
        clock: Arc::clone(&clock),
        public_url: config.public_url.origin().to_owned(),
    });
    let table: Arc<dyn SigningKeyTable> = Arc::<dyn Registry>::clone(&registry);
    let signing_keys = SigningKeys::new(table, Arc::clone(&sealer), entropy, clock);
    Ok(OpenedRegistry { registry, sealer, keys, apps, signing_keys })
}

/// Opens the session store.
///
/// # Errors
/// Where it cannot be opened.
pub(super) async fn open_sessions(
    config: &Config,
    service_key: &RootKey,
    sources: &Sources,
) -> Result<Arc<dyn SessionStore>, BuildFault> {
    let setup = SessionsSetup {
        url: &config.stores.sessions,
        max_live: config.sessions.max_live,
        allow_eviction: config.stores.allow_eviction,
        ca_file: config.stores.sessions_ca_file.as_deref(),
        service_key,
        entropy: Arc::clone(&sources.entropy),
        clock: Arc::clone(&sources.clock),
    };
    let opened = sessions::open(setup).await;
    opened.map_err(|fault| BuildFault::Store { setting: "stores.sessions", fault })
}
