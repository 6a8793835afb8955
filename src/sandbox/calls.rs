//! Counts of calls, per platform and endpoint, for tests that must know what the service did and did not do.

use std::sync::atomic::{AtomicU64, Ordering};

/// How often each endpoint of one platform was called since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// The authorization endpoint.
    pub authorize: u64,
    /// The token endpoint.
    pub token: u64,
    /// The identity endpoint.
    pub identity: u64,
    /// The revocation endpoint.
    pub revoke: u64,
}

/// The live counters behind [`Calls`].
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) authorize: Counter,
    pub(super) token: Counter,
    pub(super) identity: Counter,
    pub(super) revoke: Counter,
}

impl Counters {
    pub(super) fn read(&self) -> Calls {
        Calls {
            authorize: self.authorize.read(),
            token: self.token.read(),
            identity: self.identity.read(),
            revoke: self.revoke.read(),
        }
    }
}

/// One count.
#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub(super) fn add_one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
