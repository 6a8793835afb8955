//! `/v1/apps`: a caller's own OAuth apps.

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::app_fields::{self, AppPatch, AppRequest};
use super::body;
use crate::apps::{AppFault, Apps};
use crate::error::{FieldFault, Problem};
use crate::keys::{Actor, KeyFault};
use crate::session::AppId;
use crate::store::registry::AppRow;
use crate::web::WebState;
use crate::web::extract::{Caller, rate_limited};
use crate::web::problem::ProblemAnswer;
use crate::web::timestamp::rfc3339;

/// One of the caller's own OAuth apps. Its secret is never given back.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = App)]
pub(in crate::web) struct Item<'a> {
    /// For `app_id` of a session.
    #[schema(pattern = "^app_[0-9a-f]{16}$")]
    id: String,
    /// Where it is registered.
    platform: &'a str,
    /// The holder's own.
    name: &'a str,
    /// As the platform shows it.
    client_id: &'a str,
    /// To be registered at the platform, exactly so.
    #[schema(format = "uri")]
    redirect_uri: String,
    /// When it was made.
    #[schema(format = "date-time")]
    created_at: String,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Apps)]
pub(in crate::web) struct List<'a> {
    apps: Vec<Item<'a>>,
}

/// Makes an app of the caller's own known, so that sessions can use it in the place of the operator's.
///
/// Register `redirect_uri` of the answer at the platform.
#[utoipa::path(
    post,
    path = "/v1/apps",
    operation_id = "create_app",
    security(("api_key" = [])),
    request_body(content = AppRequest, example = json!({
        "platform": "tiktok", "name": "Creator market", "client_id": "aw1b2c3d4e5f", "client_secret": "…",
    })),
    responses((status = 201, description = "The app.", body = Item<'_>, example = json!({
        "id": "app_8c1e5a2f09b7d346", "platform": "tiktok", "name": "Creator market", "client_id": "aw1b2c3d4e5f",
        "redirect_uri": "https://verify.example.com/oauth/callback/tiktok/app_8c1e5a2f09b7d346",
        "created_at": "2030-03-17T17:46:40Z",
    }))),
)]
pub(in crate::web) async fn create(
    caller: Caller,
    state: Data<WebState>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, ProblemAnswer> {
    let Caller(key) = caller;
    state.limits.session(key.id).map_err(rate_limited)?;
    let new = app_fields::parse_new(body::read_object(&request, payload).await?, &state.flow)?;
    let row = state.apps.acting(Actor::Caller).create(key.id, new).await.map_err(problem)?;
    Ok(HttpResponse::Created().json(item(&row, &state.apps)))
}

/// The caller's own apps, oldest first: 100 at most.
#[utoipa::path(
    get,
    path = "/v1/apps",
    operation_id = "list_apps",
    security(("api_key" = [])),
    responses((status = 200, description = "The apps.", body = List<'_>, example = json!({"apps": [{
        "id": "app_8c1e5a2f09b7d346", "platform": "tiktok", "name": "Creator market", "client_id": "aw1b2c3d4e5f",
        "redirect_uri": "https://verify.example.com/oauth/callback/tiktok/app_8c1e5a2f09b7d346",
        "created_at": "2030-03-17T17:46:40Z",
    }]}))),
)]
pub(in crate::web) async fn list(
    caller: Caller,
    state: Data<WebState>,
) -> Result<HttpResponse, ProblemAnswer> {
    let Caller(key) = caller;
    let rows = state.apps.list(key.id).await.map_err(problem)?;
    Ok(HttpResponse::Ok().json(items(&rows, &state.apps)))
}

/// One of the caller's own apps.
#[utoipa::path(
    get,
    path = "/v1/apps/{app_id}",
    operation_id = "show_app",
    security(("api_key" = [])),
    params(("app_id" = String, Path, description = "As at creation.", pattern = "^app_[0-9a-f]{16}$")),
    responses((status = 200, description = "The app.", body = Item<'_>, example = json!({
        "id": "app_8c1e5a2f09b7d346", "platform": "tiktok", "name": "Creator market", "client_id": "aw1b2c3d4e5f",
        "redirect_uri": "https://verify.example.com/oauth/callback/tiktok/app_8c1e5a2f09b7d346",
        "created_at": "2030-03-17T17:46:40Z",
    }))),
)]
pub(in crate::web) async fn show(
    caller: Caller,
    state: Data<WebState>,
    id: Path<String>,
) -> Result<HttpResponse, ProblemAnswer> {
    let Caller(key) = caller;
    let row = state.apps.row(key.id, app_id(&id)?).await.map_err(problem)?;
    Ok(HttpResponse::Ok().json(item(&row, &state.apps)))
}

/// Gives an app another name, another secret, or both.
///
/// A new secret is used from the next token request on, also for flows that are open. Platform and client id never change.
#[utoipa::path(
    patch,
    path = "/v1/apps/{app_id}",
    operation_id = "change_app",
    security(("api_key" = [])),
    params(("app_id" = String, Path, description = "As at creation.", pattern = "^app_[0-9a-f]{16}$")),
    request_body(content = AppPatch, example = json!({"client_secret": "…"})),
    responses((status = 200, description = "The app, as it is now.", body = Item<'_>, example = json!({
        "id": "app_8c1e5a2f09b7d346", "platform": "tiktok", "name": "Creator market", "client_id": "aw1b2c3d4e5f",
        "redirect_uri": "https://verify.example.com/oauth/callback/tiktok/app_8c1e5a2f09b7d346",
        "created_at": "2030-03-17T17:46:40Z",
    }))),
)]
pub(in crate::web) async fn change(
    caller: Caller,
    state: Data<WebState>,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, ProblemAnswer> {
    let Caller(key) = caller;
    state.limits.session(key.id).map_err(rate_limited)?;
    let id = app_id(&id)?;
    let change = app_fields::parse_change(body::read_object(&request, payload).await?)?;
    state.apps.acting(Actor::Caller).change(key.id, id, change).await.map_err(problem)?;
    let row = state.apps.row(key.id, id).await.map_err(problem)?;
    Ok(HttpResponse::Ok().json(item(&row, &state.apps)))
}

/// Deletes an app with its secret.
///
/// Its unopened links answer like used ones; flows that are open end in `error=platform_error`.
#[utoipa::path(
    delete,
    path = "/v1/apps/{app_id}",
    operation_id = "delete_app",
    security(("api_key" = [])),
    params(("app_id" = String, Path, description = "As at creation.", pattern = "^app_[0-9a-f]{16}$")),
    responses((status = 204, description = "Deleted.")),
)]
pub(in crate::web) async fn delete(
    caller: Caller,
    state: Data<WebState>,
    id: Path<String>,
) -> Result<HttpResponse, ProblemAnswer> {
    let Caller(key) = caller;
    state.limits.session(key.id).map_err(rate_limited)?;
    state.apps.acting(Actor::Caller).delete(key.id, app_id(&id)?).await.map_err(problem)?;
    Ok(HttpResponse::NoContent().finish())
}

/// The app that a path names.
pub(in crate::web) fn app_id(text: &str) -> Result<AppId, ProblemAnswer> {
    AppId::parse(text).ok_or_else(|| problem(AppFault::Unknown))
}

/// An app as programs see it.
pub(in crate::web) fn item<'a>(row: &'a AppRow, apps: &Apps) -> Item<'a> {
    Item {
        id: row.id.to_string(),
        platform: row.platform.as_str(),
        name: &row.name,
        client_id: &row.client_id,
        redirect_uri: apps.redirect_uri(&row.platform, Some(row.id)),
        created_at: rfc3339(row.created_at),
    }
}

/// Apps as programs see them.
pub(in crate::web) fn items<'a>(rows: &'a [AppRow], apps: &Apps) -> List<'a> {
    List { apps: rows.iter().map(|row| item(row, apps)).collect() }
}

/// What a program is told of a fault.
pub(in crate::web) fn problem(fault: AppFault) -> ProblemAnswer {
    let problem = match &fault {
        AppFault::Name => Problem::invalid(vec![FieldFault::new("name", KeyFault::NAME_RULE)]),
        AppFault::Full => Problem::invalid(vec![FieldFault::new("", AppFault::FULL_RULE)]),
        AppFault::Unknown => Problem::not_found(),
        AppFault::UnknownKey => Problem { detail: "No good key has this id.".into(), ..Problem::not_found() },
        AppFault::Store(_) => {
            tracing::error!(%fault, "an app cannot be read or changed");
            Problem::store_unavailable()
        }
        AppFault::Sealed(_) | AppFault::Entropy(_) => {
            tracing::error!(%fault, "an app cannot be read or changed");
            Problem::server_error()
        }
    };
    problem.into()
}
