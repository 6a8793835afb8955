//! What the operator sees: request ids and logs. Nothing secret passes through here at any level.

pub mod request_id;
