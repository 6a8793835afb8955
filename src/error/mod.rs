//! What can go wrong, for three audiences: a caller's program ([`Problem`]), a person before a page ([`Refusal`]),
//! and the caller's callback ([`Failure`]).
//!
//! A function's signature says whom it may disappoint. Nothing here carries a cause to the outside: causes go to the
//! log where they are met.

mod code;
mod failure;
mod problem;
mod refusal;

pub use code::Code;
pub use failure::Failure;
pub use problem::{FieldFault, Problem};
pub use refusal::Refusal;
