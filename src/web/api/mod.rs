//! The JSON API for callers, one file per resource.

pub(super) mod app_fields;
pub(super) mod apps;
pub(super) mod body;
pub(super) mod fields;
mod new_session;
pub(super) mod platforms;
mod presented_proof;
pub(super) mod proofs;
pub(super) mod sessions;
