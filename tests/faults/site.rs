//! A deployment of one or several instances of the real binary, with a platform that does what the test says.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use toml::Table;

use super::walk;
use crate::harness::HostilePlatform;
use crate::harness::child::{ServerChild, command, free_port, run};
use crate::harness::folder::Folder;
use crate::harness::stores::Stores;

pub struct Site {
    pub folder: Folder,
    /// Where `public_url` is: an instance that is told nothing else listens there.
    pub port: u16,
    pub platform: HostilePlatform,
    pub stores: Stores,
    pub api_key: String,
    pub secret: String,
    made: AtomicUsize,
}

/// One running instance.
pub struct Instance {
    pub port: u16,
    pub metrics_port: u16,
    /// From its start until it was ready.
    pub started_in: Duration,
    pub child: ServerChild,
}

impl Site {
    /// With stores of its own: memory and SQLite.
    pub async fn alone(settings: &str) -> Self {
        Self::with(Stores::default(), settings, &[]).await
    }

    /// With a Redis and a PostgreSQL, for several instances.
    pub async fn shared(settings: &str) -> Self {
        Self::with(Stores::shared(), settings, &[]).await
    }

    /// `settings` may have keys of the root and sections but `limits`, `metrics`, `stores` and `platforms`.
    pub async fn with(stores: Stores, settings: &str, others: &[(&str, &HostilePlatform)]) -> Self {
        let (folder, port, platform) = (Folder::new(), free_port(), HostilePlatform::start().await);
        let mut platforms = Table::new();
        platforms.insert("acme".to_owned(), platform.own_entry().into());
        for (name, platform) in others {
            platforms.insert((*name).to_owned(), platform.own_entry().into());
        }
        let mut table = Table::new();
        table.insert("platforms".to_owned(), platforms.into());
        table.insert("stores".to_owned(), stores.settings().into());
        let text = format!(
            "public_url = \"http://127.0.0.1:{port}\"\nlisten = \"127.0.0.1:{port}\"\n{settings}\n\
             [limits]\nsessions_per_key_per_minute = 0\nrequests_per_ip_per_minute = 0\n{table}"
        );
        std::fs::write(folder.path().join("handleproof.toml"), text).unwrap();
        let made = AtomicUsize::new(0);
        let (api_key, secret) = (String::new(), String::new());
        Self { folder, port, platform, stores, api_key, secret, made }.with_another_key()
    }

    /// With a key in the registry that the configuration names now.
    pub fn with_another_key(mut self) -> Self {
        let config = self.config();
        let arguments =
            ["keys", "create", "Shop", "--callback", "https://app.example.com", "--signing-secret"];
        let more = ["--first-party", "--json", "--config", config.to_str().unwrap()];
        // A busy machine's PostgreSQL may not answer in its second; who makes keys tries again then.
        let made = || run(&[&arguments[..], &more[..]].concat());
        let made = std::iter::repeat_with(made).take(5).find(|ran| !ran.err.contains("not available"));
        let key = made.unwrap().json();
        let text = |name: &str| key[name].as_str().unwrap().to_owned();
        (self.api_key, self.secret) = (text("api_key"), text("signing_secret"));
        self
    }

    pub fn config(&self) -> PathBuf {
        self.folder.path().join("handleproof.toml")
    }

    pub fn fresh_state(&self) -> String {
        format!("state-{}", self.made.fetch_add(1, Ordering::SeqCst))
    }

    /// The one instance, at the public address.
    pub async fn instance(&self) -> Instance {
        self.instance_at(self.port, &[]).await
    }

    /// One of several. A store on a server gets a second to answer at the start; where a busy machine does not make that,
    /// it is started once more, as a supervisor would.
    pub async fn instance_at(&self, port: u16, environment: &[(&str, &str)]) -> Instance {
        for _ in 0..10 {
            match self.try_start(port, environment).await {
                Ok(instance) => return instance,
                Err(said) => {
                    assert!(said.contains("handleproof: stores.") || said.contains("timed out"), "{said}")
                }
            }
        }
        panic!("the service does not start");
    }

    async fn try_start(&self, port: u16, environment: &[(&str, &str)]) -> Result<Instance, String> {
        let metrics_port = free_port();
        let mut serve = self.serve(port, metrics_port);
        let started = Instant::now();
        let mut child = ServerChild::spawn(serve.envs(environment.iter().copied()));
        while !walk::is_ready(port).await {
            if child.child.try_wait().unwrap().is_some() {
                return Err(child.ended().await.1);
            }
            assert!(
                started.elapsed() < Duration::from_mins(1),
                "never ready: {}; {}",
                child.said(),
                doing(child.child.id())
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(Instance { port, metrics_port, started_in: started.elapsed(), child })
    }

    /// Several.
    pub async fn instances<const N: usize>(&self) -> [Instance; N] {
        let mut instances = Vec::new();
        for _ in 0..N {
            instances.push(self.instance_at(free_port(), &[]).await);
        }
        instances.try_into().unwrap_or_else(|_| unreachable!())
    }

    /// The command of an instance.
    pub fn serve(&self, port: u16, metrics_port: u16) -> std::process::Command {
        let config = self.config();
        let mut command = command(&["serve", "--config", config.to_str().unwrap()]);
        command.env("HANDLEPROOF_LISTEN", format!("127.0.0.1:{port}"));
        command.env("HANDLEPROOF_METRICS__LISTEN", format!("127.0.0.1:{metrics_port}"));
        command
    }
}

/// What each thread of a process waits for.
fn doing(pid: u32) -> String {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let told = threads.map(|thread| {
        let read = |name| std::fs::read_to_string(thread.path().join(name)).unwrap_or_default();
        let state =
            read("status").lines().find(|line| line.starts_with("State")).unwrap_or_default().to_owned();
        format!("{} {state} in {} ({})", read("comm").trim(), read("wchan"), read("syscall").trim())
    });
    told.collect::<Vec<_>>().join("; ")
}

impl Instance {
    pub fn pid(&self) -> u32 {
        self.child.child.id()
    }

    /// `kill -9`, and its end.
    pub async fn kill(self) {
        self.child.signal("KILL");
        self.child.ended().await;
    }

    /// The value of a counter, all its labels added up.
    pub async fn counted(&self, name: &str) -> f64 {
        let text = walk::ask(self.metrics_port, &walk::get("/metrics", "")).await.unwrap().body;
        let lines = text.lines().filter(|line| line.starts_with(name));
        lines.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).sum()
    }
}
