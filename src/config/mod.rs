//! The configuration: one TOML file, the environment on top of it, secrets from files of their own.
//!
//! Any invalid setting stops the start, and all of them are reported at once. Nothing here opens a store, makes a key
//! or contacts anybody.

#[cfg(test)]
mod broken_tests;
mod commented;
mod described;
mod environment;
mod public_url;
mod read;
mod secrets;
mod sections;
mod stores;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use toml::Table;

pub use commented::commented;
pub use environment::process_environment;
pub use public_url::PublicUrl;
pub use read::METRICS_LISTEN;
pub use secrets::{MasterKeySource, Operator};
pub use sections::{Interstitial, Limits, Sessions};
pub use stores::{RegistryUrl, SessionStoreUrl, Stores};

use crate::observe::{Log, Traces};
use crate::platform::catalogue::Catalogue;
use crate::settings::{Fault, Faults, Origins, Reader, Source};

/// Everything an operator can decide, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// `public_url`: where browsers and callers reach the service.
    pub public_url: PublicUrl,
    /// `listen`: where the service itself listens; 127.0.0.1:8080 unless set.
    pub listen: SocketAddr,
    /// `drain_seconds`: how long the service still serves after SIGTERM, not ready any more; 0 to 60, usually 5.
    pub drain: Duration,
    /// `[stores]`.
    pub stores: Stores,
    /// `[secrets]`: where the master key comes from. It is not read yet.
    pub master_key: MasterKeySource,
    /// `[sessions]`.
    pub sessions: Sessions,
    /// `[limits]`.
    pub limits: Limits,
    /// `[consent] interstitial`.
    pub interstitial: Interstitial,
    /// `[tester] enabled`: whether `/tester` exists; off unless set.
    pub tester_enabled: bool,
    /// `[metrics] listen`: never the public port; `None` where the operator switched metrics off.
    pub metrics_listen: Option<SocketAddr>,
    /// `[operator]`.
    pub operator: Operator,
    /// `[log]`.
    pub log: Log,
    /// `[traces]`.
    pub traces: Traces,
    /// The catalogue with `[platforms]` on top.
    pub catalogue: Catalogue,
}

impl Config {
    /// Reads the file; relative paths in it start at its folder.
    ///
    /// `environment` is what [`process_environment`] gives: variables that do not begin with `HANDLEPROOF_` are
    /// passed over.
    pub fn load(
        path: &Path,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, Vec<Fault>> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| {
            let problem = format!("cannot be read ({})", error.kind());
            vec![Origins::file(&name).fault("", problem, "name an existing file with --config")]
        })?;
        Self::parse(&text, &name, path.parent().unwrap_or(Path::new("")), environment)
    }

    /// Reads the text of a file that faults call `file_name` and whose relative paths start at `folder`.
    pub fn parse(
        text: &str,
        file_name: &str,
        folder: &Path,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, Vec<Fault>> {
        let mut origins = Origins::file(file_name);
        let mut table = text.parse::<Table>().map_err(|error| vec![not_toml(text, &origins, &error)])?;
        let faults = Faults::default();
        environment::lay_over(&mut table, &mut origins, environment, &faults);
        let source = Source { origins: &origins, folder, faults: &faults };
        let config = read::config(Reader::new(&table, source), source);
        faults.into_result(config)
    }
}

/// The parser's own display would quote the line, which may hold a secret.
fn not_toml(text: &str, origins: &Origins, error: &toml::de::Error) -> Fault {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    origins.fault("", format!("is no TOML: line {line}: {}", error.message()), "correct the line")
}
