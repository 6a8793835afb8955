//! Requests to the API that documents show, sent as they stand there, and answered as they say.

use reqwest::Method;
use serde_json::{Value, json};

use super::answers::fits;
use super::harness::service::{CALLBACK, NOW, STATE, created};
use super::harness::{Answer, Browser, Landing, Service, Setup};
use super::markdown::{Document, block};
use super::terminal::{Terminal, with};

const SERVICE: &str = "https://verify.example.com";

#[tokio::test(flavor = "multi_thread")]
async fn integrates_session_is_made_and_its_proof_redeemed() {
    let (service, terminal) = (Service::start(Setup::sandbox()).await, Terminal::new());
    let own = [(SERVICE, service.public_url.as_str()), ("hpk_…", &service.key.api_key)];
    let step =
        block("docs/integrate.md", "$ curl https://verify.example.com/api/oauth/delegate/sessions").step();
    fits(&step.answer.replace(SERVICE, &service.public_url), &terminal.answers(&with(&step.command, &own)));

    let session =
        json!({"platform": "tiktok", "callback_url": CALLBACK, "state": STATE, "profile_id": "user-1"});
    let created = created(&service.create(&session).await);
    let landing = service.browser().land_as(&created, "ordinary").await;
    let redeem =
        block("docs/integrate.md", "$ curl https://verify.example.com/api/oauth/delegate/proofs/redeem")
            .step();
    let values = ["platform_id", "handle", "state", "expires", "sig"]
        .map(|name| (format!("\"{name}\":\"…\""), format!("\"{name}\":\"{}\"", landing.value(name))));
    let values = values.iter().map(|(shown, real)| (shown.as_str(), real.as_str()));
    let answer = terminal.answers(&with(&redeem.command, &own.into_iter().chain(values).collect::<Vec<_>>()));
    fits(&redeem.answer, &answer);
    assert_eq!(answer["session_id"], created.session_id);
}

#[tokio::test(flavor = "multi_thread")]
async fn connects_two_requests_go_as_shown() {
    let (service, terminal) = (Service::start(Setup::sandbox()).await, Terminal::new());
    let steps = block("docs/connect.md", "$ curl 'https://verify.example.com/v1/connect").steps();
    let own = [(SERVICE, service.public_url.as_str()), ("hpk_…", &service.key.api_key)];
    let begun = terminal.answers(&with(&steps[0].command, &own));
    let auth_url = begun["auth_url"].as_str().unwrap();
    let (platform, _) = auth_url.split_once("/tiktok/").unwrap();
    fits(&steps[0].answer.replace("https://www.tiktok.com", platform), &begun);

    let back = Browser::new().answer_as(auth_url, "ordinary").await;
    let back = Landing::at(back);
    assert_eq!(back.value("state"), begun["state"]);
    let code = format!("\"code\":\"{}\"", back.value("code"));
    let state = format!("\"state\":\"{}\"", back.value("state"));
    let values = [("\"code\":\"…\"", code.as_str()), ("\"state\":\"…\"", &state)];
    let answer = terminal.answers(&with(&steps[1].command, &[&own[..], &values].concat()));
    let text = |name: &str| answer[name].as_str().unwrap();
    fits(
        &steps[1]
            .answer
            .replace("_000abc", text("account_id"))
            .replace("\"jane\"", &format!("\"{}\"", text("username"))),
        &answer,
    );
}

/// The service, and a grant of a user at TikTok.
async fn with_grant() -> (Service, String) {
    let service = Service::start(Setup::sandbox()).await;
    let connected = service.connect_as("tiktok", "ordinary", &[("keep_grant", "true")]).await;
    let grant = connected["grant"].as_str().unwrap().to_owned();
    assert!(grant.starts_with("hpg_"));
    (service, grant)
}

/// The requests that stand in inline code: method, path, body, and the answer where one is shown.
fn inline(document: &str) -> Vec<(Method, String, String)> {
    let spans = Document::read(document).spans();
    let requests = spans.iter().filter_map(|span| {
        let (head, body) = span.split_once(" {")?;
        let (method, path) = head.split_once(' ')?;
        Some((method.parse().ok()?, path.to_owned(), format!("{{{body}")))
    });
    requests.filter(|(_, path, _)| path.starts_with('/')).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn grants_are_looked_after_renewed_and_given_back_as_shown() {
    let ((service, grant), terminal) = (with_grant().await, Terminal::new());
    let step = block("docs/grants.md", "$ curl -s https://verify.example.com/v1/accounts/health").step();
    let grants = format!("[\"{grant}\", \"{grant}\"]");
    let own = [
        (SERVICE, service.public_url.as_str()),
        ("$API_KEY", &service.key.api_key),
        ("[\"hpg_…\", \"hpg_…\"]", &grants),
    ];
    let health = terminal.answers(&with(&step.command, &own));
    let accounts = health["accounts"].as_array().unwrap();
    assert_eq!(accounts.len(), 2);
    let row = |status: &str, health: &str| format!("| `{status}` | `{health}` |");
    let text = Document::read("docs/grants.md").text;
    for account in accounts {
        let shown = row(account["status"].as_str().unwrap(), account["health"].as_str().unwrap());
        assert!(text.contains(&shown), "docs/grants.md has no row {shown}");
    }

    let mut grant = grant;
    let requests = inline("docs/grants.md");
    let paths: Vec<&str> = requests.iter().map(|(_, path, _)| path.as_str()).collect();
    assert_eq!(paths, ["/v1/accounts/renew", "/v1/accounts/disconnect"]);
    for (method, path, body) in &requests {
        let body: Value = serde_json::from_str(&with(body, &[("hpg_…", &grant)])).unwrap();
        let answer =
            Answer::of(service.request(method.clone(), path).bearer_auth(&service.key.api_key).json(&body))
                .await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        match answer.json()["grant"].as_str() {
            Some(anew) => grant = anew.to_owned(),
            None => fits("{\"deleted\": true, \"revoked\": true}", &answer.json()),
        }
    }
    assert!(text.contains("`{\"deleted\": true, \"revoked\": true}`"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_without_a_consent_page_takes_the_credentials_as_shown() {
    let (service, terminal) = (Service::start(Setup::sandbox()).await, Terminal::new());
    let step =
        block("docs/platforms.md", "$ curl -s https://verify.example.com/v1/connect/bluesky/credentials")
            .step();
    let shown: Value = step
        .command
        .split('\'')
        .find(|text| text.starts_with("{\"identifier\""))
        .map(|body| serde_json::from_str(body).unwrap())
        .unwrap();
    let mut names: Vec<&String> = shown.as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(names, ["app_password", "identifier", "profile_id"]);
    let own = [
        (SERVICE, service.public_url.as_str()),
        ("$API_KEY", &service.key.api_key),
        ("jane.bsky.social", "ordinary.sandbox.test"),
        ("ix2i-x65l-5jpw-og7u", handleproof::sandbox::APP_PASSWORD),
    ];
    let answer = terminal.answers(&with(&step.command, &own));
    assert_eq!((&answer["platform"], &answer["profile_id"]), (&json!("bluesky"), &json!("user-17")));
    let listed = Answer::of(
        service
            .request(Method::GET, "/api/oauth/delegate/platforms?connect=credentials")
            .bearer_auth(&service.key.api_key),
    )
    .await;
    let names: Vec<Value> =
        listed.json()["platforms"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
    assert_eq!(names, [json!("bluesky"), json!("trustpilot")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_of_ones_own_is_registered_made_known_and_used_as_shown() {
    let (service, terminal) = (Service::start(Setup::sandbox()).await, Terminal::new());
    let sandbox = service.sandbox.as_ref().unwrap().address().to_string();
    let at_sandbox = block("docs/own-apps.md", "$ curl http://127.0.0.1:PORT/tiktok/register").steps();
    let client = terminal.answers(&with(&at_sandbox[0].command, &[("127.0.0.1:PORT", &sandbox)]));
    fits(&at_sandbox[0].answer, &client);
    let of_client = |name: &str| client[name].as_str().unwrap();

    let make = block("docs/own-apps.md", "$ curl https://verify.example.com/v1/apps").step();
    let secret = format!("\"client_secret\":\"{}\"", of_client("client_secret"));
    let own = [
        (SERVICE, service.public_url.as_str()),
        ("hpk_…", &service.key.api_key),
        ("aw1…", of_client("client_id")),
        ("\"client_secret\":\"…\"", &secret),
    ];
    let app = terminal.answers(&with(&make.command, &own));
    let id = app["id"].as_str().unwrap();
    let shown = make
        .answer
        .replace(SERVICE, &service.public_url)
        .replace("app_8c1e5a2f09b7d346", id)
        .replace("aw1…", of_client("client_id"));
    fits(&shown, &app);

    let own = [
        ("REGISTRATION_CLIENT_URI", of_client("registration_client_uri")),
        ("REGISTRATION_ACCESS_TOKEN", of_client("registration_access_token")),
        ("THE redirect_uri OF /v1/apps", app["redirect_uri"].as_str().unwrap()),
    ];
    terminal.succeeds(&with(&at_sandbox[1].command, &own));
    let session = json!({"platform": "tiktok", "callback_url": CALLBACK, "state": STATE, "app_id": id});
    let created = created(&service.create(&session).await);
    service.browser().land_as(&created, "ordinary").await.proves(&service.key.secret, STATE, NOW);
}
