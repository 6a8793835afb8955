//! `/admin/v1/keys`.

use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::token::OperatorToken;
use super::{key_id, new_key, problem};
use crate::crypto::secret::SecretText;
use crate::keys::{Actor, KeyFault, Need};
use crate::session::RegisteredCallback;
use crate::store::registry::ApiKeyRow;
use crate::web::WebState;
use crate::web::api::body;
use crate::web::api::fields::Fields;
use crate::web::problem::ProblemAnswer;
use crate::web::timestamp::rfc3339;

#[derive(Serialize)]
struct List<'a> {
    keys: Vec<Item<'a>>,
}

/// A key without its secrets.
#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "rights that are given one by one")]
struct Item<'a> {
    id: String,
    name: &'a str,
    first_party: bool,
    any_callback: bool,
    record_accounts: bool,
    callbacks: Vec<&'a str>,
    has_signing_secret: bool,
    needs: Vec<Need>,
    created_at: String,
    revoked_at: Option<String>,
}

/// The only answer with an API key in it.
#[derive(Serialize)]
struct Created<'a> {
    id: String,
    name: &'a str,
    api_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    signing_secret: Option<&'a str>,
}

#[derive(Serialize)]
struct SigningSecret<'a> {
    id: String,
    signing_secret: &'a str,
}

/// `GET`: every key, oldest first, revoked ones included.
pub(super) async fn list(_: OperatorToken, state: Data<WebState>) -> Result<HttpResponse, ProblemAnswer> {
    let rows = state.keys.list().await.map_err(problem)?;
    Ok(HttpResponse::Ok().json(List { keys: rows.iter().map(item).collect() }))
}

/// `POST`: a new key; its secrets are in this answer and never again.
pub(super) async fn create(
    _: OperatorToken,
    state: Data<WebState>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, ProblemAnswer> {
    let members = body::read_object(&request, payload).await?;
    let new = new_key::parse(members, &state.flow.rules().callbacks)?;
    let created = state.keys.acting(Actor::AdminApi).create(new).await.map_err(problem)?;
    let id = created.id.to_string();
    Ok(HttpResponse::Created().insert_header((LOCATION, format!("/admin/v1/keys/{id}"))).json(Created {
        id,
        name: &created.name,
        api_key: created.api_key.expose(),
        signing_secret: created.signing_secret.as_ref().map(SecretText::expose),
    }))
}

/// `GET` of one key, revoked or not.
pub(super) async fn show(
    _: OperatorToken,
    state: Data<WebState>,
    id: Path<String>,
) -> Result<HttpResponse, ProblemAnswer> {
    let row = state.keys.row(key_id(&id)?).await.map_err(problem)?;
    let row = row.ok_or_else(|| problem(KeyFault::Unknown))?;
    Ok(HttpResponse::Ok().json(item(&row)))
}

/// `PATCH {"name"?, "record_accounts"?}`: another name, and whether accounts are recorded.
pub(super) async fn change(
    _: OperatorToken,
    state: Data<WebState>,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, ProblemAnswer> {
    let id = key_id(&id)?;
    let mut fields = Fields::new(body::read_object(&request, payload).await?);
    let name = fields.parsed("name", KeyFault::NAME_RULE, new_key::name);
    let recording = fields.has("record_accounts").then(|| fields.flag("record_accounts"));
    if recording.is_none() {
        fields.required("name");
    }
    fields.finish(&["name", "record_accounts"])?;
    let changes = state.keys.acting(Actor::AdminApi);
    if let Some(name) = name {
        changes.rename(id, &name).await.map_err(problem)?;
    }
    match recording {
        Some(true) => changes.start_recording(id).await.map_err(problem)?,
        Some(false) => changes.stop_recording(id).await.map_err(problem)?,
        None => {}
    }
    let row = state.keys.row(id).await.map_err(problem)?;
    let row = row.ok_or_else(|| problem(KeyFault::Unknown))?;
    Ok(HttpResponse::Ok().json(item(&row)))
}

/// `DELETE`: revokes the key for good, with all its sessions.
pub(super) async fn revoke(
    _: OperatorToken,
    state: Data<WebState>,
    id: Path<String>,
) -> Result<HttpResponse, ProblemAnswer> {
    state.keys.acting(Actor::AdminApi).revoke(key_id(&id)?).await.map_err(problem)?;
    Ok(HttpResponse::NoContent().finish())
}

/// `POST`: a signing secret, generated anew; the previous one is invalid from this moment.
pub(super) async fn generate_signing_secret(
    _: OperatorToken,
    state: Data<WebState>,
    id: Path<String>,
) -> Result<HttpResponse, ProblemAnswer> {
    let id = key_id(&id)?;
    let secret = state.keys.acting(Actor::AdminApi).generate_signing_secret(id).await.map_err(problem)?;
    Ok(HttpResponse::Created().json(SigningSecret { id: id.to_string(), signing_secret: secret.expose() }))
}

fn item(row: &ApiKeyRow) -> Item<'_> {
    Item {
        id: row.id.to_string(),
        name: &row.name,
        first_party: row.first_party,
        any_callback: row.any_callback,
        record_accounts: row.record_accounts,
        callbacks: row.callbacks.iter().map(RegisteredCallback::as_str).collect(),
        has_signing_secret: row.signing_secret.is_some(),
        needs: Need::of(row),
        created_at: rfc3339(row.created_at),
        revoked_at: row.revoked_at.map(rfc3339),
    }
}
