//! The whole route table. A path that is here answers 405 to other methods; one that is not answers 404.

use std::borrow::Cow;

use actix_web::web::{self, ServiceConfig, delete, get, head, patch, post};
use actix_web::{HttpRequest, Resource};

use super::{
    WebState, admin, api, assets, browser, console, health, key_set, openapi, page, problem, tester,
};

const CALLBACK: &str = "/oauth/callback/{platform}";

/// Every path. They are tried in this order, so the three steps of a flow come first.
pub fn routes(config: &mut ServiceConfig, state: &WebState) {
    config
        .configure(|config| steps_of_a_flow(config, state))
        .configure(sessions_and_proofs)
        .configure(apps_and_accounts)
        .configure(admin::routes)
        .configure(console::routes);
    if state.tester.is_some() {
        config.configure(tester::routes);
    }
    config.configure(documents_and_health).default_service(web::to(problem::not_found_anywhere));
}

fn steps_of_a_flow(config: &mut ServiceConfig, state: &WebState) {
    use browser::{callback, consent, delegate};
    config
        .service(for_programs("/api/oauth/delegate/sessions").route(post().to(api::sessions::create)))
        .service(
            for_people("/oauth/delegate")
                .route(get().to(delegate::open))
                .route(head().to(delegate::no_effect))
                .route(post().to(consent::agree)),
        );
    // A path without a pattern is compared; one with a pattern costs a regular expression at each request.
    for platform in state.flow.platforms().entries() {
        let path = format!("/oauth/callback/{}", platform.name);
        let resource = web::resource(path).app_data(RouteTemplate(CALLBACK)).app_data(platform.name.clone());
        config.service(refusing_with_a_page(resource).route(get().to(callback::finish)));
    }
    config
        .service(for_people(CALLBACK).route(get().to(callback::finish)))
        .service(for_people("/oauth/callback/{platform}/{app_id}").route(get().to(callback::finish)))
        .service(for_people("/oauth/delegate/decline").route(post().to(consent::decline)));
}

fn sessions_and_proofs(config: &mut ServiceConfig) {
    use api::{platforms, proofs, sessions};
    config
        .service(
            for_programs("/api/oauth/delegate/sessions/{session_id}")
                .route(get().to(sessions::show))
                .route(delete().to(sessions::cancel)),
        )
        .service(for_programs("/api/oauth/delegate/proofs/redeem").route(post().to(proofs::redeem)))
        .service(for_programs("/api/oauth/delegate/platforms").route(get().to(platforms::list)))
        .service(
            for_programs("/.well-known/jwks.json")
                .route(get().to(key_set::show))
                .route(head().to(key_set::show)),
        );
}

/// Fixed words stand before what looks like a name.
fn apps_and_accounts(config: &mut ServiceConfig) {
    use api::{accounts, apps, connect, connect_credentials, grants};
    config
        .service(for_programs("/v1/apps").route(post().to(apps::create)).route(get().to(apps::list)))
        .service(
            for_programs("/v1/apps/{app_id}")
                .route(get().to(apps::show))
                .route(patch().to(apps::change))
                .route(delete().to(apps::delete)),
        )
        .service(
            for_programs("/v1/connect/{platform}/credentials").route(post().to(connect_credentials::connect)),
        )
        .service(
            for_programs("/v1/connect/{platform}")
                .route(get().to(connect::start))
                .route(post().to(connect::finish)),
        )
        .service(for_programs("/v1/accounts").route(get().to(accounts::list)))
        .service(for_programs("/v1/accounts/health").route(post().to(grants::health)))
        .service(for_programs("/v1/accounts/renew").route(post().to(grants::renew)))
        .service(for_programs("/v1/accounts/disconnect").route(post().to(grants::disconnect)))
        .service(for_programs("/v1/accounts/{id}").route(get().to(accounts::show)))
        // An id may have slashes in it.
        .service(
            for_programs("/v1/accounts/{platform}/{account_id:.+}").route(delete().to(accounts::delete)),
        );
}

fn documents_and_health(config: &mut ServiceConfig) {
    config
        .service(at("/assets/{file}").route(get().to(assets::serve)))
        .service(for_programs("/openapi.json").route(get().to(openapi::show)))
        .service(for_people("/docs").route(get().to(openapi::show_page)))
        .service(at("/healthz").route(get().to(health::alive)).route(head().to(health::alive)))
        .service(at("/readyz").route(get().to(health::ready)).route(head().to(health::ready)));
}

/// Other methods are answered with a problem document.
fn for_programs(path: &'static str) -> Resource {
    at(path).default_service(web::to(problem::method_not_allowed))
}

/// Other methods are answered with a page.
fn for_people(path: &'static str) -> Resource {
    refusing_with_a_page(at(path))
}

fn refusing_with_a_page(resource: Resource) -> Resource {
    resource.default_service(web::to(page::method_not_allowed))
}

fn at(path: &'static str) -> Resource {
    web::resource(path).app_data(RouteTemplate(path))
}

/// The path of the route that a request took, without its values.
struct RouteTemplate(&'static str);

/// The template of the route that `request` took, for the log and metrics: never the path or the query, which hold links,
/// codes and states (`T74`).
pub(super) fn template_of(request: &HttpRequest) -> Cow<'static, str> {
    match request.app_data::<RouteTemplate>() {
        Some(RouteTemplate(path)) => Cow::Borrowed(path),
        // The library goes through its whole table once more for this.
        None => request.match_pattern().map_or(Cow::Borrowed("none"), Cow::Owned),
    }
}
