//! The real service in process, on a free port, with a clock that the test moves.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use handleproof::app::{App, BuildFault, Running, Sources};
use handleproof::clock::{Clock, ManualClock, SystemClock};
use handleproof::config::Config;
use handleproof::crypto::entropy::SystemEntropy;
use handleproof::crypto::master_key::MasterKey;
use handleproof::flow::{Flow, FlowRules};
use handleproof::keys::{Actor, ApiKeys, KeyChanges, NewKey};
use handleproof::platform::catalogue::{Catalogue, Overrides};
use handleproof::sandbox::{Options, Sandbox};
use handleproof::session::ApiKeyId;
use handleproof::settings::Origins;
use handleproof::vault::VaultFault;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::sync::oneshot;
use toml::Table;

use super::folder::Folder;
use super::stores::Stores;
use super::{Answer, Browser, Setup, client};

pub const CALLBACK: &str = "https://app.example.com/callback";
pub const STATE: &str = "caller-state-1";
/// What the clock says unless the test moves it.
pub const NOW: u64 = ManualClock::START;

/// A key as its holder knows it.
#[derive(Clone, Debug)]
pub struct TestKey {
    pub id: ApiKeyId,
    pub api_key: String,
    pub secret: String,
}

/// What creation answered.
#[derive(Clone, Debug)]
pub struct Created {
    pub session_id: String,
    pub authorize_url: String,
}

pub struct Service {
    pub address: SocketAddr,
    pub public_url: String,
    pub clock: Arc<ManualClock>,
    pub keys: Arc<ApiKeys>,
    pub flow: Arc<Flow>,
    pub key: TestKey,
    pub sandbox: Option<Arc<Sandbox>>,
    pub folder: Folder,
    rules: FlowRules,
    pub(super) stores: Stores,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

struct Started {
    keys: Arc<ApiKeys>,
    flow: Arc<Flow>,
    sandbox: Option<Arc<Sandbox>>,
    rules: FlowRules,
}

impl Service {
    pub async fn start(mut setup: Setup) -> Self {
        let (folder, stores) = (Folder::new(), setup.stores.take().unwrap_or_else(Stores::chosen));
        if let Some(file) = &setup.master_key {
            std::fs::copy(file, folder.path().join("master.key")).unwrap();
        }
        setup.settings.entry("stores").or_insert_with(|| stores.settings().into());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let public_url = setup.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
        let clock = Arc::new(ManualClock::default());
        let used: Arc<dyn Clock> = match setup.clock.take() {
            Some(clock) => clock,
            None if setup.real_clock => Arc::new(SystemClock::new()),
            None => Arc::<ManualClock>::clone(&clock),
        };
        let (stop, stopped) = oneshot::channel();
        let (ready, is_ready) = oneshot::channel();
        let new = (setup.callbacks.clone(), setup.first_party, setup.key_name.clone());
        let (url, path) = (public_url.clone(), folder.path().to_owned());
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let (running, started) = run(setup, &url, &path, used, listener).await;
                assert!(ready.send(started).is_ok(), "the test did not wait for its service");
                let _test_is_over = stopped.await;
                let _some_requests_hang =
                    tokio::time::timeout(Duration::from_millis(300), running.stop()).await;
            });
        });
        let Started { keys, flow, sandbox, rules } = is_ready.await.expect("the service starts");
        let key = new_key(&keys, &rules, &new.0, new.1, &new.2).await;
        let (stop, thread) = (Some(stop), Some(thread));
        Self { address, public_url, clock, keys, flow, key, sandbox, folder, rules, stores, stop, thread }
    }

    /// Every byte that the service keeps anywhere: its files, and what it put into servers.
    pub async fn kept_bytes(&self) -> Vec<u8> {
        let files = self.folder.files().into_iter().flat_map(|(_, bytes)| bytes);
        files.chain(self.stores.dump().await).collect()
    }

    /// Moves the clock, and the session store's where it has one of its own.
    pub async fn pass_time(&self, time: Duration) {
        self.clock.advance(time);
        self.stores.pass_time(time).await;
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        client().request(method, format!("http://{}{path}", self.address))
    }

    /// Seconds that the standing clock was moved.
    pub fn clock_passed(&self) -> u64 {
        self.clock.monotonic().as_secs()
    }

    pub fn browser(&self) -> Browser {
        Browser::behind(&self.public_url, &format!("http://{}", self.address))
    }

    /// Changes of keys, as the operator's shell makes them.
    pub fn changes(&self) -> KeyChanges<'_> {
        self.keys.acting(Actor::Cli)
    }

    /// One more caller.
    pub async fn another_key(&self, first_party: bool) -> TestKey {
        new_key(&self.keys, &self.rules, &["https://app.example.com".to_owned()], first_party, "Another shop")
            .await
    }

    pub async fn create(&self, body: &Value) -> Answer {
        self.create_as(&self.key.api_key, body).await
    }

    pub async fn create_as(&self, api_key: &str, body: &Value) -> Answer {
        Answer::of(self.request(Method::POST, "/api/oauth/delegate/sessions").bearer_auth(api_key).json(body))
            .await
    }

    /// A session at `platform` with the usual callback and state.
    pub async fn session(&self, platform: &str) -> Created {
        self.session_with(&json!({"platform": platform, "callback_url": CALLBACK, "state": STATE})).await
    }

    /// Where a busy machine's store server does not answer in its half second, once more: nothing was done.
    pub async fn session_with(&self, body: &Value) -> Created {
        for _ in 0..5 {
            let answer = self.create(body).await;
            if answer.status != 503 || !self.stores.are_on_servers() {
                return created(&answer);
            }
        }
        panic!("the stores do not answer");
    }

    pub async fn show(&self, session_id: &str) -> Answer {
        self.show_as(&self.key.api_key, session_id).await
    }

    pub async fn show_as(&self, api_key: &str, session_id: &str) -> Answer {
        let path = format!("/api/oauth/delegate/sessions/{session_id}");
        Answer::of(self.request(Method::GET, &path).bearer_auth(api_key)).await
    }

    /// `status` of a session, and its `error`.
    pub async fn status(&self, session_id: &str) -> (String, Option<String>) {
        let document = self.show(session_id).await.json();
        let text = |name: &str| document[name].as_str().map(str::to_owned);
        (text("status").unwrap(), text("error"))
    }

    pub async fn cancel(&self, session_id: &str) -> Answer {
        self.cancel_as(&self.key.api_key, session_id).await
    }

    pub async fn cancel_as(&self, api_key: &str, session_id: &str) -> Answer {
        let path = format!("/api/oauth/delegate/sessions/{session_id}");
        Answer::of(self.request(Method::DELETE, &path).bearer_auth(api_key)).await
    }

    pub async fn platforms(&self) -> Answer {
        let path = "/api/oauth/delegate/platforms";
        Answer::of(self.request(Method::GET, path).bearer_auth(&self.key.api_key)).await
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.stop.take());
        let ended = self.thread.take().map(std::thread::JoinHandle::join);
        if !std::thread::panicking() {
            assert!(ended.is_none_or(|ended| ended.is_ok()), "the service panicked");
        }
    }
}

#[track_caller]
pub fn created(answer: &Answer) -> Created {
    assert_eq!(answer.status, 201, "{}", answer.text());
    let document = answer.json();
    let text = |name: &str| document[name].as_str().unwrap().to_owned();
    Created { session_id: text("session_id"), authorize_url: text("authorize_url") }
}

async fn run(
    setup: Setup,
    public_url: &str,
    folder: &std::path::Path,
    clock: Arc<dyn Clock>,
    listener: TcpListener,
) -> (Running, Started) {
    let mut settings = setup.settings;
    settings.insert("public_url".to_owned(), public_url.into());
    let metrics = settings.entry("metrics").or_insert_with(|| Table::new().into());
    metrics.as_table_mut().unwrap().insert("listen".to_owned(), "off".into());
    let sandbox = setup.sandbox.map(|pace| {
        let options = Options {
            pace,
            callers_redirect_uris: true,
            ..Options::for_service(public_url.parse().unwrap())
        };
        Arc::new(Sandbox::start(&built_in_catalogue(), &options).unwrap())
    });
    if let Some(sandbox) = &sandbox {
        let platforms = settings.entry("platforms").or_insert_with(|| Table::new().into());
        let platforms = platforms.as_table_mut().unwrap();
        for (name, entry) in sandbox.overrides() {
            let own = platforms.entry(name).or_insert_with(|| Table::new().into());
            own.as_table_mut().unwrap().extend(entry.as_table().unwrap().clone());
        }
    }
    let config = Config::parse(&settings.to_string(), "test.toml", folder, []).unwrap();
    let master_key = MasterKey::read_or_create(&folder.join("master.key"), &SystemEntropy).unwrap();
    let sources = Sources { clock, entropy: setup.entropy };
    let app = built(&config, &master_key, &sources).await;
    let (keys, flow) = (Arc::clone(app.keys()), Arc::clone(app.flow()));
    let started = Started { keys, flow, sandbox, rules: FlowRules::of(&config) };
    (app.start(listener).unwrap(), started)
}

/// A store on a server gets a second to answer at the start, which a machine full of tests does not always have.
async fn built(config: &Config, master_key: &MasterKey, sources: &Sources) -> App {
    for _ in 0..3 {
        match App::build(config, master_key, sources).await {
            Err(fault @ (BuildFault::Store { .. } | BuildFault::Vault(VaultFault::Store(_)))) => {
                println!("once more: {fault}");
            }
            built => return built.unwrap(),
        }
    }
    panic!("the service cannot be built");
}

fn built_in_catalogue() -> Catalogue {
    let (platforms, origins) = (Table::new(), Origins::file("test"));
    Catalogue::load(Overrides { platforms: &platforms, origins: &origins, folder: std::path::Path::new("") })
        .unwrap()
}

async fn new_key(
    keys: &ApiKeys,
    rules: &FlowRules,
    urls: &[String],
    first_party: bool,
    name: &str,
) -> TestKey {
    let callbacks = urls.iter().map(|url| rules.callbacks.parse_registered(url).unwrap()).collect();
    let new = NewKey {
        name: name.to_owned(),
        callbacks,
        any_callback: false,
        first_party,
        record_accounts: false,
        with_signing_secret: true,
    };
    let mut key = keys.acting(Actor::Cli).create(new.clone()).await;
    for _ in 0..3 {
        if key.is_ok() {
            break;
        }
        // A busy machine's PostgreSQL did not answer in its second. Whether it made the key is not known; another one will do.
        key = keys.acting(Actor::Cli).create(new.clone()).await;
    }
    let key = key.unwrap();
    TestKey {
        id: key.id,
        api_key: key.api_key.expose().to_owned(),
        secret: key.signing_secret.unwrap().expose().to_owned(),
    }
}
