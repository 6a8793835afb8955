//! Whether the time of a refusal tells which API keys there are (`T2`), by HTTP against the binary that ships.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use crate::Fault;
use crate::servers::{self, Setup, Target};

#[path = "../../verifier/benches/timing/pairs.rs"]
mod pairs;

const PAIRS: usize = 20_000;
/// `hpk_`, the public id and a `_`.
const HEAD: usize = 21;

/// Prints t of each pair, and fails where one is above the bound in each attempt.
///
/// # Errors
/// Where the service does not run, or refuses in another way.
pub fn run() -> Result<(), Fault> {
    let upstream = servers::upstream()?;
    let service = servers::service(&upstream, Setup { keys: 2, ..Setup::default() })?;
    service.revoke_key(1)?;
    let secret = "A".repeat(43);
    let with_wrong_secret = |n: usize| {
        let head = service.key(n).api_key.get(..HEAD).ok_or("an API key that is too short")?;
        Ok::<_, Fault>(format!("{head}{secret}"))
    };
    let (unknown, wrong) = (format!("hpk_0123456789abcdef_{secret}"), with_wrong_secret(0)?);
    let revoked = with_wrong_secret(1)?;
    let pairs = [
        ("control: an unknown key twice", [&unknown, &unknown]),
        ("unknown key, and wrong secret", [&unknown, &wrong]),
        ("revoked key, and wrong secret", [&revoked, &wrong]),
        ("unknown key, and revoked key", [&unknown, &revoked]),
    ];
    let mut loud = Vec::new();
    for (name, pair) in pairs {
        if !is_quiet(&service, name, pair.map(String::as_str))? {
            loud.push(name);
        }
    }
    if loud.is_empty() { Ok(()) } else { Err(format!("times differ: {}", loud.join("; ")).into()) }
}

fn is_quiet(service: &Target, name: &str, keys: [&str; 2]) -> Result<bool, Fault> {
    let mut stream = TcpStream::connect(service.address())?;
    stream.set_nodelay(true)?;
    let requests = keys.map(|key| {
        format!(
            "GET /api/oauth/delegate/platforms HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n\r\n"
        )
    });
    let mut is_quiet = false;
    for _ in 0..pairs::ATTEMPTS {
        let found = pairs::difference(PAIRS, |which| {
            let request = requests.get(which).ok_or("a pair has two members")?;
            refusal(&mut stream, request.as_bytes())
        })?;
        println!("{name}: {found}");
        is_quiet |= found.t.abs() < pairs::BOUND;
    }
    Ok(is_quiet)
}

/// Nanoseconds from the request to the end of the 401.
fn refusal(stream: &mut TcpStream, request: &[u8]) -> Result<u64, Fault> {
    let (mut answer, mut part) = (Vec::with_capacity(4096), [0; 4096]);
    let started = Instant::now();
    stream.write_all(request)?;
    while !answer.ends_with(b"}") {
        match stream.read(&mut part)? {
            0 => return Err("the connection was closed".into()),
            read => answer.extend_from_slice(part.get(..read).unwrap_or_default()),
        }
    }
    let took = started.elapsed();
    if !answer.starts_with(b"HTTP/1.1 401") {
        return Err(format!("no 401: {}", String::from_utf8_lossy(&answer)).into());
    }
    Ok(u64::try_from(took.as_nanos())?)
}
