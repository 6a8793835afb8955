#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod byte_set;
mod claims;
mod constant_time;
mod error;
mod evaluate;
mod handle;
#[cfg(feature = "jws")]
mod jws;
mod mac;
mod percent;
mod proof;
mod received;
mod report;
mod rules;
mod verifier;

pub use claims::{Claims, ClaimsError, sign};
pub use error::{CallbackError, SecretError, VerifyError};
pub use handle::{decode_handle, encode_handle};
#[cfg(feature = "jws")]
pub use jws::{JwsError, KeySet, KeySetError, PublicProof, PublicVerifier};
pub use proof::Proof;
pub use report::{Check, Outcome, Report};
pub use verifier::{DEFAULT_LEEWAY, DEFAULT_MAX_AGE, MIN_SECRET_LEN, Verifier};
