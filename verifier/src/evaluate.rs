//! The checks. All of them run over the whole input first; only then is it decided, in one fixed order, what the
//! answer is. `verify_*` and `report_*` both take theirs from here, so they cannot disagree.

use alloc::string::String;

use subtle::Choice;

use crate::constant_time;
use crate::error::{CallbackError, VerifyError};
use crate::mac::MacKey;
use crate::proof::Proof;
use crate::received::{Field, Received};
use crate::rules::{self, Rule};

/// What a proof is held against.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expectation<'a> {
    pub(crate) keys: &'a [MacKey],
    pub(crate) platform: Option<&'a str>,
    pub(crate) state: &'a str,
    pub(crate) now: u64,
    /// `max_age` and `leeway` together: how far ahead `expires` may lie, in seconds.
    pub(crate) horizon: u64,
}

/// The outcome of every check.
#[derive(Debug)]
pub(crate) struct Findings {
    pub(crate) parameters: Finding,
    pub(crate) platform: Finding,
    pub(crate) state: StateFinding,
    pub(crate) freshness: Finding,
    pub(crate) signature: Finding,
    /// The value of `expires`, if it is one.
    pub(crate) expires: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Finding {
    Passed,
    Failed(VerifyError),
    /// The value that it needs is missing or malformed, so the parameters failed.
    NotChecked,
    /// Nobody asked for it.
    NotAsked,
}

/// The outcome of the check of the state: of a comparison it is not looked at before it is asked for. A branch on it takes
/// some nanoseconds more on one side, which would tell who has no signature whether he has the state.
#[derive(Debug)]
pub(crate) enum StateFinding {
    Compared(Choice),
    NotComparable(Finding),
}

impl StateFinding {
    pub(crate) fn finding(&self) -> Finding {
        match self {
            Self::Compared(is_equal) if bool::from(*is_equal) => Finding::Passed,
            Self::Compared(_) => Finding::Failed(VerifyError::StateMismatch),
            Self::NotComparable(finding) => finding.clone(),
        }
    }
}

impl Finding {
    fn decide(self) -> Result<(), VerifyError> {
        match self {
            Self::Passed | Self::NotAsked => Ok(()),
            Self::Failed(error) => Err(error),
            // Not reached, since the parameters failed before. Were it reached, nothing would be proven.
            Self::NotChecked => Err(VerifyError::BadSignature),
        }
    }
}

impl Findings {
    pub(crate) fn of(received: &Received, expectation: &Expectation<'_>) -> Self {
        let state = state(received, expectation);
        let expires = well_formed(received, "expires", received.fields.expires, rules::expires);
        let (parameters, signature) = match sig(received, &state, expires) {
            Ok(sig) => (Finding::Passed, signature(received, &sig, expectation.keys)),
            Err(error) => (Finding::Failed(error), Finding::NotChecked),
        };
        Self {
            parameters,
            platform: platform(received, expectation),
            state,
            freshness: expires.map_or(Finding::NotChecked, |expires| freshness(expires, expectation)),
            signature,
            expires: expires.ok(),
        }
    }

    /// The decision. The signature goes before all that is read from signed values: what is not signed proves nothing,
    /// and its other faults are nobody's business.
    pub(crate) fn decide(self, received: Received) -> Result<Proof, VerifyError> {
        self.parameters.decide()?;
        self.signature.decide()?;
        self.platform.decide()?;
        self.state.finding().decide()?;
        self.freshness.decide()?;
        self.expires.and_then(|expires| Proof::new(received, expires)).ok_or(VerifyError::BadSignature)
    }
}

/// Checks the parameters and gives the one that is needed further: the signature.
fn sig(
    received: &Received,
    state: &StateFinding,
    expires: Result<u64, Malformed>,
) -> Result<[u8; 32], VerifyError> {
    if let Some(error) = callback_error(received, state) {
        return Err(error);
    }
    let fields = &received.fields;
    let expected = [
        ("platform", fields.platform),
        ("platform_id", fields.platform_id),
        ("handle", fields.handle),
        ("state", fields.state),
        ("expires", fields.expires),
        ("sig", fields.sig),
    ];
    if let Some((parameter, _)) = expected.iter().find(|(_, field)| *field == Field::Repeated) {
        return Err(VerifyError::Duplicate { parameter });
    }
    if let Some((parameter, _)) = expected.iter().find(|(_, field)| *field == Field::Absent) {
        return Err(VerifyError::Missing { parameter });
    }
    well_formed(received, "platform", fields.platform, rules::platform)?;
    well_formed(received, "platform_id", fields.platform_id, rules::platform_id)?;
    well_formed(received, "handle", fields.handle, rules::handle)?;
    well_formed(received, "state", fields.state, rules::state)?;
    expires?;
    Ok(well_formed(received, "sig", fields.sig, rules::sig)?)
}

/// A value that keeps no rule.
#[derive(Debug, Clone, Copy)]
struct Malformed {
    parameter: &'static str,
    rule: Rule,
}

impl From<Malformed> for VerifyError {
    fn from(Malformed { parameter, rule }: Malformed) -> Self {
        Self::Malformed { parameter, rule }
    }
}

fn well_formed<T>(
    received: &Received,
    parameter: &'static str,
    field: Field,
    read: impl Fn(&str) -> Result<T, Rule>,
) -> Result<T, Malformed> {
    received.value(field).ok_or(rules::ENCODING).and_then(read).map_err(|rule| Malformed { parameter, rule })
}

fn callback_error(received: &Received, state: &StateFinding) -> Option<VerifyError> {
    let parameter = "error";
    match received.fields.error {
        Field::Absent => return None,
        Field::Repeated => return Some(VerifyError::Duplicate { parameter }),
        Field::Undecodable | Field::At { .. } => {}
    }
    if let Err(error) = well_formed(received, parameter, received.fields.error, rules::error_code) {
        return Some(error.into());
    }
    let description = received.value(received.fields.error_description);
    Some(VerifyError::Callback(CallbackError {
        code: received.value(received.fields.error).map(String::from).unwrap_or_default(),
        description: description.filter(|text| rules::is_error_description(text)).map(String::from),
        state_matches: state.finding() == Finding::Passed,
    }))
}

/// Compares with every key, whichever fits, so that the time says nothing about which did.
fn signature(received: &Received, sig: &[u8; 32], keys: &[MacKey]) -> Finding {
    let message = received.base_string().as_bytes();
    let any =
        keys.iter().fold(Choice::from(0), |any, key| any | constant_time::equal(&key.mac(message), sig));
    if any.into() { Finding::Passed } else { Finding::Failed(VerifyError::BadSignature) }
}

fn platform(received: &Received, expectation: &Expectation<'_>) -> Finding {
    match (received.value(received.fields.platform), expectation.platform) {
        (Some("sandbox"), None) => Finding::Failed(VerifyError::SandboxPlatform),
        (_, None) => Finding::NotAsked,
        (None, Some(_)) => Finding::NotChecked,
        (Some(platform), Some(expected)) if platform == expected => Finding::Passed,
        (Some(_), Some(expected)) => {
            Finding::Failed(VerifyError::PlatformMismatch { expected: String::from(expected) })
        }
    }
}

/// Compares in constant time, but for the length, which is public.
fn state(received: &Received, expectation: &Expectation<'_>) -> StateFinding {
    if rules::is_absence(expectation.state) {
        return StateFinding::NotComparable(Finding::Failed(VerifyError::NoExpectedState));
    }
    match received.value(received.fields.state) {
        Some(state) => {
            StateFinding::Compared(constant_time::equal(state.as_bytes(), expectation.state.as_bytes()))
        }
        None => StateFinding::NotComparable(Finding::NotChecked),
    }
}

fn freshness(expires: u64, expectation: &Expectation<'_>) -> Finding {
    let now = expectation.now;
    let latest = now.saturating_add(expectation.horizon);
    if now > expires {
        Finding::Failed(VerifyError::Expired { expires, now })
    } else if expires > latest {
        Finding::Failed(VerifyError::TooFarAhead { expires, latest })
    } else {
        Finding::Passed
    }
}
