//! The service: HTTP edge → flow → platform → proof, with the stores as leaves.
#![cfg_attr(
    any(test, fuzzing),
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unchecked_time_subtraction
    )
)]

pub mod accounts;
pub mod app;
pub mod apps;
pub mod cli;
pub mod clock;
pub mod config;
pub mod crypto;
pub mod error;
pub mod every_byte;
pub mod flow;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod keys;
pub mod observe;
pub mod operator;
pub mod platform;
pub mod proof;
pub mod sandbox;
pub mod session;
pub mod settings;
pub mod signing_keys;
pub mod store;
pub mod vault;
pub mod web;
