//! Speaking to a platform: the catalogue of facts, and the only outbound HTTP.

pub mod catalogue;
mod draft;
pub mod entry;
mod entry_rules;
mod overlay;
mod read_entry;
