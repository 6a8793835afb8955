//! The configurations and commands by which documents set a service up: written, checked and served as they stand there.

use serde_json::json;

use super::harness::child::{ServerChild, free_port};
use super::harness::node::OpenIdProvider;
use super::harness::stores::Stores;
use super::harness::{Answer, Browser, Service, Setup, client, until};
use super::markdown::{Document, block};
use super::terminal::{Step, Terminal, with};

const PROVIDER_SECRET: &str = "a secret of more than thirty-two characters";

/// A machine on which a document is followed: platforms that answer, and a free port in the place of the document's host.
struct Machine {
    terminal: Terminal,
    url: String,
    platforms: Service,
    provider: OpenIdProvider,
}

impl Machine {
    async fn new() -> Self {
        let url = format!("http://127.0.0.1:{}", free_port());
        let provider = OpenIdProvider::start(&json!({
            "client_id": "handleproof", "client_secret": PROVIDER_SECRET,
            "redirect_uris": [format!("{url}/oauth/callback/acme")], "grant_types": ["authorization_code"],
        }));
        let platforms = Service::start(Setup::sandbox()).await;
        Self { terminal: Terminal::new(), url, platforms, provider }
    }

    /// What the sandbox says of TikTok, as `[platforms.tiktok]` has it.
    fn tiktok(&self, key: &str) -> String {
        self.platforms.sandbox.as_ref().unwrap().overrides()["tiktok"][key].as_str().unwrap().to_owned()
    }

    /// Writes `handleproof.toml` as the document has it, but for the reader's own names.
    fn configure(&self, shown: &str, own: &[(&str, &str)]) -> String {
        let secret = |name: &str| self.terminal.folder.path().join(name).display().to_string();
        self.terminal.write("tiktok", &self.tiktok("client_secret"));
        self.terminal.write("acme", PROVIDER_SECRET);
        let (tiktok, rest) = shown.split_once("…").unwrap();
        let text = format!("{tiktok}{}{}", self.tiktok("client_id"), rest.replace('…', "handleproof"));
        let common =
            [("https://verify.example.com", self.url.clone()), ("/run/secrets/tiktok", secret("tiktok"))];
        let acme = [
            ("https://id.acme.example", self.provider.issuer.clone()),
            ("/run/secrets/acme", secret("acme")),
        ];
        let mut all: Vec<(&str, &str)> = common.iter().map(|(shown, real)| (*shown, real.as_str())).collect();
        if text.contains("platforms.acme") {
            all.extend(acme.iter().map(|(shown, real)| (*shown, real.as_str())));
        }
        all.extend(own);
        let text = with(&text, &all);
        self.terminal.write("handleproof.toml", &text);
        text
    }

    /// The commands see, by the environment, what a reader need not say: where the platform played here is, and a port.
    fn shell(&self, command: &str) -> std::process::Command {
        let mut shell = self.terminal.shell(command);
        shell.env("HANDLEPROOF_LISTEN", self.url.trim_start_matches("http://"));
        shell.env("HANDLEPROOF_METRICS__LISTEN", "off").env("HANDLEPROOF_DRAIN_SECONDS", "0");
        for key in ["authorization_endpoint", "token_endpoint", "identity_endpoint", "revocation_endpoint"] {
            shell.env(format!("HANDLEPROOF_PLATFORMS__TIKTOK__{}", key.to_uppercase()), self.tiktok(key));
        }
        shell
    }

    #[track_caller]
    fn succeeds(&self, command: &str) -> String {
        let output = self.shell(command).output().unwrap();
        let out = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{command}\n{out}{}", String::from_utf8_lossy(&output.stderr));
        out
    }

    /// `keys create`, `check`, `serve`, as documents end: the running service and the key.
    async fn set_up(&self, steps: &[Step]) -> (ServerChild, String) {
        let [create, check, serve] = steps else { panic!("{steps:?}") };
        let made = self.succeeds(&create.command);
        let key = made.split_whitespace().find(|word| word.starts_with("hpk_")).unwrap().to_owned();
        assert!(made.contains("pss_") && self.terminal.folder.path().join("master.key").exists(), "{made}");
        let checked = self.succeeds(&check.command);
        for line in ["ok    registry", "ok    master key", "ok    session store", "ok    tiktok"] {
            assert!(checked.contains(line), "{checked}");
        }
        let mut child = ServerChild::spawn(&mut self.shell(&serve.command));
        until("the service is ready", async || {
            assert!(child.child.try_wait().unwrap().is_none(), "serve ended: {}", child.said());
            client()
                .get(format!("{}/readyz", self.url))
                .send()
                .await
                .is_ok_and(|answer| answer.status() == 200)
        })
        .await;
        (child, key)
    }

    /// A session of the key, at the callback URL that it was made with; where its link leads.
    async fn first_link(&self, key: &str) -> String {
        let body = json!({"platform": "tiktok", "state": "s1"});
        let request = client().post(format!("{}/api/oauth/delegate/sessions", self.url)).bearer_auth(key);
        let created = super::harness::service::created(&Answer::of(request.json(&body)).await);
        Browser::new().open(&created).await
    }
}

async fn stop(child: ServerChild) {
    child.signal("TERM");
    assert_eq!(child.ended().await.0, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_readmes_production_is_configured_checked_and_served() {
    let machine = Machine::new().await;
    let steps = block("README.md", "$ deploy/build").steps();
    // What `cargo build` makes is what these tests run; its flags are all that differs, and CI has no ten minutes for them.
    assert_eq!(steps[0].command, "deploy/build");
    assert!(super::repository::read("deploy/build").contains("\nexec cargo build --release "));
    assert!(super::repository::read("tests/run").contains("\ncargo build --workspace"));
    assert_eq!(steps[1].command, "cat handleproof.toml");
    let written = machine.configure(&steps[1].answer, &[]);
    assert_eq!(machine.succeeds(&steps[1].command), written);
    let (child, key) = machine.set_up(&steps[2..]).await;
    assert!(machine.succeeds("handleproof platforms --config handleproof.toml").contains("Acme ID"));

    let link = machine.first_link(&key).await;
    let prose = Document::read("README.md").prose();
    let shown = "https://verify.example.com/oauth/callback/tiktok";
    assert!(prose.contains(&format!("`{shown}`")));
    let redirect_uri = shown.replace("https://verify.example.com", &machine.url);
    let query = url::Url::parse(&link).unwrap();
    assert!(
        query.query_pairs().any(|(name, value)| name == "redirect_uri" && value == redirect_uri),
        "{link}"
    );
    stop(child).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn operatings_deployment_runs_and_its_commands_work_beside_it() {
    let machine = Machine::new().await;
    let stores = Stores::shared().settings();
    let store = |name: &str| stores[name].as_str().unwrap();
    let own = [
        ("postgres://handleproof@db.internal/handleproof", store("registry")),
        ("rediss://redis.internal", store("sessions")),
    ];
    machine.configure(&block("docs/operating.md", "public_url = ").text, &own);
    let steps = block("docs/operating.md", "$ handleproof keys create").steps();
    assert_eq!(steps.len(), 3);
    let of_readme: Vec<String> =
        block("README.md", "$ deploy/build").steps().into_iter().skip(2).map(|step| step.command).collect();
    assert_eq!(steps.iter().map(|step| step.command.clone()).collect::<Vec<_>>(), of_readme);
    let (child, _) = machine.set_up(&steps).await;

    let commands = Document::read("docs/operating.md").spans();
    let commands: Vec<&String> = commands.iter().filter(|span| span.ends_with("--config FILE")).collect();
    assert!(commands.len() >= 5, "{commands:?}");
    // A key to withdraw, and one that is left.
    for _ in 0..2 {
        machine.succeeds("handleproof signing-keys rotate --at-once --config handleproof.toml");
    }
    for command in commands {
        let listed = machine.succeeds("handleproof signing-keys list --json --config handleproof.toml");
        let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
        let kid = listed[0]["kid"].as_str().unwrap();
        machine.succeeds(&command.replace("FILE", "handleproof.toml").replace("KID", kid));
    }
    stop(child).await;
}
