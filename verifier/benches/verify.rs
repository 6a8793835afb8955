//! What a verification costs, against one bare HMAC-SHA256 (key set-up included) over the same base string.
//!
//! `cargo bench -p handleproof-verify`. The aim: `params` within 1.7 times `bare_hmac`, `query` within 4 times. Compare
//! the medians of one run. `benches/allocations.rs` counts what the same calls allocate.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use divan::{Bencher, black_box};
use handleproof_verify::{Claims, Verifier, sign};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const SECRET: &str = "pss_test_0123456789abcdefghijklmnopqrstuvwxyzABCDE";
const STATE: &str = "qL8R4QIcQZsRqOAbeRfcZhilNMksRtDaErMA";
const NOW: u64 = 1_900_000_000;

fn claims() -> Claims<'static> {
    Claims::new("youtube", "UC_x5XG1OV2P6uZZ5FSM9Ttw", "Tom %26 Jerry", STATE, NOW + 300).unwrap()
}

fn main() {
    divan::main();
}

#[divan::bench(sample_count = 500, sample_size = 1000)]
fn bare_hmac(bencher: Bencher<'_, '_>) {
    let base = claims().base_string();
    bencher.bench(|| {
        let mut mac = Hmac::<Sha256>::new_from_slice(black_box(SECRET.as_bytes())).unwrap();
        mac.update(black_box(base.as_bytes()));
        mac.finalize().into_bytes()
    });
}

#[divan::bench(sample_count = 500, sample_size = 1000)]
fn params(bencher: Bencher<'_, '_>) {
    let sig = sign(&claims(), SECRET.as_bytes());
    let params = [
        ("platform", "youtube"),
        ("platform_id", "UC_x5XG1OV2P6uZZ5FSM9Ttw"),
        ("handle", "Tom %26 Jerry"),
        ("state", STATE),
        ("expires", "1900000300"),
        ("sig", sig.as_str()),
    ];
    let verifier = Verifier::new(SECRET).unwrap().expect_platform("youtube");
    assert!(verifier.verify_params_at(params, STATE, NOW).is_ok());
    bencher.bench(|| verifier.verify_params_at(black_box(params), black_box(STATE), NOW));
}

#[divan::bench(sample_count = 500, sample_size = 1000)]
fn query(bencher: Bencher<'_, '_>) {
    let query = claims().to_query(&sign(&claims(), SECRET.as_bytes()));
    let verifier = Verifier::new(SECRET).unwrap().expect_platform("youtube");
    assert!(verifier.verify_query_at(&query, STATE, NOW).is_ok());
    bencher.bench(|| verifier.verify_query_at(black_box(&query), black_box(STATE), NOW));
}
