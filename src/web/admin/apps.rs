//! `/admin/v1/keys/{id}/apps`: the key's own OAuth apps.

use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::token::OperatorToken;
use super::{key_id, problem};
use crate::keys::{Actor, KeyFault};
use crate::session::{ApiKeyId, AppId};
use crate::web::WebState;
use crate::web::api::{app_fields, apps, body};
use crate::web::problem::ProblemAnswer;

/// `GET`: the apps of a key, revoked or not, oldest first.
pub(super) async fn list(
    _: OperatorToken,
    state: Data<WebState>,
    id: Path<String>,
) -> Result<HttpResponse, ProblemAnswer> {
    let key = state.keys.row(key_id(&id)?).await.map_err(problem)?;
    let key = key.ok_or_else(|| problem(KeyFault::Unknown))?;
    let rows = state.apps.list(key.id).await.map_err(apps::problem)?;
    Ok(HttpResponse::Ok().json(apps::items(&rows, &state.apps)))
}

/// `POST`: one more.
pub(super) async fn create(
    _: OperatorToken,
    state: Data<WebState>,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, ProblemAnswer> {
    let key = key_id(&id)?;
    let new = app_fields::parse_new(body::read_object(&request, payload).await?, &state.flow)?;
    let row = state.apps.acting(Actor::AdminApi).create(key, new).await.map_err(apps::problem)?;
    let location = format!("/admin/v1/keys/{key}/apps/{}", row.id);
    let mut response = HttpResponse::Created();
    Ok(response.insert_header((LOCATION, location)).json(apps::item(&row, &state.apps)))
}

/// `GET` of one.
pub(super) async fn show(
    _: OperatorToken,
    state: Data<WebState>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, ProblemAnswer> {
    let (key, id) = ids(&path)?;
    let row = state.apps.row(key, id).await.map_err(apps::problem)?;
    Ok(HttpResponse::Ok().json(apps::item(&row, &state.apps)))
}

/// `PATCH {"name", "client_secret"}`: another name, another secret, or both.
pub(super) async fn change(
    _: OperatorToken,
    state: Data<WebState>,
    path: Path<(String, String)>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, ProblemAnswer> {
    let (key, id) = ids(&path)?;
    let change = app_fields::parse_change(body::read_object(&request, payload).await?)?;
    state.apps.acting(Actor::AdminApi).change(key, id, change).await.map_err(apps::problem)?;
    let row = state.apps.row(key, id).await.map_err(apps::problem)?;
    Ok(HttpResponse::Ok().json(apps::item(&row, &state.apps)))
}

/// `DELETE`: the app with its secret.
pub(super) async fn delete(
    _: OperatorToken,
    state: Data<WebState>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, ProblemAnswer> {
    let (key, id) = ids(&path)?;
    state.apps.acting(Actor::AdminApi).delete(key, id).await.map_err(apps::problem)?;
    Ok(HttpResponse::NoContent().finish())
}

fn ids(path: &(String, String)) -> Result<(ApiKeyId, AppId), ProblemAnswer> {
    Ok((key_id(&path.0)?, apps::app_id(&path.1)?))
}
