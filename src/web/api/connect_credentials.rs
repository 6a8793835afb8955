//! `/v1/connect/{platform}/credentials`: for platforms without a consent page.

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::body::{self, Members};
use super::connected::ConnectedAccount;
use super::fields::Fields;
use crate::error::{Code, FieldFault, Problem};
use crate::platform::credentials::{CredentialFacts, SentCredentials};
use crate::session::ProfileId;
use crate::web::WebState;
use crate::web::extract::{Caller, rate_limited};
use crate::web::problem::ProblemAnswer;

/// What the platform's entry asks for, and the caller's own reference. Which members there are depends on the platform:
/// `identifier` and `app_password` for Bluesky, `api_key` where a key is all.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "described and never made")]
pub(super) struct CredentialsRequest {
    /// The account's handle or permanent id; no e-mail address.
    #[schema(required = false, max_length = 253)]
    identifier: String,
    /// A password that the user made for this purpose at the platform. Never the main one: it is refused unsent.
    #[schema(required = false, max_length = 128)]
    app_password: String,
    /// The key that the platform gave the account.
    #[schema(required = false, max_length = 128)]
    api_key: String,
    /// The caller's own reference, given back with the account; it is not part of the proof.
    #[schema(required = false, min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:-]+$")]
    profile_id: String,
}

/// Proves an account with its owner's credentials.
///
/// For platforms whose `connect` is `credentials`. What is sent is used once and kept nowhere, and a session that it opened
/// at the platform is ended. A credential that does not look like what is asked for is refused without being sent on.
/// Five tries a minute for one account.
#[utoipa::path(
    post,
    path = "/v1/connect/{platform}/credentials",
    operation_id = "connect_with_credentials",
    security(("api_key" = [])),
    params(("platform" = String, Path, description = "A platform's name.", example = "bluesky")),
    request_body(content = CredentialsRequest, example = json!({
        "identifier": "jane.bsky.social", "app_password": "ix2i-x65l-5jpw-og7u", "profile_id": "user-17",
    })),
    responses((status = 201, description = "The account and its proof.", body = ConnectedAccount, example = json!({
        "account_id": "did:plc:z72i7hdynmk6r22z27h6tvur", "platform": "bluesky", "username": "jane.bsky.social",
        "profile_id": "user-17",
        "proof": {
            "platform": "bluesky", "platform_id": "did:plc:z72i7hdynmk6r22z27h6tvur", "handle": "jane.bsky.social",
            "state": "9Yb8v0mQ4cB2rN1kq7WmXo3sT5uZ6aEfGhIjKlMnOpQ", "expires": "1900000300",
            "sig": "7f89e96543d417f5c1f2d0a6b7c8e9fa0b1c2d3e4f5061728394a5b6c7d8e9f0",
        },
    }))),
)]
pub(in crate::web) async fn connect(
    caller: Caller,
    state: Data<WebState>,
    platform: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, ProblemAnswer> {
    let Caller(key) = caller;
    state.limits.session(key.id).map_err(rate_limited)?;
    let platform = state.flow.platforms().find(&platform).cloned().ok_or_else(unknown_platform)?;
    let members = body::read_object(&request, payload).await?;
    let facts = platform.entry().credentials.as_ref().ok_or_else(wants_a_browser)?;
    let (sent, profile_id) = parse(members, facts)?;
    state.limits.credentials(key.id, &platform.entry().name, sent.subject()).map_err(rate_limited)?;
    let connected = state.flow.connect_with_credentials(&key, &platform, sent, profile_id).await?;
    Ok(HttpResponse::Created().json(ConnectedAccount::from(connected)))
}

fn parse(members: Members, facts: &CredentialFacts) -> Result<(SentCredentials, Option<ProfileId>), Problem> {
    let mut fields = Fields::new(members);
    let profile_id = fields.parsed("profile_id", ProfileId::RULE, ProfileId::parse);
    let sent = facts.collect(|field| {
        fields.required(&field.name);
        fields.secret(&field.name)
    });
    if let Err(misfits) = &sent {
        for field in misfits.iter().filter(|field| fields.is_untold(&field.name)).collect::<Vec<_>>() {
            fields.fault(&field.name, field.rule.clone());
        }
    }
    let known: Vec<&str> =
        facts.fields.iter().map(|field| field.name.as_str()).chain(["profile_id"]).collect();
    fields.finish(&known)?;
    let sent = sent.map_err(|_told_above| Problem::invalid(Vec::new()))?;
    Ok((sent, profile_id))
}

fn unknown_platform() -> Problem {
    let detail = "There is no platform of this name; GET /api/oauth/delegate/platforms lists them.";
    Problem::new(Code::NotFound, detail)
}

fn wants_a_browser() -> Problem {
    let message = "is proven on the platform's consent page and takes no credentials here: send the user's browser there";
    Problem::invalid(vec![FieldFault::new("platform", message)])
}
