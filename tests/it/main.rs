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
    clippy::too_many_lines,
    clippy::needless_for_each,
    clippy::unused_self,
    clippy::type_complexity,
    clippy::items_after_statements,
    clippy::semicolon_if_nothing_returned,
    clippy::print_stdout
)]

mod harness;

mod account_status;
mod accounts;
mod admin;
mod api;
mod app_commands;
mod apps;
mod bad_certificates;
mod body;
mod callback;
mod callback_url;
mod catalogue;
mod clocks;
mod command_line;
mod connect;
mod consent;
mod console;
mod create;
mod credentials;
mod default_config;
mod delegate;
mod docs;
mod exchange;
mod grants;
mod id_token;
mod identity;
mod logged;
mod mid_flow;
mod openid_provider;
mod proof;
mod public_proof;
mod redeem;
mod running;
mod status;
mod traces;
