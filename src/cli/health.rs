//! `handleproof health`: asks the instance on this machine whether it lives, for container engines whose images have no
//! other program to ask with. It speaks to the configured listener and to nobody else.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use super::{Failed, Outcome, fail, load};

/// For the connection, and for each piece of the answer.
const LIMIT: Duration = Duration::from_secs(3);

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The configuration file (TOML) that the instance was started with.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Ask whether it is ready to be sent requests, too.
    #[arg(long)]
    ready: bool,
}

pub(super) fn run(args: &Args) -> Outcome {
    let address = reachable(load(&args.config)?.listen);
    let path = if args.ready { "/readyz" } else { "/healthz" };
    let answer =
        ask(address, path).map_err(|error| fail(format_args!("{address} does not answer: {error}")))?;
    if answer.starts_with("HTTP/1.1 200 ") {
        return Ok(());
    }
    let first = answer.lines().next().unwrap_or_default();
    Err::<(), Failed>(fail(format_args!("{address}{path} answers {first:?}")))
}

/// A listener on all addresses is asked on loopback.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

fn ask(address: SocketAddr, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, LIMIT)?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_write_timeout(Some(LIMIT))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    // The first line is all that counts; whatever listens there cannot fill the memory.
    let mut answer = Vec::new();
    stream.take(1024).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
