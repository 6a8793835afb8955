//! The JSON API for callers, one file per resource.

mod body;
mod new_session;
pub(super) mod platforms;
pub(super) mod sessions;
mod timestamp;
