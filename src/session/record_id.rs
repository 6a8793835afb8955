//! The name of one recorded account.

use uuid::Uuid;

/// Names a record; opens nothing without the API key that it belongs to. Ids sort by the time at which they were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId(pub Uuid);

const PREFIX: &str = "acc_";

impl RecordId {
    /// Greater than every id that is ever made.
    pub const BEYOND_ALL: Self = Self(Uuid::max());

    /// Reads `acc_` and 32 lower-case hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        let id = Self(Uuid::try_parse(text.strip_prefix(PREFIX)?).ok()?);
        // One spelling: what reads as this id is this id.
        (id.to_string() == text).then_some(id)
    }
}

impl std::fmt::Display for RecordId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{PREFIX}{}", self.0.simple())
    }
}
