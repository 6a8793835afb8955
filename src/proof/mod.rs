//! The service's side of a proof: cleaning the handle, signing through the verifier crate, building the redirect.
//!
//! There is one implementation of the base string, and it is the verifier's.

mod handle;
mod redirect;

pub use redirect::{CallbackRedirect, failed, verified};
