//! The sandbox as a value: started on a loopback port, asked for its overrides and counts, stopped.
//!
//! This is all that the rest of the service sees of it.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer, web};
use url::Url;

use super::calls::Calls;
use super::dialect::{Dialect, DialectError};
use super::oidc::SigningKey;
use super::persona::Persona;
use super::routes;
use super::stage::{Setting, Stage, Stages};
use crate::platform::catalogue::Catalogue;
use crate::platform::entry::Entry;
use crate::session::PlatformName;
use crate::settings::is_loopback;

/// Where the sandbox listens and whom it serves.
#[derive(Clone, Debug)]
pub struct Options {
    /// Must be loopback; port 0 takes any free port.
    pub bind: SocketAddr,
    /// The service's own address: `{public_url}/oauth/callback/{platform}` is the registered redirect URI.
    pub public_url: Url,
    /// The service's registration takes every other redirect URI as well, as if the operator had registered each: for
    /// callers that connect with a redirect URI of their own.
    pub callers_redirect_uris: bool,
    /// How long the slow personas take.
    pub pace: Pace,
}

impl Options {
    /// A free port on `127.0.0.1`, for the service at `public_url`.
    pub fn for_service(public_url: Url) -> Self {
        Self {
            bind: (Ipv4Addr::LOCALHOST, 0).into(),
            public_url,
            callers_redirect_uris: false,
            pace: Pace::default(),
        }
    }
}

/// How long the slow personas let the service wait.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Before each answer to `slow`: 3 s.
    pub slow: Duration,
    /// Before the token answer to `hanging`, which is an error: 30 s.
    pub hanging: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { slow: Duration::from_secs(3), hanging: Duration::from_secs(30) }
    }
}

/// Why the sandbox did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The sandbox signs whatever account it is told to: it must be out of everybody's reach (T81).
    #[error("the sandbox listens on loopback only, not on {0}")]
    NotLoopback(SocketAddr),
    /// A service that others can reach must not believe the sandbox (T81).
    #[error("the sandbox serves only a service whose public_url is loopback, not {0}")]
    PublicService(Url),
    /// The port is taken, or the system refused.
    #[error("the sandbox could not listen: {0}")]
    Io(#[from] std::io::Error),
    /// One of the embedded dialect files is wrong.
    #[error(transparent)]
    Dialect(#[from] DialectError),
    /// The system gave no key for ID tokens.
    #[error("the sandbox could not make its signing key")]
    Key,
}

/// A running sandbox. Dropping it leaves the server running until the runtime ends; [`stop`](Self::stop) ends it.
pub struct Sandbox {
    address: SocketAddr,
    stages: Arc<Stages>,
    server: ServerHandle,
}

impl Sandbox {
    /// Binds, then serves every platform of the catalogue under `http://{address}/{platform}/…`, inside the current runtime.
    ///
    /// A new client id and secret is made for each platform at each start.
    pub fn start(catalogue: &Catalogue, options: &Options) -> Result<Self, StartError> {
        refuse_what_others_can_reach(options)?;
        let listener = TcpListener::bind(options.bind)?;
        let address = listener.local_addr()?;
        let setting = Setting {
            address,
            public_url: options.public_url.clone(),
            callers_redirect_uris: options.callers_redirect_uris,
            pace: options.pace,
            key: Arc::new(SigningKey::generate().ok_or(StartError::Key)?),
        };
        let stages = Arc::new(raise(catalogue, &setting)?);
        let data = web::Data::from(Arc::clone(&stages));
        let server = HttpServer::new(move || App::new().app_data(data.clone()).configure(routes::configure))
            .workers(2)
            .disable_signals()
            .shutdown_timeout(1)
            .listen(listener)?
            .run();
        let handle = server.handle();
        tokio::spawn(server);
        Ok(Self { address, stages, server: handle })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The platforms it plays, in order.
    pub fn platforms(&self) -> impl Iterator<Item = &PlatformName> {
        self.stages.iter().map(|stage| &stage.entry.name)
    }

    /// What the service's configuration must say under `[platforms]` to use the sandbox: per platform its endpoints,
    /// `client_id` and `client_secret`.
    pub fn overrides(&self) -> toml::Table {
        self.stages
            .iter()
            .map(|stage| (stage.entry.name.to_string(), stage.overrides().to_table().into()))
            .collect()
    }

    /// The same for an entry that was already read; one of a platform not played here stays as it is.
    pub fn redirect(&self, entry: &mut Entry) {
        if let Some(stage) = self.stages.find(entry.name.as_str()) {
            stage.overrides().apply(entry);
        }
    }

    /// The personas that make sense at a platform, by the facts of its entry.
    pub fn personas(&self, platform: &PlatformName) -> Vec<Persona> {
        self.stages.find(platform.as_str()).map(|stage| stage.personas()).unwrap_or_default()
    }

    /// How often each endpoint of a platform was called, refused calls included.
    pub fn calls(&self, platform: &PlatformName) -> Calls {
        self.stages.find(platform.as_str()).map(|stage| stage.counters.read()).unwrap_or_default()
    }

    /// The access tokens of a platform that would still be honoured: what a test looks for in stores and logs, and
    /// what must be gone after a revocation.
    pub fn live_tokens(&self, platform: &PlatformName) -> Vec<String> {
        self.stages.find(platform.as_str()).map(|stage| stage.live_tokens()).unwrap_or_default()
    }

    /// Every user of a platform takes the app off the account: no token of it is honoured any more.
    pub fn withdraw_all(&self, platform: &PlatformName) {
        if let Some(stage) = self.stages.find(platform.as_str()) {
            stage.withdraw_all();
        }
    }

    /// Stops listening; calls under way, hanging ones too, are cut off.
    pub async fn stop(self) {
        self.server.stop(false).await;
    }
}

fn refuse_what_others_can_reach(options: &Options) -> Result<(), StartError> {
    if !options.bind.ip().is_loopback() {
        return Err(StartError::NotLoopback(options.bind));
    }
    if !is_loopback(&options.public_url) {
        return Err(StartError::PublicService(options.public_url.clone()));
    }
    Ok(())
}

fn raise(catalogue: &Catalogue, setting: &Setting) -> Result<Stages, DialectError> {
    let stage = |entry: &Arc<Entry>| {
        let dialect = Dialect::of(&entry.name)?;
        Ok((entry.name.to_string(), Arc::new(Stage::new(entry, dialect, setting))))
    };
    let stages: BTreeMap<_, _> = catalogue.iter().map(stage).collect::<Result<_, DialectError>>()?;
    Ok(Stages::new(stages))
}
