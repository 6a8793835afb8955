//! Operators who are logged in, in this instance's memory. Only digests of their cookies are kept.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::forms::FormId;
use crate::clock::Clock;
use crate::crypto::entropy::{Entropy, NoEntropy};
use crate::crypto::locator::Digest;
use crate::crypto::secret::SecretText;

const IDLE: Duration = Duration::from_mins(30);
const LONGEST: Duration = Duration::from_hours(12);
/// How long ago the password may have been typed when a secret is replaced or a key revoked (`T84`).
const RECENT: Duration = Duration::from_mins(10);
/// The one that was idle longest makes room.
const MAX_SESSIONS: usize = 64;
const MAX_USED_FORMS: usize = 64;

/// The table of sessions.
pub struct OperatorSessions {
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    table: Mutex<HashMap<[u8; 32], Entry>>,
}

struct Entry {
    began: Duration,
    seen: Duration,
    confirmed: Duration,
    used_forms: VecDeque<FormId>,
}

/// An operator who is logged in at this moment: what a cookie stood for.
#[derive(Clone)]
pub struct OperatorSession {
    cookie: SecretText,
    /// The password was given less than ten minutes ago.
    pub is_recent: bool,
}

impl OperatorSession {
    /// What forms are bound to.
    pub(super) fn binding(&self) -> &str {
        self.cookie.expose()
    }

    fn digest(&self) -> [u8; 32] {
        Digest::of(self.cookie.expose().as_bytes()).0
    }
}

impl OperatorSessions {
    /// Nobody is logged in.
    pub fn new(clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { clock, entropy, table: Mutex::default() }
    }

    /// Logs somebody in who gave the password just now, and gives the cookie's value: 256 bits, base64url.
    ///
    /// # Errors
    /// Where there is no entropy.
    pub fn begin(&self) -> Result<SecretText, NoEntropy> {
        let cookie = SecretText::new(URL_SAFE_NO_PAD.encode(self.entropy.bytes::<32>()?));
        let now = self.clock.monotonic();
        let entry = Entry { began: now, seen: now, confirmed: now, used_forms: VecDeque::new() };
        let mut table = self.lock();
        table.retain(|_, entry| entry.is_live(now));
        if table.len() >= MAX_SESSIONS {
            let idlest = table.iter().min_by_key(|(_, entry)| entry.seen).map(|(digest, _)| *digest);
            idlest.and_then(|digest| table.remove(&digest));
        }
        table.insert(Digest::of(cookie.expose().as_bytes()).0, entry);
        Ok(cookie)
    }

    /// The session of a cookie; it counts as used now.
    pub fn find(&self, cookie: &str) -> Option<OperatorSession> {
        let now = self.clock.monotonic();
        let digest = Digest::of(cookie.as_bytes()).0;
        let mut table = self.lock();
        let entry = table.get_mut(&digest)?;
        if !entry.is_live(now) {
            table.remove(&digest);
            return None;
        }
        entry.seen = now;
        let is_recent = now < entry.confirmed + RECENT;
        Some(OperatorSession { cookie: SecretText::new(cookie.to_owned()), is_recent })
    }

    /// The password was given again.
    pub fn confirm(&self, session: &OperatorSession) {
        let now = self.clock.monotonic();
        if let Some(entry) = self.lock().get_mut(&session.digest()) {
            entry.confirmed = now;
        }
    }

    /// Uses a form up; `false` where it was used before, as when a page is reloaded.
    pub fn use_form(&self, session: &OperatorSession, form: FormId) -> bool {
        let mut table = self.lock();
        let Some(entry) = table.get_mut(&session.digest()) else { return false };
        if entry.used_forms.contains(&form) {
            return false;
        }
        if entry.used_forms.len() == MAX_USED_FORMS {
            entry.used_forms.pop_front();
        }
        entry.used_forms.push_back(form);
        true
    }

    /// Logs out.
    pub fn end(&self, session: &OperatorSession) {
        self.lock().remove(&session.digest());
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<[u8; 32], Entry>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn is_live(&self, now: Duration) -> bool {
        now < self.seen + IDLE && now < self.began + LONGEST
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use crate::crypto::entropy::SystemEntropy;

    fn fixture() -> (Arc<ManualClock>, OperatorSessions) {
        let clock = Arc::new(ManualClock::default());
        (Arc::clone(&clock), OperatorSessions::new(clock, Arc::new(SystemEntropy)))
    }

    #[test]
    fn t84_a_session_ends_after_half_an_hour_without_use() {
        let (clock, sessions) = fixture();
        let cookie = sessions.begin().unwrap();
        clock.advance(IDLE.saturating_sub(Duration::from_secs(1)));
        assert!(sessions.find(cookie.expose()).is_some());
        clock.advance(IDLE);
        assert!(sessions.find(cookie.expose()).is_none());
    }

    #[test]
    fn t84_a_session_in_use_ends_after_twelve_hours() {
        let (clock, sessions) = fixture();
        let cookie = sessions.begin().unwrap();
        let quarter = Duration::from_mins(15);
        for _ in 0..47 {
            clock.advance(quarter);
            assert!(sessions.find(cookie.expose()).is_some());
        }
        clock.advance(quarter);
        assert!(sessions.find(cookie.expose()).is_none());
    }

    #[test]
    fn t84_a_password_is_recent_for_ten_minutes() {
        let (clock, sessions) = fixture();
        let cookie = sessions.begin().unwrap();
        clock.advance(RECENT);
        let session = sessions.find(cookie.expose()).unwrap();
        assert!(!session.is_recent);
        sessions.confirm(&session);
        assert!(sessions.find(cookie.expose()).unwrap().is_recent);
    }

    #[test]
    fn the_table_is_bounded_and_the_idlest_makes_room() {
        let (clock, sessions) = fixture();
        let first = sessions.begin().unwrap();
        let second = sessions.begin().unwrap();
        clock.advance(Duration::from_secs(1));
        sessions.find(first.expose()).unwrap();
        for _ in 0..MAX_SESSIONS - 1 {
            sessions.begin().unwrap();
        }
        assert_eq!(sessions.lock().len(), MAX_SESSIONS);
        assert!(sessions.find(first.expose()).is_some());
        assert!(sessions.find(second.expose()).is_none());
    }

    #[test]
    fn nothing_but_the_cookie_itself_opens_a_session_and_logging_out_ends_it() {
        let (_, sessions) = fixture();
        let cookie = sessions.begin().unwrap();
        let digest = hex::encode(Digest::of(cookie.expose().as_bytes()).0);
        assert!(sessions.find(&digest).is_none() && sessions.find("").is_none());
        let session = sessions.find(cookie.expose()).unwrap();
        sessions.end(&session);
        assert!(sessions.find(cookie.expose()).is_none());
        assert!(!sessions.use_form(&session, FormId::of_test(1)));
    }

    #[test]
    fn a_form_is_used_once() {
        let (_, sessions) = fixture();
        let cookie = sessions.begin().unwrap();
        let session = sessions.find(cookie.expose()).unwrap();
        assert!(sessions.use_form(&session, FormId::of_test(1)));
        assert!(!sessions.use_form(&session, FormId::of_test(1)));
        assert!(sessions.use_form(&session, FormId::of_test(2)));
    }
}
