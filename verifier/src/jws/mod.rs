//! Publicly verifiable proofs: a JWS in one form, of one type, with one algorithm, checked against a key set that the
//! caller of this crate brings. Nothing is fetched here.

mod error;
mod key_set;
mod parse;
mod proof;
mod verifier;

pub use error::{JwsError, KeySetError};
pub use key_set::KeySet;
pub use proof::PublicProof;
pub use verifier::PublicVerifier;
