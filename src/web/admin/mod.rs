//! `/admin/v1`: the console's operations for the operator's programs. Without `operator.token` none of these paths exists.

mod accounts;
mod apps;
mod callbacks;
mod keys;
mod new_key;
mod platforms;
mod stats;
mod token;

use actix_web::guard::fn_guard;
use actix_web::web::{self, Data, ServiceConfig};

use super::WebState;
use super::problem::{ProblemAnswer, method_not_allowed};
use crate::error::{FieldFault, Problem};
use crate::keys::KeyFault;
use crate::session::ApiKeyId;

/// The admin API's part of the route table.
pub(super) fn routes(config: &mut ServiceConfig) {
    let is_open = |state: &Data<WebState>| state.operator.has_admin_api();
    config.service(
        web::scope("/admin/v1")
            .guard(fn_guard(move |context| context.app_data::<Data<WebState>>().is_some_and(is_open)))
            .service(
                web::resource("/keys")
                    .route(web::get().to(keys::list))
                    .route(web::post().to(keys::create))
                    .default_service(web::to(method_not_allowed)),
            )
            .service(
                web::resource("/keys/{id}")
                    .route(web::get().to(keys::show))
                    .route(web::patch().to(keys::change))
                    .route(web::delete().to(keys::revoke))
                    .default_service(web::to(method_not_allowed)),
            )
            .service(
                web::resource("/keys/{id}/signing-secret")
                    .route(web::post().to(keys::generate_signing_secret))
                    .default_service(web::to(method_not_allowed)),
            )
            .service(
                web::resource("/keys/{id}/callbacks")
                    .route(web::get().to(callbacks::list))
                    .route(web::post().to(callbacks::add))
                    .route(web::delete().to(callbacks::remove))
                    .default_service(web::to(method_not_allowed)),
            )
            .service(
                web::resource("/keys/{id}/apps")
                    .route(web::get().to(apps::list))
                    .route(web::post().to(apps::create))
                    .default_service(web::to(method_not_allowed)),
            )
            .service(
                web::resource("/keys/{id}/apps/{app_id}")
                    .route(web::get().to(apps::show))
                    .route(web::patch().to(apps::change))
                    .route(web::delete().to(apps::delete))
                    .default_service(web::to(method_not_allowed)),
            )
            .service(
                web::resource("/keys/{id}/accounts")
                    .route(web::get().to(accounts::list))
                    .default_service(web::to(method_not_allowed)),
            )
            .service(
                web::resource("/keys/{id}/accounts/{record}")
                    .route(web::delete().to(accounts::delete))
                    .default_service(web::to(method_not_allowed)),
            )
            .service(
                web::resource("/platforms")
                    .route(web::get().to(platforms::list))
                    .default_service(web::to(method_not_allowed)),
            )
            .service(
                web::resource("/stats")
                    .route(web::get().to(stats::show))
                    .default_service(web::to(method_not_allowed)),
            ),
    );
}

/// The key that a path names.
fn key_id(text: &str) -> Result<ApiKeyId, ProblemAnswer> {
    ApiKeyId::parse(text).ok_or_else(|| problem(KeyFault::Unknown))
}

/// What a program is told of a fault.
fn problem(fault: KeyFault) -> ProblemAnswer {
    let problem = match &fault {
        KeyFault::Name => Problem::invalid(vec![FieldFault::new("name", KeyFault::NAME_RULE)]),
        KeyFault::Unknown => Problem { detail: "No good key has this id.".into(), ..Problem::not_found() },
        KeyFault::Store(_) => {
            tracing::error!(%fault, "a key cannot be read or changed");
            Problem::store_unavailable()
        }
        KeyFault::Sealed(_) | KeyFault::Entropy(_) => {
            tracing::error!(%fault, "a key cannot be read or changed");
            Problem::server_error()
        }
    };
    problem.into()
}
