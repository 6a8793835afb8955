//! Tests of the crate from outside, in one binary.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod api;
mod every_change;
mod fuzzed;
#[cfg(feature = "jws")]
mod jws;
mod properties;
mod vectors;
