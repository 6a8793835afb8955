//! `redis-server` and `postgres` for tests, each on a free loopback port with a folder of its own.
//!
//! Each hangs on a pipe from this process, so that it ends with it, however that ends. Where a server's program is missing
//! the tests fail: a store that was not tried against its server was not tested.

use std::io::Write;
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::child::free_port;

/// Starts the server for each line that it reads; at the end of the lines it ends it and removes the folder.
const KEEPER: &str = r#"
folder=$1; signal=$2; shift 2
while read -r _; do
    "$@" & echo $! > "$folder/new"; mv "$folder/new" "$folder/pid"
done
kill -s "$signal" $!; wait; rm -rf "$folder"
"#;

/// A running server.
pub struct Server {
    pub port: u16,
    folder: PathBuf,
    keeper: Child,
}

impl Server {
    /// A Redis that keeps nothing on disk.
    pub fn redis() -> Self {
        Self::redis_with(&[])
    }

    /// With more of its settings; `SAVE` makes it keep what it has over a [`Server::kill`].
    pub fn redis_with(settings: &[&str]) -> Self {
        let (folder, port) = (new_folder(), free_port());
        let mut arguments: Vec<String> =
            ["redis-server", "--bind", "127.0.0.1", "--save", "", "--databases", "4096"]
                .map(str::to_owned)
                .into();
        arguments.extend(["--port".to_owned(), port.to_string(), "--dir".to_owned(), text(&folder)]);
        arguments.extend(settings.iter().map(|setting| (*setting).to_owned()));
        Self::start(port, folder, "TERM", &arguments)
    }

    /// A PostgreSQL that believes everybody; databases are made with [`Server::new_database`].
    pub fn postgres() -> Self {
        let (folder, port) = (new_folder(), free_port());
        let data = text(&folder.join("data"));
        own(&folder);
        let mut initdb = as_server_user(Command::new(postgres_program("initdb")));
        initdb.args(["-D", &data, "--username=postgres", "--no-sync", "--encoding=UTF8", "--auth=trust"]);
        assert!(initdb.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success());
        let (program, port_text) = (text(&postgres_program("postgres")), port.to_string());
        let arguments = [&program, "-D", &data, "-F", "-p", &port_text].map(str::to_owned);
        let settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=300"];
        let settings = settings.iter().flat_map(|setting| ["-c".to_owned(), (*setting).to_owned()]);
        Self::start(port, folder, "QUIT", &arguments.into_iter().chain(settings).collect::<Vec<_>>())
    }

    fn start(port: u16, folder: PathBuf, signal: &str, arguments: &[String]) -> Self {
        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEPER, "keeper", &text(&folder), signal]).args(arguments);
        if signal == "QUIT" {
            keeper = as_server_user(keeper);
        }
        let keeper =
            keeper.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut server = Self { port, folder, keeper };
        server.start_again();
        server
    }

    /// After [`Server::kill`].
    pub fn start_again(&mut self) {
        self.keeper.stdin.as_mut().unwrap().write_all(b"start\n").unwrap();
        self.until("it listens", |server| server.pid().is_some() && server.listens());
    }

    /// At once, its connections with it.
    pub fn kill(&self) {
        self.signal("KILL");
        std::fs::remove_file(self.folder.join("pid")).unwrap();
        self.until("its port is free", |server| !server.listens());
    }

    pub fn signal(&self, name: &str) {
        let pid = self.pid().unwrap();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }

    /// A new empty database of a PostgreSQL.
    pub fn new_database(&self, name: &str) {
        let mut failed = String::new();
        let made = |server: &Self| {
            let port = server.port.to_string();
            let mut createdb = Command::new(postgres_program("createdb"));
            createdb.args(["-h", "127.0.0.1", "-p", &port, "-U", "postgres", "-T", "template0", name]);
            let output = createdb.output().unwrap();
            failed = String::from_utf8_lossy(&output.stderr).into_owned();
            output.status.success()
        };
        let mut made = made;
        let deadline = Instant::now() + Duration::from_mins(1);
        while !made(self) {
            assert!(Instant::now() < deadline, "no database: {failed}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Everything in a database of a PostgreSQL, as text.
    pub fn dump(&self, name: &str) -> Vec<u8> {
        let port = self.port.to_string();
        let mut dump = Command::new(postgres_program("pg_dump"));
        dump.args(["-h", "127.0.0.1", "-p", &port, "-U", "postgres", name]);
        let output = dump.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    fn pid(&self) -> Option<String> {
        Some(std::fs::read_to_string(self.folder.join("pid")).ok()?.trim().to_owned())
    }

    fn listens(&self) -> bool {
        TcpStream::connect(("127.0.0.1", self.port)).is_ok()
    }

    fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + Duration::from_mins(1);
        while !holds(self) {
            assert!(Instant::now() < deadline, "never came true of a server: {what}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ended = self.keeper.wait();
    }
}

fn new_folder() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("handleproof-it-{}", uuid::Uuid::now_v7().simple()));
    std::fs::create_dir(&folder).unwrap();
    folder
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// PostgreSQL refuses to run as root, so root runs it as `postgres`.
fn as_server_user(mut command: Command) -> Command {
    if numeric("-u", None) == 0 {
        command.uid(numeric("-u", Some("postgres"))).gid(numeric("-g", Some("postgres"))).current_dir("/");
    }
    command
}

fn own(folder: &Path) {
    if numeric("-u", None) == 0 {
        assert!(Command::new("chown").arg("postgres:").arg(folder).status().unwrap().success());
    }
}

fn numeric(kind: &str, user: Option<&str>) -> u32 {
    let output = Command::new("id").arg(kind).args(user).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.trim().parse().unwrap_or_else(|_| panic!("this test needs PostgreSQL and its user"))
}

/// Debian keeps the server's programs out of the search path, one folder for each major release.
fn postgres_program(name: &str) -> PathBuf {
    let releases = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let installed = releases.filter_map(|entry| Some(entry.ok()?.path().join("bin").join(name)));
    installed.filter(|path| path.exists()).max().unwrap_or_else(|| name.into())
}
