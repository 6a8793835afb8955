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
mod tester;
mod text;
mod timestamp;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use actix_web::web::{self, ServiceConfig};
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

/// The whole route table. A path that is here answers 405 to other methods; one that is not answers 404.
pub fn routes(config: &mut ServiceConfig, state: &WebState) {
    if state.tester.is_some() {
        tester::routes(config);
    }
    // Tried in this order: the three steps of a flow first.
    config
        .service(
            web::resource("/api/oauth/delegate/sessions")
                .route(web::post().to(api::sessions::create))
                .default_service(web::to(problem::method_not_allowed)),
        )
        .service(
            web::resource("/oauth/delegate")
                .route(web::get().to(browser::delegate::open))
                .route(web::head().to(browser::delegate::no_effect))
                .route(web::post().to(browser::consent::agree))
                .default_service(web::to(page::method_not_allowed)),
        )
        .service(
            web::resource("/oauth/callback/{platform}")
                .route(web::get().to(browser::callback::finish))
                .default_service(web::to(page::method_not_allowed)),
        )
        .service(
            web::resource("/oauth/callback/{platform}/{app_id}")
                .route(web::get().to(browser::callback::finish_own_app))
                .default_service(web::to(page::method_not_allowed)),
        )
        .service(
            web::resource("/api/oauth/delegate/sessions/{session_id}")
                .route(web::get().to(api::sessions::show))
                .route(web::delete().to(api::sessions::cancel))
                .default_service(web::to(problem::method_not_allowed)),
        )
        .service(
            web::resource("/api/oauth/delegate/proofs/redeem")
                .route(web::post().to(api::proofs::redeem))
                .default_service(web::to(problem::method_not_allowed)),
        )
        .service(
            web::resource("/v1/apps")
                .route(web::post().to(api::apps::create))
                .route(web::get().to(api::apps::list))
                .default_service(web::to(problem::method_not_allowed)),
        )
        .service(
            web::resource("/v1/apps/{app_id}")
                .route(web::get().to(api::apps::show))
                .route(web::patch().to(api::apps::change))
                .route(web::delete().to(api::apps::delete))
                .default_service(web::to(problem::method_not_allowed)),
        )
        .service(
            web::resource("/.well-known/jwks.json")
                .route(web::get().to(key_set::show))
                .route(web::head().to(key_set::show))
                .default_service(web::to(problem::method_not_allowed)),
        )
        .service(
            web::resource("/api/oauth/delegate/platforms")
                .route(web::get().to(api::platforms::list))
                .default_service(web::to(problem::method_not_allowed)),
        )
        .service(
            web::resource("/v1/connect/{platform}")
                .route(web::get().to(api::connect::start))
                .route(web::post().to(api::connect::finish))
                .default_service(web::to(problem::method_not_allowed)),
        )
        .service(
            web::resource("/v1/accounts")
                .route(web::get().to(api::accounts::list))
                .default_service(web::to(problem::method_not_allowed)),
        )
        .service(
            web::resource("/v1/accounts/{id}")
                .route(web::get().to(api::accounts::show))
                .default_service(web::to(problem::method_not_allowed)),
        )
        .service(
            // An id may have slashes in it.
            web::resource("/v1/accounts/{platform}/{account_id:.+}")
                .route(web::delete().to(api::accounts::delete))
                .default_service(web::to(problem::method_not_allowed)),
        )
        .service(
            web::resource("/oauth/delegate/decline")
                .route(web::post().to(browser::consent::decline))
                .default_service(web::to(page::method_not_allowed)),
        )
        .configure(admin::routes)
        .configure(console::routes)
        .service(web::resource("/assets/{file}").route(web::get().to(assets::serve)))
        .service(
            web::resource("/openapi.json")
                .route(web::get().to(openapi::show))
                .default_service(web::to(problem::method_not_allowed)),
        )
        .service(
            web::resource("/docs")
                .route(web::get().to(openapi::show_page))
                .default_service(web::to(page::method_not_allowed)),
        )
        .service(
            web::resource("/healthz")
                .route(web::get().to(health::alive))
                .route(web::head().to(health::alive)),
        )
        .service(
            web::resource("/readyz").route(web::get().to(health::ready)).route(web::head().to(health::ready)),
        )
        .default_service(web::to(problem::not_found_anywhere));
}
