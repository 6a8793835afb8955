//! The JSON API for callers, one file per resource.

pub(super) mod accounts;
pub(super) mod app_fields;
mod app_id;
pub(super) mod apps;
pub(super) mod body;
pub(super) mod connect;
pub(super) mod fields;
mod new_session;
pub(super) mod platforms;
mod presented_proof;
pub(super) mod proofs;
pub(super) mod query;
pub(super) mod sessions;
