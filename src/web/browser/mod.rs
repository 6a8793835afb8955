//! The stops of the user's way: the link, our consent page, and the platform's redirect.

pub(super) mod callback;
pub(super) mod consent;
mod cookies;
pub(super) mod delegate;
