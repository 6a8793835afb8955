//! What the operator sees: request ids, logs and counts. Nothing secret passes through here at any level.

pub mod outcomes;
pub mod request_id;
