//! What the real process writes into its log, and what it never does.

use serde_json::{Value, json};
use url::Url;

use handleproof::crypto::entropy::SystemEntropy;
use handleproof::crypto::secret::SecretText;
use handleproof::operator::password::{Cost, hash};

use crate::harness::hostile::CLIENT_SECRET;
use crate::harness::service::{STATE, created};
use crate::harness::{Answer, Browser, Endpoint, Landing, Reply, client, raw, until};
use crate::running;

const TOKEN: &str = "an-operator-token-of-more-than-32-characters";
const PASSWORD: &str = "correct horse battery staple";

/// The audit lines so far: who, what, which key.
fn audited(said: &str) -> Vec<[String; 3]> {
    let lines = said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let text = |line: &Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
    lines
        .filter(|line| line["audit"] == true)
        .map(|line| ["actor", "message", "key"].map(|name| text(&line, name)))
        .collect()
}

#[tokio::test]
async fn t84_every_change_leaves_a_line_that_says_who_what_and_which_key_and_no_secret() {
    let hash = hash(&SecretText::new(PASSWORD.to_owned()), Cost::Random, &SystemEntropy).unwrap();
    let settings = format!(
        "[operator]\ntoken = \"{TOKEN}\"\npassword_hash = \"{}\"\n[metrics]\nlisten = \"off\"",
        hash.expose()
    );
    let running = running::start(&settings, &[]).await;
    let send = async |method: reqwest::Method, path: &str, body: Value| {
        let request = client().request(method, running.url(path)).bearer_auth(TOKEN);
        let answer = Answer::of(if body.is_null() { request } else { request.json(&body) }).await;
        assert!((200..300).contains(&answer.status), "{path}: {}", answer.text());
        if answer.body.is_empty() { Value::Null } else { answer.json() }
    };
    let (get, post, patch, delete) =
        (reqwest::Method::GET, reqwest::Method::POST, reqwest::Method::PATCH, reqwest::Method::DELETE);
    let new = json!({"name": "Audited shop", "callbacks": ["https://audited.example.com"]});
    let key = send(post.clone(), "/admin/v1/keys", new).await;
    let id = key["id"].as_str().unwrap();
    let at = |rest: &str| format!("/admin/v1/keys/{id}{rest}");
    send(patch, &at(""), json!({"name": "Renamed shop"})).await;
    send(post.clone(), &at("/callbacks"), json!({"callback_url": "https://audited.example.com/two"})).await;
    let secret = send(post.clone(), &at("/signing-secret"), Value::Null).await;
    let app =
        json!({"platform": "acme", "name": "Own app", "client_id": "own-id", "client_secret": "own-secret"});
    let app = send(post, &at("/apps"), app).await;
    send(delete.clone(), &at(&format!("/apps/{}", app["id"].as_str().unwrap())), Value::Null).await;
    send(get, &at(""), Value::Null).await;
    send(delete, &at(""), Value::Null).await;

    let browser = Browser::new();
    let login = running.url("/console/login");
    for password in ["wrong password", PASSWORD] {
        let form = browser.get(&login).await.forms().remove(0);
        browser.submit(&login, &form, &[("password", password)]).await;
    }
    let home = running.url("/console/keys");
    let form =
        browser.get(&home).await.forms().into_iter().find(|form| form.action == "/console/logout").unwrap();
    browser.submit(&home, &form, &[]).await;

    let expected = [
        ["admin_api", "key created", id],
        ["admin_api", "key renamed", id],
        ["admin_api", "callback URLs changed", id],
        ["admin_api", "signing secret generated", id],
        ["admin_api", "app created", id],
        ["admin_api", "app deleted", id],
        ["admin_api", "key revoked", id],
        ["console", "a password was refused", ""],
        ["console", "an operator logged in", ""],
        ["console", "an operator logged out", ""],
    ];
    until("the last line is written", async || running.child.said().contains("logged out")).await;
    let said = running.child.said();
    assert_eq!(audited(&said), expected.map(|line| line.map(str::to_owned)), "{said}");
    let text = |value: &Value, name: &str| value[name].as_str().unwrap().to_owned();
    let never = [
        text(&key, "api_key"),
        text(&secret, "signing_secret"),
        TOKEN.to_owned(),
        PASSWORD.to_owned(),
        "wrong password".to_owned(),
        "own-secret".to_owned(),
        "own-id".to_owned(),
        "Audited shop".to_owned(),
        "Renamed shop".to_owned(),
        "audited.example.com".to_owned(),
    ];
    for one in never {
        assert!(!said.contains(&one), "{one}: {said}");
    }
}

#[tokio::test]
async fn t84_the_command_line_leaves_the_same_lines() {
    let running = running::start("[metrics]\nlisten = \"off\"", &[]).await;
    let deployment = &running.deployment;
    let listed = deployment.run(&["keys", "list", "--json"]).json();
    let id = listed[0]["id"].as_str().unwrap();
    for (arguments, what) in [
        (vec!["keys", "callbacks", id, "--add", "https://two.example.com"], "callback URLs changed"),
        (vec!["keys", "signing-secret", id, "--json"], "signing secret generated"),
        (vec!["keys", "revoke", id], "key revoked"),
    ] {
        let ran = deployment.run(&arguments);
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert_eq!(audited(&ran.err), [["cli", what, id].map(str::to_owned)], "{}", ran.err);
        assert!(!ran.err.contains("two.example.com") && !ran.err.contains("pss_"), "{}", ran.err);
    }
}

#[tokio::test]
async fn t45_what_a_platform_says_is_never_in_the_log() {
    let running = running::start("[metrics]\nlisten = \"off\"", &[]).await;
    let marks = [
        "phish-by-redirect",
        "phish-by-token",
        "phish-by-identity",
        "phish-by-revocation",
        "phish-by-header",
    ];
    let [by_redirect, by_token, by_identity, by_revocation, by_header] = marks;
    for error in ["access_denied", "server_error", by_redirect, "a\r\n{\"level\":\"ERROR\"}"] {
        let link = created(&running.create().await);
        let browser = Browser::new();
        let state = Url::parse(&browser.open(&link).await).unwrap();
        let state = state.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
        let params = [
            ("error", error),
            ("error_description", by_redirect),
            ("error_uri", by_redirect),
            ("state", &state),
        ];
        let url = Url::parse_with_params(&running.url("/oauth/callback/acme"), params).unwrap();
        let landing = Landing::at(browser.get(url.as_str()).await.location());
        assert!(!landing.url.contains("phish") && landing.value("state") == STATE);
    }
    let said_by = |mark: &str| json!({"error": mark, "error_description": mark, "message": mark});
    let replies = [
        (Endpoint::Token, Reply::status(400, &said_by(by_token))),
        (Endpoint::Token, Reply::status(500, &said_by(by_token))),
        (Endpoint::Token, Reply::json(&said_by(by_token))),
        (
            Endpoint::Token,
            Reply::headed(200, &[("content-type", by_header), ("x-mark", by_header)], by_token.as_bytes()),
        ),
        (Endpoint::Identity, Reply::status(403, &said_by(by_identity))),
        (Endpoint::Identity, Reply::json(&json!({"id": format!("{by_identity} with a blank")}))),
        (Endpoint::Identity, Reply::json(&json!({"id": {"text": by_identity}}))),
        (Endpoint::Revoke, Reply::status(400, &said_by(by_revocation))),
    ];
    for (endpoint, reply) in replies {
        running.platform.next(endpoint, reply);
        let (browser, callback) = running.consented().await;
        let landing = Landing::at(browser.get(&callback).await.location());
        assert!(!landing.url.contains("phish"), "{}", landing.url);
    }
    until("the token went back", async || running.platform.count(Endpoint::Revoke) >= 4).await;
    let (browser, callback) = running.consented().await;
    running.proves(&Landing::at(browser.get(&callback).await.location()));
    running.child.signal("TERM");
    running.child.signal("TERM");
    let (_, said) = running.child.ended().await;
    assert!(said.matches("/oauth/callback/{platform}").count() > 12, "{said}");
    for mark in marks.into_iter().chain(["\"level\":\"ERROR\"", CLIENT_SECRET]) {
        assert!(!said.contains(mark), "{mark}: {said}");
    }
}

#[tokio::test]
async fn what_is_no_request_leaves_no_line() {
    let running = running::start("[metrics]\nlisten = \"off\"\n[log]\nlevel = \"trace\"", &[]).await;
    let address = ([127, 0, 0, 1], running.deployment.port).into();
    for bytes in ["GARBAGE\r\n\r\n", "GET /phish HTTP/7.7\r\n\r\n", "GET / HTTP/1.1\r\nphish\r\n\r\n"] {
        assert_eq!(raw::status(&raw::exchange_to_the_end(address, bytes.as_bytes()).await), 400);
    }
    assert_eq!(raw::status(&raw::exchange(address, b"GET /last HTTP/1.1\r\nhost: x\r\n\r\n").await), 404);
    until("the last line is written", async || running.child.said().contains("\"route\":\"none\"")).await;
    let said = running.child.said();
    assert!(!said.contains("phish") && !said.contains("actix") && !said.contains("ERROR"), "{said}");
}
