//! What the operator sees: request ids, logs and metrics. Nothing secret passes through here at any level.

pub mod metrics;
pub mod request_id;
