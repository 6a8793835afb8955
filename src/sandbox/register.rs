//! `POST /{platform}/register`: another client (RFC 7591), for trying out a caller's own app or its own redirect URI, and
//! `PUT /{platform}/register/{client_id}`: other redirect URIs for it (RFC 7592), since they are often known only later.
//!
//! `{"redirect_uris": ["…"]}` → 201 with `client_id`, `client_secret`, and where and with which token to change it. Both
//! demand JSON by content type, which no foreign page in a browser can send without asking.

use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Bytes, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::answer;
use super::client_auth;
use super::stage::{OnStage, RegisteredClient, Stage};
use crate::crypto::secret::SecretText;

const REDIRECT_URIS_AT_MOST: usize = 10;

#[derive(Deserialize)]
struct Registration {
    redirect_uris: Vec<String>,
}

/// Makes a client. Without a redirect URI it exists and can do nothing yet.
pub(super) async fn register(stage: OnStage, request: HttpRequest, body: Bytes) -> HttpResponse {
    let Some(redirect_uris) = redirect_uris(&request, &body) else { return refused() };
    let client = RegisteredClient::new(stage.entry.name.as_str(), redirect_uris);
    let told = told(&stage, &client);
    if !stage.admit(client) {
        return HttpResponse::ServiceUnavailable().finish();
    }
    answer::json(HttpResponse::Created(), &told)
}

/// Gives a client these redirect URIs in the place of those it has.
pub(super) async fn change(
    stage: OnStage,
    path: Path<(String, String)>,
    request: HttpRequest,
    body: Bytes,
) -> HttpResponse {
    let token = client_auth::bearer(&request).map(|token| SecretText::new(token.to_owned()));
    let client = stage.client(&path.1).filter(|client| Some(&client.registration_token) == token.as_ref());
    let Some(client) = client else {
        return answer::json(HttpResponse::Unauthorized(), &json!({"error": "invalid_token"}));
    };
    let Some(redirect_uris) = redirect_uris(&request, &body) else { return refused() };
    let client = RegisteredClient { redirect_uris, ..client };
    let told = told(&stage, &client);
    if !stage.admit(client) {
        return HttpResponse::ServiceUnavailable().finish();
    }
    answer::json(HttpResponse::Ok(), &told)
}

fn told(stage: &Stage, client: &RegisteredClient) -> Value {
    json!({
        "client_id": client.client_id,
        "client_secret": client.client_secret.expose(),
        "redirect_uris": client.redirect_uris,
        "client_secret_expires_at": 0,
        "registration_client_uri": format!("{}/register/{}", stage.base, client.client_id),
        "registration_access_token": client.registration_token.expose(),
    })
}

fn refused() -> HttpResponse {
    answer::json(HttpResponse::BadRequest(), &json!({"error": "invalid_redirect_uri"}))
}

fn redirect_uris(request: &HttpRequest, body: &[u8]) -> Option<Vec<String>> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_json =
        kind.is_some_and(|kind| kind.split(';').next().is_some_and(|kind| kind.trim() == "application/json"));
    let asked: Option<Registration> = serde_json::from_slice(body).ok().filter(|_| is_json);
    asked.map(|asked| asked.redirect_uris).filter(|uris| are_good(uris))
}

/// Absolute, of the web, without a fragment (RFC 6749, section 3.1.2).
fn are_good(uris: &[String]) -> bool {
    let good = |uri: &String| {
        Url::parse(uri).is_ok_and(|uri| matches!(uri.scheme(), "http" | "https") && uri.fragment().is_none())
    };
    uris.len() <= REDIRECT_URIS_AT_MOST && uris.iter().all(good)
}
