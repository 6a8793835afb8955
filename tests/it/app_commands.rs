//! `handleproof apps`: what it prints, what it never prints, and a running service that follows.

use std::io::Write;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::harness::child::{Deployment, Ran, command};
use crate::harness::service::{CALLBACK, STATE};
use crate::harness::{Answer, Browser, HostilePlatform, Landing, client, until};

const SECRET: &str = "marker of a client secret";

struct Shop {
    deployment: Deployment,
    key: Value,
}

impl Shop {
    fn new(settings: &str) -> Self {
        let deployment = Deployment::new(settings);
        let options =
            ["keys", "create", "Shop", "--any-callback", "--first-party", "--signing-secret", "--json"];
        let key = deployment.run(&options).json();
        Self { deployment, key }
    }

    fn key(&self) -> &str {
        self.key["id"].as_str().unwrap()
    }

    /// A command that gets the secret in `HANDLEPROOF_CLIENT_SECRET`.
    fn with_secret(&self, arguments: &[&str], secret: &str) -> Ran {
        let config = self.deployment.config();
        let mut command = command(arguments);
        command.arg("--config").arg(config).env("HANDLEPROOF_CLIENT_SECRET", secret);
        Ran::of(command.output().unwrap())
    }

    fn create(&self, platform: &str, client_id: &str) -> Value {
        let arguments = [
            "apps",
            "create",
            self.key(),
            "--platform",
            platform,
            "--name",
            "Mine",
            "--client-id",
            client_id,
            "--json",
        ];
        self.with_secret(&arguments, SECRET).json()
    }
}

#[test]
fn an_app_is_made_listed_rotated_and_deleted_and_its_secret_stays_unseen() {
    let shop = Shop::new("");
    let made = shop.create("x", "aw1");
    let id = made["id"].as_str().unwrap();
    let redirect_uri = format!("http://127.0.0.1:{}/oauth/callback/twitter/{id}", shop.deployment.port);
    assert_eq!((&made["platform"], &made["redirect_uri"]), (&json!("twitter"), &json!(redirect_uri)));
    let of_key = shop.deployment.run(&["apps", "list", shop.key(), "--json"]).json();
    assert_eq!(of_key, json!([made]));
    assert_eq!(shop.deployment.run(&["apps", "list", "--json"]).json(), of_key);
    let plain = shop.deployment.run(&["apps", "list"]);
    assert!(plain.out.contains(id) && plain.out.contains(&redirect_uri), "{}", plain.out);

    let file = shop.deployment.folder.path().join("secret.txt");
    std::fs::write(&file, "from a file\n").unwrap();
    let file = file.to_str().unwrap();
    let rotated = shop.deployment.run(&["apps", "rotate", id, "--client-secret-file", file, "--json"]);
    assert_eq!(rotated.json(), json!({"id": id, "rotated": true}));
    assert!(!rotated.err.contains("from a file"));
    let mut asked = command(&["apps", "rotate", id, "--config"]);
    asked.arg(shop.deployment.config()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = asked.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"from a line\n").unwrap();
    assert_eq!(Ran::of(child.wait_with_output().unwrap()).code, 0);

    for (ran, why) in [
        (shop.with_secret(&["apps", "rotate", id], ""), "client secret must"),
        (
            shop.deployment.run(&["apps", "rotate", id, "--client-secret-file", "/nowhere/x"]),
            "cannot be read",
        ),
        (shop.deployment.run(&["apps", "delete", "app_ffffffffffffffff"]), "no such app"),
        (shop.deployment.run(&["apps", "delete", "1"]), "apps list"),
        (shop.deployment.run(&["apps", "list", "1"]), "keys list"),
    ] {
        assert!(ran.code == 1 && ran.err.contains(why), "{why}: {}", ran.err);
    }
    for (key, platform, name, client_id) in [
        ("key_ffffffffffffffff", "tiktok", "Mine", "a"),
        (shop.key(), "myspace", "Mine", "a"),
        (shop.key(), "tiktok", " ", "a"),
        (shop.key(), "tiktok", "Mine", "a b"),
    ] {
        let arguments =
            ["apps", "create", key, "--platform", platform, "--name", name, "--client-id", client_id];
        assert_eq!(shop.with_secret(&arguments, SECRET).code, 1, "{arguments:?}");
    }
    // T72: no secret is taken from an argument.
    let as_argument = ["apps", "rotate", id, "--client-secret", "x"];
    assert_eq!(shop.deployment.run(&as_argument).code, 2);

    let deleted = shop.deployment.run(&["apps", "delete", id, "--json"]);
    assert_eq!(deleted.json(), json!({"id": id, "deleted": true}));
    assert_eq!(shop.deployment.run(&["apps", "list", "--json"]).json(), json!([]));
}

#[test]
fn a_rotation_of_the_master_key_keeps_every_app_readable() {
    let shop = Shop::new("");
    let made = shop.create("tiktok", "aw1");
    let rotated = shop.deployment.run(&["master-key", "rotate"]);
    assert_eq!(rotated.code, 0, "{}", rotated.err);
    let checked = shop.deployment.run(&["check"]);
    assert!(checked.out.contains("ok    master key"), "{}", checked.out);
    assert_eq!(shop.deployment.run(&["apps", "list", "--json"]).json(), json!([made]));
    let path = shop.deployment.folder.path().join("master.key");
    std::fs::write(path, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap();
    assert!(!shop.deployment.run(&["check"]).out.contains("ok    master key"));
}

#[tokio::test(flavor = "multi_thread")]
async fn t72_a_running_service_follows_the_shell_and_logs_no_client_secret() {
    let platform = HostilePlatform::start().await;
    let mut acme = toml::Table::new();
    acme.insert("acme".into(), platform.own_entry().into());
    let mut table = toml::Table::new();
    table.insert("platforms".into(), acme.into());
    let shop = Shop::new(&format!(
        "drain_seconds = 0\n[log]\nlevel = \"trace\"\n[metrics]\nlisten = \"off\"\n{table}"
    ));
    let app = shop.create("acme", "own-client")["id"].as_str().unwrap().to_owned();
    let child = shop.deployment.serve_with(&[("RUST_LOG", "trace")]).await;
    let (port, api_key) = (shop.deployment.port, shop.key["api_key"].as_str().unwrap());
    let create = async || {
        let body = json!({"platform": "acme", "callback_url": CALLBACK, "state": STATE, "app_id": app});
        let url = format!("http://127.0.0.1:{port}/api/oauth/delegate/sessions");
        Answer::of(client().post(url).bearer_auth(api_key).json(&body)).await
    };
    platform.register("own-client", SECRET);
    let finish = async || {
        let browser = Browser::new();
        let callback = browser.consent(&crate::harness::service::created(&create().await), &platform).await;
        Landing::at(browser.get(&callback).await.location()).value("sig")
    };
    assert!(!finish().await.is_empty());
    platform.register("own-client", "the next secret");
    assert_eq!(shop.with_secret(&["apps", "rotate", &app], "the next secret").code, 0);
    until("the new secret is in force", async || !finish().await.is_empty()).await;

    let open = crate::harness::service::created(&create().await);
    assert_eq!(shop.deployment.run(&["apps", "delete", &app]).code, 0);
    until("the app is gone", async || create().await.status == 422).await;
    Browser::new().get(&open.authorize_url).await.refuses(410);
    child.signal("TERM");
    let (_, said) = child.ended().await;
    assert!(said.contains("/oauth/callback/{platform}/{app_id}"), "{said}");
    let encoded = SECRET.replace(' ', "+");
    for secret in [SECRET, &encoded, "the next secret"] {
        assert!(!said.contains(secret), "{said}");
    }
}
