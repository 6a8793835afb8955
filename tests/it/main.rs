//! The contract, through the real service: one file per section or subject. Names carry the numbers of the threats (T),
//! faults (F) and vectors (P, N) that they cover.
#![allow(
    missing_docs,
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::format_push_string,
    clippy::too_many_lines
)]

mod harness;

mod api;
mod callback;
mod consent;
mod create;
mod delegate;
mod status;
