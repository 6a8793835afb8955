//! `handleproof config`: the commented default configuration.

use super::{Outcome, fail, print_whole};
use crate::config::commented;

pub(super) fn run() -> Outcome {
    let text = commented().map_err(|_| fail("the built-in catalogue has faults"))?;
    print_whole(&text)
}
