//! The caller's request becomes a session and a link.

use std::sync::Arc;

use super::Flow;
use crate::crypto::locator::RequestToken;
use crate::error::{Code, Problem};
use crate::keys::ApiKey;
use crate::platform::Platform;
use crate::session::{AppId, CallbackUrl, CallerState, ForCallback, PlatformId, ProfileId, Purpose, Session};
use crate::store::sessions::InsertFault;

/// Sessions end all the time; a caller at its share asks again after this.
const RETRY_SHARE_SECONDS: u64 = 5;

/// A caller's request, every field parsed.
pub struct NewSession {
    /// Where the account is to be proven.
    pub platform: Arc<Platform>,
    /// The caller's own app there, known to be this caller's and of this platform.
    pub app: Option<AppId>,
    /// Where the proof goes.
    pub callback_url: CallbackUrl,
    /// Echoed in the proof.
    pub caller_state: CallerState,
    /// The caller's own reference.
    pub profile_id: Option<ProfileId>,
    /// The only account that a proof may be made for.
    pub expected_platform_id: Option<PlatformId>,
    /// Show the interstitial even where it would not be shown.
    pub interstitial: bool,
    /// A publicly verifiable proof besides the caller's own.
    pub jws: bool,
}

/// What the caller gets: its only chance to learn the link.
pub struct CreatedSession {
    /// Names the session in the API.
    pub session_id: String,
    /// To be opened by the user's browser, once.
    pub authorize_url: String,
    /// Seconds until the link is dead.
    pub expires_in: u64,
    /// The same as Unix seconds.
    pub expires_at: u64,
}

impl Flow {
    /// Makes a session.
    ///
    /// # Errors
    /// A problem for the caller; nothing was kept then.
    pub async fn create(&self, key: &ApiKey, new: NewSession) -> Result<CreatedSession, Problem> {
        if !key.allows(&new.callback_url) {
            return Err(callback_not_registered());
        }
        if new.app.is_none() && !new.platform.entry().is_available() {
            return Err(platform_not_available());
        }
        if key.signing_secret.is_none() {
            return Err(no_signing_secret());
        }
        self.check_share(key)?;
        if new.jws {
            self.signing_keys.prepare().await.map_err(|fault| {
                tracing::error!(%fault, "there is no key for public proofs");
                Problem::store_unavailable()
            })?;
        }
        let created_at = self.clock.unix_seconds();
        let session = Session {
            api_key: key.id,
            platform: new.platform.entry().name.clone(),
            app: new.app,
            purpose: Purpose::Callback(Arc::new(ForCallback {
                callback_url: new.callback_url,
                caller_state: new.caller_state,
                expected_platform_id: new.expected_platform_id,
                interstitial: new.interstitial,
                jws: new.jws,
            })),
            profile_id: new.profile_id,
            created_at,
            expires_at: created_at + self.rules.ttl.as_secs(),
        };
        self.keep(session).await
    }

    /// A key that floods the store leaves room for the others (`T87`).
    ///
    /// # Errors
    /// Where the key holds its share of live sessions, and is not the only one.
    pub(super) fn check_share(&self, key: &ApiKey) -> Result<(), Problem> {
        let Some(share) = self.rules.live_share.filter(|_| self.keys.serve_several()) else { return Ok(()) };
        if self.sessions.live_of(key.id).is_none_or(|live| live < share) {
            return Ok(());
        }
        let detail =
            "This key holds its whole share of live sessions. Wait until some of them end, or cancel them.";
        Err(Problem { retry_after: Some(RETRY_SHARE_SECONDS), ..Problem::new(Code::RateLimited, detail) })
    }

    /// The callback URL of a request that names none: the key's only registered one.
    pub fn only_callback(&self, key: &ApiKey) -> Option<CallbackUrl> {
        match key.callbacks.as_slice() {
            [only] => self.rules.callbacks.parse(&only.as_callback()).ok(),
            _ => None,
        }
    }

    async fn keep(&self, session: Session) -> Result<CreatedSession, Problem> {
        let token = RequestToken::fresh(&*self.entropy).map_err(|fault| {
            tracing::error!(%fault, "no request token could be made");
            Problem::server_error()
        })?;
        let expires_at = session.expires_at;
        let platform = Arc::clone(session.platform.label());
        let entry = token.entry_key();
        self.sessions.insert(entry, session, self.rules.ttl).await.map_err(|fault| not_kept(&fault))?;
        self.note_created(&platform);
        Ok(CreatedSession {
            session_id: self.locator.session_id(entry),
            authorize_url: [&self.rules.public_url, "/oauth/delegate?request=", token.as_str()].concat(),
            expires_in: self.rules.ttl.as_secs(),
            expires_at,
        })
    }
}

pub(super) fn callback_not_registered() -> Problem {
    let detail = "The callback URL is well-formed, but this key's registered callback URLs do not allow it. \
                  Ask the operator to register it, or use a registered one.";
    Problem::new(Code::CallbackNotRegistered, detail)
}

pub(super) fn platform_not_available() -> Problem {
    let detail = "The operator has not set up this platform. The list of platforms says which are available.";
    Problem::new(Code::PlatformNotAvailable, detail)
}

pub(super) fn no_signing_secret() -> Problem {
    let detail = "Generate a signing secret for this key first: without one no proof can be made.";
    Problem::new(Code::NoSigningSecret, detail)
}

pub(super) fn not_kept(fault: &InsertFault) -> Problem {
    match fault {
        InsertFault::Full => tracing::warn!("a session was refused: the store is full"),
        InsertFault::Store(fault) => tracing::error!(%fault, "a session could not be kept"),
    }
    Problem::store_unavailable()
}
