//! Why a proof was refused. No message holds a secret, a MAC or a value from the request.

use alloc::string::String;
use core::fmt;

/// Why no proof came out, one variant a cause.
///
/// For logs and for choosing what to do next. To whoever sent the request all causes should look alike, but for
/// [`Callback`](Self::Callback), which means that the user came back without a proof.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerifyError {
    /// The service sent the user back with an error in place of a proof.
    Callback(CallbackError),
    /// A parameter comes more than once. Which one counts would depend on who reads it.
    Duplicate {
        /// Its name.
        parameter: &'static str,
    },
    /// A parameter is absent.
    Missing {
        /// Its name.
        parameter: &'static str,
    },
    /// A parameter has a form that the service never signs.
    Malformed {
        /// Its name.
        parameter: &'static str,
        /// The rule that it breaks, worded to follow the name.
        rule: &'static str,
    },
    /// The signature was made with none of the verifier's secrets, or over other values.
    BadSignature,
    /// The proof is for another platform than [`expect_platform`](crate::Verifier::expect_platform) asked for.
    PlatformMismatch {
        /// The platform that was asked for.
        expected: String,
    },
    /// The proof is for the platform `sandbox`, where anyone is who they say, and nobody asked for that.
    SandboxPlatform,
    /// `expected_state` is empty, or what a language prints for nothing: the browser's session holds no state.
    NoExpectedState,
    /// The state is not the one that this browser's session holds: a forwarded link, or another tab's flow.
    StateMismatch,
    /// The proof was fresh up to `expires`, and `now` is later.
    Expired {
        /// Its last fresh second, Unix time.
        expires: u64,
        /// The time that it was checked against.
        now: u64,
    },
    /// `expires` is further ahead than a genuine proof's can be.
    TooFarAhead {
        /// Its last fresh second, Unix time.
        expires: u64,
        /// The latest that would have been accepted: now, `max_age` and `leeway` added up.
        latest: u64,
    },
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Callback(error) => error.fmt(f),
            Self::Duplicate { parameter } => {
                write!(f, "`{parameter}` comes more than once; pass on the query as received, or start again")
            }
            Self::Missing { parameter } => {
                write!(f, "`{parameter}` is missing; pass on the whole query of the callback, undecoded")
            }
            Self::Malformed { parameter, rule } => write!(f, "`{parameter}` {rule}"),
            Self::BadSignature => f.write_str(
                "the signature does not fit; check that the signing secret is this API key's current one, used as \
                 the text shown, and that no value was changed on the way",
            ),
            Self::PlatformMismatch { expected } => {
                write!(f, "the proof is not for {expected}; start again with the right platform")
            }
            Self::SandboxPlatform => f.write_str(
                "the proof is for the platform sandbox, which proves nothing; only a test may ask for it by \
                 expect_platform(\"sandbox\")",
            ),
            Self::NoExpectedState => f.write_str(
                "there is no expected state; keep the state in the browser's session when the flow begins, and \
                 start again where that session is lost",
            ),
            Self::StateMismatch => f.write_str(
                "the state is not this browser session's; the flow was begun elsewhere, so start again from this \
                 browser",
            ),
            Self::Expired { expires, now } => write!(
                f,
                "expired: fresh up to {expires}, it is {now}; start again, and check this machine's clock if every \
                 proof is late"
            ),
            Self::TooFarAhead { expires, latest } => write!(
                f,
                "`expires` is {expires}, later than {latest}, the latest that a proof made now can have; check \
                 this machine's clock"
            ),
        }
    }
}

impl core::error::Error for VerifyError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Callback(error) => Some(error),
            _ => None,
        }
    }
}

/// The user came back with `error=…` and no proof: they said no, say, or the platform was out of reach.
///
/// It is not signed, so it is a hint and no fact: anyone can send a browser to the callback with any error. Change
/// nothing on its word, above all not unless [`state_matches`](Self::state_matches).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackError {
    pub(crate) code: String,
    pub(crate) description: Option<String>,
    pub(crate) state_matches: bool,
}

impl CallbackError {
    /// The code, such as `access_denied`; 1 to 64 characters of a-z and `_`.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The sentence sent with it, at most 512 bytes without control characters. Escape it like any other input.
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// Whether it came with the expected state, so from a flow that this browser began.
    pub fn state_matches(&self) -> bool {
        self.state_matches
    }
}

impl fmt::Display for CallbackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no proof: the flow ended with {}; offer to start again", self.code)
    }
}

impl core::error::Error for CallbackError {}

/// A signing secret too short to be one: under [`MIN_SECRET_LEN`](crate::MIN_SECRET_LEN) bytes. Most often the
/// variable that should hold it is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SecretError;

impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the signing secret has fewer than {} bytes; set the one that was shown with the API key, whole",
            crate::MIN_SECRET_LEN
        )
    }
}

impl core::error::Error for SecretError {}
