//! The service's side of a proof: cleaning the handle, signing through the verifier crate, building the redirect.
//!
//! There is one implementation of the base string, and it is the verifier's.

mod handle;
mod jws;
mod redirect;
mod signed;

pub use handle::cleaned as cleaned_handle;
pub use jws::{PresentedClaims, PresentedJws, PublicFacts, sign as sign_publicly};
pub use redirect::{CallbackRedirect, failed};
pub use signed::{ProofFacts, SignedProof};
