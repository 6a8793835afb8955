//! The id of the request at hand: in the log, in `X-Request-Id`, in problem documents and on pages, the same.

use uuid::Uuid;

tokio::task_local! {
    static CURRENT: RequestId;
}

/// One request. Ours, never taken from a header: who could choose it could make two requests look like one.
#[derive(Clone, Copy, Debug)]
pub struct RequestId(Uuid);

impl RequestId {
    /// A fresh one; ids sort by time.
    pub fn fresh() -> Self {
        Self(Uuid::now_v7())
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
