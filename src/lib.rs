//! The service: HTTP edge → flow → platform → proof, with the stores as leaves.

pub mod crypto;
pub mod platform;
pub mod sandbox;
