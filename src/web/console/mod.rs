//! `/console`: the operator's pages. Without `operator.password_hash` none of these paths exists.
//!
//! Handlers here read forms and show pages; what happens to keys happens in `keys`, and who may pass is decided in
//! `operator`. No page needs a script.

mod accounts;
mod app_form;
mod apps;
mod callbacks;
mod confirm;
mod cookies;
mod desk;
mod fault;
mod gate;
mod key;
mod key_form;
mod key_list;
mod login;
mod new_key;
mod platforms;
mod revoke;
mod sessions;
mod signing_secret;

use actix_web::guard::fn_guard;
use actix_web::web::{self, Data, ServiceConfig};

use super::WebState;

/// The console's part of the route table.
pub(super) fn routes(config: &mut ServiceConfig) {
    let is_open = |state: &Data<WebState>| state.operator.has_console();
    config.service(
        web::scope("/console")
            .guard(fn_guard(move |context| context.app_data::<Data<WebState>>().is_some_and(is_open)))
            .configure(entrance)
            .configure(keys)
            .service(
                web::resource("/platforms")
                    .route(web::get().to(platforms::show))
                    .default_service(web::to(fault::method_not_allowed)),
            )
            .service(
                web::resource("/sessions")
                    .route(web::get().to(sessions::show))
                    .default_service(web::to(fault::method_not_allowed)),
            ),
    );
}

fn entrance(config: &mut ServiceConfig) {
    config
        .service(
            web::resource("/login")
                .route(web::get().to(login::show))
                .route(web::post().to(login::log_in))
                .default_service(web::to(fault::method_not_allowed)),
        )
        .service(
            web::resource("/logout")
                .route(web::post().to(login::log_out))
                .default_service(web::to(fault::method_not_allowed)),
        )
        .service(
            web::resource("/enter")
                .route(web::get().to(login::enter))
                .default_service(web::to(fault::method_not_allowed)),
        );
}

fn keys(config: &mut ServiceConfig) {
    config
        .service(
            web::resource("")
                .route(web::get().to(key_list::show))
                .default_service(web::to(fault::method_not_allowed)),
        )
        .service(
            web::resource("/keys")
                .route(web::get().to(key_list::show))
                .route(web::post().to(new_key::create))
                .default_service(web::to(fault::method_not_allowed)),
        )
        .service(
            web::resource("/keys/new")
                .route(web::get().to(new_key::show))
                .default_service(web::to(fault::method_not_allowed)),
        )
        .service(
            web::resource("/keys/{id}")
                .route(web::get().to(key::show))
                .default_service(web::to(fault::method_not_allowed)),
        )
        .service(
            web::resource("/keys/{id}/name")
                .route(web::post().to(key::rename))
                .default_service(web::to(fault::method_not_allowed)),
        )
        .service(
            web::resource("/keys/{id}/callbacks")
                .route(web::post().to(callbacks::add))
                .default_service(web::to(fault::method_not_allowed)),
        )
        .service(
            web::resource("/keys/{id}/callbacks/remove")
                .route(web::post().to(callbacks::remove))
                .default_service(web::to(fault::method_not_allowed)),
        )
        .service(
            web::resource("/keys/{id}/apps")
                .route(web::post().to(apps::add))
                .default_service(web::to(fault::method_not_allowed)),
        )
        .service(
            web::resource("/keys/{id}/apps/{app_id}/secret")
                .route(web::get().to(apps::ask_secret))
                .route(web::post().to(apps::replace_secret))
                .default_service(web::to(fault::method_not_allowed)),
        )
        .service(
            web::resource("/keys/{id}/apps/{app_id}/delete")
                .route(web::get().to(apps::ask_delete))
                .route(web::post().to(apps::delete))
                .default_service(web::to(fault::method_not_allowed)),
        )
        .service(
            web::resource("/keys/{id}/accounts")
                .route(web::post().to(accounts::switch))
                .default_service(web::to(fault::method_not_allowed)),
        )
        .service(
            web::resource("/keys/{id}/accounts/{record}/delete")
                .route(web::get().to(accounts::ask))
                .route(web::post().to(accounts::delete))
                .default_service(web::to(fault::method_not_allowed)),
        )
        .service(
            web::resource("/keys/{id}/signing-secret")
                .route(web::get().to(signing_secret::ask))
                .route(web::post().to(signing_secret::generate))
                .default_service(web::to(fault::method_not_allowed)),
        )
        .service(
            web::resource("/keys/{id}/revoke")
                .route(web::get().to(revoke::ask))
                .route(web::post().to(revoke::revoke))
                .default_service(web::to(fault::method_not_allowed)),
        );
}
