//! `/admin/v1/keys/{id}/accounts`: the accounts that were recorded for a key, good or revoked.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::token::OperatorToken;
use super::{key_id, problem};
use crate::accounts::{ListRequest, PageSize};
use crate::error::Problem;
use crate::keys::{Actor, KeyFault};
use crate::session::{ApiKeyId, RecordId};
use crate::web::WebState;
use crate::web::api::accounts::{Item, item, store_problem};
use crate::web::api::fields::Fields;
use crate::web::api::query;
use crate::web::problem::ProblemAnswer;

#[derive(Serialize)]
struct List<'a> {
    accounts: Vec<Item<'a>>,
    next_cursor: Option<&'a str>,
}

/// `GET`: a page, newest connected first.
pub(super) async fn list(
    _: OperatorToken,
    state: Data<WebState>,
    id: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, ProblemAnswer> {
    let key = known_key(&state, &id).await?;
    let mut fields = Fields::new(query::read(&request));
    let limit = fields.parsed("limit", PageSize::RULE, PageSize::parse).unwrap_or_default();
    let rule = "must be the next_cursor of an earlier page of this key's list";
    let before = fields.parsed("cursor", rule, |text| state.accounts.read_cursor(key, text));
    fields.finish(&["limit", "cursor"])?;
    let asked = ListRequest { limit, before, ..ListRequest::default() };
    let page = state.accounts.list(key, asked).await.map_err(|fault| store_problem(&fault))?;
    let accounts = page.rows.iter().map(item).collect();
    Ok(HttpResponse::Ok().json(List { accounts, next_cursor: page.next_cursor.as_deref() }))
}

/// `DELETE`: one record.
pub(super) async fn delete(
    _: OperatorToken,
    state: Data<WebState>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, ProblemAnswer> {
    let (id, record) = path.into_inner();
    let key = known_key(&state, &id).await?;
    let none = || Problem { detail: "The key has no such record.".into(), ..Problem::not_found() };
    let record = RecordId::parse(&record).ok_or_else(none)?;
    let row = state.accounts.find(key, record).await.map_err(|fault| store_problem(&fault))?;
    let row = row.ok_or_else(none)?;
    let deleted = state.accounts.delete(key, &row.platform, &row.account_id).await;
    match deleted.map_err(|fault| store_problem(&fault))? {
        true => {
            tracing::info!(audit = true, actor = Actor::AdminApi.as_str(), key = %key, "recorded account deleted");
            Ok(HttpResponse::NoContent().finish())
        }
        false => Err(none().into()),
    }
}

async fn known_key(state: &WebState, id: &str) -> Result<ApiKeyId, ProblemAnswer> {
    let row = state.keys.row(key_id(id)?).await.map_err(problem)?;
    Ok(row.ok_or_else(|| problem(KeyFault::Unknown))?.id)
}
