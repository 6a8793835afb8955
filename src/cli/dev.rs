//! `handleproof dev`: the whole thing on loopback with no set-up, for trying and for developing against. Nothing is kept.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use toml::{Table, Value};

use super::{Failed, Outcome, fail, new_or_existing_master_key, serve, sources};
use crate::app::App;
use crate::config::Config;
use crate::crypto::entropy::{Entropy, SystemEntropy};
use crate::crypto::secret::SecretText;
use crate::keys::{Actor, CreatedKey, NewKey};
use crate::observe;
use crate::operator::password::{self, Cost};
use crate::platform::catalogue::{Catalogue, Overrides};
use crate::sandbox::{Options, Sandbox};
use crate::settings::{Fault, Origins};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 8080)]
    port: u16,
}

pub(super) async fn run(args: Args) -> Outcome {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, args.port))
        .map_err(|error| fail(format_args!("port {} cannot be used: {error}; try --port 0", args.port)))?;
    let port = listener.local_addr().map_err(fail)?.port();
    let public_url = format!("http://127.0.0.1:{port}");
    let options =
        Options { callers_redirect_uris: true, ..Options::for_service(public_url.parse().map_err(fail)?) };
    let sandbox = Sandbox::start(&built_in_catalogue()?, &options).map_err(fail)?;
    let folder = Folder::make()?;
    let operator = OperatorSecrets::fresh()?;
    let config = configuration(&public_url, sandbox.overrides(), &operator, &folder.0)?;
    let _observing = observe::install(config.log, &config.traces).map_err(fail)?;
    let master_key = new_or_existing_master_key(&config)?;
    let app = App::build(&config, &master_key, &sources()).await.map_err(fail)?;
    let new = NewKey {
        name: "Demo app".to_owned(),
        any_callback: true,
        record_accounts: true,
        with_signing_secret: true,
        ..NewKey::default()
    };
    let key = app.keys().acting(Actor::Cli).create(new).await.map_err(fail)?;
    app.offer_in_tester(key.id);
    let console = app.console_link().map_err(fail)?;
    let running = app.start(listener).map_err(fail)?;
    welcome(&Welcome { public_url: &public_url, sandbox: &sandbox, key: &key, console: &console, operator });
    let outcome = serve::until_told_to_stop(running).await;
    sandbox.stop().await;
    outcome
}

/// The operator's way in, made anew for each run.
struct OperatorSecrets {
    password: SecretText,
    password_hash: SecretText,
    token: SecretText,
}

impl OperatorSecrets {
    fn fresh() -> Result<Self, Failed> {
        let entropy: &dyn Entropy = &SystemEntropy;
        let password = entropy.bytes::<16>().map_err(fail)?;
        let password = SecretText::new(URL_SAFE_NO_PAD.encode(password));
        let password_hash = password::hash(&password, Cost::Random, entropy).map_err(fail)?;
        let token = SecretText::new(URL_SAFE_NO_PAD.encode(entropy.bytes::<32>().map_err(fail)?));
        Ok(Self { password, password_hash, token })
    }
}

/// Holds the registry and the master key for as long as the process runs.
struct Folder(PathBuf);

impl Folder {
    fn make() -> Result<Self, Failed> {
        let path = std::env::temp_dir().join(format!("handleproof-dev-{}", uuid::Uuid::now_v7().simple()));
        std::fs::create_dir(&path)
            .map_err(|error| fail(format_args!("{} cannot be made: {error}", path.display())))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is cleared with the rest of the temporary folder.
        let _left_behind = std::fs::remove_dir_all(&self.0);
    }
}

fn built_in_catalogue() -> Result<Catalogue, Failed> {
    let (platforms, origins) = (Table::new(), Origins::file("dev"));
    Catalogue::load(Overrides { platforms: &platforms, origins: &origins, folder: Path::new("") })
        .map_err(all)
}

fn configuration(
    public_url: &str,
    platforms: Table,
    operator: &OperatorSecrets,
    folder: &Path,
) -> Result<Config, Failed> {
    let mut table = Table::new();
    table.insert("public_url".to_owned(), Value::from(public_url));
    table.insert("listen".to_owned(), Value::from(public_url.trim_start_matches("http://")));
    table.insert("drain_seconds".to_owned(), Value::from(0));
    for (section, key, value) in [
        ("tester", "enabled", Value::from(true)),
        ("metrics", "listen", Value::from("off")),
        ("log", "format", Value::from("pretty")),
        ("log", "level", Value::from("warn")),
        // There is nobody here to protect from anybody, and tests make more sessions than people do.
        ("limits", "requests_per_ip_per_minute", Value::from(0)),
        ("limits", "sessions_per_key_per_minute", Value::from(0)),
        ("operator", "password_hash", Value::from(operator.password_hash.expose())),
        ("operator", "token", Value::from(operator.token.expose())),
    ] {
        let section = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
        if let Value::Table(section) = section {
            section.insert(key.to_owned(), value);
        }
    }
    table.insert("platforms".to_owned(), Value::Table(platforms));
    Config::parse(&table.to_string(), "dev", folder, []).map_err(all)
}

fn all(faults: Vec<Fault>) -> Failed {
    for fault in &faults {
        eprintln!("handleproof: {fault}");
    }
    Failed
}

/// Pages to open in a browser.
fn links(public_url: &str, console: &str) -> [(&'static str, String); 3] {
    // The console's link logs in.
    [
        ("tester", format!("{public_url}/tester")),
        ("console", console.to_owned()),
        ("docs", format!("{public_url}/docs")),
    ]
}

/// What the operator of the moment is told.
struct Welcome<'a> {
    public_url: &'a str,
    sandbox: &'a Sandbox,
    key: &'a CreatedKey,
    /// Logs in once.
    console: &'a str,
    operator: OperatorSecrets,
}

fn welcome(told: &Welcome<'_>) {
    let Welcome { public_url, sandbox, key, console, operator } = told;
    let (api_key, secret) =
        (key.api_key.expose(), key.signing_secret.as_ref().map_or("", |secret| secret.expose()));
    let links = links(public_url, console).map(|(name, url)| format!("  {name:<16} {url}")).join("\n");
    println!(
        "handleproof {version}, all of it on this machine. Nothing is kept after Ctrl-C.

  service          {public_url}
{links}
                   (the console's link works once, within ten minutes)
  sandbox          http://{sandbox} plays {platforms}

  api key          {api_key}
  signing secret   {secret}
  password         {password} (of the console)
  operator token   {token} (of /admin/v1)

Start a verification:

  curl -s {public_url}/api/oauth/delegate/sessions \\
    -H 'Authorization: Bearer {api_key}' \\
    -H 'Content-Type: application/json' \\
    -d '{{\"platform\":\"tiktok\",\"state\":\"demo-1\",\"callback_url\":\"{public_url}/tester/callback\"}}'

Open its authorize_url in a browser and agree: the tester shows every check. At a callback of your own:

  HANDLEPROOF_SIGNING_SECRET={secret} \\
    handleproof verify 'THE ADDRESS' --state demo-1
",
        version = env!("CARGO_PKG_VERSION"),
        sandbox = sandbox.address(),
        password = operator.password.expose(),
        token = operator.token.expose(),
        platforms = sandbox.platforms().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    );
}
