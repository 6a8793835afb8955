//! What a verification allocates: once, for the proof. A profiling allocator is slow, so times are in `verify.rs`.
#![allow(clippy::unwrap_used, missing_docs)]

use divan::{AllocProfiler, Bencher};
use handleproof_verify::{Claims, Verifier, sign};

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

const SECRET: &str = "pss_test_0123456789abcdefghijklmnopqrstuvwxyzABCDE";
const STATE: &str = "qL8R4QIcQZsRqOAbeRfcZhilNMksRtDaErMA";
const NOW: u64 = 1_900_000_000;

fn main() {
    divan::main();
}

fn query() -> String {
    let claims = Claims::new("youtube", "UC1", "Tom %26 Jerry", STATE, NOW + 300).unwrap();
    claims.to_query(&sign(&claims, SECRET.as_bytes()))
}

#[divan::bench]
fn accepted_query(bencher: Bencher<'_, '_>) {
    let (verifier, query) = (Verifier::new(SECRET).unwrap(), query());
    bencher.bench(|| verifier.verify_query_at(&query, STATE, NOW).unwrap());
}

#[divan::bench]
fn refused_query(bencher: Bencher<'_, '_>) {
    let (verifier, query) = (Verifier::new(SECRET).unwrap(), query().replace("UC1", "UC2"));
    bencher.bench(|| verifier.verify_query_at(&query, STATE, NOW).unwrap_err());
}
