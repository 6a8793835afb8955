//! The service: HTTP edge → flow → platform → proof, with the stores as leaves.

pub mod config;
pub mod crypto;
pub mod platform;
pub mod sandbox;
pub mod settings;
