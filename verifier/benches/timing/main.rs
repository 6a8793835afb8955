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
    query: Box<Aligned>,
    expected_state: Box<Aligned>,
}

/// A text at the beginning of a cache line. Where the allocator puts it otherwise, the one member of a pair lies across two
/// lines and the other does not, which is worth a nanosecond.
#[repr(align(64))]
struct Aligned {
    bytes: [u8; 256],
    length: usize,
}

impl Aligned {
    fn new(text: &str) -> Box<Self> {
        let mut bytes = [0; 256];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Box::new(Self { bytes, length: text.len() })
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.length]).unwrap()
    }
}

fn main() -> ExitCode {
    let genuine = query();
    let ask = |query: String, expected_state: &str| Question {
        query: Aligned::new(&query),
        expected_state: Aligned::new(expected_state),
    };
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
    bytes[at] = match bytes[at] {
        b'a' => b'b',
        b'b'..=b'z' => b'a',
        b'A' => b'B',
        b'B'..=b'Z' => b'A',
        b'0' => b'1',
        _ => b'0',
    };
    String::from_utf8(bytes).unwrap()
}

fn difference(pair: &[Question; 2]) -> Difference {
    let verifier = Verifier::new(SECRET).unwrap();
    let found = pairs::difference(PAIRS, |which| Ok::<_, Infallible>(time(&verifier, &pair[which])));
    let Ok(found) = found;
    found
}

fn time(verifier: &Verifier, question: &Question) -> u64 {
    let (query, state) = (black_box(question.query.text()), black_box(question.expected_state.text()));
    let started = Instant::now();
    let refused = black_box(verifier.verify_query_at(query, state, NOW)).is_err();
    let nanos = started.elapsed().as_nanos();
    assert!(refused);
    u64::try_from(nanos).unwrap()
}
