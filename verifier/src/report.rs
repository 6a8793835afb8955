//! Every check of a proof with its outcome and reason, for people: a tester page, a command line. It holds no secret
//! and no MAC that was computed, so showing it helps no forger.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::error::VerifyError;
use crate::evaluate::{Expectation, Finding, Findings};
use crate::proof::Proof;
use crate::received::{Field, Received};

/// All checks of one proof, and the verdict that follows from them.
#[must_use]
#[derive(Debug, Clone)]
pub struct Report {
    checks: Vec<Check>,
    base_string: Option<String>,
    verdict: Result<Proof, VerifyError>,
}

impl Report {
    pub(crate) fn of(received: Received, expectation: &Expectation<'_>) -> Self {
        let findings = Findings::of(&received, expectation);
        let checks = checks(&findings, expectation.now);
        let base_string = has_base_string(&received).then(|| received.base_string().to_string());
        Self { checks, base_string, verdict: findings.decide(received) }
    }

    /// The checks, in this order: `parameters`, `platform` (only if one is expected, or the proof is the sandbox's),
    /// `state`, `freshness`, `signature`.
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// Whether the proof was accepted, that is: every check passed.
    pub fn passed(&self) -> bool {
        self.verdict.is_ok()
    }

    /// The text that the signature should be over, built from the values as received. `None` where one of the five is
    /// missing, repeated or undecodable.
    pub fn base_string(&self) -> Option<&str> {
        self.base_string.as_deref()
    }

    /// What `verify_*` would have returned.
    pub fn verdict(&self) -> Result<&Proof, &VerifyError> {
        self.verdict.as_ref()
    }

    /// The verdict by value.
    pub fn into_verdict(self) -> Result<Proof, VerifyError> {
        self.verdict
    }
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    name: &'static str,
    outcome: Outcome,
    reason: String,
}

impl Check {
    /// Its name: `parameters`, `platform`, `state`, `freshness` or `signature`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// How it ended.
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// Whether it passed.
    pub fn passed(&self) -> bool {
        self.outcome == Outcome::Passed
    }

    /// Why it ended so, in a sentence for people.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// As it should be.
    Passed,
    /// This is what is wrong with the proof.
    Failed,
    /// The value it needs is missing or malformed, for which `parameters` failed.
    NotChecked,
}

fn checks(findings: &Findings, now: u64) -> Vec<Check> {
    let left = findings.expires.map_or(0, |expires| expires.saturating_sub(now));
    [
        check("parameters", &findings.parameters, || "each is there once and well-formed".to_string()),
        check("platform", &findings.platform, || "the expected one".to_string()),
        check("state", &findings.state.finding(), || "the one that was expected".to_string()),
        check("freshness", &findings.freshness, || format!("fresh for another {left} s")),
        check("signature", &findings.signature, || {
            "made with the signing secret over these values".to_string()
        }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn check(name: &'static str, finding: &Finding, when_passed: impl Fn() -> String) -> Option<Check> {
    let (outcome, reason) = match finding {
        Finding::Passed => (Outcome::Passed, when_passed()),
        Finding::Failed(error) => (Outcome::Failed, error.to_string()),
        Finding::NotChecked => (Outcome::NotChecked, "not checked: the parameters are at fault".to_string()),
        Finding::NotAsked => return None,
    };
    Some(Check { name, outcome, reason })
}

fn has_base_string(received: &Received) -> bool {
    let fields = &received.fields;
    [fields.platform, fields.platform_id, fields.handle, fields.state, fields.expires]
        .iter()
        .all(|field| matches!(field, Field::At { .. }))
}
