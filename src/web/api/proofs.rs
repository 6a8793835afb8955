//! `/api/oauth/delegate/proofs/redeem`.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use handleproof_verify::Outcome;
use serde::Serialize;

use super::body;
use super::presented_proof;
use crate::flow::RedeemCheck;
use crate::session::ProfileId;
use crate::web::WebState;
use crate::web::extract::Caller;
use crate::web::problem::ProblemAnswer;
use crate::web::timestamp::rfc3339;

#[derive(Serialize)]
struct Redeemed<'a> {
    valid: bool,
    checks: Vec<Check<'a>>,
    redeemed_at: Option<String>,
    session_id: Option<&'a str>,
    profile_id: Option<&'a str>,
}

#[derive(Serialize)]
struct Check<'a> {
    name: &'a str,
    outcome: &'a str,
    reason: &'a str,
}

/// `POST`: accepts a proof once.
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
