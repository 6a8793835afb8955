//! The product's HTTP: translates between requests and the flow, and decides nothing.

mod admin;
mod api;
mod assets;
mod browser;
mod client_address;
mod console;
mod edge;
mod extract;
mod health;
mod key_set;
mod limits;
mod mark;
mod metrics;
mod openapi;
mod own_form;
mod page;
mod params;
mod problem;
mod refusal_page;
mod routes;
mod tester;
mod text;
mod timestamp;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use ipnet::IpNet;

use crate::accounts::Accounts;
use crate::apps::Apps;
use crate::flow::Flow;
use crate::keys::ApiKeys;
use crate::observe::outcomes::OutcomeCounts;
use crate::operator::Access;
use crate::signing_keys::SigningKeys;
use crate::store::sessions::SessionStore;

pub use edge::observe;
pub use limits::RateLimits;
pub use metrics::metrics_server;
pub use openapi::document_text as openapi_document;
pub use routes::routes;
pub use tester::Tester;

/// What handlers work with.
pub struct WebState {
    /// The flow.
    pub flow: Arc<Flow>,
    /// API keys.
    pub keys: Arc<ApiKeys>,
    /// Callers' own apps.
    pub apps: Arc<Apps>,
    /// Keys of public proofs.
    pub signing_keys: Arc<SigningKeys>,
    /// Recorded accounts.
    pub accounts: Arc<Accounts>,
    /// For readiness.
    pub sessions: Arc<dyn SessionStore>,
    /// Rate limits.
    pub limits: RateLimits,
    /// Networks whose forwarding headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// `public_url` is https: `__Host-` cookies with `Secure`, and HSTS.
    pub is_https: bool,
    /// Where the operator switched it on.
    pub tester: Option<Tester>,
    /// The service is going down: not ready any more, still serving.
    pub draining: AtomicBool,
    /// The operator's way in.
    pub operator: Access,
    /// Sessions by outcome.
    pub outcomes: Arc<OutcomeCounts>,
}
