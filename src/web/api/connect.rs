//! `/v1/connect/{platform}`: for callers that receive the platform's redirect themselves.

use std::sync::Arc;

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::app_id::find_app;
use super::fields::Fields;
use super::{body, query};
use crate::crypto::secret::SecretText;
use crate::error::Problem;
use crate::flow::{CONNECT_LIFE, ConnectResponse, Connected, NewConnect, Recording};
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

/// A proven account.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Connected)]
pub(in crate::web) struct ConnectedAccount<'a> {
    /// The platform's permanent id. Accounts are told apart by platform and id together.
    account_id: &'a str,
    /// The platform's name.
    platform: &'a str,
    /// For display: it can change, and is empty where the platform gives none.
    username: &'a str,
    /// As at the beginning, or null.
    profile_id: Option<&'a str>,
    /// The signed proof: verify it as one that a callback received, or redeem it as it is.
    proof: ConnectProof<'a>,
    /// `false` where the key records accounts and this one could not be recorded: redeem the proof to have it recorded.
    /// Absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    recorded: Option<bool>,
}

/// The six parameters of a proof, as they read after URL-decoding.
#[derive(Serialize, utoipa::ToSchema)]
struct ConnectProof<'a> {
    platform: &'a str,
    platform_id: &'a str,
    /// Its escapes included; `username` has none.
    handle: &'a str,
    /// The state of the connect.
    state: &'a str,
    expires: &'a str,
    sig: &'a str,
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
    responses((status = 201, description = "The account and its proof.", body = ConnectedAccount<'_>, example = json!({
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
    Ok(HttpResponse::Created().json(answer(&connected)))
}

fn find_platform(state: &WebState, name: &str) -> Result<Arc<Platform>, Problem> {
    let detail = "There is no such platform; GET /api/oauth/delegate/platforms lists them.";
    let unknown = || Problem { detail: detail.into(), ..Problem::not_found() };
    state.flow.platforms().find(name).cloned().ok_or_else(unknown)
}

async fn read_new(
    request: &HttpRequest,
    state: &WebState,
    platform: Arc<Platform>,
    key: &ApiKey,
) -> Result<NewConnect, Problem> {
    let mut fields = Fields::new(query::read(request)?);
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

fn answer(connected: &Connected) -> ConnectedAccount<'_> {
    let value = |wanted: &str| {
        let found = connected.proof.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    };
    ConnectedAccount {
        account_id: connected.account_id.as_str(),
        platform: connected.platform.as_str(),
        username: &connected.username,
        profile_id: connected.profile_id.as_ref().map(ProfileId::as_str),
        proof: ConnectProof {
            platform: value("platform"),
            platform_id: value("platform_id"),
            handle: value("handle"),
            state: value("state"),
            expires: value("expires"),
            sig: value("sig"),
        },
        recorded: (connected.recording == Recording::Failed).then_some(false),
    }
}
