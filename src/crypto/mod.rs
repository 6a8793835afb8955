//! Secrets, their sealing at rest, random tokens. Knows nothing of sessions, platforms or HTTP.

pub mod secret;
