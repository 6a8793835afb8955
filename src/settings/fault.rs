//! One mistake in a settings file or in the environment, and the place where they gather.

use std::cell::RefCell;

/// A mistake: where it is, what is wrong, what to do. Never contains a setting's value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The file, or `environment`.
    pub file: String,
    /// The key as it is written there: `stores.sessions`, or the name of the variable.
    pub key: String,
    /// What is wrong.
    pub problem: String,
    /// What to do about it.
    pub remedy: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { file, key, problem, remedy } = self;
        if key.is_empty() {
            write!(f, "{file}: {problem}; {remedy}")
        } else {
            write!(f, "{file}: {key} {problem}; {remedy}")
        }
    }
}

impl std::error::Error for Fault {}

/// Faults found so far. Readers share it, so that one run finds all of them.
#[derive(Debug, Default)]
pub struct Faults(RefCell<Vec<Fault>>);

impl Faults {
    /// Remembers one more fault.
    pub fn add(&self, fault: Fault) {
        self.0.borrow_mut().push(fault);
    }

    /// Remembers the faults of a part that was read on its own.
    pub fn extend(&self, faults: Vec<Fault>) {
        self.0.borrow_mut().extend(faults);
    }

    /// The value where nothing was wrong; otherwise all faults, in the order in which they were found.
    ///
    /// A reader that gave `None` for a value that is needed has added a fault; should one ever forget to, the
    /// result is still a failure.
    pub fn into_result<T>(self, value: Option<T>) -> Result<T, Vec<Fault>> {
        let faults = self.0.into_inner();
        match value {
            Some(value) if faults.is_empty() => Ok(value),
            _ => Err(faults),
        }
    }
}
