//! Starts the servers of a run, on free ports of the loopback, and stops them.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::folder::Folder;
use crate::{Fault, usage};

/// A running process, ended when dropped.
pub struct Server {
    process: Child,
    address: SocketAddr,
}

/// Whom flows are sent to.
pub struct Target {
    pub name: &'static str,
    pub origin: String,
    server: Server,
    keys: Vec<Key>,
    platforms: usize,
    folder: Option<Folder>,
}

#[derive(Clone, Deserialize)]
pub struct Key {
    pub id: String,
    pub api_key: String,
    pub signing_secret: String,
}

/// Where the service keeps sessions.
#[derive(Clone, Copy)]
pub enum Sessions {
    Memory,
    Redis(SocketAddr),
}

/// How the service is set up.
#[derive(Clone, Copy)]
pub struct Setup {
    pub sessions: Sessions,
    pub keys: usize,
    pub platforms: usize,
    pub ttl_seconds: u32,
    pub max_live: usize,
}

impl Default for Setup {
    fn default() -> Self {
        Self { sessions: Sessions::Memory, keys: 1, platforms: 1, ttl_seconds: 900, max_live: 3_000_000 }
    }
}

impl Server {
    pub fn start(mut command: Command, address: SocketAddr) -> Result<Self, Fault> {
        let mut process = command.stdin(Stdio::null()).spawn()?;
        if let Some(log) = process.stderr.take() {
            std::thread::spawn(move || read_log(log));
        }
        let mut server = Self { process, address };
        let patience = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(address).is_err() {
            if let Some(status) = server.process.try_wait()? {
                return Err(format!("{} ended: {status}", command.get_program().display()).into());
            }
            if Instant::now() > patience {
                return Err(format!("{} does not listen", command.get_program().display()).into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(server)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Ends it as an init system does, so that it can write down what it has to, a profile for one.
    fn stop(&mut self) -> Result<(), Fault> {
        let asked = Command::new("kill").arg(self.id().to_string()).status()?;
        let patience = Instant::now() + Duration::from_secs(30);
        while asked.success() && Instant::now() < patience {
            if self.process.try_wait()?.is_some() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err("a server does not end when it is told to".into())
    }
}

/// Reads log lines as a container's runtime or systemd does, through a pipe; what is no log line is shown.
fn read_log(log: ChildStderr) {
    for line in BufReader::new(log).lines().map_while(Result::ok) {
        if !line.starts_with('{') {
            eprintln!("{line}");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already.
        let _gone = self.process.kill();
        let _reaped = self.process.wait();
    }
}

impl Target {
    pub fn address(&self) -> SocketAddr {
        self.server.address
    }

    pub fn key(&self, n: usize) -> &Key {
        // There is at least one key.
        #[allow(clippy::indexing_slicing, reason = "a remainder is in range")]
        &self.keys[n % self.keys.len()]
    }

    /// Only the service has keys to revoke.
    pub fn revoke_key(&self, n: usize) -> Result<(), Fault> {
        let config = self.folder.as_ref().ok_or("a control has no keys")?.config();
        let mut revoke = Command::new(binary("handleproof")?);
        let revoke = revoke.args(["keys", "revoke", &self.key(n).id, "--config"]).arg(config);
        let is_done = revoke.stdout(Stdio::null()).status()?.success();
        if is_done { Ok(()) } else { Err("the API key could not be revoked".into()) }
    }

    pub fn stop(&mut self) -> Result<(), Fault> {
        self.server.stop()
    }

    pub fn platform(&self, n: usize) -> String {
        format!("bench{}", n % self.platforms)
    }

    pub fn cpu(&self) -> Result<Duration, Fault> {
        usage::cpu(self.server.id())
    }

    pub fn resident(&self) -> Result<u64, Fault> {
        usage::resident(self.server.id())
    }
}

/// The stand-in platform.
pub fn upstream() -> Result<Server, Fault> {
    let address = free_address()?;
    let mut command = Command::new(binary("bench-upstream")?);
    command.arg(address.to_string());
    Server::start(command, address)
}

/// The control.
pub fn floor(upstream: &Server) -> Result<Target, Fault> {
    let mut command = Command::new(binary("bench-floor")?);
    control("floor", upstream, &mut command)
}

/// `grant` on Express.
pub fn grant(upstream: &Server) -> Result<Target, Fault> {
    let mut command = Command::new("node");
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("grant/server.js")).env("NODE_ENV", "production");
    control("grant", upstream, &mut command)
}

fn control(name: &'static str, upstream: &Server, command: &mut Command) -> Result<Target, Fault> {
    let address = free_address()?;
    let signing_secret = "pss_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
    command.arg(address.to_string()).arg(format!("http://{}", upstream.address)).arg(signing_secret);
    let server = Server::start(std::mem::replace(command, Command::new("")), address)?;
    let keys = vec![Key {
        id: String::new(),
        api_key: "unused".to_owned(),
        signing_secret: signing_secret.to_owned(),
    }];
    Ok(Target { name, origin: format!("http://{address}"), server, keys, platforms: 1, folder: None })
}

/// The service, from the binary that ships: limits on and high, log at info into a pipe, SQLite.
pub fn service(upstream: &Server, setup: Setup) -> Result<Target, Fault> {
    let folder = Folder::create()?;
    let address = free_address()?;
    let origin = format!("http://{address}");
    let config = folder.config();
    fs::write(&config, configuration(address, &origin, upstream.address, setup)?)?;
    let keys = (0..setup.keys).map(|_| make_key(&config)).collect::<Result<_, _>>()?;
    let server = Server::start(serve(&config)?, address)?;
    Ok(Target { name: "service", origin, server, keys, platforms: setup.platforms, folder: Some(folder) })
}

/// One more instance of the same deployment, behind the same public URL.
pub fn instance_beside(first: &Target, upstream: &Server, setup: Setup) -> Result<Target, Fault> {
    let folder = first.folder.as_ref().ok_or("only the service can have two instances")?;
    let (address, origin) = (free_address()?, first.origin.clone());
    let config = folder.path().join("beside.toml");
    fs::write(&config, configuration(address, &origin, upstream.address, setup)?)?;
    let server = Server::start(serve(&config)?, address)?;
    let keys = first.keys.clone();
    Ok(Target { name: "service", origin, server, keys, platforms: setup.platforms, folder: None })
}

fn serve(config: &Path) -> Result<Command, Fault> {
    let mut command = Command::new(binary("handleproof")?);
    command.arg("serve").arg("--config").arg(config).stderr(Stdio::piped());
    Ok(command)
}

fn configuration(
    address: SocketAddr,
    origin: &str,
    upstream: SocketAddr,
    setup: Setup,
) -> Result<String, Fault> {
    let Setup { ttl_seconds, max_live, .. } = setup;
    let sessions = match setup.sessions {
        Sessions::Memory => "memory".to_owned(),
        Sessions::Redis(redis) => format!("redis://{redis}"),
    };
    let mut text = format!(
        "public_url = \"{origin}\"\n\
         listen = \"{address}\"\n\
         [stores]\n\
         sessions = \"{sessions}\"\n\
         [sessions]\n\
         ttl_seconds = {ttl_seconds}\n\
         max_live = {max_live}\n\
         [limits]\n\
         sessions_per_key_per_minute = 1_000_000\n\
         requests_per_ip_per_minute = 1_000_000\n\
         [metrics]\n\
         listen = \"{}\"\n",
        free_address()?
    );
    for n in 0..setup.platforms {
        write!(
            text,
            "[platforms.bench{n}]\n\
             kind = \"oauth2\"\n\
             authorization_endpoint = \"http://{upstream}/authorize\"\n\
             token_endpoint = \"http://{upstream}/token\"\n\
             token_endpoint_auth_method = \"client_secret_post\"\n\
             identity_endpoint = \"http://{upstream}/identity\"\n\
             scopes = [\"profile\"]\n\
             client_id = \"bench\"\n\
             client_secret = \"bench-secret\"\n\
             identity = {{ platform_id = \"/id\", handle = \"/handle\" }}\n"
        )?;
    }
    Ok(text)
}

fn make_key(config: &Path) -> Result<Key, Fault> {
    let made = Command::new(binary("handleproof")?)
        .args(["keys", "create", "bench", "--callback", "https://marketplace.example.com"])
        .args(["--first-party", "--signing-secret", "--json", "--config"])
        .arg(config)
        .stderr(Stdio::inherit())
        .output()?;
    if !made.status.success() {
        return Err("no API key could be made".into());
    }
    Ok(serde_json::from_slice(&made.stdout)?)
}

/// Beside this program, where one build puts them all.
fn binary(name: &str) -> Result<PathBuf, Fault> {
    let path = std::env::current_exe()?.with_file_name(name);
    if path.exists() { Ok(path) } else { Err(format!("{} is not built", path.display()).into()) }
}

/// Free when asked; taken by someone else before the server starts only by rare bad luck, which fails the run.
pub fn free_address() -> Result<SocketAddr, Fault> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?)
}
