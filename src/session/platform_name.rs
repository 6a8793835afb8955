//! A platform's name.

use std::sync::Arc;

/// A platform's name in the API and in every proof: `[a-z][a-z0-9_]{0,31}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PlatformName(Arc<str>);

impl PlatformName {
    /// The name, where it keeps to the rule of proofs; `None` otherwise.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = text.bytes();
        let starts = bytes.next().is_some_and(|b| b.is_ascii_lowercase());
        let goes_on = bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        (starts && goes_on && text.len() <= 32).then(|| Self(text.into()))
    }

    /// The name as a label of metrics, which share it.
    pub fn label(&self) -> &Arc<str> {
        &self.0
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for PlatformName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
