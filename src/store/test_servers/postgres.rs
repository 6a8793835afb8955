//! A PostgreSQL of one test.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::process::ServerProcess;
use super::{eventually, free_port, new_folder, tls};
use crate::config::RegistryUrl;
use crate::crypto::secret::SecretText;

const PASSWORD: &str = "hunter2-hunter2";

/// A running `postgres` with one empty database.
pub(crate) struct PostgresServer {
    process: ServerProcess,
    port: u16,
}

impl PostgresServer {
    /// One that believes every password: telling a right one costs time on purpose.
    pub(crate) async fn start() -> Self {
        Self::with_settings("trust", |_| Vec::new()).await
    }

    /// One that asks for the password.
    pub(crate) async fn with_password() -> Self {
        Self::with_settings("scram-sha-256", |_| Vec::new()).await
    }

    /// One that speaks TLS as well, with a certificate of an authority of its own.
    pub(crate) async fn with_tls() -> Self {
        Self::with_settings("scram-sha-256", |folder| {
            tls::make_certificates(folder);
            own(folder);
            let file = |name| folder.join(name).display().to_string();
            let settings = [
                "ssl=on".to_owned(),
                format!("ssl_cert_file={}", file("server.pem")),
                format!("ssl_key_file={}", file("server.key")),
            ];
            settings.to_vec()
        })
        .await
    }

    async fn with_settings(authentication: &str, settings: impl FnOnce(&Path) -> Vec<String>) -> Self {
        let (folder, port) = (new_folder(), free_port());
        std::fs::write(folder.join("password"), PASSWORD).unwrap();
        own(&folder);
        let mut initdb = program("initdb", &folder);
        initdb.args(["--username=postgres", "--no-sync", "--encoding=UTF8", "--auth", authentication]);
        initdb.arg("--pwfile").arg(folder.join("password")).stdout(Stdio::null());
        assert!(initdb.status().unwrap().success());
        let mut command = program("postgres", &folder);
        command.args(["-F", "-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1"]);
        command.args(["-c", "unix_socket_directories=", "-c", "max_connections=20"]);
        for setting in settings(&folder) {
            command.args(["-c", &setting]);
        }
        let server = Self { process: ServerProcess::start(command, folder), port };
        server.answers().await;
        server
    }

    pub(crate) fn url(&self) -> RegistryUrl {
        self.url_with("sslmode=disable")
    }

    /// With a query of the URL, such as an `sslmode`.
    pub(crate) fn url_with(&self, query: &str) -> RegistryUrl {
        address(self.port, query)
    }

    /// Such a server, reached by another port.
    pub(crate) fn url_at(port: u16) -> RegistryUrl {
        address(port, "sslmode=disable")
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The authority's PEM of a server with TLS.
    pub(crate) fn authority(&self) -> PathBuf {
        self.process.folder.join("ca.pem")
    }

    pub(crate) fn pause(&self) {
        self.process.pause();
    }

    pub(crate) fn go_on(&self) {
        self.process.go_on();
    }

    /// Shuts it down at once, its connections with it.
    pub(crate) fn stop(&mut self) {
        self.process.stop("QUIT");
    }

    pub(crate) async fn start_again(&mut self) {
        self.process.start_again();
        self.answers().await;
    }

    /// A connection of the test itself; whether it was let in.
    pub(crate) async fn lets_in(&self) -> bool {
        use sqlx::{Connection, PgConnection};
        let RegistryUrl::Postgres(url) = self.url() else { return false };
        PgConnection::connect(url.expose()).await.is_ok()
    }

    async fn answers(&self) {
        eventually(Duration::from_secs(20), async || self.lets_in().await).await;
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        self.process.stop("QUIT");
    }
}

fn address(port: u16, query: &str) -> RegistryUrl {
    let text = format!("postgres://postgres:{PASSWORD}@127.0.0.1:{port}/postgres?{query}");
    RegistryUrl::Postgres(SecretText::new(text))
}

/// A program of PostgreSQL for the data in `folder`. It refuses to run as root, so root runs it as `postgres`.
fn program(name: &str, folder: &Path) -> Command {
    let mut command = Command::new(path_of(name));
    command.arg("-D").arg(folder.join("data")).stderr(Stdio::null());
    if numeric("-u", None) == 0 {
        command.uid(numeric("-u", Some("postgres"))).gid(numeric("-g", Some("postgres")));
    }
    command
}

/// Debian keeps the server's programs out of the search path, one folder for each major release.
fn path_of(name: &str) -> PathBuf {
    let releases = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let installed = releases.filter_map(|entry| Some(entry.ok()?.path().join("bin").join(name)));
    installed.filter(|path| path.exists()).max().unwrap_or_else(|| name.into())
}

fn own(folder: &Path) {
    if numeric("-u", None) == 0 {
        let done = Command::new("chown").args(["-R", "postgres:"]).arg(folder).status();
        assert!(done.unwrap().success());
    }
}

fn numeric(kind: &str, user: Option<&str>) -> u32 {
    let output = Command::new("id").arg(kind).args(user).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.trim().parse().unwrap_or_else(|_| panic!("this test needs PostgreSQL and its user"))
}
