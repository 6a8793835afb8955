//! A Redis of one test.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use redis::aio::MultiplexedConnection;

use super::process::ServerProcess;
use super::{eventually, free_port, new_folder, tls};
use crate::config::SessionStoreUrl;
use crate::crypto::secret::SecretText;

/// Until a server works; machines are slow at times, and nothing is asserted by this.
const STARTING: Duration = Duration::from_mins(1);

/// A running `redis-server`.
pub(crate) struct RedisServer {
    process: ServerProcess,
    port: u16,
}

impl RedisServer {
    /// A Redis with its defaults.
    pub(crate) async fn start() -> Self {
        Self::with_options(&[]).await
    }

    /// A Redis with options of `redis-server`.
    pub(crate) async fn with_options(options: &[&str]) -> Self {
        let (folder, port) = (new_folder(), free_port());
        let port_options = ["--port".to_owned(), port.to_string()];
        let options: Vec<_> =
            port_options.into_iter().chain(options.iter().map(|&option| option.to_owned())).collect();
        let server = Self { process: ServerProcess::start(program(&options, &folder), folder), port };
        server.answers().await;
        server
    }

    /// A cluster of one server that holds every slot.
    pub(crate) async fn cluster() -> Self {
        // By itself it would take the port 10,000 above its own, which an outgoing connection may have.
        let bus = free_port().to_string();
        let server = Self::with_options(&["--cluster-enabled", "yes", "--cluster-port", &bus]).await;
        server.command(redis::cmd("CLUSTER").arg("ADDSLOTSRANGE").arg(0).arg(16383)).await;
        server.cluster_is_ok().await;
        server
    }

    /// Waits until the cluster serves: for two seconds after its start it does not.
    pub(crate) async fn cluster_is_ok(&self) {
        eventually(STARTING, async || {
            let info = self.command(redis::cmd("CLUSTER").arg("INFO")).await;
            redis::from_redis_value::<String>(info).unwrap().contains("cluster_state:ok")
        })
        .await;
    }

    /// A Redis that speaks TLS alone, with a certificate of an authority of its own, whose PEM file comes along.
    pub(crate) async fn with_tls() -> (Self, PathBuf) {
        let folder = new_folder();
        tls::make_certificates(&folder);
        let authority = folder.join("ca.pem");
        let port = free_port();
        let file = |name| folder.join(name).display().to_string();
        let options = [
            "--tls-port".to_owned(),
            port.to_string(),
            "--port".to_owned(),
            "0".to_owned(),
            "--tls-cert-file".to_owned(),
            file("server.pem"),
            "--tls-key-file".to_owned(),
            file("server.key"),
            "--tls-ca-cert-file".to_owned(),
            file("ca.pem"),
            "--tls-auth-clients".to_owned(),
            "no".to_owned(),
        ];
        let server = Self { process: ServerProcess::start(program(&options, &folder), folder), port };
        eventually(STARTING, async || tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok())
            .await;
        (server, authority)
    }

    /// `redis://…`.
    pub(crate) fn url(&self) -> SessionStoreUrl {
        SessionStoreUrl::Redis(self.address("redis"))
    }

    /// `rediss://…`, by the name in the certificate.
    pub(crate) fn tls_url(&self) -> SessionStoreUrl {
        SessionStoreUrl::Redis(SecretText::new(format!("rediss://localhost:{}", self.port)))
    }

    /// `redis+cluster://…`.
    pub(crate) fn cluster_url(&self) -> SessionStoreUrl {
        SessionStoreUrl::RedisCluster(self.address("redis+cluster"))
    }

    pub(crate) fn address(&self, scheme: &str) -> SecretText {
        SecretText::new(format!("{scheme}://127.0.0.1:{}", self.port))
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn pause(&self) {
        self.process.pause();
    }

    pub(crate) fn go_on(&self) {
        self.process.go_on();
    }

    pub(crate) fn kill(&mut self) {
        self.process.stop("KILL");
    }

    /// Starts it again on the same port, empty.
    pub(crate) async fn start_again(&mut self) {
        self.process.start_again();
        self.answers().await;
    }

    /// A connection of the test itself.
    pub(crate) async fn connection(&self) -> MultiplexedConnection {
        let client = redis::Client::open(("127.0.0.1", self.port)).unwrap();
        client.get_multiplexed_async_connection().await.unwrap()
    }

    /// What an operator, or somebody who broke in, can do.
    pub(crate) async fn command(&self, command: &redis::Cmd) -> redis::Value {
        command.query_async(&mut self.connection().await).await.unwrap()
    }

    /// Lets time pass as Redis sees it, without waiting: every entry's time to live gets shorter by `time`.
    pub(crate) async fn pass_time(&self, time: Duration) {
        let mut connection = self.connection().await;
        let keys: Vec<Vec<u8>> = redis::cmd("KEYS").arg("*").query_async(&mut connection).await.unwrap();
        for key in keys {
            let left: i64 = redis::cmd("PTTL").arg(&key).query_async(&mut connection).await.unwrap();
            let left = left - i64::try_from(time.as_millis()).unwrap();
            redis::cmd("PEXPIRE").arg(&key).arg(left).exec_async(&mut connection).await.unwrap();
        }
    }

    async fn answers(&self) {
        eventually(STARTING, async || {
            let client = redis::Client::open(("127.0.0.1", self.port)).unwrap();
            client.get_multiplexed_async_connection().await.is_ok()
        })
        .await;
    }
}

fn program(options: &[String], folder: &Path) -> Command {
    let mut command = Command::new("redis-server");
    command.args(["--bind", "127.0.0.1", "--save", "", "--dir"]).arg(folder).args(options);
    command.stdout(Stdio::null());
    command
}
