//! Properties that hold for any input, on inputs that a generator picks.

use handleproof_verify::{Claims, Verifier, VerifyError, encode_handle, sign};
use proptest::prelude::*;

const SECRET: &str = "pss_test_0123456789abcdefghijklmnopqrstuvwxyzABCDE";
const NOW: u64 = 1_900_000_000;
const DELIMITERS: [&str; 4] = ["&platform_id=", "&handle=", "&state=", "&expires="];

#[derive(Debug, Clone)]
struct Tuple {
    platform: String,
    platform_id: String,
    handle: String,
    state: String,
    expires: u64,
}

impl Tuple {
    fn claims(&self) -> Claims<'_> {
        Claims::new(&self.platform, &self.platform_id, &self.handle, &self.state, self.expires).unwrap()
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        vec![
            ("platform", self.platform.clone()),
            ("platform_id", self.platform_id.clone()),
            ("handle", self.handle.clone()),
            ("state", self.state.clone()),
            ("expires", self.expires.to_string()),
            ("sig", sign(&self.claims(), SECRET.as_bytes())),
        ]
    }
}

/// Names from anywhere in Unicode, and names made of what an attacker would put there.
fn display_name() -> impl Strategy<Value = String> {
    let hostile = prop::sample::select(vec![
        "&",
        "%",
        "%26",
        "%25",
        "=",
        "&handle=",
        "&state=",
        "&platform_id=",
        "&expires=",
        "+",
        "é",
        "👩\u{200d}💻",
        "x",
    ]);
    prop_oneof![
        r"[^\p{C}\p{Zl}\p{Zp}]{0,40}",
        prop::collection::vec(hostile, 0..12).prop_map(|pieces| pieces.concat()),
    ]
}

fn tuple() -> impl Strategy<Value = Tuple> {
    (
        "[a-z][a-z0-9_]{0,31}".prop_filter("needs to be asked for", |name| name != "sandbox"),
        "[A-Za-z0-9._~:@/-]{1,255}",
        display_name(),
        "[!-%'-~]{1,80}".prop_filter("prints of nothing", |state| {
            !["undefined", "null", "None", "NaN"].contains(&state.as_str())
        }),
        NOW..=NOW + 360,
    )
        .prop_map(|(platform, platform_id, name, state, expires)| {
            let handle = encode_handle(&name);
            Tuple { platform, platform_id, handle, state, expires }
        })
}

fn verifier() -> Verifier {
    Verifier::new(SECRET).unwrap()
}

/// All ways to read five values out of `base` such that the template builds `base` again.
fn readings(base: &str) -> Vec<[&str; 5]> {
    fn split<'a>(
        rest: &'a str,
        delimiters: &[&str],
        so_far: &mut Vec<&'a str>,
        found: &mut Vec<[&'a str; 5]>,
    ) {
        let Some((delimiter, later)) = delimiters.split_first() else {
            found.push([so_far[0], so_far[1], so_far[2], so_far[3], rest]);
            return;
        };
        for (at, _) in rest.match_indices(delimiter) {
            so_far.push(&rest[..at]);
            split(&rest[at + delimiter.len()..], later, so_far, found);
            so_far.pop();
        }
    }
    let mut found = Vec::new();
    split(base.strip_prefix("platform=").unwrap(), &DELIMITERS, &mut Vec::new(), &mut found);
    found
}

/// T61: the finder of readings finds what an unescaped signer leaves open; else the property below would say nothing.
#[test]
fn an_unescaped_base_string_has_several_readings() {
    let base = "platform=youtube&platform_id=UCattacker&handle=x&platform_id=UCvictim&handle=victim\
                &state=abcDEF123&expires=1900000300";
    assert!(readings(base).contains(&[
        "youtube&platform_id=UCattacker&handle=x",
        "UCvictim",
        "victim",
        "abcDEF123",
        "1900000300"
    ]));
    assert_eq!(readings(base).len(), 3);
}

proptest! {
    #[test]
    fn signed_values_verify_and_come_back(tuple in tuple()) {
        let claims = tuple.claims();
        let query = claims.to_query(&sign(&claims, SECRET.as_bytes()));
        let proof = verifier().verify_query_at(&query, &tuple.state, NOW).unwrap();
        prop_assert_eq!(proof.platform(), &tuple.platform);
        prop_assert_eq!(proof.platform_id(), &tuple.platform_id);
        prop_assert_eq!(proof.handle(), &tuple.handle);
        prop_assert_eq!(proof.state(), &tuple.state);
        prop_assert_eq!(proof.expires(), tuple.expires);
        prop_assert_eq!(encode_handle(&proof.handle_decoded()), proof.handle());
        prop_assert_eq!(verifier().verify_params_at(tuple.params(), &tuple.state, NOW).unwrap(), proof);
    }

    #[test]
    fn a_changed_byte_never_verifies(tuple in tuple(), which in 0..6_usize, at: prop::sample::Index, put in any::<char>()) {
        let mut params = tuple.params();
        let chars: Vec<char> = params[which].1.chars().collect();
        prop_assume!(!chars.is_empty());
        let at = at.index(chars.len());
        prop_assume!(chars[at] != put);
        params[which].1 = chars.iter().enumerate().map(|(i, old)| if i == at { put } else { *old }).collect();
        let state = params[3].1.clone();
        prop_assert!(verifier().verify_params_at(params, &state, NOW).is_err());
    }

    /// T61: four `&`, so one reading.
    #[test]
    fn a_signed_base_string_has_no_second_reading(tuple in tuple()) {
        let base = tuple.claims().base_string();
        prop_assert_eq!(base.matches('&').count(), 4);
        prop_assert_eq!(readings(&base).len(), 1);
    }

    #[test]
    fn encode_handle_is_reversible_and_lets_no_ampersand_through(name in any::<String>()) {
        let handle = encode_handle(&name);
        prop_assert!(!handle.contains('&'));
        prop_assert_eq!(handle.replace("%26", "&").replace("%25", "%"), name);
    }

    /// T70.
    #[test]
    fn no_query_panics_or_verifies(query in any::<String>(), state in any::<String>(), now: u64) {
        prop_assert!(verifier().verify_query_at(&query, &state, now).is_err());
        prop_assert!(verifier().verify_url_at(&query, &state, now).is_err());
        prop_assert!(!verifier().report_query_at(&query, &state, now).passed());
    }

    /// T70: inputs that get further than random text does.
    #[test]
    fn no_query_of_our_own_names_panics_or_verifies(
        pairs in prop::collection::vec(("(platform|platform(_|%5F)id|handle|state|expires|sig|error)", "[a-f0-9%+&=é]{0,64}"), 0..9),
        now: u64,
    ) {
        let query = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
        let report = verifier().report_query_at(&query, "a1b2c3d4", now);
        prop_assert!(!report.passed());
        prop_assert_eq!(verifier().verify_query_at(&query, "a1b2c3d4", now), report.into_verdict());
    }

    /// R0: whatever is refused or accepted, `&` never gets into claims.
    #[test]
    fn claims_never_hold_an_ampersand(
        platform in "[a-z&]{1,3}", id in "[a-z&=]{1,3}", handle in "[a-z&%256]{0,4}", state in "[a-z&]{1,3}"
    ) {
        if let Ok(claims) = Claims::new(&platform, &id, &handle, &state, NOW) {
            prop_assert_eq!(claims.base_string().matches('&').count(), 4);
        }
    }

    #[test]
    fn another_secret_never_verifies(tuple in tuple(), other in "[ -~]{32,80}") {
        prop_assume!(other != SECRET);
        let result = Verifier::new(&other).unwrap().verify_params_at(tuple.params(), &tuple.state, NOW);
        prop_assert_eq!(result, Err(VerifyError::BadSignature));
    }
}
