//! Whether the time of a refusal tells where a forgery is wrong (`T64`): t over pairs of samples.
//!
//! `cargo bench -p handleproof-verify --bench timing`. The two members of a pair differ in nothing but the place of the
//! first wrong character, and those of the control in nothing. Ends with 1 where a pair is above the bound in each attempt.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing, missing_docs)]

mod pairs;

use std::convert::Infallible;
use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

use handleproof_verify::{Claims, Verifier, sign};
use pairs::Difference;

const SECRET: &str = "pss_test_0123456789abcdefghijklmnopqrstuvwxyzABCDE";
const STATE: &str = "qL8R4QIcQZsRqOAbeRfcZhilNMksRtDaErMA";
const NOW: u64 = 1_900_000_000;
const PAIRS: usize = 200_000;

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
        ("control: the same twice", [wrong_digit(digest_at), wrong_digit(digest_at)]),
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
        let attempts: Vec<_> = (0..pairs::ATTEMPTS).map(|_| difference(pair)).collect();
        for found in &attempts {
            println!("{name}: {found}");
        }
        is_quiet &= attempts.iter().any(|found| found.t.abs() < pairs::BOUND);
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

fn difference(pair: &[Question; 2]) -> Difference {
    let verifier = Verifier::new(SECRET).unwrap();
    let found = pairs::difference(PAIRS, |which| Ok::<_, Infallible>(time(&verifier, &pair[which])));
    let Ok(found) = found;
    found
}

fn time(verifier: &Verifier, question: &Question) -> u64 {
    let (query, state) = (black_box(question.query.as_str()), black_box(question.expected_state.as_str()));
    let started = Instant::now();
    let refused = black_box(verifier.verify_query_at(query, state, NOW)).is_err();
    let nanos = started.elapsed().as_nanos();
    assert!(refused);
    u64::try_from(nanos).unwrap()
}
