//! The real binary: commands that run to their end, and `serve` and `dev` as children.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use toml::Table;

#[path = "../../../src/store/test_servers/ports.rs"]
mod ports;

pub(crate) use ports::free_port;

use super::folder::Folder;
use super::stores::Stores;
use super::{client, until};

pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.args(arguments).stdin(Stdio::null());
    for ours in ["HANDLEPROOF_SIGNING_SECRET", "HANDLEPROOF_TEST_STORES", "HANDLEPROOF_BIN"] {
        command.env_remove(ours);
    }
    command
}

/// `HANDLEPROOF_BIN`, or the one that was built for the tests.
pub fn binary() -> String {
    std::env::var("HANDLEPROOF_BIN").unwrap_or_else(|_| env!("CARGO_BIN_EXE_handleproof").to_owned())
}

/// Runs a command to its end.
pub fn run(arguments: &[&str]) -> Ran {
    Ran::of(command(arguments).output().unwrap())
}

/// How a command went.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    pub fn of(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            code: output.status.code().unwrap_or(-1),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
    }

    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        assert_eq!(self.code, 0, "{}", self.err);
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("no JSON: {}", self.out))
    }
}

/// A deployment: a folder with a configuration file.
pub struct Deployment {
    pub folder: Folder,
    pub port: u16,
}

impl Deployment {
    /// `settings` come after `public_url` and `listen`, both on a free loopback port, and before the stores of this run.
    pub fn new(settings: &str) -> Self {
        let folder = Folder::new();
        let port = free_port();
        let head = format!("public_url = \"http://127.0.0.1:{port}\"\nlisten = \"127.0.0.1:{port}\"\n");
        let mut stores = Table::new();
        if !settings.contains("[stores]") {
            stores.insert("stores".to_owned(), Stores::chosen().settings().into());
        }
        let text = format!("{head}{settings}\n{stores}");
        std::fs::write(folder.path().join("handleproof.toml"), text).unwrap();
        Self { folder, port }
    }

    pub fn config(&self) -> PathBuf {
        self.folder.path().join("handleproof.toml")
    }

    /// A command with `--config`.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        let config = self.config();
        let mut all = arguments.to_vec();
        all.extend(["--config", path_text(&config)]);
        run(&all)
    }

    /// `serve`, answering.
    pub async fn serve_with(&self, environment: &[(&str, &str)]) -> ServerChild {
        let config = self.config();
        let mut command = command(&["serve", "--config", path_text(&config)]);
        command.envs(environment.iter().copied());
        let mut child = ServerChild::spawn(&mut command);
        let url = format!("http://127.0.0.1:{}/readyz", self.port);
        until("the service is ready", async || {
            assert!(child.child.try_wait().unwrap().is_none(), "serve ended: {}", child.said());
            client().get(&url).send().await.is_ok_and(|answer| answer.status() == 200)
        })
        .await;
        child
    }
}

fn path_text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A child that goes on until it is told to stop. All that it says is kept.
pub struct ServerChild {
    pub child: Child,
    said: Arc<Mutex<String>>,
    readers: Vec<std::thread::JoinHandle<()>>,
}

impl ServerChild {
    pub fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let said: Arc<Mutex<String>> = Arc::default();
        let outputs: [Box<dyn Read + Send>; 2] =
            [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
        let readers = outputs.map(|output| {
            let said = Arc::clone(&said);
            std::thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    said.lock().unwrap().push_str(&(line + "\n"));
                }
            })
        });
        Self { child, said, readers: readers.into() }
    }

    /// Everything on both outputs so far.
    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }

    /// Waits for its end: the exit code and everything it said.
    pub async fn ended(mut self) -> (Option<i32>, String) {
        let mut status = None;
        until("the child ends", async || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        })
        .await;
        for reader in self.readers.drain(..) {
            reader.join().unwrap();
        }
        (status.and_then(|status| status.code()), self.said())
    }
}

impl Drop for ServerChild {
    fn drop(&mut self) {
        let _already_gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}
