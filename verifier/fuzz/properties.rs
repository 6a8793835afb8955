//! What must hold for whatever bytes arrive: the fuzz targets search for a counterexample, and an ordinary test runs
//! the same on the corpus that they gathered.

use handleproof_verify::{Claims, Verifier, encode_handle, sign};

const SECRET: &str = "pss_fuzz_0123456789abcdefghijklmnopqrstuvwxyz";

/// T70: no query panics, and verification and report never disagree. None is ever accepted: nothing here signs.
pub(crate) fn query(input: &[u8]) {
    let Some([query, state, now]) = texts(input) else { return };
    let Ok(now) = now.parse() else { return };
    let verifier = Verifier::new(SECRET).expect("it is long enough");
    let verdict = verifier.verify_query_at(query, state, now);
    assert!(verdict.is_err(), "a proof that nobody signed");
    assert_eq!(verdict, verifier.report_query_at(query, state, now).into_verdict());
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let verdict = verifier.verify_params_at(pairs.clone(), state, now);
    assert!(verdict.is_err(), "a proof that nobody signed");
    assert_eq!(verdict, verifier.report_params_at(pairs, state, now).into_verdict());
}

/// T61: whatever can be signed has four `&`, verifies, and comes back as it was.
pub(crate) fn claims(input: &[u8]) {
    let Some([platform, platform_id, name, state, expires]) = texts(input) else { return };
    let Ok(expires) = expires.parse() else { return };
    let handle = encode_handle(name);
    let Ok(claims) = Claims::new(platform, platform_id, &handle, state, expires) else { return };
    assert_eq!(claims.base_string().matches('&').count(), 4);
    let query = claims.to_query(&sign(&claims, SECRET.as_bytes()));
    let verifier = Verifier::new(SECRET).expect("it is long enough").expect_platform(platform);
    let proof = verifier.verify_query_at(&query, state, expires).expect("it was signed");
    assert_eq!((proof.platform(), proof.platform_id(), proof.state()), (platform, platform_id, state));
    assert_eq!(proof.handle_decoded(), name);
}

/// The fields of an input, between bytes that no text has.
fn texts<const N: usize>(input: &[u8]) -> Option<[&str; N]> {
    let fields: Option<Vec<&str>> =
        input.split(|&byte| byte == 0xff).map(|field| std::str::from_utf8(field).ok()).collect();
    fields?.try_into().ok()
}
