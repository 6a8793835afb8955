//! The tester: a developer runs a flow in this browser and sees every check of the proof that comes back.
//!
//! It is no oracle (`T82`). It judges only what came back for sessions that this very browser opened, says "passed" or
//! "failed" and why, and shows no secret and no signature that was computed here. Off unless the operator switches it
//! on, and then its paths are those of [`routes`] and no others (`T80`).
//!
//! Its forms and marks are stable, for tests that drive it:
//! * `POST /tester/key` with `api_key`, `POST /tester/key/forget`, `POST /tester/start` with `platform`; each with the
//!   hidden field `form`;
//! * `GET /tester/runs/{number}`, with `?try=` one of `altered_handle`, `altered_id`, `foreign_state`, `aged`, `replay`;
//! * on that page `[data-verdict]` is `accepted`, `refused` or `error`, and each `[data-check]` has a `data-outcome` of
//!   `passed`, `failed` or `not_checked`.

mod browser;
mod callback;
mod code;
mod cookie;
mod judgement;
mod own_sessions;
mod result;
mod start;
mod trial;

use std::sync::{Arc, OnceLock};

use actix_web::web::{self, ServiceConfig};

use super::page;
use crate::clock::Clock;
use crate::session::ApiKeyId;
use browser::Browsers;

pub(super) use own_sessions::note_opened;

/// What the tester keeps, in this process alone: behind several instances a browser has to stay with one.
pub struct Tester {
    browsers: Browsers,
    clock: Arc<dyn Clock>,
    demo_key: OnceLock<ApiKeyId>,
}

impl Tester {
    /// A tester that knows no browser yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { browsers: Browsers::new(), clock, demo_key: OnceLock::new() }
    }

    /// For `dev`: the key of every browser that gave none.
    pub fn offer(&self, key: ApiKeyId) {
        self.demo_key.get_or_init(|| key);
    }
}

/// The tester's paths.
pub(super) fn routes(config: &mut ServiceConfig) {
    let refused = || web::to(page::method_not_allowed);
    config
        .service(web::resource("/").route(web::get().to(start::index)).default_service(refused()))
        .service(web::resource("/tester").route(web::get().to(start::show)).default_service(refused()))
        .service(
            web::resource("/tester/key").route(web::post().to(start::use_key)).default_service(refused()),
        )
        .service(
            web::resource("/tester/key/forget")
                .route(web::post().to(start::forget_key))
                .default_service(refused()),
        )
        .service(
            web::resource("/tester/start").route(web::post().to(start::begin)).default_service(refused()),
        )
        .service(
            web::resource("/tester/callback")
                .route(web::get().to(callback::receive))
                .default_service(refused()),
        )
        .service(
            web::resource("/tester/runs/{number}")
                .route(web::get().to(result::show))
                .default_service(refused()),
        );
}
