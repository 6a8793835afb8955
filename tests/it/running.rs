//! The real process: serving, draining, `dev`, and what its logs and files never hold.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::harness::child::{Deployment, ServerChild, command, free_port};
use crate::harness::hostile::header;
use crate::harness::service::{CALLBACK, STATE, created};
use crate::harness::{Answer, Browser, Endpoint, HostilePlatform, Landing, Reply, client, until};

pub struct Running {
    pub deployment: Deployment,
    pub child: ServerChild,
    pub platform: HostilePlatform,
    pub api_key: String,
    secret: String,
}

pub async fn start(settings: &str, environment: &[(&str, &str)]) -> Running {
    let platform = HostilePlatform::start().await;
    let mut platforms = toml::Table::new();
    platforms.insert("acme".into(), platform.own_entry().into());
    let mut table = toml::Table::new();
    table.insert("platforms".into(), platforms.into());
    let deployment = Deployment::new(&format!("{settings}\n{table}"));
    let arguments = [
        "keys",
        "create",
        "Shop",
        "--callback",
        "https://app.example.com",
        "--signing-secret",
        "--first-party",
        "--json",
    ];
    let key = deployment.run(&arguments).json();
    let text = |name: &str| key[name].as_str().unwrap().to_owned();
    let child = deployment.serve_with(environment).await;
    Running { deployment, child, platform, api_key: text("api_key"), secret: text("signing_secret") }
}

impl Running {
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.deployment.port)
    }

    pub async fn create(&self) -> Answer {
        let body = json!({"platform": "acme", "callback_url": CALLBACK, "state": STATE});
        let request = client().post(self.url("/api/oauth/delegate/sessions")).bearer_auth(&self.api_key);
        Answer::of(request.json(&body)).await
    }

    /// Opens a link and consents: the browser and the address of our callback.
    pub async fn consented(&self) -> (Browser, String) {
        let browser = Browser::new();
        let callback = browser.consent(&created(&self.create().await), &self.platform).await;
        (browser, callback)
    }

    pub fn proves(&self, landing: &Landing) {
        let now = landing.value("expires").parse::<u64>().unwrap() - 300;
        landing.proves(&self.secret, STATE, now);
    }
}

#[tokio::test]
async fn f22_sigterm_makes_it_unready_at_once_serves_on_finishes_what_is_in_flight_and_exits_with_0() {
    let running = start("drain_seconds = 1\n[metrics]\nlisten = \"off\"", &[]).await;
    let (browser, callback) = running.consented().await;
    let identity = Reply::json(&json!({"id": "u-1"})).after(Duration::from_millis(2500));
    running.platform.always(Endpoint::Identity, identity);
    let finish = browser.get(&callback);
    let stop = async {
        until("the flow is in flight", async || running.platform.count(Endpoint::Identity) == 1).await;
        running.child.signal("TERM");
        until("it is not ready", async || {
            client().get(running.url("/readyz")).send().await.unwrap().status() == 503
        })
        .await;
        assert_eq!(client().get(running.url("/healthz")).send().await.unwrap().status(), 200);
        assert_eq!(running.create().await.status, 201);
        Instant::now()
    };
    let (landed, told) = tokio::join!(finish, stop);
    running.proves(&Landing::at(landed.location()));
    let (code, said) = running.child.ended().await;
    assert_eq!(code, Some(0), "{said}");
    // The flow in flight, and not the fifteen seconds that it might have taken.
    assert!(told.elapsed() < Duration::from_secs(14));
}

#[tokio::test]
async fn f22_an_idle_connection_does_not_hold_up_the_end_and_a_second_signal_ends_it_at_once() {
    let running = start("drain_seconds = 0\n[metrics]\nlisten = \"off\"", &[]).await;
    let mut idle = tokio::net::TcpStream::connect(("127.0.0.1", running.deployment.port)).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut idle, b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    assert_eq!(crate::harness::raw::status(&crate::harness::raw::read_answer(&mut idle).await), 200);
    running.child.signal("TERM");
    let asked = Instant::now();
    let (code, said) = running.child.ended().await;
    assert_eq!(code, Some(0), "{said}");
    // Idle connections are kept for 75 seconds.
    assert!(asked.elapsed() < Duration::from_secs(14));

    let running = start("drain_seconds = 60\n[metrics]\nlisten = \"off\"", &[]).await;
    running.child.signal("TERM");
    until("it is draining", async || {
        client().get(running.url("/readyz")).send().await.unwrap().status() == 503
    })
    .await;
    running.child.signal("TERM");
    let asked = Instant::now();
    let (code, _) = running.child.ended().await;
    assert_ne!(code, Some(0));
    // It would drain for a minute.
    assert!(asked.elapsed() < Duration::from_secs(30));
}

#[tokio::test]
async fn t50_proxies_in_the_environment_are_not_used() {
    let proxy = HostilePlatform::start().await;
    let address = proxy.url("");
    let names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let environment: Vec<(&str, &str)> = names.iter().map(|name| (*name, address.as_str())).collect();
    let running = start("[metrics]\nlisten = \"off\"", &environment).await;
    let (browser, callback) = running.consented().await;
    running.proves(&Landing::at(browser.get(&callback).await.location()));
    let all = [Endpoint::Token, Endpoint::Identity, Endpoint::Revoke, Endpoint::Other, Endpoint::Canary];
    assert!(all.iter().all(|endpoint| proxy.count(*endpoint) == 0));
}

#[tokio::test]
async fn t3_t69_what_another_process_changes_holds_here_at_once() {
    let running = start("[metrics]\nlisten = \"off\"", &[]).await;
    let listed = running.deployment.run(&["keys", "list", "--json"]).json();
    let id = listed[0]["id"].as_str().unwrap();
    let (browser, callback) = running.consented().await;
    let anew = running.deployment.run(&["keys", "signing-secret", id, "--json"]).json();
    // A running service follows within a fraction of a second; a callback that came before would be signed with the old one.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let landing = Landing::at(browser.get(&callback).await.location());
    let now = landing.value("expires").parse::<u64>().unwrap() - 300;
    landing.proves(anew["signing_secret"].as_str().unwrap(), STATE, now);

    let (browser, callback) = running.consented().await;
    let unopened = created(&running.create().await);
    assert_eq!(running.deployment.run(&["keys", "revoke", id]).code, 0);
    until("the key is refused", async || running.create().await.status == 401).await;
    browser.get(&callback).await.refuses(403);
    browser.get(&unopened.authorize_url).await.refuses(410);
    assert_eq!(running.platform.count(Endpoint::Token), 1);
}

#[tokio::test]
async fn t60_t72_t74_t75_nine_kinds_of_secrets_are_in_no_log_and_no_file_even_at_trace() {
    let running = start(
        "[log]\nlevel = \"trace\"\n[metrics]\nlisten = \"off\"",
        &[("RUST_LOG", "trace"), ("RUST_BACKTRACE", "1")],
    )
    .await;
    let mut secrets: Vec<(&str, String)> = vec![
        ("api key", running.api_key.splitn(3, '_').nth(2).unwrap().to_owned()),
        ("signing secret", running.secret.trim_start_matches("pss_").to_owned()),
        ("client secret", crate::harness::hostile::CLIENT_SECRET.to_owned()),
        (
            "master key",
            std::fs::read_to_string(running.deployment.folder.path().join("master.key"))
                .unwrap()
                .trim()
                .to_owned(),
        ),
    ];
    let broken = [
        None,
        Some((
            Endpoint::Token,
            Reply::status(400, &json!({"error": "invalid_grant", "error_description": "some text"})),
        )),
        Some((Endpoint::Identity, Reply::raw(b"<html>some text"))),
        Some((Endpoint::Identity, Reply::Reset)),
        Some((Endpoint::Revoke, Reply::Reset)),
    ];
    for reply in broken {
        if let Some((endpoint, reply)) = reply {
            running.platform.next(endpoint, reply);
        }
        let link = created(&running.create().await);
        secrets.push(("request token", link.authorize_url.split("psd_").nth(1).unwrap().to_owned()));
        let browser = Browser::new();
        let callback = browser.consent(&link, &running.platform).await;
        secrets.push(("cookie", browser.own_cookies()[0].1.clone()));
        let query: Vec<(String, String)> =
            url::Url::parse(&callback).unwrap().query_pairs().into_owned().collect();
        secrets.extend(
            query.into_iter().map(|(name, value)| (if name == "code" { "code" } else { "state" }, value)),
        );
        // Refused once, then finished; each leaves its traces.
        Browser::new().get(&callback).await.refuses(403);
        let landing = Landing::at(browser.get(&callback).await.location());
        if !landing.value("sig").is_empty() {
            secrets.push(("proof", landing.value("sig")));
            secrets.push(("account", "u-1\"".to_owned()));
        }
        browser.get(&callback).await.refuses(400);
        browser.get(&link.authorize_url).await.refuses(410);
    }
    for call in running.platform.calls(Endpoint::Token) {
        secrets.push((
            "code verifier",
            call.body.split("code_verifier=").nth(1).unwrap().split('&').next().unwrap().to_owned(),
        ));
        secrets.push((
            "client authentication",
            header(&call.head, "authorization").unwrap().split(' ').nth(1).unwrap().to_owned(),
        ));
    }
    secrets.extend(running.platform.tokens().into_iter().map(|token| ("platform token", token)));
    secrets.push(("the caller's state", STATE.to_owned()));
    until("the tokens went back", async || running.platform.count(Endpoint::Revoke) >= 3).await;
    let wrong = client()
        .get(running.url("/api/oauth/delegate/platforms?api_key=hpk_marker-key"))
        .bearer_auth("hpk_marker-key");
    Answer::of(wrong).await;
    secrets.push(("a wrong key", "marker-key".to_owned()));
    assert!(secrets.len() > 30);

    let files = running.deployment.folder.files();
    running.child.signal("TERM");
    running.child.signal("TERM");
    let (_, said) = running.child.ended().await;
    assert!(said.contains("/oauth/callback/{platform}") && said.contains("\"level\":\"INFO\""), "{said}");
    for (kind, secret) in &secrets {
        assert!(!said.contains(secret.as_str()), "{kind} in the log: {said}");
        let stores =
            files.iter().filter(|(name, _)| !["master.key", "handleproof.toml"].contains(&name.as_str()));
        for (name, bytes) in stores {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{kind} in {name}");
        }
    }
}

#[tokio::test]
async fn dev_needs_nothing_and_its_printed_commands_lead_to_a_verified_proof() {
    let port = free_port().to_string();
    let child = ServerChild::spawn(&mut command(&["dev", "--port", &port]));
    until("it tells how to verify", async || child.said().contains("--state demo-1")).await;
    let said = child.said();
    let api_key = said.split("api key          ").nth(1).unwrap().lines().next().unwrap().to_owned();
    assert!(
        said.contains("plays bluesky, facebook, instagram, linkedin, pinterest, threads, tiktok, trustpilot, twitter, youtube")
    );
    // The curl line, as it is printed.
    let line = said.split("\n  curl ").nth(1).unwrap().split("\n\n").next().unwrap();
    assert!(line.contains(&api_key));
    let output = std::process::Command::new("sh").arg("-c").arg(format!("curl {line}")).output().unwrap();
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let link = document["authorize_url"].as_str().unwrap();
    let created = crate::harness::Created { session_id: String::new(), authorize_url: link.to_owned() };
    let browser = Browser::new();
    let landing = browser.land_as(&created, "awkward_ampersand").await;
    let printed = said.split("\n  HANDLEPROOF_SIGNING_SECRET=").nth(1).unwrap().split("\n\n").next().unwrap();
    let binary = env!("CARGO_BIN_EXE_handleproof");
    let line = format!("HANDLEPROOF_SIGNING_SECRET={printed}")
        .replace("handleproof verify", &format!("{binary} verify"))
        .replace("THE ADDRESS", &landing.url);
    let verified = std::process::Command::new("sh").arg("-c").arg(line).output().unwrap();
    let text = String::from_utf8(verified.stdout).unwrap();
    assert!(verified.status.success() && text.contains("Ben & Jerry's"), "{text}");
    // Whoever tests against it is not slowed down by limits that are for production.
    let body = json!({"platform": "tiktok", "state": "s", "callback_url": format!("http://127.0.0.1:{port}/tester/callback")});
    for _ in 0..650 {
        let request = client().post(format!("http://127.0.0.1:{port}/api/oauth/delegate/sessions"));
        assert_eq!(Answer::of(request.bearer_auth(&api_key).json(&body)).await.status, 201);
    }
    // T83: loopback only, and nothing is left behind.
    assert!(!said.contains("0.0.0.0"));
    child.signal("INT");
    assert_eq!(child.ended().await.0, Some(0));
}

#[tokio::test]
async fn t86_health_tells_alive_and_ready_and_nothing_else() {
    let running = start("[metrics]\nlisten = \"off\"", &[]).await;
    for (path, body) in [("/healthz", "alive\n"), ("/readyz", "ready\n")] {
        let answer = Answer::of(client().get(running.url(path))).await;
        assert_eq!((answer.status, answer.text().as_str()), (200, body));
    }
    assert_eq!(Answer::of(client().get(running.url("/metrics"))).await.status, 404);
}
