//! `/v1/accounts`: the accounts that were recorded for a key. No token is among what is kept.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::fields::Fields;
use super::query;
use crate::accounts::{ListRequest, PageSize};
use crate::error::Problem;
use crate::keys::ApiKey;
use crate::session::{PlatformId, PlatformName, ProfileId, RecordId};
use crate::store::StoreFault;
use crate::store::registry::AccountRow;
use crate::web::WebState;
use crate::web::extract::Caller;
use crate::web::openapi::account_statuses;
use crate::web::problem::ProblemAnswer;
use crate::web::timestamp::rfc3339;

/// A page of accounts.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Accounts)]
pub(in crate::web) struct List<'a> {
    /// Newest connected first.
    accounts: Vec<Item<'a>>,
    /// Leads to the next page; null on the last.
    next_cursor: Option<&'a str>,
}

/// An account that your server confirmed.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Account)]
pub(in crate::web) struct Item<'a> {
    /// Names the record.
    id: String,
    /// The platform's name.
    platform: &'a str,
    /// The platform's permanent id of the account.
    account_id: &'a str,
    /// As it was at `verified_at`; it may be another one today. Empty where the platform gives none.
    username: &'a str,
    /// Your own reference in the last verification, or null.
    profile_id: Option<&'a str>,
    /// What the user granted in the last verification.
    scopes: Vec<&'a str>,
    /// What is known of it since.
    #[schema(schema_with = account_statuses)]
    status: &'a str,
    /// When it was verified first.
    #[schema(format = "date-time")]
    connected_at: String,
    /// When it was verified last.
    #[schema(format = "date-time")]
    verified_at: String,
}

/// A record was deleted.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = DeletedAccount)]
pub(in crate::web) struct Deleted {
    /// Always true.
    deleted: bool,
}

/// The accounts that were recorded for this key, newest connected first.
#[utoipa::path(
    get,
    path = "/v1/accounts",
    operation_id = "list_accounts",
    security(("api_key" = [])),
    params(
        ("platform" = Option<String>, Query, description = "Of this platform alone.", min_length = 1, max_length = 32,
            pattern = "^[a-z][a-z0-9_]*$"),
        ("profile_id" = Option<String>, Query, description = "Of this profile alone.", min_length = 1, max_length = 128,
            pattern = "^[A-Za-z0-9._:-]+$"),
        ("limit" = Option<u32>, Query, description = "How many; 20 where nothing is said.", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before."),
    ),
    responses((status = 200, description = "A page.", body = List<'_>, example = json!({
        "accounts": [{
            "id": "acc_019d2b6e3f0a7c419a550c1d2e3f4a5b", "platform": "tiktok", "account_id": "_000abc",
            "username": "jane", "profile_id": "user-1", "scopes": ["user.info.basic", "user.info.profile"],
            "status": "active", "connected_at": "2030-03-17T17:46:40Z", "verified_at": "2030-03-17T17:46:40Z",
        }],
        "next_cursor": null,
    }))),
)]
pub(in crate::web) async fn list(
    caller: Caller,
    state: Data<WebState>,
    request: HttpRequest,
) -> Result<HttpResponse, ProblemAnswer> {
    let Caller(key) = caller;
    let asked = read_list(&request, &state, &key)?;
    let page = state.accounts.list(key.id, asked).await.map_err(|fault| store_problem(&fault))?;
    Ok(HttpResponse::Ok().json(List {
        accounts: page.rows.iter().map(item).collect(),
        next_cursor: page.next_cursor.as_deref(),
    }))
}

/// One recorded account.
#[utoipa::path(
    get,
    path = "/v1/accounts/{id}",
    operation_id = "show_account",
    security(("api_key" = [])),
    params(("id" = String, Path, description = "As in the list.", pattern = "^acc_[0-9a-f]{32}$")),
    responses((status = 200, description = "The account.", body = Item<'_>, example = json!({
        "id": "acc_019d2b6e3f0a7c419a550c1d2e3f4a5b", "platform": "tiktok", "account_id": "_000abc",
        "username": "jane", "profile_id": null, "scopes": ["user.info.basic"], "status": "active",
        "connected_at": "2030-03-17T17:46:40Z", "verified_at": "2030-03-17T17:46:40Z",
    }))),
)]
pub(in crate::web) async fn show(
    caller: Caller,
    state: Data<WebState>,
    id: Path<String>,
) -> Result<HttpResponse, ProblemAnswer> {
    let Caller(key) = caller;
    let id = RecordId::parse(&id).ok_or_else(Problem::not_found)?;
    let row = state.accounts.find(key.id, id).await.map_err(|fault| store_problem(&fault))?;
    let row = row.ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok().json(item(&row)))
}

/// Deletes the record of an account.
#[utoipa::path(
    delete,
    path = "/v1/accounts/{platform}/{account_id}",
    operation_id = "delete_account",
    security(("api_key" = [])),
    params(
        ("platform" = String, Path, description = "The platform's name."),
        ("account_id" = String, Path, description = "The platform's id of the account, percent-encoded."),
    ),
    responses((status = 200, description = "Deleted.", body = Deleted, example = json!({"deleted": true}))),
)]
pub(in crate::web) async fn delete(
    caller: Caller,
    state: Data<WebState>,
    account: Path<(String, String)>,
) -> Result<HttpResponse, ProblemAnswer> {
    let Caller(key) = caller;
    let (platform, account_id) = account.into_inner();
    let platform = platform_name(&state, &platform).ok_or_else(Problem::not_found)?;
    let account_id = PlatformId::parse(&account_id).ok_or_else(Problem::not_found)?;
    let deleted = state.accounts.delete(key.id, &platform, &account_id).await;
    match deleted.map_err(|fault| store_problem(&fault))? {
        true => Ok(HttpResponse::Ok().json(Deleted { deleted: true })),
        false => Err(Problem::not_found().into()),
    }
}

fn read_list(request: &HttpRequest, state: &WebState, key: &ApiKey) -> Result<ListRequest, Problem> {
    let mut fields = Fields::new(query::read(request));
    let platform = fields.parsed("platform", "must be a platform's name", |text| platform_name(state, text));
    let profile_id = fields.parsed("profile_id", ProfileId::RULE, ProfileId::parse);
    let limit = fields.parsed("limit", PageSize::RULE, PageSize::parse).unwrap_or_default();
    let rule = "must be the next_cursor of an earlier page of this API key's list";
    let before = fields.parsed("cursor", rule, |text| state.accounts.read_cursor(key.id, text));
    fields.finish(&["platform", "profile_id", "limit", "cursor"])?;
    Ok(ListRequest { platform, profile_id, limit, before })
}

/// Records outlive a platform's entry in the configuration, so an unknown name is one of no records.
fn platform_name(state: &WebState, text: &str) -> Option<PlatformName> {
    match state.flow.platforms().find(text) {
        Some(platform) => Some(platform.entry().name.clone()),
        None => PlatformName::parse(text),
    }
}

pub(in crate::web) fn item(row: &AccountRow) -> Item<'_> {
    Item {
        id: row.id.to_string(),
        platform: row.platform.as_str(),
        account_id: row.account_id.as_str(),
        username: &row.username,
        profile_id: row.profile_id.as_ref().map(ProfileId::as_str),
        scopes: row.scopes.iter().collect(),
        status: row.status.as_str(),
        connected_at: rfc3339(row.connected_at),
        verified_at: rfc3339(row.verified_at),
    }
}

pub(in crate::web) fn store_problem(fault: &StoreFault) -> Problem {
    tracing::error!(%fault, "recorded accounts cannot be read or changed");
    Problem::store_unavailable()
}
