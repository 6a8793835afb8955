//! What the operator sees: request ids, logs, metrics and counts. Nothing secret passes through here at any level.

pub mod log;
pub mod metrics;
pub mod outcomes;
pub mod request_id;
