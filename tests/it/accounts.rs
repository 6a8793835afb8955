//! Recorded accounts: who is written down, when, for whom, and how it is forgotten.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::connecting::BACK;
use crate::harness::landing::PROOF;
use crate::harness::service::TestKey;
use crate::harness::stores::only_with_sqlite;
use crate::harness::{Answer, Endpoint, HostilePlatform, Landing, Reply, Service, Setup};

async fn recording(setup: Setup) -> Service {
    let service = Service::start(setup).await;
    service.changes().start_recording(service.key.id).await.unwrap();
    service
}

async fn get_as(service: &Service, key: &TestKey, path: &str) -> Answer {
    Answer::of(service.request(Method::GET, path).bearer_auth(&key.api_key)).await
}

async fn get(service: &Service, path: &str) -> Value {
    let answer = get_as(service, &service.key, path).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

async fn listed(service: &Service, query: &str) -> Vec<Value> {
    get(service, &format!("/v1/accounts{query}")).await["accounts"].as_array().unwrap().clone()
}

async fn delete_as(service: &Service, key: &TestKey, path: &str) -> Answer {
    Answer::of(service.request(Method::DELETE, path).bearer_auth(&key.api_key)).await
}

/// A whole connect of `id` at the hostile platform.
async fn connect(
    service: &Service,
    platform: &HostilePlatform,
    id: &str,
    name: &str,
    profile: &str,
) -> Value {
    connect_as(service, &service.key, platform, id, name, profile).await
}

async fn connect_as(
    service: &Service,
    key: &TestKey,
    platform: &HostilePlatform,
    id: &str,
    name: &str,
    profile: &str,
) -> Value {
    platform.next(Endpoint::Identity, Reply::json(&json!({"id": id, "username": name})));
    let mut params = vec![("redirect_uri", BACK)];
    if !profile.is_empty() {
        params.push(("profile_id", profile));
    }
    let begun = service.start_connect_with(&key.api_key, "acme", &params).await;
    let begun = crate::harness::connecting::Begun::of("acme", &begun);
    let code = begun.code_at(platform);
    let answer = service.post_connect(&key.api_key, "acme", &begun.body(&code)).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

fn parameters(landing: &Landing) -> Value {
    PROOF.iter().map(|name| ((*name).to_owned(), Value::from(landing.value(name)))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_recorded_for_a_key_that_did_not_ask_for_it() {
    let service = Service::start(Setup::sandbox()).await;
    let connected = service.connect_as("tiktok", "ordinary", &[]).await;
    assert!(connected.get("recorded").is_none());
    assert!(listed(&service, "").await.is_empty());
    service.changes().start_recording(service.key.id).await.unwrap();
    service.connect_as("tiktok", "ordinary", &[]).await;
    assert_eq!(listed(&service, "").await.len(), 1);
    service.changes().stop_recording(service.key.id).await.unwrap();
    service.connect_as("youtube", "ordinary", &[]).await;
    assert_eq!(listed(&service, "").await.len(), 1, "what is there stays, and nothing comes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connect_is_recorded_and_verifying_again_brings_the_row_up_to_date() {
    let platform = HostilePlatform::start().await;
    platform.token_member("scope", json!("profile email"));
    let service = recording(Setup::hostile(&platform)).await;
    connect(&service, &platform, "u-1", "jane", "user-1").await;
    let first = listed(&service, "").await.remove(0);
    let id = first["id"].as_str().unwrap().to_owned();
    assert!(id.starts_with("acc_"));
    let expected = json!({
        "id": id, "platform": "acme", "account_id": "u-1", "username": "jane", "profile_id": "user-1",
        "scopes": ["profile", "email"], "status": "active",
        "connected_at": "2030-03-17T17:46:40Z", "verified_at": "2030-03-17T17:46:40Z",
    });
    assert_eq!(first, expected);
    assert_eq!(get(&service, &format!("/v1/accounts/{id}")).await, expected);

    service.clock.advance(Duration::from_mins(1));
    platform.token_member("scope", Value::Null);
    connect(&service, &platform, "u-1", "jane-the-second", "user-2").await;
    let again = listed(&service, "").await;
    assert_eq!(again.len(), 1);
    assert_eq!((&again[0]["id"], &again[0]["username"]), (&json!(id), &json!("jane-the-second")));
    assert_eq!(again[0]["profile_id"], "user-2");
    assert_eq!(again[0]["scopes"], json!(["profile"]), "a platform that says nothing granted what was asked");
    assert_eq!(again[0]["connected_at"], first["connected_at"]);
    assert_eq!(again[0]["verified_at"], "2030-03-17T17:47:40Z");
}

#[tokio::test(flavor = "multi_thread")]
async fn t28_the_browsers_way_alone_records_nothing_and_a_redemption_does() {
    let service = recording(Setup::sandbox()).await;
    let body = json!({"platform": "tiktok", "callback_url": crate::harness::service::CALLBACK, "state": "s-1",
        "profile_id": "user-1"});
    let landing = service.browser().land_as(&service.session_with(&body).await, "ordinary").await;
    assert!(listed(&service, "").await.is_empty());
    let stranger = service.another_key(true).await;
    service.redeem(&stranger.api_key, &parameters(&landing)).await;
    let mut altered = parameters(&landing);
    altered["handle"] = "someone".into();
    service.redeem(&service.key.api_key, &altered).await;
    assert!(listed(&service, "").await.is_empty(), "a redemption that fails records nothing");
    service.clock.advance(Duration::from_secs(30));
    let redeemed = service.redeem(&service.key.api_key, &parameters(&landing)).await.json();
    assert_eq!((&redeemed["valid"], redeemed.get("recorded")), (&json!(true), None));
    let accounts = listed(&service, "").await;
    assert_eq!(accounts.len(), 1);
    assert_eq!(accounts[0]["account_id"], landing.value("platform_id"));
    assert_eq!(accounts[0]["profile_id"], "user-1");
    assert_eq!(
        accounts[0]["verified_at"], "2030-03-17T17:46:40Z",
        "when it was read, not when it was redeemed"
    );
    assert!(!accounts[0]["scopes"].as_array().unwrap().is_empty());
    assert!(
        get_as(&service, &stranger, "/v1/accounts").await.json()["accounts"].as_array().unwrap().is_empty()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_form_is_recorded_as_well_and_a_scope_that_was_withheld_is_not_listed() {
    let service = recording(Setup::sandbox()).await;
    let body = json!({"platform": "tiktok", "callback_url": crate::harness::service::CALLBACK, "state": "s-1",
        "jws": true});
    let landing = service.browser().land_as(&service.session_with(&body).await, "awkward_ampersand").await;
    let redeemed = service.redeem(&service.key.api_key, &json!({"jws": landing.value("jws")})).await.json();
    assert_eq!(redeemed["valid"], true, "{redeemed}");
    let accounts = listed(&service, "").await;
    assert_eq!(accounts[0]["account_id"], landing.value("platform_id"));
    assert_eq!(accounts[0]["username"], "Ben & Jerry's");
    let scopes = accounts[0]["scopes"].as_array().unwrap();
    assert!(scopes.contains(&json!("user.info.profile")), "{scopes:?}");
    service.connect_as("tiktok", "withheld_handle", &[]).await;
    let withheld = listed(&service, "").await.remove(0);
    assert_eq!((&withheld["username"], &withheld["scopes"]), (&json!(""), &json!(["user.info.basic"])));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_proof_that_is_redeemed_later_takes_nothing_back() {
    let platform = HostilePlatform::start().await;
    let service = recording(Setup::hostile(&platform)).await;
    platform.next(Endpoint::Identity, Reply::json(&json!({"id": "u-1", "username": "old"})));
    let browser = service.browser();
    let callback = browser.consent(&service.session("acme").await, &platform).await;
    let landing = Landing::at(browser.get(&callback).await.location());
    service.clock.advance(Duration::from_secs(60));
    connect(&service, &platform, "u-1", "new", "user-1").await;
    let redeemed = service.redeem(&service.key.api_key, &parameters(&landing)).await.json();
    assert_eq!(redeemed["valid"], true);
    let account = listed(&service, "").await.remove(0);
    assert_eq!(
        (&account["username"], &account["verified_at"]),
        (&json!("new"), &json!("2030-03-17T17:47:40Z"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_newest_first_in_pages_and_by_platform_and_profile() {
    let platform = HostilePlatform::start().await;
    let service = recording(Setup::hostile(&platform)).await;
    for n in 0..7 {
        connect(&service, &platform, &format!("u-{n}"), "", if n % 2 == 0 { "even" } else { "odd" }).await;
        if n == 3 {
            service.clock.advance(Duration::from_secs(5));
        }
    }
    let ids = |accounts: &[Value]| -> Vec<String> {
        accounts.iter().map(|one| one["account_id"].as_str().unwrap().to_owned()).collect()
    };
    let all = ids(&listed(&service, "").await);
    assert_eq!(all, ["u-6", "u-5", "u-4", "u-3", "u-2", "u-1", "u-0"]);
    let (mut paged, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = get(&service, &format!("/v1/accounts?limit=3{cursor}")).await;
        paged.extend(ids(page["accounts"].as_array().unwrap()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(paged, all);
    assert_eq!(ids(&listed(&service, "?profile_id=odd").await), ["u-5", "u-3", "u-1"]);
    assert_eq!(ids(&listed(&service, "?profile_id=odd&platform=acme&limit=1").await), ["u-5"]);
    assert!(listed(&service, "?platform=tiktok").await.is_empty());
    assert!(listed(&service, "?profile_id=none").await.is_empty());
    assert_eq!(get(&service, "/v1/accounts?limit=7").await["next_cursor"], Value::Null);
    connect(&service, &platform, "u-7", "", "").await;
    let second = get(&service, &format!("/v1/accounts?limit=3{cursor}")).await;
    assert_eq!(ids(second["accounts"].as_array().unwrap()), ["u-0"], "a new row shifts no page");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_parameter_of_a_list_is_named_and_a_cursor_is_good_for_its_own_key_alone() {
    let platform = HostilePlatform::start().await;
    let service = recording(Setup::hostile(&platform)).await;
    let stranger = service.another_key(true).await;
    for n in 0..2 {
        connect(&service, &platform, &format!("u-{n}"), "jane", "").await;
    }
    let cursor = get(&service, "/v1/accounts?limit=1").await["next_cursor"].as_str().unwrap().to_owned();
    let bad = async |query: &str| {
        get_as(&service, &service.key, &format!("/v1/accounts?{query}")).await.bad_fields()
    };
    assert_eq!(
        bad("platform=A%20B&profile_id=a%20b&limit=0&cursor=x&more=1").await,
        ["platform", "profile_id", "limit", "cursor", "more"]
    );
    for limit in ["101", "-1", "1.5", "ten", "", "1&limit=2"] {
        assert_eq!(bad(&format!("limit={limit}")).await, ["limit"], "{limit}");
    }
    let (head, tail) = cursor.split_at(5);
    let flipped = if tail.starts_with('A') { "B" } else { "A" };
    for cursor in
        [String::new(), "acc_1".into(), format!("{head}{flipped}{}", &tail[1..]), format!("{cursor}AAAA")]
    {
        assert_eq!(bad(&format!("cursor={cursor}")).await, ["cursor"], "{cursor}");
    }
    let foreign = get_as(&service, &stranger, &format!("/v1/accounts?cursor={cursor}")).await;
    assert_eq!(foreign.bad_fields(), ["cursor"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn t85_another_keys_record_is_nothing_whatever_the_door() {
    let platform = HostilePlatform::start().await;
    let service = recording(Setup::hostile(&platform)).await;
    let stranger = service.another_key(true).await;
    service.changes().start_recording(stranger.id).await.unwrap();
    connect(&service, &platform, "u-1", "jane", "user-1").await;
    connect_as(&service, &stranger, &platform, "u-2", "joe", "user-2").await;
    let own = listed(&service, "").await.remove(0);
    let foreign = get_as(&service, &stranger, "/v1/accounts").await.json()["accounts"][0].clone();
    assert_eq!((&own["account_id"], &foreign["account_id"]), (&json!("u-1"), &json!("u-2")));
    for id in [
        foreign["id"].as_str().unwrap(),
        "acc_0",
        "x",
        "'%20OR%201=1",
        "acc_00000000000000000000000000000000",
    ] {
        let answer = get_as(&service, &service.key, &format!("/v1/accounts/{id}")).await;
        assert_eq!(answer.problem(404), "not_found", "{id}");
    }
    let upper = own["id"].as_str().unwrap().to_uppercase().replace("ACC_", "acc_");
    assert_eq!(
        get_as(&service, &service.key, &format!("/v1/accounts/{upper}")).await.problem(404),
        "not_found"
    );
    let answer = delete_as(&service, &service.key, "/v1/accounts/acme/u-2").await;
    assert_eq!(answer.problem(404), "not_found");
    assert!(listed(&service, "?profile_id=user-2").await.is_empty());
    assert_eq!(get_as(&service, &stranger, "/v1/accounts").await.json()["accounts"][0], foreign);
    for path in ["/v1/accounts", "/v1/accounts/acc_1", "/v1/accounts/acme/u-1"] {
        let method = if path.ends_with("u-1") { Method::DELETE } else { Method::GET };
        assert_eq!(Answer::of(service.request(method, path)).await.problem(401), "invalid_api_key");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_deleted_once_whatever_characters_its_id_has() {
    let platform = HostilePlatform::start().await;
    let service = recording(Setup::hostile(&platform)).await;
    for (id, path) in
        [("u-1", "u-1"), ("did:plc:z7/2~i@x", "did:plc:z7%2F2~i@x"), ("a/b", "a/b"), ("a.b", "a%2Eb")]
    {
        connect(&service, &platform, id, "jane", "").await;
        let path = format!("/v1/accounts/acme/{path}");
        let answer = delete_as(&service, &service.key, &path).await;
        assert_eq!((answer.status, answer.json()), (200, json!({"deleted": true})), "{id}");
        assert_eq!(delete_as(&service, &service.key, &path).await.problem(404), "not_found");
        assert!(listed(&service, "").await.is_empty());
    }
    for path in
        ["/v1/accounts/acme/", "/v1/accounts/ACME/u-1", "/v1/accounts/acme/a%20b", "/v1/accounts/none/u-1"]
    {
        assert_eq!(delete_as(&service, &service.key, path).await.problem(404), "not_found", "{path}");
    }
    for (path, allow) in
        [("/v1/accounts", "GET"), ("/v1/accounts/acc_1", "GET"), ("/v1/accounts/a/b", "DELETE")]
    {
        let answer = Answer::of(service.request(Method::PUT, path).bearer_auth(&service.key.api_key)).await;
        assert_eq!((answer.problem(405).as_str(), answer.header("allow")), ("method_not_allowed", allow));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f10_a_registry_that_fails_takes_no_proof_away_and_redeeming_it_records_the_account() {
    if only_with_sqlite("the file is moved away; a PostgreSQL that is gone is tests/faults' subject") {
        return;
    }
    let platform = HostilePlatform::start().await;
    let service = recording(Setup::hostile(&platform)).await;
    let begun = service.start_connect("acme").await;
    let code = begun.code_at(&platform);
    let file = service.folder.path().join("handleproof.db");
    let away = service.folder.path().join("away.db");
    let answer = loop {
        // The key is read, and known for a while.
        assert!(listed(&service, "").await.is_empty());
        std::fs::rename(&file, &away).unwrap();
        match service.finish_connect(&begun, &code).await {
            // Forgotten meanwhile, since the last change of the registry was heard of just then. Nothing was done.
            answer if answer.status == 503 => std::fs::rename(&away, &file).unwrap(),
            answer => break answer,
        }
    };
    assert_eq!(answer.status, 201, "{}", answer.text());
    let connected = answer.json();
    assert_eq!(connected["recorded"], false);
    let answer = get_as(&service, &service.key, "/v1/accounts").await;
    assert_eq!(answer.problem(503), "store_unavailable");
    std::fs::rename(&away, &file).unwrap();
    assert!(listed(&service, "").await.is_empty());
    let redeemed = service.redeem(&service.key.api_key, &connected["proof"]).await.json();
    assert_eq!((&redeemed["valid"], redeemed.get("recorded")), (&json!(true), None));
    assert_eq!(listed(&service, "").await[0]["account_id"], connected["account_id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operators_program_reads_and_deletes_the_records_of_every_key() {
    const TOKEN: &str = "an-operator-token-of-more-than-32-characters";
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform).set("operator.token", TOKEN)).await;
    let send = async |method: Method, path: &str, body: Value| {
        let path = format!("/admin/v1/keys/{}{path}", service.key.id);
        let request = service.request(method, &path).bearer_auth(TOKEN);
        Answer::of(if body.is_null() { request } else { request.json(&body) }).await
    };
    let changed = send(Method::PATCH, "", json!({"record_accounts": true})).await.json();
    assert_eq!((&changed["record_accounts"], &changed["name"]), (&json!(true), &json!("Demo shop")));
    connect(&service, &platform, "u-1", "jane", "").await;
    connect(&service, &platform, "u-2", "joe", "").await;
    service.changes().revoke(service.key.id).await.unwrap();
    let page = send(Method::GET, "/accounts?limit=1", Value::Null).await.json();
    assert_eq!(page["accounts"][0]["account_id"], "u-2");
    let next = format!("/accounts?cursor={}", page["next_cursor"].as_str().unwrap());
    let rest = send(Method::GET, &next, Value::Null).await.json();
    assert_eq!((&rest["accounts"][0]["account_id"], &rest["next_cursor"]), (&json!("u-1"), &Value::Null));
    let one = format!("/accounts/{}", page["accounts"][0]["id"].as_str().unwrap());
    assert_eq!(send(Method::DELETE, &one, Value::Null).await.status, 204);
    assert_eq!(send(Method::DELETE, &one, Value::Null).await.problem(404), "not_found");
    assert_eq!(send(Method::DELETE, "/accounts/x", Value::Null).await.problem(404), "not_found");
    assert_eq!(send(Method::PATCH, "", json!({})).await.bad_fields(), ["name"]);
    assert_eq!(send(Method::PUT, &one, Value::Null).await.header("allow"), "DELETE");
}
