//! Speaking to a platform: the catalogue of facts, and the only outbound HTTP.

pub mod entry;
