//! Whether the time of a refusal tells where a forgery is wrong (`T64`): Welch's t over interleaved samples.
//!
//! `cargo bench -p handleproof-verify --bench timing`. The two members of a pair differ in nothing but the place of the
//! first wrong character. |t| below 4.5 is the usual bound of leakage tests (as in dudect); a true leak grows with the
//! number of samples and shows in every attempt, chance does not. Ends with 1 where a pair is above it three times.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing, missing_docs)]

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

use handleproof_verify::{Claims, Verifier, sign};

const SECRET: &str = "pss_test_0123456789abcdefghijklmnopqrstuvwxyzABCDE";
const STATE: &str = "qL8R4QIcQZsRqOAbeRfcZhilNMksRtDaErMA";
const NOW: u64 = 1_900_000_000;
const SAMPLES: usize = 200_000;
/// The slowest are the machine's doing: an interrupt, another process.
const KEPT_PER_MILLE: usize = 950;
const BOUND: f64 = 4.5;
const ATTEMPTS: usize = 3;

/// What is asked of the verifier.
struct Question {
    query: String,
    expected_state: String,
}

fn main() -> ExitCode {
    let genuine = query();
    let ask =
        |query: String, expected_state: &str| Question { query, expected_state: expected_state.to_owned() };
    let digest_at = genuine.find("sig=").unwrap() + 4;
    let wrong_digit = |at: usize| ask(altered(&genuine, at), STATE);
    let wrong_state = |at: usize| ask(genuine.clone(), &altered(STATE, at));
    let last = STATE.len() - 1;
    let pairs = [
        (
            "signature wrong in its first and in its last digit",
            [wrong_digit(digest_at), wrong_digit(digest_at + 63)],
        ),
        ("state wrong in its first and in its last character", [wrong_state(0), wrong_state(last)]),
        (
            "signature wrong, and signature and state wrong",
            [wrong_digit(digest_at), ask(altered(&genuine, digest_at), &altered(STATE, 0))],
        ),
    ];
    let mut is_quiet = true;
    for (name, pair) in &pairs {
        let t: Vec<f64> = (0..ATTEMPTS).map(|_| welch_t(pair)).collect();
        println!("{name}: t = {t:.2?} over {SAMPLES} samples each");
        is_quiet &= t.iter().any(|t| t.abs() < BOUND);
    }
    if is_quiet { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn query() -> String {
    let claims = Claims::new("youtube", "UC_x5XG1OV2P6uZZ5FSM9Ttw", "jane", STATE, NOW + 300).unwrap();
    claims.to_query(&sign(&claims, SECRET.as_bytes()))
}

/// Another character of the same kind in one place.
fn altered(text: &str, at: usize) -> String {
    let mut bytes = text.as_bytes().to_vec();
    bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
    String::from_utf8(bytes).unwrap()
}

fn welch_t(pair: &[Question; 2]) -> f64 {
    let verifier = Verifier::new(SECRET).unwrap();
    let mut times: [Vec<u64>; 2] = [Vec::with_capacity(SAMPLES), Vec::with_capacity(SAMPLES)];
    // Which one goes next is drawn, so that nothing periodic falls on one of them alone.
    let mut draw = 0x9e37_79b9_7f4a_7c15_u64;
    while times.iter().any(|times| times.len() < SAMPLES) {
        draw ^= draw << 13;
        draw ^= draw >> 7;
        draw ^= draw << 17;
        let which = usize::from(draw >> 63 == 1);
        if times[which].len() < SAMPLES {
            times[which].push(time(&verifier, &pair[which]));
        }
    }
    let [one, two] = times.map(|times| Moments::of(cropped(times)));
    (one.mean - two.mean) / (one.variance / one.count + two.variance / two.count).sqrt()
}

fn time(verifier: &Verifier, question: &Question) -> u64 {
    let (query, state) = (black_box(question.query.as_str()), black_box(question.expected_state.as_str()));
    let started = Instant::now();
    let refused = black_box(verifier.verify_query_at(query, state, NOW)).is_err();
    let nanos = started.elapsed().as_nanos();
    assert!(refused);
    u64::try_from(nanos).unwrap()
}

fn cropped(mut times: Vec<u64>) -> Vec<u64> {
    times.sort_unstable();
    times.truncate(times.len() * KEPT_PER_MILLE / 1000);
    times
}

struct Moments {
    count: f64,
    mean: f64,
    variance: f64,
}

impl Moments {
    #[allow(clippy::cast_precision_loss, reason = "nanoseconds and counts far below 2^52")]
    fn of(times: Vec<u64>) -> Self {
        let count = times.len() as f64;
        let mean = times.iter().map(|&time| time as f64).sum::<f64>() / count;
        let variance = times.iter().map(|&time| (time as f64 - mean).powi(2)).sum::<f64>() / (count - 1.0);
        Self { count, mean, variance }
    }
}
