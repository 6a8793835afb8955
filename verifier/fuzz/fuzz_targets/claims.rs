//! T61: whatever can be signed has four `&`, verifies, and comes back as it was.
#![no_main]

use arbitrary::Arbitrary;
use handleproof_verify::{Claims, Verifier, encode_handle, sign};
use libfuzzer_sys::fuzz_target;

const SECRET: &str = "pss_fuzz_0123456789abcdefghijklmnopqrstuvwxyz";

#[derive(Debug, Arbitrary)]
struct Input<'a> {
    platform: &'a str,
    platform_id: &'a str,
    name: &'a str,
    state: &'a str,
    expires: u64,
}

fuzz_target!(|input: Input<'_>| {
    let Input { platform, platform_id, name, state, expires } = input;
    let handle = encode_handle(name);
    let Ok(claims) = Claims::new(platform, platform_id, &handle, state, expires) else { return };
    assert_eq!(claims.base_string().matches('&').count(), 4);
    let query = claims.to_query(&sign(&claims, SECRET.as_bytes()));
    let verifier = Verifier::new(SECRET).expect("long enough").expect_platform(platform);
    let proof = verifier.verify_query_at(&query, state, expires).expect("signed");
    assert_eq!((proof.platform(), proof.platform_id(), proof.state()), (platform, platform_id, state));
    assert_eq!(proof.handle_decoded(), name);
});
