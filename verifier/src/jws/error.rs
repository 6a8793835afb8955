//! Why a public proof was refused. No message holds a value of it.

use alloc::string::String;
use core::fmt;

/// Why no proof came out, one variant a cause.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum JwsError {
    /// It is no compact JWS, or a part or claim of it has a form that the service never signs.
    Malformed {
        /// `jws`, `header`, `claims`, or the claim's name.
        part: &'static str,
    },
    /// `alg` is not `EdDSA`: `none`, or an algorithm that somebody hopes to be taken for it.
    WrongAlgorithm,
    /// `typ` is not `ownership-proof+jwt`: a token for something else, though perhaps with a good signature.
    WrongType,
    /// The key set has no such key: it is older than the proof, or the key was withdrawn.
    UnknownKey,
    /// The signature is not over these claims.
    BadSignature,
    /// Another service made it.
    WrongIssuer,
    /// It was made for another API key.
    WrongAudience,
    /// The proof is for another platform than [`expect_platform`](crate::PublicVerifier::expect_platform) asked for.
    PlatformMismatch {
        /// The platform that was asked for.
        expected: String,
    },
    /// The proof is for the platform `sandbox`, where anyone is who they say, and nobody asked for that.
    SandboxPlatform,
    /// `expected_state` is empty, or what a language prints for nothing.
    NoExpectedState,
    /// `nonce` is not the state that this browser's session holds.
    StateMismatch,
    /// The proof was fresh up to `expires`, and `now` is later.
    Expired {
        /// Its last fresh second, Unix time.
        expires: u64,
        /// The time that it was checked against.
        now: u64,
    },
    /// The proof says that it was made in the future.
    NotYetIssued {
        /// When it was made, Unix time.
        issued_at: u64,
        /// The latest that would have been accepted.
        latest: u64,
    },
}

impl fmt::Display for JwsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed { part } => return write!(f, "`{part}` has a form that no ownership proof has"),
            Self::WrongAlgorithm => "`alg` is not EdDSA",
            Self::WrongType => "`typ` is not ownership-proof+jwt: this is a token for something else",
            Self::UnknownKey => "no key of the key set has this `kid`; read the key set anew, once",
            Self::BadSignature => "the signature does not fit",
            Self::WrongIssuer => "another service made it",
            Self::WrongAudience => "it was made for another API key",
            Self::PlatformMismatch { expected } => return write!(f, "the proof is not for {expected}"),
            Self::SandboxPlatform => "the proof is for the platform sandbox, which proves nothing",
            Self::NoExpectedState => "there is no expected state; start again where the session is lost",
            Self::StateMismatch => "the state is not this browser session's",
            Self::Expired { expires, now } => {
                return write!(f, "expired: fresh up to {expires}, it is {now}");
            }
            Self::NotYetIssued { issued_at, latest } => {
                return write!(f, "made at {issued_at}, later than {latest}; check this machine's clock");
            }
        })
    }
}

impl core::error::Error for JwsError {}

/// The text is no JSON Web Key Set, names a key twice, or has an unusable key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeySetError;

impl fmt::Display for KeySetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no usable key set: pass on what /.well-known/jwks.json answered, as it is")
    }
}

impl core::error::Error for KeySetError {}
