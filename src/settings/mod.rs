//! Reading tables of settings: typed values out of TOML, with every fault of every file collected before anything fails.
//!
//! A leaf: the configuration and the catalogue both read through it, and it knows neither. No fault ever contains a
//! value, since a secret may stand where it does not belong.

#[cfg(test)]
pub mod asked;
mod complaint;
mod fault;
mod nearest;
mod origin;
mod read_secret;
mod reader;
mod secret_file;
mod web_address;

pub use complaint::Complaint;
pub use fault::{Fault, Faults};
pub use nearest::nearest;
pub use origin::{Location, Origins, join_key};
pub use reader::{Reader, Source};
pub use secret_file::read as read_secret_file;
pub use web_address::{is_loopback, parse_web_address};
