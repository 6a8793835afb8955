//! `/api/oauth/delegate/sessions`.

use actix_web::http::header::ContentType;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::body;
use super::new_session::{self, SessionRequest};
use crate::web::WebState;
use crate::web::extract::{Caller, rate_limited};
use crate::web::openapi::{failures, statuses};
use crate::web::problem::ProblemAnswer;
use crate::web::timestamp::rfc3339;

/// A new session.
#[derive(utoipa::ToSchema)]
#[schema(as = CreatedSession)]
pub(in crate::web) struct Created {
    /// Names the session in this API; opens nothing in a browser.
    session_id: String,
    /// To be opened by the user's browser, once. This is its only copy.
    #[schema(format = "uri")]
    authorize_url: String,
    /// Seconds until the link is dead.
    expires_in: u64,
    /// The same as a time.
    #[schema(format = "date-time")]
    expires_at: String,
}

impl Created {
    /// Each value is of our own making and needs no escape, which the serializer would look for in each byte: that was
    /// a twentieth of the whole request.
    fn to_json(&self) -> String {
        let mut expires_in = itoa::Buffer::new();
        let pieces = [
            r#"{"session_id":""#,
            &self.session_id,
            r#"","authorize_url":""#,
            &self.authorize_url,
            r#"","expires_in":"#,
            expires_in.format(self.expires_in),
            r#","expires_at":""#,
            &self.expires_at,
            r#""}"#,
        ];
        let mut json = String::with_capacity(256);
        for piece in pieces {
            json.push_str(piece);
        }
        json
    }
}

/// How far a session came. The proof itself goes to the browser that finished and nowhere else.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Session)]
pub(in crate::web) struct Status<'a> {
    /// As at creation.
    session_id: &'a str,
    /// The platform's name.
    platform: &'a str,
    /// The caller's own; null for a connect, whose state is kept nowhere.
    state: Option<&'a str>,
    /// The caller's own app that is used; only where one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, value_type = String)]
    app_id: Option<String>,
    /// The caller's own reference, or null.
    profile_id: Option<&'a str>,
    /// How far it came.
    #[schema(schema_with = statuses)]
    status: &'a str,
    /// When it was made.
    #[schema(format = "date-time")]
    created_at: String,
    /// When the link, or what the platform was asked, dies.
    #[schema(format = "date-time")]
    expires_at: String,
    /// Why it failed, as the callback was told; only where it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = failures, required = false)]
    error: Option<&'a str>,
}

/// Starts a verification: a session and its link.
///
/// Keep `state` in the user's own browser session before sending the browser to `authorize_url`, and compare it there when
/// the browser comes back.
#[utoipa::path(
    post,
    path = "/api/oauth/delegate/sessions",
    operation_id = "create_session",
    security(("api_key" = [])),
    request_body(content = SessionRequest, example = json!({
        "platform": "tiktok", "callback_url": "https://app.example.com/callback", "state": "4f1c9d0e7b2a",
    })),
    responses((status = 201, description = "The session and its link.", body = Created, example = json!({
        "session_id": "ses_5f2c0a9be4d1437a8c6e1b2d3f405162",
        "authorize_url": "https://verify.example.com/oauth/delegate?request=psd_Xk0…",
        "expires_in": 900, "expires_at": "2030-03-17T18:01:40Z",
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
    let members = body::read_object(&request, payload).await?;
    let new = new_session::parse(members, &state, &key).await?;
    let created = state.flow.create(&key, new).await?;
    let created = Created {
        session_id: created.session_id,
        authorize_url: created.authorize_url,
        expires_in: created.expires_in,
        expires_at: rfc3339(created.expires_at),
    };
    Ok(HttpResponse::Created().content_type(ContentType::json()).body(created.to_json()))
}

/// How far a session came.
#[utoipa::path(
    get,
    path = "/api/oauth/delegate/sessions/{session_id}",
    operation_id = "show_session",
    security(("api_key" = [])),
    params(("session_id" = String, Path, description = "As at creation.", pattern = "^ses_[0-9a-f]{32}$")),
    responses((status = 200, description = "The session.", body = Status<'_>, example = json!({
        "session_id": "ses_5f2c0a9be4d1437a8c6e1b2d3f405162", "platform": "tiktok", "state": "4f1c9d0e7b2a",
        "profile_id": null, "status": "opened",
        "created_at": "2030-03-17T17:46:40Z", "expires_at": "2030-03-17T18:01:40Z",
    }))),
)]
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
        state: session.for_callback().map(|callback| callback.caller_state.as_str()),
        app_id: session.app.map(|app| app.to_string()),
        profile_id: session.profile_id.as_ref().map(crate::session::ProfileId::as_str),
        status: status.status,
        created_at: rfc3339(session.created_at),
        expires_at: rfc3339(status.expires_at),
        error: status.error.map(crate::error::Failure::code),
    }))
}

/// Cancels a session: its link, and what the platform was asked, are dead at once.
#[utoipa::path(
    delete,
    path = "/api/oauth/delegate/sessions/{session_id}",
    operation_id = "cancel_session",
    security(("api_key" = [])),
    params(("session_id" = String, Path, description = "As at creation.", pattern = "^ses_[0-9a-f]{32}$")),
    responses((status = 204, description = "Cancelled, or over already.")),
)]
pub(in crate::web) async fn cancel(
    caller: Caller,
    state: Data<WebState>,
    session_id: Path<String>,
) -> Result<HttpResponse, ProblemAnswer> {
    let Caller(key) = caller;
    state.flow.cancel(&key, &session_id).await?;
    Ok(HttpResponse::NoContent().finish())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_created_session_is_written_as_a_serializer_would_write_it() {
        let created = Created {
            session_id: "ses_5f2c0a9be4d1437a8c6e1b2d3f405162".to_owned(),
            authorize_url: "https://verify.example.com/oauth/delegate?request=psd_Xk0-_".to_owned(),
            expires_in: 900,
            expires_at: rfc3339(1_900_000_000),
        };
        let told = json!({
            "session_id": &created.session_id, "authorize_url": &created.authorize_url,
            "expires_in": 900, "expires_at": "2030-03-17T17:46:40Z",
        });
        assert_eq!(serde_json::from_str::<Value>(&created.to_json()).unwrap(), told);
    }
}
