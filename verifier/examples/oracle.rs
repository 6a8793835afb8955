//! Answers what must come of each callback, for holding verifiers in other languages against this crate.
//!
//! Standard input: a line of JSON for each case, as in `vectors.json` (`query`, `secrets`, `expected_state`,
//! `expected_platform`, `now`). Standard output: a line of JSON for each, with the outcome in the form of the vectors.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::io::{BufRead, Write, stdin, stdout};

use handleproof_verify::{Proof, SecretError, Verifier, VerifyError};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Case {
    query: String,
    secrets: Vec<String>,
    expected_state: Option<String>,
    expected_platform: Option<String>,
    now: u64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = stdout().lock();
    for line in stdin().lock().lines() {
        let case: Case = serde_json::from_str(&line?)?;
        writeln!(out, "{}", answer(&case))?;
    }
    Ok(())
}

fn answer(case: &Case) -> Value {
    let Ok(verifier) = verifier(case) else { return json!({ "refused": "short_secret" }) };
    let state = case.expected_state.as_deref().unwrap_or_default();
    match verifier.verify_query_at(&case.query, state, case.now) {
        Ok(proof) => json!({ "accepted": values(&proof) }),
        Err(error) => refusal(&error),
    }
}

fn verifier(case: &Case) -> Result<Verifier, SecretError> {
    let (first, others) = case.secrets.split_first().map_or(("", &[][..]), |(first, rest)| (first, rest));
    let mut verifier = Verifier::new(first)?;
    for secret in others {
        verifier = verifier.with_secret(secret)?;
    }
    Ok(match &case.expected_platform {
        Some(platform) => verifier.expect_platform(platform),
        None => verifier,
    })
}

fn values(proof: &Proof) -> Value {
    json!({
        "platform": proof.platform(),
        "platform_id": proof.platform_id(),
        "handle": proof.handle(),
        "handle_decoded": proof.handle_decoded(),
        "state": proof.state(),
        "expires": proof.expires(),
    })
}

fn refusal(error: &VerifyError) -> Value {
    let of = |kind: &str, parameter: &str| json!({ "refused": kind, "parameter": parameter });
    match error {
        VerifyError::Callback(error) => json!({
            "callback_error": error.code(),
            "description": error.description(),
            "state_matches": error.state_matches(),
        }),
        VerifyError::Duplicate { parameter } => of("duplicate", parameter),
        VerifyError::Missing { parameter } => of("missing", parameter),
        VerifyError::Malformed { parameter, .. } => of("malformed", parameter),
        VerifyError::BadSignature => json!({ "refused": "bad_signature" }),
        VerifyError::PlatformMismatch { .. } => json!({ "refused": "platform_mismatch" }),
        VerifyError::SandboxPlatform => json!({ "refused": "sandbox_platform" }),
        VerifyError::NoExpectedState => json!({ "refused": "no_expected_state" }),
        VerifyError::StateMismatch => json!({ "refused": "state_mismatch" }),
        VerifyError::Expired { .. } => json!({ "refused": "expired" }),
        VerifyError::TooFarAhead { .. } => json!({ "refused": "too_far_ahead" }),
        // The enum may grow. A kind without a name agrees with no other verifier, and so is seen.
        _ => json!({ "refused": "unnamed" }),
    }
}
