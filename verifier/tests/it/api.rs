//! What the vectors cannot say: the limits that a caller sets, and what a report tells.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use handleproof_verify::{Claims, Outcome, Report, Verifier, VerifyError, sign};

const SECRET: &str = "pss_test_0123456789abcdefghijklmnopqrstuvwxyzABCDE";
const STATE: &str = "a1b2c3d4";
const EXPIRES: u64 = 1_900_000_300;

fn query(expires: u64) -> String {
    let claims = Claims::new("tiktok", "_000abc", "jane", STATE, expires).unwrap();
    claims.to_query(&sign(&claims, SECRET.as_bytes()))
}

fn verifier() -> Verifier {
    Verifier::new(SECRET).unwrap()
}

#[test]
fn leeway_widens_how_far_ahead_a_proof_may_be_and_never_prolongs_it() {
    let strict = verifier().leeway(Duration::ZERO);
    assert!(strict.verify_query_at(&query(EXPIRES), STATE, EXPIRES - 300).is_ok());
    assert_eq!(
        strict.verify_query_at(&query(EXPIRES), STATE, EXPIRES - 301),
        Err(VerifyError::TooFarAhead { expires: EXPIRES, latest: EXPIRES - 1 })
    );
    let loose = verifier().leeway(Duration::from_hours(1));
    assert!(loose.verify_query_at(&query(EXPIRES), STATE, EXPIRES - 3900).is_ok());
    assert_eq!(
        loose.verify_query_at(&query(EXPIRES), STATE, EXPIRES + 1),
        Err(VerifyError::Expired { expires: EXPIRES, now: EXPIRES + 1 })
    );
}

#[test]
fn max_age_follows_a_service_that_was_set_otherwise() {
    let verifier = verifier().max_age(Duration::from_mins(15));
    assert!(verifier.verify_query_at(&query(EXPIRES), STATE, EXPIRES - 960).is_ok());
    assert!(verifier.verify_query_at(&query(EXPIRES), STATE, EXPIRES - 961).is_err());
}

#[test]
fn limits_and_clocks_at_the_end_of_their_range_do_not_overflow() {
    let endless = verifier().max_age(Duration::MAX).leeway(Duration::MAX);
    assert!(endless.verify_query_at(&query(EXPIRES), STATE, 0).is_ok());
    assert!(verifier().verify_query_at(&query(EXPIRES), STATE, 0).is_err());
    assert!(verifier().verify_query_at(&query(EXPIRES), STATE, u64::MAX).is_err());
}

#[test]
fn the_forms_without_a_time_read_the_clock() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let (fresh, stale) = (query(now + 300), query(now - 10));
    let pairs: Vec<_> = fresh.split('&').filter_map(|pair| pair.split_once('=')).collect();
    assert!(verifier().verify_url(&format!("https://a.example/cb?{fresh}"), STATE).is_ok());
    assert!(verifier().verify_query(&fresh, STATE).is_ok());
    assert!(verifier().verify_params(pairs.clone(), STATE).is_ok());
    assert!(verifier().report_url(&format!("/cb?{fresh}"), STATE).passed());
    assert!(verifier().report_params(pairs, STATE).passed());
    assert!(matches!(verifier().verify_query(&stale, STATE), Err(VerifyError::Expired { .. })));
    assert!(!verifier().report_query(&stale, STATE).passed());
}

/// N36: anyone is who they say there.
#[test]
fn the_sandbox_proves_nothing_unless_it_was_asked_for() {
    let claims = Claims::new("sandbox", "1", "", STATE, EXPIRES).unwrap();
    let query = claims.to_query(&sign(&claims, SECRET.as_bytes()));
    let at = EXPIRES - 300;
    assert_eq!(verifier().verify_query_at(&query, STATE, at), Err(VerifyError::SandboxPlatform));
    assert!(verifier().expect_platform("sandbox").verify_query_at(&query, STATE, at).is_ok());
}

fn outcomes(report: &Report) -> Vec<(&'static str, Outcome)> {
    report.checks().iter().map(|check| (check.name(), check.outcome())).collect()
}

#[test]
fn a_report_shows_exactly_which_check_failed() {
    use Outcome::{Failed, NotChecked, Passed};
    let verifier = verifier().expect_platform("tiktok");
    let (good, at) = (query(EXPIRES), EXPIRES - 300);
    let tell = |query: &str, state: &str, now| {
        outcomes(&verifier.report_query_at(query, state, now))
            .into_iter()
            .map(|(_, outcome)| outcome)
            .collect()
    };

    let all: Vec<_> = outcomes(&verifier.report_query_at(&good, STATE, at));
    let names: Vec<_> = all.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["parameters", "platform", "state", "freshness", "signature"]);
    assert!(all.iter().all(|(_, outcome)| *outcome == Passed));

    let told: Vec<Outcome> = tell(&good, "wrong", at);
    assert_eq!(told, [Passed, Passed, Failed, Passed, Passed], "wrong state");
    let told: Vec<Outcome> = tell(&good, STATE, EXPIRES + 1);
    assert_eq!(told, [Passed, Passed, Passed, Failed, Passed], "stale");
    let told: Vec<Outcome> = tell(&good.replace("jane", "june"), STATE, at);
    assert_eq!(told, [Passed, Passed, Passed, Passed, Failed], "tampered");
    let told: Vec<Outcome> = tell(&good.replace("tiktok", "twitch"), STATE, at);
    assert_eq!(told, [Passed, Failed, Passed, Passed, Failed], "another platform's name put in");
    let told: Vec<Outcome> = tell("", STATE, at);
    assert_eq!(told, [Failed, NotChecked, NotChecked, NotChecked, NotChecked], "nothing at all");
}

#[test]
fn a_report_shows_the_base_string_as_received_even_where_a_value_is_malformed() {
    let report = verifier().report_query_at(
        "sig=x&expires=soon&handle=Tom%20%2526&state=s&platform_id=1%2C2&platform=T",
        STATE,
        EXPIRES,
    );
    assert_eq!(report.base_string(), Some("platform=T&platform_id=1,2&handle=Tom %26&state=s&expires=soon"));
    let incomplete = verifier().report_query_at("platform=tiktok&platform_id=1", STATE, EXPIRES);
    assert_eq!(incomplete.base_string(), None);
}

#[test]
fn what_must_not_be_signed_makes_no_claims_and_names_the_value() {
    let refused = |platform, id, handle, state, expires| {
        Claims::new(platform, id, handle, state, expires).map(|_| ()).unwrap_err().parameter()
    };
    assert_eq!(refused("Tik Tok", "1", "", STATE, EXPIRES), "platform");
    assert_eq!(refused("tiktok&x", "1", "", STATE, EXPIRES), "platform");
    assert_eq!(refused("tiktok", "1&handle=x", "", STATE, EXPIRES), "platform_id");
    assert_eq!(refused("tiktok", "1.5e3+", "", STATE, EXPIRES), "platform_id");
    assert_eq!(refused("tiktok", "1", "Tom & Jerry", STATE, EXPIRES), "handle");
    assert_eq!(refused("tiktok", "1", "100%", STATE, EXPIRES), "handle");
    assert_eq!(refused("tiktok", "1", "a\nb", STATE, EXPIRES), "handle");
    assert_eq!(refused("tiktok", "1", "", "S1&expires=9999999999", EXPIRES), "state");
    assert_eq!(refused("tiktok", "1", "", "undefined", EXPIRES), "state");
    assert_eq!(refused("tiktok", "1", "", STATE, 999_999_999), "expires");
}
