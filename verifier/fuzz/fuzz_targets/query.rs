//! T70: no query panics, and verification and report never disagree.
#![no_main]

use handleproof_verify::Verifier;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str, u64)| {
    let (query, state, now) = input;
    let Ok(verifier) = Verifier::new("pss_fuzz_0123456789abcdefghijklmnopqrstuvwxyz") else { return };
    let report = verifier.report_query_at(query, state, now);
    assert_eq!(verifier.verify_query_at(query, state, now), report.into_verdict());
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let report = verifier.report_params_at(pairs.clone(), state, now);
    assert_eq!(verifier.verify_params_at(pairs, state, now), report.into_verdict());
});
