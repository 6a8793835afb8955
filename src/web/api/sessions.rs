//! `/api/oauth/delegate/sessions`.

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::timestamp::rfc3339;
use super::{body, new_session};
use crate::web::WebState;
use crate::web::extract::{Caller, rate_limited};
use crate::web::problem::ProblemAnswer;

#[derive(Serialize)]
struct Created {
    session_id: String,
    authorize_url: String,
    expires_in: u64,
    expires_at: String,
}

#[derive(Serialize)]
struct Status<'a> {
    session_id: &'a str,
    platform: &'a str,
    state: &'a str,
    profile_id: Option<&'a str>,
    status: &'a str,
    created_at: String,
    expires_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

/// `POST`: a session and its link.
pub(in crate::web) async fn create(
    caller: Caller,
    state: Data<WebState>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, ProblemAnswer> {
    let Caller(key) = caller;
    state.limits.session(key.id).map_err(rate_limited)?;
    let members = body::read_object(&request, payload).await?;
    let new = new_session::parse(members, &state.flow, &key)?;
    let created = state.flow.create(&key, new).await?;
    Ok(HttpResponse::Created().json(Created {
        session_id: created.session_id,
        authorize_url: created.authorize_url,
        expires_in: created.expires_in,
        expires_at: rfc3339(created.expires_at),
    }))
}

/// `GET`: how far a session came.
pub(in crate::web) async fn show(
    caller: Caller,
    state: Data<WebState>,
    session_id: Path<String>,
) -> Result<HttpResponse, ProblemAnswer> {
    let Caller(key) = caller;
    let status = state.flow.status(&key, &session_id).await?;
    let session = &status.session;
    Ok(HttpResponse::Ok().json(Status {
        session_id: &session_id,
        platform: session.platform.as_str(),
        state: session.caller_state.as_str(),
        profile_id: session.profile_id.as_ref().map(crate::session::ProfileId::as_str),
        status: status.status,
        created_at: rfc3339(session.created_at),
        expires_at: rfc3339(status.expires_at),
        error: status.error.map(crate::error::Failure::code),
    }))
}

/// `DELETE`: the link and the pending authorization are dead at once.
pub(in crate::web) async fn cancel(
    caller: Caller,
    state: Data<WebState>,
    session_id: Path<String>,
) -> Result<HttpResponse, ProblemAnswer> {
    let Caller(key) = caller;
    state.flow.cancel(&key, &session_id).await?;
    Ok(HttpResponse::NoContent().finish())
}
