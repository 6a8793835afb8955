//! What a caller may know of its sessions: how far they came, and never what came out.
//!
//! The proof goes to the browser that finished and nowhere else. A starter who could fetch it would only have to forward
//! his link to a victim (`T28`).

use std::sync::Arc;

use super::Flow;
use crate::crypto::locator::EntryKey;
use crate::error::{Failure, Problem};
use crate::keys::ApiKey;
use crate::session::{Outcome, Session, Stage, StoredSession};
use crate::store::StoreFault;

/// A session as its caller sees it.
pub struct SessionStatus {
    /// What was asked for.
    pub session: Arc<Session>,
    /// `created`, `opened`, `verified`, `failed`, `expired` or `cancelled`.
    pub status: &'static str,
    /// The callback's `error` of a failed session.
    pub error: Option<Failure>,
    /// Unix seconds: when the link, or the pending authorization, dies.
    pub expires_at: u64,
}

impl Flow {
    /// The status of a session of this key.
    ///
    /// # Errors
    /// Not found for unknown ids and other keys' sessions alike; the store's trouble.
    pub async fn status(&self, key: &ApiKey, session_id: &str) -> Result<SessionStatus, Problem> {
        let (_, stored) = self.own_session(key, session_id).await?;
        let expires_at = match &stored.stage {
            Stage::Opened(pending) => pending.expires_at,
            _ => stored.session.expires_at,
        };
        let (status, error) = match stored.stage {
            Stage::Ended(Outcome::Verified) => ("verified", None),
            Stage::Ended(Outcome::Failed(failure)) => ("failed", Some(failure)),
            Stage::Ended(Outcome::Cancelled) => ("cancelled", None),
            _ if !stored.is_live => ("expired", None),
            Stage::Created => ("created", None),
            Stage::Opened(_) | Stage::Taken => ("opened", None),
        };
        Ok(SessionStatus { session: stored.session, status, error, expires_at })
    }

    /// Kills the link and the pending authorization of a session of this key. A platform's answer that is being worked on
    /// at this moment comes to nothing.
    ///
    /// # Errors
    /// As [`Flow::status`].
    pub async fn cancel(&self, key: &ApiKey, session_id: &str) -> Result<(), Problem> {
        let (entry, stored) = self.own_session(key, session_id).await?;
        if self.sessions.cancel(entry).await.map_err(store_problem)? {
            self.note_ended(&stored.session.platform, Outcome::Cancelled);
        }
        Ok(())
    }

    async fn own_session(
        &self,
        key: &ApiKey,
        session_id: &str,
    ) -> Result<(EntryKey, StoredSession), Problem> {
        let entry = self.locator.entry_of_session_id(session_id).ok_or_else(Problem::not_found)?;
        let stored = self.sessions.read(entry).await.map_err(store_problem)?;
        let own = stored.filter(|stored| stored.session.api_key == key.id).ok_or_else(Problem::not_found)?;
        Ok((entry, own))
    }
}

fn store_problem(fault: StoreFault) -> Problem {
    tracing::error!(%fault, "a session cannot be read or changed");
    Problem::store_unavailable()
}
