//! What is heard of a grant's account goes into the record of it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Endpoint, HostilePlatform, Reply, Service, Setup};

async fn post(service: &Service, what: &str, body: &Value) -> Answer {
    let request = service.request(Method::POST, &format!("/v1/accounts/{what}"));
    Answer::of(request.bearer_auth(&service.key.api_key).json(body)).await
}

async fn status(service: &Service) -> String {
    let request = service.request(Method::GET, "/v1/accounts").bearer_auth(&service.key.api_key);
    Answer::of(request).await.json()["accounts"][0]["status"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_says_that_its_account_was_revoked_is_back_and_was_disconnected() {
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform)).await;
    service.changes().start_recording(service.key.id).await.unwrap();
    let begun = service.start_connect_for("acme", &[("keep_grant", "true")]).await;
    let connected = service.finish_connect(&begun, &begun.code_at(&platform)).await;
    assert_eq!(connected.status, 201, "{}", connected.text());
    let grant = connected.json()["grant"].clone();
    assert_eq!(status(&service).await, "active");

    platform.next(Endpoint::Identity, Reply::status(401, &json!({"error": "invalid_token"})));
    let health = post(&service, "health", &json!({"grants": [grant]})).await.json();
    assert_eq!(health["accounts"][0]["status"], "revoked", "{health}");
    assert_eq!(status(&service).await, "revoked");

    // A platform that does not answer says nothing.
    platform.next(Endpoint::Identity, Reply::status(503, &json!({})));
    platform.next(Endpoint::Identity, Reply::status(503, &json!({})));
    post(&service, "health", &json!({"grants": [grant]})).await;
    assert_eq!(status(&service).await, "revoked");
    post(&service, "health", &json!({"grants": [grant]})).await;
    assert_eq!(status(&service).await, "active");

    let gone = post(&service, "disconnect", &json!({"grant": grant})).await;
    assert_eq!(gone.json()["deleted"], true, "{}", gone.text());
    assert_eq!(status(&service).await, "revoked");
}
