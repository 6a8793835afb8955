//! Every document of the repository, held against the product: commands are run, examples sent and loaded, names and
//! figures looked up. A block of code that no test here asks for, and that no other step of `tests/run` runs, is a fault.
#![allow(
    missing_docs,
    dead_code,
    unused_imports,
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
    clippy::case_sensitive_file_extension_comparisons
)]

#[path = "../it/harness/mod.rs"]
mod harness;

mod answers;
mod markdown;
mod repository;
mod terminal;

mod blocks;
mod catalogue;
mod commands;
mod configurations;
mod fields;
mod figures;
mod kubernetes;
mod languages;
mod links;
mod names;
mod production;
mod requests;
mod rust_blocks;
mod try_it;
