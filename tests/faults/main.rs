//! Faults of the whole process: the real binary, real servers, and a figure for each. `docs/reliability.md` has the table.
//!
//! The tests run one at a time, since most of them measure. Names carry the numbers of the faults (F) and threats (T).
#![allow(
    missing_docs,
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::format_push_string,
    clippy::too_many_lines,
    clippy::needless_for_each,
    clippy::unused_self,
    clippy::type_complexity,
    clippy::items_after_statements,
    clippy::semicolon_if_nothing_returned,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]

#[path = "../it/harness/mod.rs"]
mod harness;

mod balancer;
mod measure;
mod network;
mod site;
mod walk;

mod browsers_gone;
mod clocks;
mod crowds;
mod exhausted;
mod instances;
mod killed;
mod panics;
mod platforms;
mod restarts;
mod restored;
mod slow_clients;
mod stores_gone;
