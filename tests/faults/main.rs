//! Faults of the whole process: the real binary, real servers, and a figure for each. `docs/reliability.md` has the table.
//!
//! Who compares times runs alone (`measure::alone`); who waits more than it works runs beside others of its kind. Names carry the numbers of the faults (F) and threats (T).
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
mod kept_alive;
mod measure;
mod namespace;
mod network;
mod open_flows;
mod operator;
mod site;
mod walk;

mod browsers_gone;
mod clocks;
mod crowds;
mod exhausted;
mod instances;
mod killed;
mod locked;
mod moved;
mod panics;
mod platforms;
mod read_only;
mod redis_loading;
mod restarts;
mod restored;
mod slow_clients;
mod stores_gone;
