//! Every vector of `vectors.json`, through each way in.

use handleproof_verify::{Claims, Proof, Report, Verifier, VerifyError, encode_handle, sign};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vectors {
    verify: Vec<Vector>,
    secrets: Vec<SecretVector>,
    handles: Vec<HandleVector>,
}

#[derive(Deserialize)]
struct Vector {
    id: String,
    about: String,
    secrets: Vec<String>,
    now: u64,
    expected_state: Option<String>,
    expected_platform: Option<String>,
    query: String,
    params: Option<Vec<(String, String)>>,
    outcome: Expected,
}

#[derive(Deserialize, Debug, PartialEq)]
#[serde(untagged)]
enum Expected {
    Accepted { accepted: Values },
    Refused { refused: String, parameter: Option<String> },
    Callback { callback_error: String, description: Option<String>, state_matches: bool },
}

#[derive(Deserialize, Debug, PartialEq)]
struct Values {
    platform: String,
    platform_id: String,
    handle: String,
    handle_decoded: String,
    state: String,
    expires: u64,
}

#[derive(Deserialize)]
struct SecretVector {
    id: String,
    secret: String,
    outcome: String,
}

#[derive(Deserialize)]
struct HandleVector {
    id: String,
    from_platform: String,
    signed: String,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../../vectors.json")).unwrap()
}

impl Vector {
    fn verifier(&self) -> Verifier {
        let (first, others) = self.secrets.split_first().unwrap();
        let mut verifier = Verifier::new(first).unwrap();
        for secret in others {
            verifier = verifier.with_secret(secret).unwrap();
        }
        match &self.expected_platform {
            Some(platform) => verifier.expect_platform(platform),
            None => verifier,
        }
    }

    fn state(&self) -> &str {
        self.expected_state.as_deref().unwrap_or_default()
    }
}

fn outcome(result: Result<&Proof, &VerifyError>) -> Expected {
    match result {
        Ok(proof) => Expected::Accepted { accepted: values(proof) },
        Err(VerifyError::Callback(error)) => Expected::Callback {
            callback_error: error.code().to_owned(),
            description: error.description().map(str::to_owned),
            state_matches: error.state_matches(),
        },
        Err(error) => {
            let (refused, parameter) = kind(error);
            Expected::Refused { refused: refused.to_owned(), parameter: parameter.map(str::to_owned) }
        }
    }
}

fn values(proof: &Proof) -> Values {
    Values {
        platform: proof.platform().to_owned(),
        platform_id: proof.platform_id().to_owned(),
        handle: proof.handle().to_owned(),
        handle_decoded: proof.handle_decoded().into_owned(),
        state: proof.state().to_owned(),
        expires: proof.expires(),
    }
}

fn kind(error: &VerifyError) -> (&'static str, Option<&'static str>) {
    match error {
        VerifyError::Duplicate { parameter } => ("duplicate", Some(parameter)),
        VerifyError::Missing { parameter } => ("missing", Some(parameter)),
        VerifyError::Malformed { parameter, .. } => ("malformed", Some(parameter)),
        VerifyError::BadSignature => ("bad_signature", None),
        VerifyError::PlatformMismatch { .. } => ("platform_mismatch", None),
        VerifyError::SandboxPlatform => ("sandbox_platform", None),
        VerifyError::NoExpectedState => ("no_expected_state", None),
        VerifyError::StateMismatch => ("state_mismatch", None),
        VerifyError::Expired { .. } => ("expired", None),
        VerifyError::TooFarAhead { .. } => ("too_far_ahead", None),
        other => panic!("a kind that vectors.json does not know: {other:?}"),
    }
}

fn agrees(vector: &Vector, way: &str, result: Result<&Proof, &VerifyError>) {
    assert_eq!(outcome(result), vector.outcome, "{} by {way}: {}", vector.id, vector.about);
}

/// P1 to P16, N1 to N36, E1 to E9.
#[test]
fn every_vector_has_its_outcome_by_query_url_and_params() {
    for vector in vectors().verify {
        let (verifier, state, now) = (vector.verifier(), vector.state(), vector.now);
        agrees(&vector, "query", verifier.verify_query_at(&vector.query, state, now).as_ref());
        let absolute = format!("https://app.example.com/callback?{}#top", vector.query);
        agrees(&vector, "url", verifier.verify_url_at(&absolute, state, now).as_ref());
        let from_the_path_on = format!("/callback?{}", vector.query);
        agrees(&vector, "path", verifier.verify_url_at(&from_the_path_on, state, now).as_ref());
        if let Some(params) = &vector.params {
            let by_reference = params.iter().map(|(name, value)| (name, value));
            agrees(&vector, "params", verifier.verify_params_at(by_reference, state, now).as_ref());
            agrees(&vector, "owned params", verifier.verify_params_at(params.clone(), state, now).as_ref());
        }
    }
}

#[test]
fn a_report_never_disagrees_with_the_verification_and_fails_a_check_exactly_if_it_refuses() {
    for vector in vectors().verify {
        let (verifier, state, now) = (vector.verifier(), vector.state(), vector.now);
        let report = verifier.report_query_at(&vector.query, state, now);
        agrees(&vector, "report", report.verdict());
        check_report(&vector, &report);
        if let Some(params) = vector.params.clone() {
            let report = verifier.report_params_at(params, state, now);
            agrees(&vector, "report of params", report.verdict());
            check_report(&vector, &report);
        }
    }
}

fn check_report(vector: &Vector, report: &Report) {
    let accepted = matches!(vector.outcome, Expected::Accepted { .. });
    assert_eq!(report.passed(), accepted, "{}", vector.id);
    assert_eq!(report.checks().iter().all(handleproof_verify::Check::passed), accepted, "{}", vector.id);
    assert!(report.checks().iter().all(|check| !check.reason().is_empty()), "{}", vector.id);
}

#[test]
fn no_message_holds_a_secret_or_a_signature_that_would_pass() {
    for vector in vectors().verify {
        let verifier = vector.verifier();
        let report = verifier.report_query_at(&vector.query, vector.state(), vector.now);
        let mut told = format!("{verifier:?}");
        if let Err(error) = report.verdict() {
            told = format!("{told} {error} {error:?}");
        }
        for check in report.checks() {
            told.push_str(check.reason());
        }
        for secret in &vector.secrets {
            assert!(!told.contains(secret), "{}", vector.id);
        }
        let hex_run = told.split(|char: char| !char.is_ascii_hexdigit()).map(str::len).max();
        assert!(hex_run < Some(32), "{}: {told}", vector.id);
    }
}

/// N28.
#[test]
fn a_short_secret_makes_no_verifier() {
    for vector in vectors().secrets {
        let accepted = vector.outcome == "accepted";
        assert_eq!(Verifier::new(&vector.secret).is_ok(), accepted, "{}", vector.id);
        let good = Verifier::new("pss_test_rotated_ZYXWVUTSRQPONMLKJIHGFEDCBA98765432").unwrap();
        assert_eq!(good.with_secret(&vector.secret).is_ok(), accepted, "{}", vector.id);
    }
}

/// P1 to P16 the other way round: from the values to the wire, byte for byte.
#[test]
fn signing_the_accepted_values_gives_the_same_query() {
    let mut signed = 0;
    for vector in vectors().verify.iter().filter(|vector| vector.id.starts_with('P')) {
        let Expected::Accepted { accepted } = &vector.outcome else { panic!("{} is a good one", vector.id) };
        let Values { platform, platform_id, handle, state, expires, .. } = accepted;
        let claims = Claims::new(platform, platform_id, handle, state, *expires).unwrap();
        let sig = sign(&claims, vector.secrets[0].as_bytes());
        assert_eq!(claims.to_query(&sig), vector.query, "{}", vector.id);
        signed += 1;
    }
    assert_eq!(signed, 16);
}

/// P1 to P16, the last step of cleaning. Vectors whose raw value needs the others are the service's.
#[test]
fn clean_handles_are_escaped_as_the_vectors_say() {
    let cleaned = ["P9", "P10", "P11", "P15", "P16"];
    for vector in vectors().handles.iter().filter(|vector| !cleaned.contains(&vector.id.as_str())) {
        assert_eq!(encode_handle(&vector.from_platform), vector.signed, "{}", vector.id);
    }
}
