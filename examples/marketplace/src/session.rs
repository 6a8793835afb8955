//! What is kept for one browser, behind a cookie. The state of a verification lives here and nowhere else.
//!
//! In memory, for one process. With several, keep the same record in Redis or in a database under the same id, and take
//! the state out of it in one step (`GETDEL`, `DELETE … RETURNING`).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::HttpRequest;
use actix_web::cookie::{Cookie, SameSite};
use rand::Rng;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use subtle::ConstantTimeEq;

/// A browser that is gone for so long begins anew.
const IDLE: Duration = Duration::from_hours(2);
/// Every visitor can make sessions, so their number has an end.
const MOST: usize = 100_000;

/// One browser's session.
pub(crate) struct Session {
    /// In every form of ours: another site can make this browser send a form, but cannot read this.
    pub(crate) form_token: String,
    /// Verifications that this browser began: the platform and the state that has to come back.
    pub(crate) pending: HashMap<String, String>,
    /// Who the creator is. A real marketplace takes this from its log-in, and gives the browser a new session id there.
    pub(crate) creator: String,
    pub(crate) message: Option<&'static str>,
    pub(crate) is_paid: bool,
    seen: Instant,
}

/// All sessions.
pub(crate) struct Sessions {
    by_id: Mutex<HashMap<String, Session>>,
    is_https: bool,
}

impl Sessions {
    pub(crate) fn new(is_https: bool) -> Self {
        Self { by_id: Mutex::default(), is_https }
    }

    /// The browser's session, or a new one with the cookie that has to be set. `None` where there are too many.
    pub(crate) fn of_or_new<T>(
        &self,
        request: &HttpRequest,
        work: impl FnOnce(&mut Session) -> T,
    ) -> Option<(T, Option<Cookie<'static>>)> {
        let mut sessions = self.by_id.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(session) = self.live(&mut sessions, request) {
            return Some((work(session), None));
        }
        sessions.retain(|_, session| session.seen.elapsed() < IDLE);
        if sessions.len() >= MOST {
            return None;
        }
        // Ids are made here and never taken from a browser, which could have been given one that an attacker knows.
        let (id, mut session) = (random(), Session::fresh());
        let answer = work(&mut session);
        sessions.insert(id.clone(), session);
        Some((answer, Some(self.cookie(id))))
    }

    /// The browser's session, if it has one.
    pub(crate) fn of<T>(&self, request: &HttpRequest, work: impl FnOnce(&mut Session) -> T) -> Option<T> {
        let mut sessions = self.by_id.lock().unwrap_or_else(PoisonError::into_inner);
        self.live(&mut sessions, request).map(work)
    }

    fn live<'a>(
        &self,
        sessions: &'a mut HashMap<String, Session>,
        request: &HttpRequest,
    ) -> Option<&'a mut Session> {
        let cookie = request.cookie(self.cookie_name())?;
        let session = sessions.get_mut(cookie.value()).filter(|session| session.seen.elapsed() < IDLE)?;
        session.seen = Instant::now();
        Some(session)
    }

    /// `HttpOnly`: no script reads it. `Lax` and not `Strict`: the way back from the platform is a cross-site navigation,
    /// and the callback needs this session. `__Host-`: no sub-domain can set it.
    fn cookie(&self, id: String) -> Cookie<'static> {
        Cookie::build(self.cookie_name(), id)
            .path("/")
            .http_only(true)
            .secure(self.is_https)
            .same_site(SameSite::Lax)
            .finish()
    }

    /// Browsers take the prefix only over https.
    fn cookie_name(&self) -> &'static str {
        if self.is_https { "__Host-marketplace" } else { "marketplace" }
    }
}

impl Session {
    fn fresh() -> Self {
        Self {
            form_token: random(),
            pending: HashMap::new(),
            creator: random(),
            message: None,
            is_paid: false,
            seen: Instant::now(),
        }
    }

    /// Whether a form came from a page of ours.
    pub(crate) fn sent(&self, form_token: &str) -> bool {
        self.form_token.as_bytes().ct_eq(form_token.as_bytes()).into()
    }
}

/// 256 bits from the operating system, in hex: not to be guessed.
pub(crate) fn random() -> String {
    let mut bytes = [0; 32];
    UnwrapErr(SysRng).fill_bytes(&mut bytes);
    hex::encode(bytes)
}
