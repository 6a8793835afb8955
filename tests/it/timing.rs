//! Whether the time of a refusal tells which API keys there are (`T2`): Welch's t over interleaved samples, by HTTP.
//!
//! `cargo test --release --test it -- --ignored timing --nocapture`, on a quiet machine. |t| below 4.5 is the usual bound
//! of leakage tests; a true leak shows in every attempt, chance does not. No time is held against a clock.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use crate::harness::{Service, Setup};

const SAMPLES: usize = 20_000;
/// The slowest are the machine's doing: an interrupt, another process.
const KEPT_PER_MILLE: usize = 950;
const BOUND: f64 = 4.5;
const ATTEMPTS: usize = 3;

/// Nanoseconds from the request to the 401.
fn refusal(stream: &mut TcpStream, api_key: &str) -> u64 {
    let request = format!(
        "GET /api/oauth/delegate/platforms HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {api_key}\r\n\r\n"
    );
    let (mut answer, mut part) = (Vec::new(), [0; 4096]);
    let start = Instant::now();
    stream.write_all(request.as_bytes()).unwrap();
    while !answer.ends_with(b"}") {
        let read = stream.read(&mut part).unwrap();
        assert!(read > 0, "the connection was closed");
        answer.extend_from_slice(&part[..read]);
    }
    let took = start.elapsed();
    assert!(answer.starts_with(b"HTTP/1.1 401"), "{}", String::from_utf8_lossy(&answer));
    u64::try_from(took.as_nanos()).unwrap()
}

/// t, and both means in microseconds.
fn welch(stream: &mut TcpStream, pair: [&str; 2]) -> (f64, [f64; 2]) {
    let mut times: [Vec<u64>; 2] = [Vec::with_capacity(SAMPLES), Vec::with_capacity(SAMPLES)];
    // Which one goes next is drawn, so that nothing periodic falls on one of them alone.
    let mut draw = 0x9e37_79b9_7f4a_7c15_u64;
    while times.iter().any(|times| times.len() < SAMPLES) {
        draw ^= draw << 13;
        draw ^= draw >> 7;
        draw ^= draw << 17;
        let which = usize::from(draw >> 63 == 1);
        let took = refusal(stream, pair[which]);
        if times[which].len() < SAMPLES {
            times[which].push(took);
        }
    }
    let [(n, mean, variance), (other_n, other_mean, other_variance)] = times.map(moments);
    let t = (mean - other_mean) / (variance / n + other_variance / other_n).sqrt();
    (t, [mean / 1000.0, other_mean / 1000.0])
}

/// Number, mean and variance of the faster ones.
#[allow(clippy::cast_precision_loss)]
fn moments(mut times: Vec<u64>) -> (f64, f64, f64) {
    times.sort_unstable();
    times.truncate(times.len() * KEPT_PER_MILLE / 1000);
    let n = times.len() as f64;
    let mean = times.iter().map(|&time| time as f64).sum::<f64>() / n;
    let variance = times.iter().map(|&time| (time as f64 - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (n, mean, variance)
}

#[tokio::test]
#[ignore = "a minute or two of samples, and a quiet machine"]
async fn t2_the_time_of_a_refusal_does_not_tell_an_unknown_key_from_a_wrong_secret_or_a_revoked_key() {
    let service = Service::start(Setup::sandbox()).await;
    let revoked = service.another_key(true).await;
    service.changes().revoke(revoked.id).await.unwrap();
    let secret = "A".repeat(43);
    let head = |key: &str| key.rsplit_once('_').map(|_| key[..21].to_owned()).unwrap();
    let unknown = format!("hpk_0123456789abcdef_{secret}");
    let wrong = format!("{}{secret}", head(&service.key.api_key));
    let revoked = format!("{}{secret}", head(&revoked.api_key));
    assert!(unknown.len() == wrong.len() && wrong.len() == revoked.len());
    let mut stream = TcpStream::connect(service.address).unwrap();
    stream.set_nodelay(true).unwrap();
    let pairs = [
        ("unknown key, and wrong secret", [&unknown, &wrong]),
        ("revoked key, and wrong secret", [&revoked, &wrong]),
        ("unknown key, and revoked key", [&unknown, &revoked]),
    ];
    for (name, pair) in pairs {
        let attempts: Vec<_> = (0..ATTEMPTS).map(|_| welch(&mut stream, pair.map(String::as_str))).collect();
        let shown =
            attempts.iter().map(|(t, [one, other])| format!("t = {t:.2} ({one:.1} and {other:.1} µs)"));
        println!("{name}: {}", shown.collect::<Vec<_>>().join(", "));
        assert!(attempts.iter().any(|(t, _)| t.abs() < BOUND), "{name} take different times");
    }
}
