//! `/v1/apps`: callers' own OAuth apps, in the API and in flows.

use handleproof::store::registry::SealedPlace;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::hostile::{CLIENT_ID, header};
use crate::harness::service::{CALLBACK, NOW, STATE, TestKey};
use crate::harness::stores::only_with_sqlite;
use crate::harness::{Answer, Browser, Created, Endpoint, HostilePlatform, Landing, Service, Setup};

const OWN_ID: &str = "own-client.1";
const OWN_SECRET: &str = "own secret: with + odd & signs";
const PATH: &str = "/v1/apps";

async fn send(service: &Service, key: &TestKey, method: Method, path: &str, body: Option<&Value>) -> Answer {
    let request = service.request(method, path).bearer_auth(&key.api_key);
    Answer::of(match body {
        Some(body) => request.json(body),
        None => request,
    })
    .await
}

async fn post(service: &Service, body: &Value) -> Answer {
    send(service, &service.key, Method::POST, PATH, Some(body)).await
}

fn good(platform: &str) -> Value {
    json!({"platform": platform, "name": "Creator market", "client_id": OWN_ID, "client_secret": OWN_SECRET})
}

/// The id of a new app of `key`.
async fn app_of(service: &Service, key: &TestKey, body: &Value) -> String {
    let answer = send(service, key, Method::POST, PATH, Some(body)).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()["id"].as_str().unwrap().to_owned()
}

async fn app(service: &Service, platform: &str) -> String {
    app_of(service, &service.key, &good(platform)).await
}

fn session(platform: &str, app: &str) -> Value {
    json!({"platform": platform, "callback_url": CALLBACK, "state": STATE, "app_id": app})
}

/// A hostile platform that knows the caller's client, a service of it, and an app.
async fn with_app(setup: impl FnOnce(Setup) -> Setup) -> (HostilePlatform, Service, String) {
    let platform = HostilePlatform::start().await;
    platform.register(OWN_ID, OWN_SECRET);
    let service = Service::start(setup(Setup::hostile(&platform))).await;
    let app = app(&service, "acme").await;
    (platform, service, app)
}

fn query(url: &str, name: &str) -> String {
    let url = url::Url::parse(url).unwrap();
    let found = url.query_pairs().find(|(one, _)| one == name);
    found.unwrap_or_else(|| panic!("{name} in {url}")).1.into_owned()
}

async fn change(service: &Service, app: &str, body: &Value) -> Answer {
    send(service, &service.key, Method::PATCH, &format!("{PATH}/{app}"), Some(body)).await
}

async fn delete(service: &Service, app: &str) -> Answer {
    send(service, &service.key, Method::DELETE, &format!("{PATH}/{app}"), None).await
}

#[tokio::test]
async fn an_app_is_made_listed_read_renamed_and_deleted_and_its_secret_never_comes_back() {
    let service = Service::start(Setup::sandbox()).await;
    let made = post(&service, &good("x")).await;
    let document = made.json();
    assert_eq!(made.status, 201, "{document}");
    let id = document["id"].as_str().unwrap().to_owned();
    assert!(id.len() == 20 && id.starts_with("app_"), "{id}");
    let expected = json!({
        "id": id, "platform": "twitter", "name": "Creator market", "client_id": OWN_ID,
        "redirect_uri": format!("{}/oauth/callback/twitter/{id}", service.public_url),
        "created_at": "2030-03-17T17:46:40Z",
    });
    assert_eq!(document, expected);
    let path = format!("{PATH}/{id}");
    let read = async |path: &str| send(&service, &service.key, Method::GET, path, None).await;
    assert_eq!(read(&path).await.json(), expected);
    assert_eq!(read(PATH).await.json(), json!({"apps": [expected]}));

    let renamed = change(&service, &id, &json!({"name": "Two"})).await;
    assert_eq!((renamed.status, &renamed.json()["name"]), (200, &json!("Two")));
    assert_eq!(change(&service, &id, &json!({})).await.json(), renamed.json());
    let rotated = change(&service, &id, &json!({"client_secret": "another"})).await;
    assert_eq!(rotated.json(), renamed.json());

    let deleted = delete(&service, &id).await;
    assert_eq!((deleted.status, deleted.text().as_str()), (204, ""));
    assert_eq!(delete(&service, &id).await.problem(404), "not_found");
    assert_eq!(read(&path).await.problem(404), "not_found");
    assert_eq!(read(PATH).await.json(), json!({"apps": []}));
}

#[tokio::test]
async fn every_bad_field_of_an_app_is_named_at_once_and_no_value_is_repeated() {
    let service = Service::start(Setup::bare()).await;
    let bad = json!({
        "platform": "myspace", "name": "Evil\u{202e}", "client_id": "a b", "client_secret": "hidden\n", "more": 1,
    });
    let answer = post(&service, &bad).await;
    assert_eq!(answer.bad_fields(), ["platform", "name", "client_id", "client_secret", "more"]);
    for value in ["myspace", "hidden", "a b"] {
        assert!(!answer.text().contains(value), "{value}");
    }
    let missing = post(&service, &json!({})).await.bad_fields();
    assert_eq!(missing, ["platform", "name", "client_id", "client_secret"]);
    for name in ["platform", "name", "client_id", "client_secret"] {
        for value in [json!(5), json!(null), json!(["x"]), json!("")] {
            let mut body = good("tiktok");
            body[name] = value.clone();
            assert_eq!(post(&service, &body).await.bad_fields(), [name], "{name} {value}");
        }
    }
    assert_eq!(send(&service, &service.key, Method::GET, PATH, None).await.json(), json!({"apps": []}));
}

#[tokio::test]
async fn t31_the_operators_app_cannot_be_taken_for_a_callers_own() {
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform)).await;
    let mut body = good("acme");
    body["client_id"] = CLIENT_ID.into();
    assert_eq!(post(&service, &body).await.bad_fields(), ["client_id"]);
}

#[tokio::test]
async fn platform_and_client_id_never_change() {
    let service = Service::start(Setup::bare()).await;
    let id = app(&service, "tiktok").await;
    for (body, fields) in [
        (json!({"platform": "tiktok"}), json!(["platform"])),
        (json!({"client_id": "x", "name": "Two"}), json!(["client_id"])),
        (json!({"client_id": null, "platform": 1, "surprise": 1}), json!(["platform", "client_id"])),
    ] {
        let answer = change(&service, &id, &body).await;
        assert_eq!(answer.problem(400), "immutable_field");
        let named: Vec<Value> =
            answer.json()["errors"].as_array().unwrap().iter().map(|error| error["field"].clone()).collect();
        assert_eq!(json!(named), fields);
    }
    let bad = json!({"name": " ", "client_secret": "", "redirect_uri": "https://x"});
    assert_eq!(change(&service, &id, &bad).await.bad_fields(), ["name", "client_secret", "redirect_uri"]);
    let read = send(&service, &service.key, Method::GET, &format!("{PATH}/{id}"), None).await.json();
    assert_eq!((&read["name"], &read["client_id"]), (&json!("Creator market"), &json!(OWN_ID)));
}

#[tokio::test]
async fn t85_another_keys_app_is_404_and_no_session_can_use_it() {
    let service = Service::start(Setup::sandbox()).await;
    let mallory = service.another_key(true).await;
    let id = app(&service, "tiktok").await;
    let path = format!("{PATH}/{id}");
    let absent = format!("{PATH}/app_ffffffffffffffff");
    for method in [Method::GET, Method::DELETE] {
        let other = send(&service, &mallory, method.clone(), &path, None).await;
        let none = send(&service, &mallory, method, &absent, None).await;
        assert_eq!(
            (other.problem(404), other.json()["detail"].clone()),
            (none.problem(404), none.json()["detail"].clone())
        );
    }
    let body = json!({"client_secret": "mine now"});
    assert_eq!(send(&service, &mallory, Method::PATCH, &path, Some(&body)).await.problem(404), "not_found");
    assert_eq!(send(&service, &mallory, Method::GET, PATH, None).await.json(), json!({"apps": []}));
    let refused = service.create_as(&mallory.api_key, &session("tiktok", &id)).await;
    assert_eq!(refused.bad_fields(), ["app_id"]);
    let unknown = service.create_as(&mallory.api_key, &session("tiktok", "app_ffffffffffffffff")).await;
    assert_eq!(refused.json()["errors"], unknown.json()["errors"]);
    assert_eq!(service.create(&session("tiktok", &id)).await.status, 201);
    for text in ["1", "app_1", "%27", "app_00000000000000zz", &id.to_uppercase(), &id.replace("app_", "key_")]
    {
        let path = format!("{PATH}/{text}");
        assert_eq!(send(&service, &service.key, Method::GET, &path, None).await.problem(404), "not_found");
    }
}

#[tokio::test]
async fn an_app_needs_a_key_and_wrong_methods_are_405() {
    let service = Service::start(Setup::bare()).await;
    for path in [PATH, "/v1/apps/app_0000000000000000"] {
        assert_eq!(Answer::of(service.request(Method::GET, path)).await.problem(401), "invalid_api_key");
    }
    for (path, allow) in [(PATH, "GET, POST"), ("/v1/apps/app_0000000000000000", "GET, PATCH, DELETE")] {
        let answer = send(&service, &service.key, Method::PUT, path, None).await;
        assert_eq!((answer.problem(405).as_str(), answer.header("allow")), ("method_not_allowed", allow));
    }
}

#[tokio::test]
async fn a_key_can_have_a_hundred_apps() {
    let service = Service::start(Setup::bare()).await;
    for _ in 0..100 {
        app(&service, "tiktok").await;
    }
    let refused = post(&service, &good("tiktok")).await;
    assert_eq!(refused.bad_fields(), [""]);
    assert!(refused.text().contains("100"), "{}", refused.text());
    let other = service.another_key(true).await;
    app_of(&service, &other, &good("tiktok")).await;
}

#[tokio::test]
async fn t87_changes_of_apps_count_against_the_keys_own_limit() {
    let service = Service::start(Setup::bare().set("limits.sessions_per_key_per_minute", 3)).await;
    let id = app(&service, "tiktok").await;
    change(&service, &id, &json!({"name": "Two"})).await;
    delete(&service, &id).await;
    let limited = post(&service, &good("tiktok")).await;
    assert_eq!(limited.problem(429), "rate_limited");
    assert!(!limited.header("retry-after").is_empty());
    assert_eq!(send(&service, &service.key, Method::GET, PATH, None).await.status, 200);
}

#[tokio::test]
async fn an_app_of_another_platform_is_named_with_all_other_bad_fields() {
    let service = Service::start(Setup::sandbox()).await;
    let id = app(&service, "tiktok").await;
    assert_eq!(service.create(&session("youtube", &id)).await.bad_fields(), ["app_id"]);
    let bad =
        json!({"platform": "youtube", "callback_url": CALLBACK, "state": "a b", "app_id": id, "more": 1});
    assert_eq!(service.create(&bad).await.bad_fields(), ["app_id", "state", "more"]);
    for value in [json!(5), json!(null), json!("")] {
        let mut body = session("tiktok", "");
        body["app_id"] = value;
        assert_eq!(service.create(&body).await.bad_fields(), ["app_id"]);
    }
}

#[tokio::test]
async fn an_own_app_needs_no_credentials_of_the_operators() {
    let platform = HostilePlatform::start().await;
    platform.register(OWN_ID, OWN_SECRET);
    let mut entry = platform.own_entry();
    entry.retain(|name, _| !name.starts_with("client_"));
    let service = Service::start(Setup::bare().platform("acme", entry)).await;
    let without = json!({"platform": "acme", "callback_url": CALLBACK, "state": STATE});
    assert_eq!(service.create(&without).await.problem(403), "platform_not_available");
    let id = app(&service, "acme").await;
    let created = service.session_with(&session("acme", &id)).await;
    let browser = service.browser();
    let callback = browser.consent(&created, &platform).await;
    Landing::at(browser.get(&callback).await.location()).proves(&service.key.secret, STATE, NOW);
}

#[tokio::test]
async fn a_flow_uses_the_callers_client_and_its_own_redirect_uri_from_end_to_end() {
    let (platform, service, id) = with_app(|setup| setup).await;
    let created = service.session_with(&session("acme", &id)).await;
    let redirect_uri = format!("{}/oauth/callback/acme/{id}", service.public_url);
    let browser = service.browser();
    let authorization_url = browser.open(&created).await;
    assert_eq!(query(&authorization_url, "client_id"), OWN_ID);
    assert_eq!(query(&authorization_url, "redirect_uri"), redirect_uri);
    let callback = platform.consent(&authorization_url);
    assert!(callback.starts_with(&format!("{redirect_uri}?")), "{callback}");
    let landing = Landing::at(browser.get(&callback).await.location());
    landing.proves(&service.key.secret, STATE, NOW);
    let calls = platform.calls(Endpoint::Token);
    assert_eq!(calls.len(), 1);
    let form: Vec<(String, String)> =
        url::form_urlencoded::parse(calls[0].body.as_bytes()).into_owned().collect();
    assert!(form.contains(&("redirect_uri".to_owned(), redirect_uri)), "{form:?}");
    assert!(header(&calls[0].head, "authorization").unwrap().starts_with("Basic "));
    let shown = service.show(&created.session_id).await.json();
    assert_eq!((&shown["app_id"], &shown["status"]), (&json!(id), &json!("verified")));
    let plain = service.session("acme").await;
    assert!(service.show(&plain.session_id).await.json().get("app_id").is_none());
    assert_eq!(query(&browser.open(&plain).await, "client_id"), CLIENT_ID);
}

#[tokio::test]
async fn a_callers_own_app_keeps_its_token_unless_the_operator_says_otherwise() {
    let (platform, service, id) = with_app(|setup| setup).await;
    let finish = async |service: &Service, id: &str| {
        let created = service.session_with(&session("acme", id)).await;
        let browser = service.browser();
        let callback = browser.consent(&created, &platform).await;
        Landing::at(browser.get(&callback).await.location()).proves(&service.key.secret, STATE, NOW);
    };
    finish(&service, &id).await;
    // The operator's own app gives its token back; that is the only revocation there is.
    crate::harness::walk::land(&service, &platform, "acme").await;
    crate::harness::until("one token went back", async || platform.count(Endpoint::Revoke) == 1).await;
    assert!(!platform.calls(Endpoint::Revoke)[0].body.contains(&platform.tokens()[0]));

    let mut entry = platform.own_entry();
    entry.insert("revoke_after_read".into(), true.into());
    let service = Service::start(Setup::bare().platform("acme", entry)).await;
    let id = app(&service, "acme").await;
    platform.forget_calls();
    finish(&service, &id).await;
    crate::harness::until("it went back", async || platform.count(Endpoint::Revoke) == 1).await;
    assert!(platform.calls(Endpoint::Revoke)[0].body.contains(platform.tokens().last().unwrap()));
}

#[tokio::test]
async fn t31_a_callers_own_app_is_not_shared_so_users_are_asked_only_where_somebody_wants_it() {
    for (setting, asked, whether_page) in [
        ("shared_apps", false, false),
        ("shared_apps", true, true),
        ("always", false, true),
        ("never", false, false),
    ] {
        let (_platform, service, id) =
            with_app(|setup| setup.third_party().set("consent.interstitial", setting)).await;
        let mut body = session("acme", &id);
        body["interstitial"] = asked.into();
        let own = service.session_with(&body).await;
        let status = service.browser().get(&own.authorize_url).await.status;
        assert_eq!(status == 200, whether_page, "{setting} {asked}: {status}");
        if setting == "shared_apps" {
            let shared = service.session("acme").await;
            assert_eq!(service.browser().get(&shared.authorize_url).await.status, 200);
        }
    }
}

/// A session of the operator's app and of two apps, opened in one browser, each with its address at the platform.
async fn three_open(
    service: &Service,
    platform: &HostilePlatform,
    browser: &Browser,
    apps: [&str; 2],
) -> Vec<(Created, String)> {
    let mut open = Vec::new();
    let plain = service.session("acme").await;
    let callback = browser.consent(&plain, platform).await;
    open.push((plain, callback));
    for app in apps {
        let created = service.session_with(&session("acme", app)).await;
        let callback = browser.consent(&created, platform).await;
        open.push((created, callback));
    }
    open
}

#[tokio::test]
async fn t41_an_answer_for_one_app_is_refused_at_the_address_of_every_other_and_costs_nothing() {
    let (platform, service, first) = with_app(|setup| setup).await;
    platform.register("own-client.2", "second");
    let mut body = good("acme");
    body["client_id"] = "own-client.2".into();
    body["client_secret"] = "second".into();
    let mallory = service.another_key(true).await;
    let second = app(&service, "acme").await;
    let foreign = app_of(&service, &mallory, &body).await;
    let browser = service.browser();
    let open = three_open(&service, &platform, &browser, [&first, &second]).await;
    let base = format!("{}/oauth/callback/acme", service.public_url);
    let addresses = [base.clone(), format!("{base}/{first}"), format!("{base}/{second}")];
    let elsewhere = [
        format!("{base}/{foreign}"),
        format!("{base}/app_ffffffffffffffff"),
        format!("{base}/x"),
        format!("{base}/{}", first.to_uppercase()),
        format!("{base}/"),
    ];
    for (n, (_, callback)) in open.iter().enumerate() {
        let (at, answer) = callback.split_once('?').unwrap();
        assert_eq!(at, addresses[n]);
        let others = addresses.iter().enumerate().filter(|(m, _)| *m != n).map(|(_, address)| address);
        for address in others.chain(&elsewhere[..4]) {
            browser.get(&format!("{address}?{answer}")).await.refuses(400);
            // A platform's error at the wrong address ends nothing either.
            let state = query(callback, "state");
            browser.get(&format!("{address}?error=access_denied&state={state}")).await.refuses(400);
        }
        assert_eq!(browser.get(&format!("{}?{answer}", elsewhere[4])).await.status, 404);
    }
    assert_eq!(platform.count(Endpoint::Token), 0);
    for (created, callback) in &open {
        assert_eq!(service.status(&created.session_id).await.0, "opened");
        Landing::at(browser.get(callback).await.location()).proves(&service.key.secret, STATE, NOW);
    }
    let authorizations: Vec<String> = platform
        .calls(Endpoint::Token)
        .iter()
        .map(|call| header(&call.head, "authorization").unwrap())
        .collect();
    assert_eq!(authorizations.len(), 3);
    assert_ne!(authorizations[0], authorizations[1]);
    assert_eq!(authorizations[1], authorizations[2]);
}

#[tokio::test]
async fn t41_a_code_of_the_operators_app_is_never_exchanged_with_the_callers_client() {
    let (platform, service, id) = with_app(|setup| setup).await;
    let browser = service.browser();
    let open = three_open(&service, &platform, &browser, [&id, &id]).await;
    let (plain_code, own_code) = (query(&open[0].1, "code"), query(&open[1].1, "code"));
    let injected = open[1].1.replace(&own_code, &plain_code);
    Landing::at(browser.get(&injected).await.location()).fails_with("platform_error");
    assert_eq!(platform.tokens().len(), 0);
    assert_eq!(platform.count(Endpoint::Token), 1);
}

#[tokio::test]
async fn the_links_of_a_deleted_app_answer_like_used_ones() {
    let (platform, service, id) = with_app(|setup| setup).await;
    let created = service.session_with(&session("acme", &id)).await;
    let mut asking = session("acme", &id);
    asking["interstitial"] = true.into();
    let asked = service.session_with(&asking).await;
    let browser = service.browser();
    let page = browser.get(&asked.authorize_url).await;
    assert_eq!(delete(&service, &id).await.status, 204);
    let gone = service.browser().get(&created.authorize_url).await;
    gone.refuses(410);
    assert!(gone.set_cookies().is_empty());
    for form in page.forms() {
        browser.submit(&asked.authorize_url, &form, &[]).await.refuses(410);
    }
    assert_eq!(service.create(&session("acme", &id)).await.bad_fields(), ["app_id"]);
    assert_eq!(platform.count(Endpoint::Token), 0);
}

#[tokio::test]
async fn an_open_flow_of_a_deleted_app_ends_with_an_error_and_no_token_request() {
    let (platform, service, id) = with_app(|setup| setup).await;
    let created = service.session_with(&session("acme", &id)).await;
    let browser = service.browser();
    let callback = browser.consent(&created, &platform).await;
    delete(&service, &id).await;
    // Another browser learns nothing of it.
    service.browser().get(&callback).await.refuses(403);
    Landing::at(browser.get(&callback).await.location()).fails_with("platform_error");
    assert_eq!(service.status(&created.session_id).await, ("failed".into(), Some("platform_error".into())));
    browser.get(&callback).await.refuses(400);
    assert_eq!(platform.count(Endpoint::Token), 0);
}

#[tokio::test]
async fn a_rotated_secret_is_used_by_flows_that_are_open() {
    let (platform, service, id) = with_app(|setup| setup).await;
    let created = service.session_with(&session("acme", &id)).await;
    let browser = service.browser();
    let callback = browser.consent(&created, &platform).await;
    platform.register(OWN_ID, "the next secret");
    assert_eq!(change(&service, &id, &json!({"client_secret": "the next secret"})).await.status, 200);
    Landing::at(browser.get(&callback).await.location()).proves(&service.key.secret, STATE, NOW);
}

#[tokio::test]
async fn f10_with_the_registry_away_a_link_and_an_open_flow_wait_for_it() {
    if only_with_sqlite("the file is moved away; a PostgreSQL that is gone is tests/faults' subject") {
        return;
    }
    let (platform, service, id) = with_app(|setup| setup).await;
    let unopened = service.session_with(&session("acme", &id)).await;
    let browser = service.browser();
    let callback = browser.consent(&service.session_with(&session("acme", &id)).await, &platform).await;
    // A change empties what is cached.
    change(&service, &id, &json!({"name": "Two"})).await;
    let (file, away) = (service.folder.path().join("handleproof.db"), service.folder.path().join("away.db"));
    std::fs::rename(&file, &away).unwrap();
    let refused = service.browser().get(&unopened.authorize_url).await;
    refused.refuses(503);
    browser.get(&callback).await.refuses(503);
    assert!(!refused.header("retry-after").is_empty());
    assert_eq!(platform.count(Endpoint::Token), 0);
    std::fs::rename(&away, &file).unwrap();
    Landing::at(browser.get(&callback).await.location()).proves(&service.key.secret, STATE, NOW);
    let again = browser.consent(&unopened, &platform).await;
    Landing::at(browser.get(&again).await.location()).proves(&service.key.secret, STATE, NOW);
}

#[tokio::test]
async fn t3_with_its_key_revoked_an_own_apps_flow_ends_on_a_page() {
    let (platform, service, id) = with_app(|setup| setup).await;
    let browser = service.browser();
    let unopened = service.session_with(&session("acme", &id)).await;
    let callback = browser.consent(&service.session_with(&session("acme", &id)).await, &platform).await;
    service.changes().revoke(service.key.id).await.unwrap();
    browser.get(&callback).await.refuses(403);
    browser.get(&unopened.authorize_url).await.refuses(410);
    assert_eq!(platform.count(Endpoint::Token), 0);
}

#[tokio::test]
async fn a_public_proof_names_the_app() {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let (platform, service, id) = with_app(|setup| setup).await;
    let claims = async |app: Option<&str>| {
        let mut body = json!({"platform": "acme", "callback_url": CALLBACK, "state": STATE, "jws": true});
        if let Some(app) = app {
            body["app_id"] = app.into();
        }
        let created = service.session_with(&body).await;
        let browser = service.browser();
        let callback = browser.consent(&created, &platform).await;
        let landing = Landing::at(browser.get(&callback).await.location());
        let part = landing.value("jws").split('.').nth(1).unwrap().to_owned();
        serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    let own = claims(Some(&id)).await;
    assert_eq!((&own["app_id"], &own["token_revoked"]), (&json!(id), &json!("no")));
    assert!(claims(None).await.get("app_id").is_none());
}

#[tokio::test]
async fn t72_no_client_secret_stands_in_the_registry_in_the_clear() {
    let (_platform, service, id) = with_app(|setup| setup).await;
    let marker = "marker-of-a-client-secret";
    change(&service, &id, &json!({"client_secret": marker})).await;
    for (name, bytes) in service.folder.files() {
        for secret in [OWN_SECRET, marker] {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} in {name}");
        }
    }
    // It is there, sealed, and bound to its own row.
    let place = SealedPlace::AppSecret(handleproof::session::AppId::parse(&id).unwrap());
    assert_eq!(place.to_string(), format!("apps/client_secret/{id}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_own_app_can_be_tried_at_the_sandbox() {
    let service = Service::start(Setup::sandbox()).await;
    let sandbox = format!("http://{}", service.sandbox.as_ref().unwrap().address());
    let register =
        |method: Method, url: String, body: Value| crate::harness::client().request(method, url).json(&body);
    let none = json!({"redirect_uris": []});
    let client = Answer::of(register(Method::POST, format!("{sandbox}/tiktok/register"), none)).await.json();
    let text = |name: &str| client[name].as_str().unwrap().to_owned();
    let body = json!({
        "platform": "tiktok", "name": "Mine", "client_id": text("client_id"), "client_secret": text("client_secret"),
    });
    let made = post(&service, &body).await.json();
    let id = made["id"].as_str().unwrap();
    let uris = json!({"redirect_uris": [made["redirect_uri"]]});
    let address = text("registration_client_uri");
    let wrong = register(Method::PUT, address.clone(), uris.clone()).bearer_auth("wrong");
    assert_eq!(Answer::of(wrong).await.status, 401);
    let right = register(Method::PUT, address, uris).bearer_auth(text("registration_access_token"));
    assert_eq!(Answer::of(right).await.status, 200);
    let created = service.session_with(&session("tiktok", id)).await;
    let landing = service.browser().land_as(&created, "ordinary").await;
    landing.proves(&service.key.secret, STATE, NOW);
}

#[tokio::test]
async fn the_admin_api_does_the_same_for_any_key() {
    const TOKEN: &str = "an-operator-token-of-more-than-32-characters";
    let service = Service::start(Setup::bare().set("operator.token", TOKEN)).await;
    let base = format!("/admin/v1/keys/{}/apps", service.key.id);
    let send = async |method: Method, path: &str, body: Option<Value>| {
        let request = service.request(method, path).bearer_auth(TOKEN);
        Answer::of(match &body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    };
    let made = send(Method::POST, &base, Some(good("tiktok"))).await;
    let document = made.json();
    assert_eq!(made.status, 201, "{document}");
    let path = format!("{base}/{}", document["id"].as_str().unwrap());
    assert_eq!(made.header("location"), path);
    assert!(document.get("client_secret").is_none());
    assert_eq!(send(Method::GET, &path, None).await.json(), document);
    assert_eq!(send(Method::GET, &base, None).await.json(), json!({"apps": [document]}));
    let other = service.another_key(true).await;
    let elsewhere = path.replace(&service.key.id.to_string(), &other.id.to_string());
    assert_eq!(send(Method::GET, &elsewhere, None).await.problem(404), "not_found");
    let change = send(Method::PATCH, &path, Some(json!({"name": "Two", "client_secret": "x"}))).await;
    assert_eq!((change.status, &change.json()["name"]), (200, &json!("Two")));
    let fixed = send(Method::PATCH, &path, Some(json!({"platform": "x"}))).await;
    assert_eq!(fixed.problem(400), "immutable_field");
    assert_eq!(send(Method::POST, &base, Some(json!({"more": 1}))).await.bad_fields().len(), 5);
    assert_eq!(send(Method::DELETE, &path, None).await.status, 204);
    assert_eq!(send(Method::DELETE, &path, None).await.problem(404), "not_found");
    let nobody = "/admin/v1/keys/key_ffffffffffffffff/apps";
    assert_eq!(send(Method::GET, nobody, None).await.problem(404), "not_found");
    assert_eq!(send(Method::POST, nobody, Some(good("tiktok"))).await.problem(404), "not_found");
    assert_eq!(Answer::of(service.request(Method::GET, &base)).await.problem(401), "invalid_operator_token");
    let wrong = send(Method::PUT, &path, None).await;
    assert_eq!((wrong.status, wrong.header("allow")), (405, "GET, PATCH, DELETE"));
}
