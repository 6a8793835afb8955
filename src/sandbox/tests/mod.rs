//! The sandbox through its own server, asked by a client that knows each platform by its catalogue entry alone.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod consent_page;
mod oidc;
mod personas;
mod strictness;
mod visitor;
mod walk;

use std::path::Path;
use std::time::Duration;

use super::{Options, Pace, Persona, Sandbox};
use crate::platform::catalogue::{Catalogue, Overrides};
use crate::platform::entry::Entry;
use crate::settings::Origins;

/// A running sandbox and a browser-like client that follows no redirect.
struct Bench {
    sandbox: Sandbox,
    entries: Vec<Entry>,
    http: reqwest::Client,
}

/// An operator's own platforms: one of each kind, neither with a dialect file.
const OWN_PLATFORMS: &str = "
    [acme]
    kind = 'oidc'
    issuer = 'https://id.acme.example'
    [plain]
    kind = 'oauth2'
    authorization_endpoint = 'https://plain.example/a'
    token_endpoint = 'https://plain.example/t'
    identity_endpoint = 'https://plain.example/me'
    identity.platform_id = '/id'
    identity.handle = '/login'
    identity_headers = { Client-Id = 'plain' }
    pkce = 'S256-hex'
    scopes = ['read', 'name']
    scope_separator = ','
    revocation_endpoint = 'https://plain.example/r'
    revocation_auth = 'client_secret_post'
    ";

fn catalogue() -> Catalogue {
    let platforms: toml::Table = OWN_PLATFORMS.parse().unwrap();
    let origins = Origins::file("operator.toml");
    Catalogue::load(Overrides { platforms: &platforms, origins: &origins, folder: Path::new(".") }).unwrap()
}

fn options() -> Options {
    let pace = Pace { slow: Duration::from_millis(60), hanging: Duration::from_secs(30) };
    Options { pace, ..Options::for_service("http://127.0.0.1:8080".parse().unwrap()) }
}

impl Bench {
    fn start() -> Self {
        // An error says that another test of the process installed it already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let catalogue = catalogue();
        let sandbox = Sandbox::start(&catalogue, &options()).unwrap();
        let redirected = |entry: &std::sync::Arc<Entry>| {
            let mut entry = Entry::clone(entry);
            sandbox.redirect(&mut entry);
            entry
        };
        let entries = catalogue.iter().filter(|entry| entry.has_consent_page()).map(redirected).collect();
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        Self { sandbox, entries, http }
    }

    fn entry(&self, platform: &str) -> &Entry {
        self.entries.iter().find(|entry| entry.name.as_str() == platform).unwrap()
    }

    /// Where the sandbox plays the platform.
    fn base(&self, entry: &Entry) -> String {
        format!("http://{}/{}", self.sandbox.address(), entry.name)
    }
}
