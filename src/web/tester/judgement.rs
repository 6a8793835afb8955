//! Holds what came back against what is expected, through the verifier that integrators use. What it gives out holds no
//! secret and no computed signature (`T82`).

use handleproof_verify::{Outcome, Report, SecretError, Verifier, VerifyError};

use super::trial::Presented;
use crate::crypto::secret::SecretText;
use crate::error::Failure;
use crate::session::PlatformName;

/// Every check, and what follows.
#[derive(Debug)]
pub(super) struct Judgement {
    pub(super) checks: Vec<Check>,
    pub(super) verdict: Verdict,
    /// What the signature has to be over, from the values as received.
    pub(super) base_string: Option<String>,
}

/// One check.
#[derive(Debug)]
pub(super) struct Check {
    /// Of the verifier, or `replay`.
    pub(super) name: &'static str,
    pub(super) outcome: CheckOutcome,
    /// Why, in the verifier's words; `None` for the replay check, whose words are the page's.
    pub(super) reason: Option<String>,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CheckOutcome {
    Passed,
    Failed,
    NotChecked,
}

/// What follows from the checks.
#[derive(Debug)]
pub(super) enum Verdict {
    /// This account is proven.
    Accepted(Account),
    /// It is no proof.
    Refused,
    /// The service sent no proof but an error.
    Error {
        /// As received.
        code: String,
        /// Where it is one of ours.
        failure: Option<Failure>,
        /// Whether it belongs to this browser's session.
        state_matches: bool,
    },
}

/// Whom a proof is about.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) platform_id: String,
    pub(super) handle: String,
}

/// What a proof is judged with.
pub(super) struct Measure<'a> {
    pub(super) secret: &'a SecretText,
    pub(super) platform: &'a PlatformName,
    pub(super) max_age: std::time::Duration,
}

impl Measure<'_> {
    /// The checks of what was presented.
    pub(super) fn judge(&self, presented: &Presented) -> Result<Judgement, SecretError> {
        let verifier = Verifier::new(self.secret.expose())?
            .expect_platform(self.platform.as_str())
            .max_age(self.max_age);
        let report = verifier.report_query_at(&presented.query, &presented.expected_state, presented.now);
        let mut checks: Vec<Check> = report.checks().iter().map(Check::of).collect();
        checks.push(replay(&report, presented));
        let base_string = report.base_string().map(str::to_owned);
        let verdict = verdict(report, presented.is_repeated);
        if matches!(verdict, Verdict::Error { .. }) {
            // An error is not signed and has nothing else to check.
            checks.retain(|check| ["platform", "state"].contains(&check.name));
        }
        Ok(Judgement { checks, verdict, base_string })
    }
}

impl Judgement {
    /// Whether the proof was accepted.
    pub(super) fn is_accepted(&self) -> bool {
        matches!(self.verdict, Verdict::Accepted(_))
    }
}

impl Check {
    fn of(check: &handleproof_verify::Check) -> Self {
        let outcome = match check.outcome() {
            Outcome::Passed => CheckOutcome::Passed,
            Outcome::Failed => CheckOutcome::Failed,
            Outcome::NotChecked => CheckOutcome::NotChecked,
        };
        Self { name: check.name(), outcome, reason: Some(check.reason().to_owned()) }
    }
}

impl CheckOutcome {
    /// For `data-outcome`.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::NotChecked => "not_checked",
        }
    }
}

/// The receiver's own check, which no verifier without a memory can make.
fn replay(report: &Report, presented: &Presented) -> Check {
    let outcome = match (report.passed(), presented.is_repeated) {
        (false, _) => CheckOutcome::NotChecked,
        (true, true) => CheckOutcome::Failed,
        (true, false) => CheckOutcome::Passed,
    };
    Check { name: "replay", outcome, reason: None }
}

fn verdict(report: Report, is_repeated: bool) -> Verdict {
    match report.into_verdict() {
        Ok(_) if is_repeated => Verdict::Refused,
        Ok(proof) => Verdict::Accepted(Account {
            platform_id: proof.platform_id().to_owned(),
            handle: proof.handle_decoded().into_owned(),
        }),
        Err(VerifyError::Callback(error)) => Verdict::Error {
            code: error.code().to_owned(),
            failure: Failure::of_code(error.code()),
            state_matches: error.state_matches(),
        },
        Err(_) => Verdict::Refused,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use handleproof_verify::{Claims, sign};

    use super::super::browser::{Arrival, Browser, NewRun};
    use super::super::trial::Trial;
    use super::*;
    use crate::session::ApiKeyId;

    const SECRET: &str = "pss_0123456789abcdef0123456789abcdef0123456789a";
    const NOW: u64 = 1_900_000_000;

    /// A good proof of `a&b` at a platform named acme.
    fn good_query() -> String {
        let claims = Claims::new("acme", "42", "a%26b", "s-1", NOW + 300).unwrap();
        claims.to_query(&sign(&claims, SECRET.as_bytes()))
    }

    fn judged(presented: &Presented) -> Judgement {
        let (secret, platform) = (SecretText::new(SECRET.to_owned()), PlatformName::parse("acme").unwrap());
        let measure = Measure { secret: &secret, platform: &platform, max_age: Duration::from_mins(5) };
        measure.judge(presented).unwrap()
    }

    fn failed(judgement: &Judgement) -> Vec<&'static str> {
        let failed = judgement.checks.iter().filter(|check| check.outcome == CheckOutcome::Failed);
        failed.map(|check| check.name).collect()
    }

    #[test]
    fn t82_each_trial_fails_exactly_its_own_check_and_nothing_shown_holds_another_signature() {
        let mut browser = Browser::default();
        let platform = PlatformName::parse("acme").unwrap();
        browser.note(NewRun {
            key: ApiKeyId(1),
            platform,
            expected_state: "s-1".to_owned(),
            started_here: true,
        });
        let run = browser.run(1).unwrap();
        let accepted = Arrival { query: good_query(), at: NOW, is_repeated: false };
        let good = judged(&Presented::as_received(&accepted, run));
        assert!(good.is_accepted(), "{good:?}");
        for (trial, expected) in [
            (Trial::AlteredHandle, "signature"),
            (Trial::AlteredId, "signature"),
            (Trial::ForeignState, "state"),
            (Trial::Aged, "freshness"),
            (Trial::Replay, "replay"),
        ] {
            let judgement = judged(&trial.present(&accepted, run, Duration::from_mins(5)));
            assert_eq!(failed(&judgement), [expected], "{trial:?}");
            assert!(matches!(judgement.verdict, Verdict::Refused));
            let shown = format!("{judgement:?}");
            let hex_runs = shown.split(|c: char| !c.is_ascii_hexdigit()).filter(|run| run.len() >= 64);
            assert_eq!(hex_runs.count(), 0, "{shown}");
            assert!(!shown.contains("pss_"), "{shown}");
        }
    }

    #[test]
    fn an_error_of_the_service_is_told_from_a_bad_proof() {
        let presented = Presented {
            query: "error=access_denied&error_description=x&platform=acme&state=s-1".to_owned(),
            expected_state: "s-1".to_owned(),
            now: NOW,
            is_repeated: false,
        };
        let judgement = judged(&presented);
        let expected = Some(Failure::AccessDenied);
        assert!(
            matches!(&judgement.verdict, Verdict::Error { failure, state_matches: true, .. } if *failure == expected)
        );
    }
}
