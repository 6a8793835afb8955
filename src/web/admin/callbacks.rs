//! `/admin/v1/keys/{id}/callbacks`: the key's registered callback URLs.

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::token::OperatorToken;
use super::{key_id, problem};
use crate::error::{FieldFault, Problem};
use crate::keys::{Actor, KeyFault};
use crate::session::{ApiKeyId, RegisteredCallback};
use crate::web::WebState;
use crate::web::api::body;
use crate::web::api::fields::Fields;
use crate::web::params::Params;
use crate::web::problem::ProblemAnswer;

#[derive(Serialize)]
struct List<'a> {
    id: String,
    callbacks: Vec<&'a str>,
}

/// `GET`: the list.
pub(super) async fn list(
    _: OperatorToken,
    state: Data<WebState>,
    id: Path<String>,
) -> Result<HttpResponse, ProblemAnswer> {
    let row = state.keys.row(key_id(&id)?).await.map_err(problem)?;
    let row = row.ok_or_else(|| problem(KeyFault::Unknown))?;
    Ok(answer(row.id, &row.callbacks))
}

/// `POST {"callback_url"}`: one more; one that is there already changes nothing.
pub(super) async fn add(
    _: OperatorToken,
    state: Data<WebState>,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, ProblemAnswer> {
    let id = key_id(&id)?;
    let mut fields = Fields::new(body::read_object(&request, payload).await?);
    let url = fields.text("callback_url").and_then(|text| {
        let parsed = state.flow.rules().callbacks.parse_registered(&text);
        parsed.map_err(|fault| fields.fault("callback_url", fault.to_string())).ok()
    });
    fields.required("callback_url");
    fields.finish(&["callback_url"])?;
    change(&state, id, url.as_slice(), &[]).await
}

/// `DELETE ?callback_url=…`: takes one out; one that is not there changes nothing. Whatever was registered under older
/// rules can be taken out.
pub(super) async fn remove(
    _: OperatorToken,
    state: Data<WebState>,
    id: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, ProblemAnswer> {
    let id = key_id(&id)?;
    let params = Params::parse(request.query_string());
    let url = params.as_ref().and_then(|params| params.value("callback_url"));
    let Some(url) = url.map(RegisteredCallback::from_store) else {
        let fault = FieldFault::new("callback_url", "is required in the query, once and percent-encoded");
        return Err(Problem::invalid(vec![fault]).into());
    };
    change(&state, id, &[], &[url]).await
}

async fn change(
    state: &WebState,
    id: ApiKeyId,
    add: &[RegisteredCallback],
    remove: &[RegisteredCallback],
) -> Result<HttpResponse, ProblemAnswer> {
    let changes = state.keys.acting(Actor::AdminApi);
    let left = changes.change_callbacks(id, add, remove).await.map_err(problem)?;
    Ok(answer(id, &left))
}

fn answer(id: ApiKeyId, callbacks: &[RegisteredCallback]) -> HttpResponse {
    let callbacks = callbacks.iter().map(RegisteredCallback::as_str).collect();
    HttpResponse::Ok().json(List { id: id.to_string(), callbacks })
}
