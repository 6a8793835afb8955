//! `/v1/connect/{platform}`: for callers that receive the platform's redirect themselves.

use std::sync::Arc;

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::app_id::find_app;
use super::connected::ConnectedAccount;
use super::fields::Fields;
use super::{body, query};
use crate::crypto::secret::SecretText;
use crate::error::Problem;
use crate::flow::{CONNECT_LIFE, ConnectResponse, NewConnect};
use crate::keys::ApiKey;
use crate::platform::Platform;
use crate::session::ProfileId;
use crate::web::WebState;
use crate::web::extract::{Caller, rate_limited};
use crate::web::problem::ProblemAnswer;

/// A connect, begun.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = StartedConnect)]
pub(in crate::web) struct Started<'a> {
    /// Where to send the user's browser.
    #[schema(format = "uri")]
    auth_url: &'a str,
    /// Comes back at your redirect URI with the code. Keep it in the browser's own session and compare it there.
    state: &'a str,
    /// Seconds until the state is dead.
    expires_in: u64,
}

/// What came back at your redirect URI.
#[derive(utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "described and never made")]
pub(super) struct ConnectRequest {
    /// The authorization code, decoded.
    #[schema(min_length = 1, max_length = 4096)]
    code: String,
    /// Compared with the one in this browser's own session before.
    state: String,
    /// The one that the connect was begun with.
    redirect_uri: String,
}

/// Begins a connect.
///
/// The redirect URI is your own: registered with the API key like a callback URL, and at the platform for the app that is
/// used. Send the user's browser to `auth_url`.
#[utoipa::path(
    get,
    path = "/v1/connect/{platform}",
    operation_id = "start_connect",
    security(("api_key" = [])),
    params(
        ("platform" = inline(String), Path, description = "A name that the list of platforms gives."),
        ("redirect_uri" = String, Query, description = "Where the platform sends the browser; the rules are those of a \
            session's `callback_url`.", max_length = 2048, format = "uri"),
        ("app_id" = Option<String>, Query, description = "One of your own OAuth apps of this platform: it is used in the \
            place of the operator's.", pattern = "^app_[0-9a-f]{16}$"),
        ("profile_id" = Option<String>, Query, description = "Your own reference.", min_length = 1, max_length = 128,
            pattern = "^[A-Za-z0-9._:-]+$"),
        ("keep_grant" = Option<bool>, Query, description = "Ask for the platform's tokens, sealed."),
    ),
    responses((status = 200, description = "The way to the platform.", body = Started<'_>, example = json!({
        "auth_url": "https://www.tiktok.com/v2/auth/authorize/?response_type=code&…",
        "state": "q0Yw…", "expires_in": 600,
    }))),
)]
pub(in crate::web) async fn start(
    caller: Caller,
    state: Data<WebState>,
    platform: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, ProblemAnswer> {
    let Caller(key) = caller;
    state.limits.session(key.id).map_err(rate_limited)?;
    let platform = find_platform(&state, &platform)?;
    let new = read_new(&request, &state, platform, &key).await?;
    let started = state.flow.start_connect(&key, new).await?;
    Ok(HttpResponse::Ok().json(Started {
        auth_url: &started.auth_url,
        state: &started.state,
        expires_in: CONNECT_LIFE.as_secs(),
    }))
}

/// Finishes a connect: hands the code in, and gets the account and a signed proof.
///
/// Compare `state` with the one in this browser's own session first. The state is taken once; a refusal that names it, or
/// the redirect URI, leaves it as good as it was.
#[utoipa::path(
    post,
    path = "/v1/connect/{platform}",
    operation_id = "finish_connect",
    security(("api_key" = [])),
    params(("platform" = inline(String), Path, description = "As at the beginning.")),
    request_body(content = ConnectRequest, example = json!({
        "code": "SplxlOBeZQQYbYS6WxSbIA", "state": "q0Yw…", "redirect_uri": "https://app.example.com/oauth/tiktok",
    })),
    responses((status = 201, description = "The account and its proof.", body = ConnectedAccount, example = json!({
        "account_id": "_000abc", "platform": "tiktok", "username": "jane", "profile_id": null,
        "proof": {
            "platform": "tiktok", "platform_id": "_000abc", "handle": "jane", "state": "q0Yw…",
            "expires": "1900000300", "sig": "7f89e96543d417f5c1f2d0a6b7c8e9fa0b1c2d3e4f5061728394a5b6c7d8e9f0",
        },
    }))),
)]
pub(in crate::web) async fn finish(
    caller: Caller,
    state: Data<WebState>,
    platform: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, ProblemAnswer> {
    let Caller(key) = caller;
    let platform = find_platform(&state, &platform)?;
    let response = read_response(body::read_object(&request, payload).await?, &platform)?;
    let connected = state.flow.finish_connect(&key, response).await?;
    Ok(HttpResponse::Created().json(ConnectedAccount::from(connected)))
}

fn find_platform(state: &WebState, name: &str) -> Result<Arc<Platform>, Problem> {
    let detail = "There is no such platform; GET /api/oauth/delegate/platforms lists them.";
    let unknown = || Problem { detail: detail.into(), ..Problem::not_found() };
    let platform = state.flow.platforms().find(name).cloned().ok_or_else(unknown)?;
    if platform.entry().has_consent_page() {
        return Ok(platform);
    }
    let detail =
        "This platform has no consent page: send the user's credentials to …/credentials below this path.";
    Err(Problem { detail: detail.into(), ..Problem::not_found() })
}

async fn read_new(
    request: &HttpRequest,
    state: &WebState,
    platform: Arc<Platform>,
    key: &ApiKey,
) -> Result<NewConnect, Problem> {
    let mut fields = Fields::new(query::read(request));
    fields.required("redirect_uri");
    let redirect_uri = fields.text("redirect_uri").and_then(|text| {
        let parsed = state.flow.rules().callbacks.parse(&text);
        parsed.map_err(|fault| fields.fault("redirect_uri", fault.to_string())).ok()
    });
    let profile_id = fields.parsed("profile_id", ProfileId::RULE, ProfileId::parse);
    let keep_grant = fields.parsed("keep_grant", "must be true or false", |text| text.parse::<bool>().ok());
    let app = find_app(&mut fields, &state.apps, key, Some(&*platform)).await?;
    fields.finish(&["redirect_uri", "app_id", "profile_id", "keep_grant"])?;
    let redirect_uri = redirect_uri.ok_or_else(|| Problem::invalid(Vec::new()))?;
    Ok(NewConnect { platform, app, redirect_uri, profile_id, keep_grant: keep_grant.unwrap_or_default() })
}

fn read_response(members: body::Members, platform: &Platform) -> Result<ConnectResponse, Problem> {
    let mut fields = Fields::new(members);
    let code = fields.parsed("code", "must be 1 to 4096 characters, as it came back, decoded", code);
    let state = fields.text("state");
    let redirect_uri = fields.text("redirect_uri");
    for name in ["code", "state", "redirect_uri"] {
        fields.required(name);
    }
    fields.finish(&["code", "state", "redirect_uri"])?;
    let (Some(code), Some(state), Some(redirect_uri)) = (code, state, redirect_uri) else {
        return Err(Problem::invalid(Vec::new()));
    };
    Ok(ConnectResponse { platform: platform.entry().name.clone(), code, state, redirect_uri })
}

fn code(text: &str) -> Option<SecretText> {
    (1..=4096).contains(&text.len()).then(|| SecretText::new(text.to_owned()))
}
