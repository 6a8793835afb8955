//! `POST /{platform}/register`: another client (RFC 7591), for trying out a caller's own app or its own redirect URI.
//!
//! `{"redirect_uris": ["…"]}` → 201 with `client_id` and `client_secret`. It demands JSON by content type, which no
//! foreign page in a browser can send without asking.

use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::answer;
use super::stage::{OnStage, RegisteredClient};

const REDIRECT_URIS_AT_MOST: usize = 10;

#[derive(Deserialize)]
struct Registration {
    redirect_uris: Vec<String>,
}

/// Makes a client.
pub(super) async fn register(stage: OnStage, request: HttpRequest, body: Bytes) -> HttpResponse {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_json =
        kind.is_some_and(|kind| kind.split(';').next().is_some_and(|kind| kind.trim() == "application/json"));
    let asked: Option<Registration> = serde_json::from_slice(&body).ok().filter(|_| is_json);
    let Some(redirect_uris) = asked.map(|asked| asked.redirect_uris).filter(|uris| are_good(uris)) else {
        return answer::json(HttpResponse::BadRequest(), &json!({"error": "invalid_redirect_uri"}));
    };
    let client = RegisteredClient::new(stage.entry.name.as_str(), redirect_uris);
    let told = json!({
        "client_id": client.client_id,
        "client_secret": client.client_secret.expose(),
        "redirect_uris": client.redirect_uris,
        "client_secret_expires_at": 0,
    });
    if !stage.admit(client) {
        return HttpResponse::ServiceUnavailable().finish();
    }
    answer::json(HttpResponse::Created(), &told)
}

/// Absolute, of the web, without a fragment (RFC 6749, section 3.1.2).
fn are_good(uris: &[String]) -> bool {
    let good = |uri: &String| {
        Url::parse(uri).is_ok_and(|uri| matches!(uri.scheme(), "http" | "https") && uri.fragment().is_none())
    };
    (1..=REDIRECT_URIS_AT_MOST).contains(&uris.len()) && uris.iter().all(good)
}
