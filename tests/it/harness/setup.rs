//! How a test wants its service: settings by their path, platforms, the key.

use std::path::PathBuf;
use std::sync::Arc;

use handleproof::clock::Clock;
use handleproof::crypto::entropy::{Entropy, SystemEntropy};
use handleproof::sandbox::Pace;
use toml::{Table, Value};

use super::stores::Stores;
use super::{HostilePlatform, Service};

/// The settings of one service; what is not said is the product's default, but for limits, which are off.
pub struct Setup {
    pub(super) settings: Table,
    pub(super) sandbox: Option<Pace>,
    pub(super) public_url: Option<String>,
    pub(super) callbacks: Vec<String>,
    pub(super) first_party: bool,
    pub(super) key_name: String,
    pub(super) real_clock: bool,
    /// Those of the run unless given.
    pub(super) stores: Option<Stores>,
    /// The file of a deployment that this instance belongs to.
    pub(super) master_key: Option<PathBuf>,
    pub(super) clock: Option<Arc<dyn Clock>>,
    pub(super) entropy: Arc<dyn Entropy>,
}

impl Setup {
    /// No platform has credentials.
    pub fn bare() -> Self {
        let setup = Self {
            settings: Table::new(),
            sandbox: None,
            public_url: None,
            callbacks: vec!["https://app.example.com".to_owned()],
            first_party: true,
            key_name: "Demo shop".to_owned(),
            real_clock: false,
            stores: None,
            master_key: None,
            clock: None,
            entropy: Arc::new(SystemEntropy),
        };
        setup.set("limits.sessions_per_key_per_minute", 0).set("limits.requests_per_ip_per_minute", 0)
    }

    /// Every platform of the catalogue is the sandbox's.
    pub fn sandbox() -> Self {
        Self { sandbox: Some(Pace::default()), ..Self::bare() }
    }

    /// One platform, `acme`, that does what the test says.
    pub fn hostile(platform: &HostilePlatform) -> Self {
        Self::bare().platform("acme", platform.own_entry())
    }

    pub fn pace(mut self, pace: Pace) -> Self {
        self.sandbox = Some(pace);
        self
    }

    pub fn platform(mut self, name: &str, entry: Table) -> Self {
        let platforms = self.settings.entry("platforms").or_insert_with(|| Value::Table(Table::new()));
        platforms.as_table_mut().unwrap().insert(name.to_owned(), Value::Table(entry));
        self
    }

    /// A setting by its path: `sessions.ttl_seconds`.
    pub fn set(mut self, path: &str, value: impl Into<Value>) -> Self {
        let mut table = &mut self.settings;
        let mut names: Vec<&str> = path.split('.').collect();
        let last = names.pop().unwrap();
        for name in names {
            let next = table.entry(name).or_insert_with(|| Value::Table(Table::new()));
            table = next.as_table_mut().unwrap();
        }
        table.insert(last.to_owned(), value.into());
        self
    }

    pub fn public_url(mut self, url: &str) -> Self {
        self.public_url = Some(url.to_owned());
        self
    }

    pub fn callbacks(mut self, urls: &[&str]) -> Self {
        self.callbacks = urls.iter().map(|url| (*url).to_owned()).collect();
        self
    }

    /// The key is some caller's, not the operator's own: users are asked first.
    pub fn third_party(mut self) -> Self {
        self.first_party = false;
        self
    }

    pub fn key_name(mut self, name: &str) -> Self {
        self.key_name = name.to_owned();
        self
    }

    /// One more instance of the deployment of `service`, which must have its stores on servers.
    pub fn beside(mut self, service: &Service) -> Self {
        self.stores = Some(service.stores.clone());
        self.master_key = Some(service.folder.path().join("master.key"));
        self.public_url(&service.public_url)
    }

    /// Stores on servers, whatever was chosen for the run.
    pub fn shared_stores(mut self) -> Self {
        self.stores = Some(Stores::shared());
        self
    }

    /// This clock and generator instead of those that the harness makes.
    pub fn sources(mut self, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        (self.clock, self.entropy) = (Some(clock), entropy);
        self
    }

    /// The machine's clock instead of one that stands still.
    pub fn real_clock(mut self) -> Self {
        self.real_clock = true;
        self
    }
}
