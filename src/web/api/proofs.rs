//! `/api/oauth/delegate/proofs/redeem`.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use handleproof_verify::Outcome;
use serde::Serialize;

use super::body;
use super::presented_proof::{self, ProofRequest};
use crate::flow::{Recording, RedeemCheck};
use crate::session::ProfileId;
use crate::web::WebState;
use crate::web::extract::Caller;
use crate::web::openapi::check_outcomes;
use crate::web::problem::ProblemAnswer;
use crate::web::timestamp::rfc3339;

/// What came of it.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Redemption)]
pub(in crate::web) struct Redeemed<'a> {
    /// Whether everything about the proof is right and this is the first time. True at most once for a proof.
    valid: bool,
    /// Every check. `state` is never checked here: only your server knows which browser brought the proof.
    checks: Vec<Check<'a>>,
    /// When it was redeemed first, or null.
    #[schema(format = "date-time")]
    redeemed_at: Option<String>,
    /// The session that the proof ended, or null.
    session_id: Option<&'a str>,
    /// The session's `profile_id`, or null.
    profile_id: Option<&'a str>,
    /// `false` where the key records accounts and this one could not be recorded. Absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    recorded: Option<bool>,
}

/// One check.
#[derive(Serialize, utoipa::ToSchema)]
struct Check<'a> {
    /// `parameters`, `state`, `freshness`, `signature`, `audience`, `redemption`.
    name: &'a str,
    /// How it ended.
    #[schema(schema_with = check_outcomes)]
    outcome: &'a str,
    /// Why, for people.
    reason: &'a str,
}

/// Accepts a proof once.
///
/// Send what the callback received, decoded: its six parameters, or `jws` alone. Whichever form comes first, the proof is
/// redeemed. A proof with a fault is `valid: false`, and nothing is redeemed.
#[utoipa::path(
    post,
    path = "/api/oauth/delegate/proofs/redeem",
    operation_id = "redeem_proof",
    security(("api_key" = [])),
    request_body(content = ProofRequest, example = json!({
        "platform": "tiktok", "platform_id": "_000abc", "handle": "jane", "state": "4f1c9d0e7b2a",
        "expires": "1900000300", "sig": "7f89e96543d417f5c1f2d0a6b7c8e9fa0b1c2d3e4f5061728394a5b6c7d8e9f0",
    })),
    responses((status = 200, description = "Whether it is valid, and why.", body = Redeemed<'_>, example = json!({
        "valid": true,
        "checks": [{"name": "signature", "outcome": "passed", "reason": "made with the signing secret over these values"}],
        "redeemed_at": "2030-03-17T17:47:10Z", "session_id": "ses_5f2c0a9be4d1437a8c6e1b2d3f405162", "profile_id": null,
    }))),
)]
pub(in crate::web) async fn redeem(
    caller: Caller,
    state: Data<WebState>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, ProblemAnswer> {
    let Caller(key) = caller;
    let presented = presented_proof::parse(body::read_object(&request, payload).await?)?;
    let redeemed = state.flow.redeem(&key, presented).await?;
    Ok(HttpResponse::Ok().json(Redeemed {
        valid: redeemed.valid,
        checks: redeemed.checks.iter().map(check).collect(),
        redeemed_at: redeemed.redeemed_at.map(rfc3339),
        session_id: redeemed.session_id.as_deref(),
        profile_id: redeemed.profile_id.as_ref().map(ProfileId::as_str),
        recorded: (redeemed.recording == Recording::Failed).then_some(false),
    }))
}

fn check(check: &RedeemCheck) -> Check<'_> {
    let outcome = match check.outcome {
        Outcome::Passed => "passed",
        Outcome::Failed => "failed",
        Outcome::NotChecked => "not_checked",
    };
    Check { name: check.name, outcome, reason: &check.reason }
}
