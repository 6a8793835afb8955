//! `/admin/v1`: the operator's programs.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Service, Setup};

const TOKEN: &str = "an-operator-token-of-more-than-32-characters";

async fn start() -> Service {
    Service::start(Setup::sandbox().set("operator.token", TOKEN)).await
}

async fn send(service: &Service, method: Method, path: &str, body: Option<&Value>) -> Answer {
    let request = service.request(method, path).bearer_auth(TOKEN);
    Answer::of(match body {
        Some(body) => request.json(body),
        None => request,
    })
    .await
}

async fn get(service: &Service, path: &str) -> Value {
    let answer = send(service, Method::GET, path, None).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

#[tokio::test]
async fn t86_without_a_token_in_the_configuration_no_path_of_the_api_exists() {
    let service = Service::start(Setup::bare()).await;
    let unknown = Answer::of(service.request(Method::GET, "/no-such-path")).await;
    for path in ["/admin/v1", "/admin/v1/keys", "/admin/v1/keys/key_0000000000000000", "/admin/v1/stats"] {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let answer = Answer::of(service.request(method, path).bearer_auth(TOKEN)).await;
            assert_eq!(answer.problem(404), unknown.problem(404), "{path}");
        }
    }
}

#[tokio::test]
async fn t84_nothing_opens_without_the_operators_token_and_wrong_ones_are_throttled() {
    let service = start().await;
    let paths = ["/admin/v1/keys", "/admin/v1/platforms", "/admin/v1/stats"];
    for path in paths {
        let answer = Answer::of(service.request(Method::GET, path)).await;
        assert_eq!(answer.problem(401), "invalid_operator_token");
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
    }
    let wrong = [service.key.api_key.clone(), format!("{TOKEN}x"), TOKEN[1..].to_owned(), String::new()];
    for token in wrong {
        let answer = Answer::of(service.request(Method::GET, paths[0]).bearer_auth(token)).await;
        assert_eq!(answer.status, 401);
    }
    let mut last = 0;
    for _ in 0..20 {
        last = Answer::of(service.request(Method::GET, paths[0]).bearer_auth("wrong")).await.status;
    }
    assert_eq!(last, 429);
    // A neighbour's mistake does not shut the operator out.
    assert_eq!(send(&service, Method::GET, paths[0], None).await.status, 200);
}

#[tokio::test]
async fn a_key_is_made_used_changed_and_revoked() {
    let service = start().await;
    let body = json!({"name": "Shop", "callbacks": ["https://shop.example.com"], "signing_secret": true});
    let created = send(&service, Method::POST, "/admin/v1/keys", Some(&body)).await;
    assert_eq!(created.status, 201, "{}", created.text());
    let key = created.json();
    let path = created.header("location").to_owned();
    assert_eq!(path, format!("/admin/v1/keys/{}", key["id"].as_str().unwrap()));
    let api_key = key["api_key"].as_str().unwrap();

    let new = json!({"platform": "tiktok", "state": "s", "callback_url": "https://shop.example.com/a"});
    assert_eq!(service.create_as(api_key, &new).await.status, 201);

    let renamed = send(&service, Method::PATCH, &path, Some(&json!({"name": "Shop two"}))).await;
    assert_eq!((renamed.status, renamed.json()["name"].as_str()), (200, Some("Shop two")));
    let shown = get(&service, &path).await;
    assert_eq!((&shown["has_signing_secret"], &shown["needs"]), (&json!(true), &json!([])));
    assert_eq!(shown["created_at"], json!("2030-03-17T17:46:40Z"));
    assert!(shown.get("api_key").is_none() && shown.get("signing_secret").is_none());

    let secret = send(&service, Method::POST, &format!("{path}/signing-secret"), None).await;
    assert_eq!(secret.status, 201);
    assert_ne!(secret.json()["signing_secret"], key["signing_secret"]);

    assert_eq!(send(&service, Method::DELETE, &path, None).await.status, 204);
    assert_eq!(service.create_as(api_key, &new).await.problem(401), "invalid_api_key");
    assert_eq!(send(&service, Method::DELETE, &path, None).await.problem(404), "not_found");
    assert!(get(&service, &path).await["revoked_at"].is_string());
}

#[tokio::test]
async fn callbacks_are_added_and_removed_one_by_one() {
    let service = start().await;
    let path = format!("/admin/v1/keys/{}/callbacks", service.key.id);
    let one = json!({"callback_url": "https://b.example.com/x?y=1"});
    for _ in 0..2 {
        let left = send(&service, Method::POST, &path, Some(&one)).await.json();
        assert_eq!(left["callbacks"], json!(["https://app.example.com", "https://b.example.com/x?y=1"]));
    }
    let query = "?callback_url=https%3A%2F%2Fapp.example.com";
    let left = send(&service, Method::DELETE, &format!("{path}{query}"), None).await.json();
    assert_eq!(left["callbacks"], json!(["https://b.example.com/x?y=1"]));
    assert_eq!(get(&service, &path).await["callbacks"], left["callbacks"]);
    assert_eq!(send(&service, Method::DELETE, &path, None).await.bad_fields(), ["callback_url"]);
    let bad = json!({"callback_url": "https://127.0.0.1:1/", "more": 1});
    let faults =
        send(&service, Method::POST, &path, Some(&json!({"callback_url": "ftp://x", "more": 1}))).await;
    assert_eq!(faults.bad_fields(), ["callback_url", "more"]);
    assert_eq!(send(&service, Method::POST, &path, Some(&bad)).await.bad_fields(), ["more"]);
}

#[tokio::test]
async fn every_bad_field_of_a_new_key_is_named_at_once() {
    let service = start().await;
    let before = get(&service, "/admin/v1/keys").await["keys"].as_array().unwrap().len();
    let body = json!({
        "name": "Evil\u{202e}", "callbacks": ["https://ok.example.com", "http://no.example.com"],
        "first_party": "yes", "surprise": 1
    });
    let answer = send(&service, Method::POST, "/admin/v1/keys", Some(&body)).await;
    assert_eq!(answer.problem(422), "invalid_request");
    assert_eq!(answer.bad_fields(), ["name", "callbacks[1]", "first_party", "surprise"]);
    let answer = send(&service, Method::POST, "/admin/v1/keys", Some(&json!({}))).await;
    assert_eq!(answer.bad_fields(), ["name"]);
    assert_eq!(get(&service, "/admin/v1/keys").await["keys"].as_array().unwrap().len(), before);
}

#[tokio::test]
async fn t85_sql_and_html_in_a_name_are_text_and_ids_of_other_kinds_are_404() {
    let service = start().await;
    let name = "'); DROP TABLE keys; -- <b>&";
    let created = send(&service, Method::POST, "/admin/v1/keys", Some(&json!({"name": name}))).await.json();
    let path = format!("/admin/v1/keys/{}", created["id"].as_str().unwrap());
    assert_eq!(get(&service, &path).await["name"], name);
    for id in ["key_ffffffffffffffff", "1", "'%20OR%201=1", "key_", "..%2Fplatforms"] {
        let path = format!("/admin/v1/keys/{id}");
        assert_eq!(send(&service, Method::GET, &path, None).await.problem(404), "not_found", "{id}");
        assert_eq!(send(&service, Method::DELETE, &path, None).await.problem(404), "not_found", "{id}");
    }
}

#[tokio::test]
async fn platforms_say_what_is_missing_and_what_to_register() {
    let service = Service::start(Setup::bare().set("operator.token", TOKEN)).await;
    let platforms = get(&service, "/admin/v1/platforms").await;
    let tiktok =
        platforms["platforms"].as_array().unwrap().iter().find(|one| one["name"] == "tiktok").unwrap();
    assert_eq!((&tiktok["ready"], &tiktok["kind"]), (&json!(false), &json!("oauth2")));
    assert_eq!(tiktok["missing"], json!(["client_id", "client_secret"]));
    assert_eq!(tiktok["redirect_uri"], format!("{}/oauth/callback/tiktok", service.public_url));
}

#[tokio::test]
async fn sessions_are_counted_by_their_outcome() {
    let service = start().await;
    let verified = service.session("tiktok").await;
    service.browser().finish_as(&verified, "ordinary").await;
    let denied = service.session("tiktok").await;
    service.browser().finish_as(&denied, "denies").await;
    let cancelled = service.session("tiktok").await;
    service.cancel(&cancelled.session_id).await;
    service.cancel(&cancelled.session_id).await;
    let hour = &get(&service, "/admin/v1/stats").await["last_hour"];
    for (name, count) in [("created", 3), ("verified", 1), ("access_denied", 1), ("cancelled", 1)] {
        assert_eq!(hour[name], count, "{name}: {hour}");
    }
    service.pass_time(std::time::Duration::from_hours(1)).await;
    let stats = get(&service, "/admin/v1/stats").await;
    assert_eq!((&stats["last_hour"]["created"], &stats["last_day"]["created"]), (&json!(0), &json!(3)));
}

#[tokio::test]
async fn wrong_methods_are_405_with_allow() {
    let service = start().await;
    for (path, allow) in [
        ("/admin/v1/keys", "GET, POST"),
        ("/admin/v1/keys/key_0000000000000000", "GET, PATCH, DELETE"),
        ("/admin/v1/keys/key_0000000000000000/signing-secret", "POST"),
        ("/admin/v1/keys/key_0000000000000000/callbacks", "GET, POST, DELETE"),
        ("/admin/v1/stats", "GET"),
    ] {
        let answer = send(&service, Method::PUT, path, None).await;
        assert_eq!((answer.status, answer.header("allow")), (405, allow), "{path}");
    }
}
