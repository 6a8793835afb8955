//! Platforms without a consent page: the person's own credentials, used once (contract 9).

use handleproof::sandbox::{APP_PASSWORD, Pace};
use handleproof_verify::Verifier;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::child::{Deployment, free_port};
use crate::harness::client;
use crate::harness::service::NOW;
use crate::harness::{Answer, Endpoint, HostilePlatform, Reply, Service, Setup, until};
use handleproof::session::PlatformName;

async fn send(service: &Service, platform: &str, body: &Value) -> Answer {
    let path = format!("/v1/connect/{platform}/credentials");
    Answer::of(service.request(Method::POST, &path).bearer_auth(&service.key.api_key).json(body)).await
}

async fn as_player(service: &Service, player: &str) -> Answer {
    let body = json!({"identifier": format!("{player}.sandbox.test"), "app_password": APP_PASSWORD});
    send(service, "bluesky", &body).await
}

fn bluesky() -> PlatformName {
    PlatformName::parse("bluesky").unwrap()
}

/// The proof of a 201, as the verifier takes it.
#[track_caller]
fn proven(service: &Service, answer: &Answer) -> Value {
    assert_eq!(answer.status, 201, "{}", answer.text());
    let document = answer.json();
    let proof = document["proof"].as_object().unwrap();
    let state = proof["state"].as_str().unwrap();
    let values = proof.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap()));
    let verifier = Verifier::new(&service.key.secret).unwrap();
    let checked = verifier.verify_params_at(values, state, NOW).unwrap();
    assert_eq!(checked.platform_id(), document["account_id"]);
    assert_eq!(checked.platform(), document["platform"]);
    assert!(state.len() >= 43, "{state}");
    document
}

fn quick() -> Setup {
    let pace = Pace { slow: std::time::Duration::from_millis(20), ..Pace::default() };
    Setup::sandbox().pace(pace)
}

#[tokio::test]
async fn an_app_password_proves_an_account_and_its_session_is_ended() {
    let service = Service::start(quick()).await;
    let body = json!({
        "identifier": "Ordinary.Sandbox.Test", "app_password": APP_PASSWORD, "profile_id": "user-17",
    });
    let first = proven(&service, &send(&service, "bluesky", &body).await);
    assert!(first["account_id"].as_str().unwrap().starts_with("did:plc:"));
    assert_eq!(
        (&first["username"], &first["profile_id"]),
        (&json!("ordinary.sandbox.test"), &json!("user-17"))
    );
    let again = json!({"identifier": first["account_id"], "app_password": APP_PASSWORD});
    let second = proven(&service, &send(&service, "bluesky", &again).await);
    assert_eq!((&second["account_id"], &second["profile_id"]), (&first["account_id"], &Value::Null));
    assert_ne!(second["proof"]["state"], first["proof"]["state"]);
    let another = proven(&service, &as_player(&service, "another").await);
    assert_ne!(another["account_id"], first["account_id"]);
    let sandbox = service.sandbox.as_ref().unwrap();
    until("the sessions are ended", async || sandbox.live_tokens(&bluesky()).is_empty()).await;
    assert_eq!(sandbox.calls(&bluesky()).revoke, 3);
}

#[tokio::test]
async fn a_handle_is_shown_only_where_it_and_the_account_name_each_other() {
    let service = Service::start(quick()).await;
    for (player, username) in
        [("no-handle", ""), ("unresolved", ""), ("renamed", ""), ("slow", "slow.sandbox.test")]
    {
        let document = proven(&service, &as_player(&service, player).await);
        assert_eq!(
            (&document["username"], &document["proof"]["handle"]),
            (&json!(username), &json!(username)),
            "{player}"
        );
    }
}

#[tokio::test]
async fn what_cannot_be_confirmed_proves_nothing_and_every_session_is_ended_all_the_same() {
    let service = Service::start(quick()).await;
    for (player, status, code) in [
        ("swapped", 502, "platform_error"),
        ("elsewhere", 502, "platform_error"),
        ("moved", 502, "platform_error"),
        ("web", 502, "platform_error"),
        ("deactivated", 422, "invalid_request"),
        ("taken-down", 422, "invalid_request"),
        ("failing", 502, "platform_error"),
        ("rate-limited", 502, "platform_error"),
        ("directory-failing", 502, "platform_error"),
    ] {
        let answer = as_player(&service, player).await;
        assert_eq!(answer.problem(status), code, "{player}");
        assert!(!answer.text().contains("sandbox says"), "{player}: the platform's words stay behind");
    }
    let sandbox = service.sandbox.as_ref().unwrap();
    until("the sessions are ended", async || sandbox.live_tokens(&bluesky()).is_empty()).await;
}

#[tokio::test]
async fn an_id_that_the_session_is_not_about_is_refused() {
    let service = Service::start(quick()).await;
    let handle = proven(&service, &as_player(&service, "ordinary").await);
    let swapped = json!({"identifier": swapped_did(&handle), "app_password": APP_PASSWORD});
    assert_eq!(send(&service, "bluesky", &swapped).await.bad_fields(), ["app_password"]);
}

/// An id that nobody has.
fn swapped_did(document: &Value) -> String {
    let did = document["account_id"].as_str().unwrap();
    let (head, last) = did.split_at(did.len() - 1);
    format!("{head}{}", if last == "a" { "b" } else { "a" })
}

#[tokio::test]
async fn wrong_credentials_name_the_secret_and_tell_no_more() {
    let service = Service::start(quick()).await;
    let wrong = json!({"identifier": "ordinary.sandbox.test", "app_password": "aaaa-bbbb-cccc-dddd"});
    let unknown = json!({"identifier": "nobody.sandbox.test", "app_password": "aaaa-bbbb-cccc-dddd"});
    let (wrong, unknown) =
        (send(&service, "bluesky", &wrong).await, send(&service, "bluesky", &unknown).await);
    assert_eq!(wrong.bad_fields(), ["app_password"]);
    assert_eq!(wrong.json()["errors"], unknown.json()["errors"]);
    assert!(!wrong.text().contains("aaaa"));
}

#[tokio::test]
async fn what_is_no_app_password_never_reaches_the_platform() {
    let service = Service::start(quick()).await;
    for (body, fields) in [
        (
            json!({"identifier": "ordinary.sandbox.test", "app_password": "my main password"}),
            vec!["app_password"],
        ),
        (
            json!({"identifier": "ordinary.sandbox.test", "app_password": "SAND-BOXX-PASS-WORD"}),
            vec!["app_password"],
        ),
        (json!({"identifier": "ordinary.sandbox.test", "app_password": 5}), vec!["app_password"]),
        (json!({"identifier": "jane@example.com", "app_password": APP_PASSWORD}), vec!["identifier"]),
        (json!({"identifier": "did:web:example.com", "app_password": APP_PASSWORD}), vec!["identifier"]),
        (json!({"identifier": "@ordinary.sandbox.test", "app_password": APP_PASSWORD}), vec!["identifier"]),
        (json!({"app_password": APP_PASSWORD, "password": "x"}), vec!["identifier", "password"]),
        (json!({"profile_id": "a b"}), vec!["profile_id", "app_password", "identifier"]),
    ] {
        let answer = send(&service, "bluesky", &body).await;
        assert_eq!(answer.bad_fields(), fields, "{}", answer.text());
    }
    // No domain name, and refused before it is sent, too.
    let body = json!({"identifier": "a..b", "app_password": APP_PASSWORD});
    assert_eq!(send(&service, "bluesky", &body).await.bad_fields(), ["app_password"]);
    assert_eq!(service.sandbox.as_ref().unwrap().calls(&bluesky()).token, 0);
}

#[tokio::test]
async fn one_account_can_be_tried_five_times_a_minute_whatever_the_limits() {
    let service = Service::start(quick()).await;
    let wrong = json!({"identifier": "ordinary.sandbox.test", "app_password": "aaaa-bbbb-cccc-dddd"});
    for _ in 0..5 {
        assert_eq!(send(&service, "bluesky", &wrong).await.status, 422);
    }
    let limited = send(&service, "bluesky", &wrong).await;
    assert_eq!(limited.problem(429), "rate_limited");
    assert!(limited.header("retry-after").parse::<u64>().unwrap() >= 1);
    // In another spelling it is the same account; another account is not affected.
    let spelled = json!({"identifier": "ORDINARY.sandbox.test", "app_password": APP_PASSWORD});
    assert_eq!(send(&service, "bluesky", &spelled).await.status, 429);
    proven(&service, &as_player(&service, "another").await);
}

#[tokio::test]
async fn an_api_key_proves_the_account_whose_it_is() {
    let service = Service::start(quick()).await;
    let first =
        proven(&service, &send(&service, "trustpilot", &json!({"api_key": "sandbox_key_ordinary"})).await);
    assert_eq!((&first["username"], &first["platform"]), (&json!("sandbox_ordinary"), &json!("trustpilot")));
    let another =
        proven(&service, &send(&service, "trustpilot", &json!({"api_key": "sandbox_key_another"})).await);
    assert_ne!(another["account_id"], first["account_id"]);
    for key in ["sandbox_key_nobody", "another_key_ordinary"] {
        assert_eq!(send(&service, "trustpilot", &json!({"api_key": key})).await.bad_fields(), ["api_key"]);
    }
    assert_eq!(send(&service, "trustpilot", &json!({"api_key": "short"})).await.bad_fields(), ["api_key"]);
    for (persona, status) in [("identity_failing", 502), ("rate_limited", 502), ("broken_id", 502)] {
        let answer =
            send(&service, "trustpilot", &json!({"api_key": format!("sandbox_key_{persona}")})).await;
        assert_eq!(answer.status, status, "{persona}");
    }
}

#[tokio::test]
async fn a_key_goes_where_the_entry_says_and_nowhere_else() {
    let platform = HostilePlatform::start().await;
    let mut entry = toml::toml! {
        kind = "credentials"
        protocol = "api_key"
        key_query = "k"
        [identity]
        platform_id = "/id"
        [credentials.api_key]
        secret = true
        forms = "{a-z:8}"
    };
    entry.insert("identity_endpoint".to_owned(), platform.url("/identity").into());
    let service = Service::start(Setup::bare().platform("acme", entry)).await;
    proven(&service, &send(&service, "acme", &json!({"api_key": "abcdefgh"})).await);
    let call = platform.calls(Endpoint::Identity).remove(0);
    assert_eq!((call.target.as_str(), call.method.as_str()), ("/identity?k=abcdefgh", "GET"));
    assert!(!call.head.to_lowercase().contains("authorization:"));
    platform.always(Endpoint::Identity, Reply::headed(302, &[("location", &platform.url("/canary"))], b""));
    assert_eq!(send(&service, "acme", &json!({"api_key": "abcdefgh"})).await.problem(502), "platform_error");
    assert_eq!(platform.count(Endpoint::Canary), 0);
}

#[tokio::test]
async fn a_platform_is_connected_in_its_own_way_alone() {
    let service = Service::start(quick()).await;
    let list = async |query: &str| {
        let path = format!("/api/oauth/delegate/platforms{query}");
        Answer::of(service.request(Method::GET, &path).bearer_auth(&service.key.api_key)).await
    };
    let names = |answer: &Answer| -> Vec<String> {
        let document = answer.json();
        let platforms = document["platforms"].as_array().unwrap();
        assert!(platforms.iter().all(|platform| platform["available"] == true));
        platforms.iter().map(|platform| platform["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&list("?connect=credentials").await), ["bluesky", "trustpilot"]);
    let with_page = names(&list("").await);
    assert!(with_page.len() == 8 && !with_page.contains(&"bluesky".to_owned()));
    assert_eq!(names(&list("?connect=redirect").await), with_page);
    assert_eq!(list("?connect=telepathy").await.bad_fields(), ["connect"]);
    let session = json!({"platform": "bluesky", "callback_url": "https://app.example.com/cb", "state": "s"});
    let path = "/api/oauth/delegate/sessions";
    let request = service.request(Method::POST, path).bearer_auth(&service.key.api_key).json(&session);
    assert_eq!(Answer::of(request).await.bad_fields(), ["platform"]);
    assert_eq!(send(&service, "tiktok", &json!({"api_key": "x"})).await.bad_fields(), ["platform"]);
    assert_eq!(send(&service, "nowhere", &json!({})).await.problem(404), "not_found");
    let without_key = service.request(Method::POST, "/v1/connect/bluesky/credentials").json(&json!({}));
    assert_eq!(Answer::of(without_key).await.problem(401), "invalid_api_key");
    let other_method = service.request(Method::GET, "/v1/connect/bluesky/credentials");
    assert_eq!(Answer::of(other_method).await.problem(405), "method_not_allowed");

    let bare = Service::start(Setup::bare()).await;
    let available = |name: &str, list: &Value| {
        list["platforms"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap()["available"]
            .clone()
    };
    let path = "/api/oauth/delegate/platforms?connect=credentials";
    let list = Answer::of(bare.request(Method::GET, path).bearer_auth(&bare.key.api_key)).await.json();
    assert_eq!((available("bluesky", &list), available("trustpilot", &list)), (json!(true), json!(false)));
    let refused = send(&bare, "trustpilot", &json!({"api_key": "sandbox_key_ordinary"})).await;
    assert_eq!(refused.problem(403), "platform_not_available");
}

#[tokio::test]
async fn t74_an_app_password_is_in_no_store_and_in_no_log_even_at_trace() {
    let service = Service::start(quick()).await;
    service.changes().start_recording(service.key.id).await.unwrap();
    proven(&service, &as_player(&service, "ordinary").await);
    let kept = service.kept_bytes().await;
    let holds = |needle: &str| kept.windows(needle.len()).any(|window| window == needle.as_bytes());
    assert!(holds("ordinary.sandbox.test") && !holds(APP_PASSWORD));

    let nobody = free_port();
    let deployment = Deployment::new(&format!(
        "[log]\nlevel = \"trace\"\n[metrics]\nlisten = \"off\"\n\
         [platforms.bluesky]\nservice_endpoint = \"http://127.0.0.1:{nobody}/\"\n"
    ));
    let key =
        deployment.run(&["keys", "create", "Shop", "--any-callback", "--signing-secret", "--json"]).json();
    let child = deployment.serve_with(&[("RUST_LOG", "trace")]).await;
    let url = format!("http://127.0.0.1:{}/v1/connect/bluesky/credentials", deployment.port);
    let body = json!({"identifier": "jane.bsky.social", "app_password": APP_PASSWORD});
    let request = client().post(url).bearer_auth(key["api_key"].as_str().unwrap()).json(&body);
    assert_eq!(Answer::of(request).await.problem(502), "platform_error");
    child.signal("TERM");
    child.signal("TERM");
    let (_, said) = child.ended().await;
    assert!(said.contains("credentials proved nothing"), "{said}");
    assert!(!said.contains(APP_PASSWORD));
}
