//! What a parser says about a value that it does not take; where the value stands is added by the reader.

/// A problem and its remedy, neither of which repeats the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// What is wrong, as the end of a sentence that begins with the key.
    pub problem: String,
    /// What to do about it.
    pub remedy: String,
}

impl Complaint {
    /// A complaint; neither text may contain the value.
    pub fn new(problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { problem: problem.into(), remedy: remedy.into() }
    }
}
