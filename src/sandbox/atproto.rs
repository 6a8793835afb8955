//! A server of the AT Protocol and the directory of its accounts, both strict: sessions for app passwords, ended by
//! their refresh token, handles, DID documents.
//!
//! A [`Player`] is found by the first label of the handle, `{player}.sandbox.test`. All of them have one app password.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::time::sleep;

use super::account::from_pattern;
use super::answer;
use super::client_auth;
use super::granted::Grant;
use super::params::Params;
use super::persona::Persona;
use super::stage::{OnStage, Stage, random_text};

/// Everybody's app password; every other one is wrong.
pub const APP_PASSWORD: &str = "sand-boxx-pass-word";
const DOMAIN: &str = "sandbox.test";

/// Who has an account here, or what befalls who asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Player {
    Ordinary,
    Another,
    /// The document names no handle.
    NoHandle,
    /// The handle leads nowhere.
    Unresolved,
    /// The handle leads to somebody else.
    Elsewhere,
    /// The document names another handle.
    Renamed,
    /// The session is of another account than the one that was asked for.
    Swapped,
    TakenDown,
    Deactivated,
    /// The account lies on another host by now.
    Moved,
    /// The id is a `did:web`.
    Web,
    Slow,
    Hanging,
    /// The session endpoint answers 500.
    Failing,
    /// The directory answers 500.
    DirectoryFailing,
    RateLimited,
}

const PLAYERS: [(&str, Player); 16] = [
    ("ordinary", Player::Ordinary),
    ("another", Player::Another),
    ("no-handle", Player::NoHandle),
    ("unresolved", Player::Unresolved),
    ("elsewhere", Player::Elsewhere),
    ("renamed", Player::Renamed),
    ("swapped", Player::Swapped),
    ("taken-down", Player::TakenDown),
    ("deactivated", Player::Deactivated),
    ("moved", Player::Moved),
    ("web", Player::Web),
    ("slow", Player::Slow),
    ("hanging", Player::Hanging),
    ("failing", Player::Failing),
    ("directory-failing", Player::DirectoryFailing),
    ("rate-limited", Player::RateLimited),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Login {
    identifier: String,
    password: String,
}

impl Player {
    fn name(self) -> &'static str {
        PLAYERS.iter().find(|(_, player)| *player == self).map_or("", |(name, _)| name)
    }

    fn of_handle(handle: &str) -> Option<Self> {
        let name = handle.strip_suffix(DOMAIN)?.strip_suffix('.')?;
        PLAYERS.iter().find(|(one, _)| *one == name).map(|(_, player)| *player)
    }

    fn of_did(stage: &Stage, did: &str) -> Option<Self> {
        PLAYERS.iter().map(|(_, player)| *player).find(|player| player.did(stage) == did)
    }

    fn handle(self) -> String {
        format!("{}.{DOMAIN}", self.name())
    }

    fn did(self, stage: &Stage) -> String {
        match self {
            Self::Web => "did:web:web.sandbox.test".to_owned(),
            _ => {
                let seed = Sha256::digest(format!("{}/{}/id", stage.entry.name, self.name()));
                from_pattern(&stage.dialect.account.id, &seed)
            }
        }
    }
}

/// `com.atproto.server.createSession`.
pub(super) async fn open(stage: OnStage, body: Bytes) -> HttpResponse {
    stage.counters.token.add_one();
    let Ok(login) = serde_json::from_slice::<Login>(&body) else {
        return refuse(400, "InvalidRequest");
    };
    let player = Player::of_handle(&login.identifier).or_else(|| Player::of_did(&stage, &login.identifier));
    let Some(player) = player.filter(|_| login.password == APP_PASSWORD) else {
        return refuse(401, "AuthenticationRequired");
    };
    match player {
        Player::TakenDown => return refuse(401, "AccountTakedown"),
        Player::Failing => return refuse(500, "InternalServerError"),
        Player::RateLimited => return refuse(429, "RateLimitExceeded"),
        Player::Slow => sleep(stage.pace.slow).await,
        Player::Hanging => sleep(stage.pace.hanging).await,
        _ => {}
    }
    let refresh = random_text();
    stage.tokens.insert(refresh.clone(), Grant::by_credentials(Persona::Ordinary));
    let account = if player == Player::Swapped { Player::Another } else { player };
    let handle = if player == Player::NoHandle { "handle.invalid".to_owned() } else { account.handle() };
    let mut answer = json!({
        "did": account.did(&stage), "handle": handle, "email": "somebody@sandbox.test",
        "accessJwt": random_text(), "refreshJwt": refresh, "active": player != Player::Deactivated,
    });
    if let (Player::Deactivated, Some(members)) = (player, answer.as_object_mut()) {
        members.insert("status".to_owned(), "deactivated".into());
    }
    answer::json(HttpResponse::Ok(), &answer)
}

/// `com.atproto.server.deleteSession`: by the refresh token, which the access token is not.
pub(super) async fn end(stage: OnStage, request: HttpRequest) -> HttpResponse {
    stage.counters.revoke.add_one();
    match client_auth::bearer(&request).filter(|token| stage.tokens.get(*token).is_some()) {
        Some(token) => {
            stage.tokens.invalidate(token);
            HttpResponse::Ok().finish()
        }
        None => refuse(401, "InvalidToken"),
    }
}

/// `com.atproto.identity.resolveHandle`.
pub(super) async fn resolve(stage: OnStage, request: HttpRequest) -> HttpResponse {
    stage.counters.identity.add_one();
    let params = Params::parse(request.query_string().as_bytes()).ok();
    let handle = params.as_ref().and_then(|params| params.find("handle")).unwrap_or_default();
    match Player::of_handle(handle) {
        Some(Player::Unresolved | Player::NoHandle) | None => refuse(400, "HandleNotFound"),
        Some(Player::Elsewhere) => told(&json!({"did": Player::Another.did(&stage)})),
        Some(player) => told(&json!({"did": player.did(&stage)})),
    }
}

/// `GET {directory}/{did}`.
pub(super) async fn did_document(stage: OnStage, path: Path<(String, String)>) -> HttpResponse {
    stage.counters.identity.add_one();
    let (_, did) = path.into_inner();
    let Some(player) = Player::of_did(&stage, &did) else { return refuse(404, "NotFound") };
    let also_known_as: Value = match player {
        Player::DirectoryFailing => return refuse(500, "InternalServerError"),
        Player::NoHandle => json!([]),
        Player::Renamed => json!([format!("at://new-name.{DOMAIN}")]),
        player => json!([format!("at://{}", player.handle())]),
    };
    let host = if player == Player::Moved { "https://new-host.sandbox.test" } else { stage.base.as_str() };
    told(&json!({
        "@context": ["https://www.w3.org/ns/did/v1"],
        "id": did,
        "alsoKnownAs": also_known_as,
        "verificationMethod": [],
        "service": [{"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": host}],
    }))
}

fn told(body: &Value) -> HttpResponse {
    answer::json(HttpResponse::Ok(), body)
}

fn refuse(status: u16, error: &str) -> HttpResponse {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    answer::json(HttpResponse::build(status), &json!({"error": error, "message": "The sandbox says no."}))
}
