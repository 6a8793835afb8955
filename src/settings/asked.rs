//! Which keys were asked for in this thread, for tests that hold a description of the settings against their readers.

use std::cell::RefCell;
use std::collections::BTreeSet;

thread_local! {
    static ASKED: RefCell<BTreeSet<String>> = RefCell::default();
}

pub(super) fn note(path: String) {
    ASKED.with_borrow_mut(|asked| asked.insert(path));
}

/// Begins anew.
pub fn forget() {
    ASKED.with_borrow_mut(BTreeSet::clear);
}

/// All keys, with their sections.
pub fn so_far() -> BTreeSet<String> {
    ASKED.with_borrow(BTreeSet::clone)
}
