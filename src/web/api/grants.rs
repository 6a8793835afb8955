//! `/v1/accounts/health`, `/renew`, `/disconnect`: what a caller does with the grants that it holds.

use std::collections::BTreeMap;

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::body;
use super::fields::Fields;
use crate::error::Problem;
use crate::flow::AccountHealth;
use crate::platform::GrantEnd;
use crate::proof::cleaned_handle;
use crate::session::ProfileId;
use crate::web::WebState;
use crate::web::extract::{Caller, rate_limited};
use crate::web::openapi::{health_words, token_statuses};
use crate::web::problem::ProblemAnswer;

const MOST_GRANTS: usize = 50;
/// Fifty of the longest grants, and what stands around them.
const MOST_BYTES: usize = 512 * 1024;

/// Grants to look after.
#[derive(utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "described and never made")]
pub(super) struct GrantsRequest {
    /// As they were given out.
    #[schema(min_items = 1, max_items = 50)]
    grants: Vec<String>,
}

/// One grant.
#[derive(utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "described and never made")]
pub(super) struct GrantRequest {
    /// As it was given out: `hpg_…`.
    #[schema(max_length = 8192)]
    grant: String,
}

/// Every grant's result, in the order of the request.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::web) struct AccountsHealth {
    accounts: Vec<HealthItem>,
}

/// How a grant is, or why that cannot be told.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(untagged)]
enum HealthItem {
    /// How it is.
    Known(GrantHealth),
    /// Why that cannot be told.
    Failed(FailedItem),
}

/// How a grant is.
#[derive(Serialize, utoipa::ToSchema)]
struct GrantHealth {
    /// The platform's name.
    platform: String,
    /// The permanent id.
    account_id: String,
    /// For display.
    username: String,
    /// `unknown` where the platform could not be asked.
    #[schema(schema_with = health_words)]
    health: &'static str,
    /// What is known of the access token: `revoked` only where the platform refused it before its time.
    #[schema(schema_with = token_statuses)]
    status: &'static str,
    /// Whether the platform takes it; null where it could not be asked.
    token_valid: Option<bool>,
    /// The scopes that were granted.
    permissions: Vec<String>,
    /// What to do, in plain words.
    recommendations: Vec<&'static str>,
}

/// Why a grant of several has no result.
#[derive(Serialize, utoipa::ToSchema)]
struct FailedItem {
    error: ItemError,
}

/// The code of a problem, and a word for the developer.
#[derive(Serialize, utoipa::ToSchema)]
struct ItemError {
    code: &'static str,
    message: String,
}

/// An account that was proven anew.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::web) struct RenewedAccount {
    /// The permanent id.
    account_id: String,
    /// The platform's name.
    platform: String,
    /// For display; it may have changed.
    username: String,
    /// The caller's own reference, or null.
    profile_id: Option<String>,
    /// The proof's six parameters, as a callback receives them. Null where the tokens were renewed and the account could
    /// then not be read: keep the grant and renew it again.
    proof: Option<BTreeMap<String, String>>,
    /// Why there is no proof.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    error: Option<ItemError>,
    /// The grant anew. Put it in the place of the one before, which may be dead.
    grant: String,
}

/// A grant that is no more.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::web) struct Disconnected {
    /// Always true. Forget the grant.
    deleted: bool,
    /// Whether the platform knows its tokens no more. False at platforms that take none back: these end by their time.
    revoked: bool,
}

/// Says how up to fifty grants are.
///
/// Each is asked about at its platform, none is changed. A grant that is none of this key's has an `error` in its place and
/// spoils no other.
#[utoipa::path(
    post,
    path = "/v1/accounts/health",
    operation_id = "grants_health",
    security(("api_key" = [])),
    request_body(content = GrantsRequest, example = json!({"grants": ["hpg_AUzXq0m6bJ8"]})),
    responses((status = 200, description = "Every grant's result, in their order.", body = AccountsHealth,
        example = json!({"accounts": [{
            "platform": "tiktok", "account_id": "_000abc", "username": "jane", "health": "degraded",
            "status": "expired", "token_valid": false, "permissions": ["user.info.basic"],
            "recommendations": ["The access token has ended: renew the grant."],
        }]}))),
)]
pub(in crate::web) async fn health(
    caller: Caller,
    state: Data<WebState>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, ProblemAnswer> {
    let Caller(key) = caller;
    state.limits.session(key.id).map_err(rate_limited)?;
    let mut fields = Fields::new(body::read_object_within(MOST_BYTES, &request, payload).await?);
    let grants = fields.texts("grants");
    if !(1..=MOST_GRANTS).contains(&grants.len()) && fields.is_untold("grants") {
        fields.fault("grants", "must be a list of 1 to 50 grants");
    }
    fields.finish(&["grants"])?;
    let accounts = state.flow.health_of_grants(&key, &grants).await.into_iter().map(item).collect();
    Ok(HttpResponse::Ok().json(AccountsHealth { accounts }))
}

/// Proves a grant's account anew, without the user.
///
/// Its tokens are renewed where the platform has a way, and the account is read again: it must be the same one. Many
/// platforms rotate their refresh tokens, so store the new grant before anything else, and never renew one twice at once.
#[utoipa::path(
    post,
    path = "/v1/accounts/renew",
    operation_id = "renew_grant",
    security(("api_key" = [])),
    request_body(content = GrantRequest, example = json!({"grant": "hpg_AUzXq0m6bJ8"})),
    responses((status = 200, description = "A fresh proof, and the grant anew.", body = RenewedAccount, example = json!({
        "account_id": "_000abc", "platform": "tiktok", "username": "jane", "profile_id": null,
        "proof": {
            "platform": "tiktok", "platform_id": "_000abc", "handle": "jane",
            "state": "9Yb8v0mQ4cB2rN1kq7WmXo3sT5uZ6aEfGhIjKlMnOpQ", "expires": "1900000300",
            "sig": "7f89e96543d417f5c1f2d0a6b7c8e9fa0b1c2d3e4f5061728394a5b6c7d8e9f0",
        },
        "grant": "hpg_AXr2p0Qd1cM",
    }))),
)]
pub(in crate::web) async fn renew(
    caller: Caller,
    state: Data<WebState>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, ProblemAnswer> {
    let Caller(key) = caller;
    state.limits.session(key.id).map_err(rate_limited)?;
    let renewed = state.flow.renew_grant(&key, &one_grant(&request, payload).await?).await?;
    let (proof, error) = match &renewed.proven {
        Ok(connected) => (Some(connected.proof.iter().cloned().collect()), None),
        Err(problem) => (None, Some(told(problem))),
    };
    Ok(HttpResponse::Ok().json(RenewedAccount {
        account_id: renewed.grant.account_id.as_str().to_owned(),
        platform: renewed.grant.platform.to_string(),
        username: cleaned_handle(&renewed.grant.username),
        profile_id: renewed.grant.profile_id.as_ref().map(|id| ProfileId::as_str(id).to_owned()),
        proof,
        error,
        grant: renewed.text.expose().to_owned(),
    }))
}

/// Gives a grant's tokens back at the platform.
///
/// At several platforms that takes the whole app away from the user's account. The service holds nothing to delete.
#[utoipa::path(
    post,
    path = "/v1/accounts/disconnect",
    operation_id = "disconnect_grant",
    security(("api_key" = [])),
    request_body(content = GrantRequest, example = json!({"grant": "hpg_AUzXq0m6bJ8"})),
    responses((status = 200, description = "The grant is no more.", body = Disconnected,
        example = json!({"deleted": true, "revoked": true}))),
)]
pub(in crate::web) async fn disconnect(
    caller: Caller,
    state: Data<WebState>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, ProblemAnswer> {
    let Caller(key) = caller;
    state.limits.session(key.id).map_err(rate_limited)?;
    let end = state.flow.disconnect_grant(&key, &one_grant(&request, payload).await?).await?;
    Ok(HttpResponse::Ok().json(Disconnected { deleted: true, revoked: end == GrantEnd::Revoked }))
}

async fn one_grant(request: &HttpRequest, payload: Payload) -> Result<String, Problem> {
    let mut fields = Fields::new(body::read_object(request, payload).await?);
    fields.required("grant");
    let grant = fields.text("grant");
    fields.finish(&["grant"])?;
    Ok(grant.unwrap_or_default())
}

fn item(result: Result<AccountHealth, Problem>) -> HealthItem {
    match result {
        Ok(account) => HealthItem::Known(GrantHealth {
            platform: account.platform,
            account_id: account.account_id.as_str().to_owned(),
            username: account.username,
            health: account.health.as_str(),
            status: account.status.as_str(),
            token_valid: account.token_valid,
            permissions: account.permissions,
            recommendations: account.recommendations,
        }),
        Err(problem) => HealthItem::Failed(FailedItem { error: told(&problem) }),
    }
}

fn told(problem: &Problem) -> ItemError {
    let message = match problem.fields.first() {
        Some(field) => format!("the grant {}", field.message),
        None => problem.detail.to_string(),
    };
    ItemError { code: problem.code.as_str(), message }
}
