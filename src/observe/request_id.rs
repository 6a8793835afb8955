//! The id of the request at hand: in the log, in `X-Request-Id`, in problem documents and on pages, the same.

use std::time::{SystemTime, UNIX_EPOCH};

use uuid::{Builder, Uuid};

tokio::task_local! {
    static CURRENT: RequestId;
}

/// One request. Ours, never taken from a header: who could choose it could make two requests look like one.
#[derive(Clone, Copy, Debug)]
pub struct RequestId(Uuid);

impl RequestId {
    /// A fresh one; ids sort by time (RFC 9562, version 7). They are no secrets, so the thread's own generator will do.
    pub fn fresh() -> Self {
        // A clock before 1970 reads as 1970.
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let millis = u64::try_from(since_1970.as_millis()).unwrap_or_default();
        Self(Builder::from_unix_timestamp_millis(millis, &rand::random()).into_uuid())
    }

    /// Its 32 hex digits, in `buffer`.
    pub fn write_to(self, buffer: &mut [u8; 32]) -> &str {
        self.0.simple().encode_lower(buffer)
    }

    /// The id of the request that this task works on; a fresh one outside of any.
    pub fn current() -> Self {
        Self::of_this_task().unwrap_or_else(Self::fresh)
    }

    /// The id of the request that this task works on, where it works on one.
    pub fn of_this_task() -> Option<Self> {
        CURRENT.try_with(|id| *id).ok()
    }

    /// Runs `work` at once as the work of this request.
    pub fn scope_now<R>(self, work: impl FnOnce() -> R) -> R {
        CURRENT.sync_scope(self, work)
    }

    /// Runs `work` as the work of this request.
    pub async fn scope<F: Future>(self, work: F) -> F::Output {
        CURRENT.scope(self, work).await
    }
}

impl std::fmt::Display for RequestId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.simple().fmt(f)
    }
}
