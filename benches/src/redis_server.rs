//! A `redis-server` of one run, and what it tells about itself.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::folder::Folder;
use crate::servers::{Server, free_address};
use crate::{Fault, usage};

/// Ends the list of commands that were watched.
const LAST: &str = "no-more-to-watch";

pub struct Redis {
    server: Server,
    _folder: Folder,
}

/// The commands that arrive at a Redis from a moment on.
pub struct Watched {
    lines: BufReader<TcpStream>,
    address: SocketAddr,
}

impl Redis {
    /// One that keeps nothing on disk.
    pub fn start() -> Result<Self, Fault> {
        let (folder, address) = (Folder::create()?, free_address()?);
        let mut command = Command::new("redis-server");
        command.args(["--port", &address.port().to_string(), "--bind", "127.0.0.1", "--save", ""]);
        command.args(["--loglevel", "warning", "--maxmemory-policy", "noeviction"]);
        command.current_dir(folder.path()).stdout(Stdio::null());
        Ok(Self { server: Server::start(command, address)?, _folder: folder })
    }

    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    pub fn cpu(&self) -> Result<Duration, Fault> {
        usage::cpu(self.server.id())
    }

    /// One figure of `INFO`.
    pub fn figure(&self, name: &str) -> Result<f64, Fault> {
        let mut lines = say(self.address(), "INFO")?;
        let mut length = String::new();
        lines.read_line(&mut length)?;
        let length: u64 = length.trim().trim_start_matches('$').parse()?;
        let mut text = String::new();
        lines.take(length).read_to_string(&mut text)?;
        let found = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        Ok(found.ok_or("Redis does not tell this figure")?.trim().parse()?)
    }

    /// Looks at all commands from here on.
    pub fn watch(&self) -> Result<Watched, Fault> {
        let mut lines = say(self.address(), "MONITOR")?;
        lines.read_line(&mut String::new())?;
        Ok(Watched { lines, address: self.address() })
    }
}

impl Watched {
    /// How often each command arrived until now. What a script does inside Redis is none.
    pub fn commands(self) -> Result<BTreeMap<String, usize>, Fault> {
        let _echo = say(self.address, &format!("ECHO {LAST}"))?;
        let mut counts = BTreeMap::new();
        for line in self.lines.lines() {
            let line = line?;
            if line.contains(LAST) {
                break;
            }
            // TIME [DATABASE ADDRESS] "COMMAND" "ARGUMENT" …
            let command = line.split('"').nth(1).unwrap_or_default().to_ascii_uppercase();
            if !line.contains(" lua]") && !command.is_empty() {
                *counts.entry(command).or_default() += 1;
            }
        }
        Ok(counts)
    }
}

fn say(address: SocketAddr, words: &str) -> Result<BufReader<TcpStream>, Fault> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    write!(stream, "{words}\r\n")?;
    Ok(BufReader::new(stream))
}
