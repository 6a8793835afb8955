//! What a verification costs, against one bare HMAC-SHA256 (key set-up included) over the same base string.
//!
//! `cargo bench -p handleproof-verify --bench verify`. The aim: `params` within 1.7 times `bare_hmac`, `query` within 4
//! times. The last two lines say it. `benches/allocations.rs` counts what the same calls allocate.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing, missing_docs)]

use std::time::{Duration, Instant};

use divan::{Bencher, black_box};
use handleproof_verify::{Claims, Verifier, sign};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const SECRET: &str = "pss_test_0123456789abcdefghijklmnopqrstuvwxyzABCDE";
const STATE: &str = "qL8R4QIcQZsRqOAbeRfcZhilNMksRtDaErMA";
const NOW: u64 = 1_900_000_000;
const ROUNDS: usize = 1001;
const CALLS_A_ROUND: u32 = 500;

fn main() {
    divan::main();
    if std::env::args().any(|argument| argument == "--bench") {
        print_ratios();
    }
}

#[divan::bench(sample_count = 500, sample_size = 1000)]
fn bare_hmac(bencher: Bencher<'_, '_>) {
    bencher.bench(hmac_call());
}

#[divan::bench(sample_count = 500, sample_size = 1000)]
fn params(bencher: Bencher<'_, '_>) {
    bencher.bench(params_call());
}

#[divan::bench(sample_count = 500, sample_size = 1000)]
fn query(bencher: Bencher<'_, '_>) {
    bencher.bench(query_call());
}

/// Medians of the ratios of rounds in which all three take their turn: between the rows above, a machine that is shared
/// changes its pace.
fn print_ratios() {
    let (hmac, params, query) = (hmac_call(), params_call(), query_call());
    let rounds: Vec<[f64; 2]> = (0..ROUNDS)
        .map(|_| {
            let bare = time(&hmac).as_secs_f64();
            [time(&params).as_secs_f64() / bare, time(&query).as_secs_f64() / bare]
        })
        .collect();
    for (column, name) in ["params", "query"].into_iter().enumerate() {
        let mut ratios: Vec<f64> = rounds.iter().map(|round| round[column]).collect();
        ratios.sort_by(f64::total_cmp);
        let [low, median, high] = [ROUNDS / 10, ROUNDS / 2, ROUNDS * 9 / 10].map(|at| ratios[at]);
        println!(
            "{name}: {median:.2} times bare_hmac in the median of {ROUNDS} rounds; 10 % {low:.2}, 90 % {high:.2}"
        );
    }
}

fn time<T>(call: impl Fn() -> T) -> Duration {
    let started = Instant::now();
    for _ in 0..CALLS_A_ROUND {
        black_box(call());
    }
    started.elapsed()
}

fn claims() -> Claims<'static> {
    Claims::new("youtube", "UC_x5XG1OV2P6uZZ5FSM9Ttw", "Tom %26 Jerry", STATE, NOW + 300).unwrap()
}

fn verifier() -> Verifier {
    Verifier::new(SECRET).unwrap().expect_platform("youtube")
}

fn hmac_call() -> impl Fn() -> [u8; 32] {
    let base = claims().base_string();
    move || {
        let mut mac = Hmac::<Sha256>::new_from_slice(black_box(SECRET.as_bytes())).unwrap();
        mac.update(black_box(base.as_bytes()));
        mac.finalize().into_bytes().into()
    }
}

fn params_call() -> impl Fn() -> bool {
    let (verifier, sig) = (verifier(), sign(&claims(), SECRET.as_bytes()));
    let accepts = move || {
        let params = [
            ("platform", "youtube"),
            ("platform_id", "UC_x5XG1OV2P6uZZ5FSM9Ttw"),
            ("handle", "Tom %26 Jerry"),
            ("state", STATE),
            ("expires", "1900000300"),
            ("sig", sig.as_str()),
        ];
        black_box(verifier.verify_params_at(black_box(params), black_box(STATE), NOW)).is_ok()
    };
    assert!(accepts());
    accepts
}

fn query_call() -> impl Fn() -> bool {
    let (verifier, query) = (verifier(), claims().to_query(&sign(&claims(), SECRET.as_bytes())));
    let accepts =
        move || black_box(verifier.verify_query_at(black_box(&query), black_box(STATE), NOW)).is_ok();
    assert!(accepts());
    accepts
}
