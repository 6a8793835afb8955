//! Secrets, their sealing at rest, and the opaque handles by which a session is found.
//!
//! Knows nothing of platforms or HTTP, and reads no clock.

pub mod entropy;
pub mod locator;
pub mod mac;
pub mod master_key;
pub mod root_key;
pub mod seal;
pub mod secret;
