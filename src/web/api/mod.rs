//! The JSON API for callers, one file per resource.

mod body;
mod fields;
mod new_session;
pub(super) mod platforms;
mod presented_proof;
pub(super) mod proofs;
pub(super) mod sessions;
mod timestamp;
