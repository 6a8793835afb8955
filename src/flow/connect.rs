//! The start of a connect: the caller receives the platform's redirect itself and hands the code in; the proof goes to its server.
//!
//! A connect is a session that no browser opens. The state that it is found by goes through the caller's hands, so it is
//! bound to the API key instead of a cookie; which browser brought it back is the caller's to check (`T28`).

use std::sync::Arc;
use std::time::Duration;

use super::Flow;
use super::connected::{no_signing_secret, platform_problem};
use super::create::{callback_not_registered, not_kept, platform_not_available};
use crate::apps::NoClient;
use crate::crypto::locator::{EntryKey, OAuthState, RequestToken};
use crate::error::{Code, Problem};
use crate::keys::ApiKey;
use crate::platform::Platform;
use crate::platform::entry::Client;
use crate::session::{
    ApiKeyId, AppId, CallbackUrl, ForConnect, PendingAuthorization, ProfileId, Purpose, Session,
};
use crate::store::StoreFault;

/// How long a user has at the platform.
pub const CONNECT_LIFE: Duration = Duration::from_mins(10);

/// A caller's request, every field parsed.
pub struct NewConnect {
    /// Where the account is to be proven.
    pub platform: Arc<Platform>,
    /// The caller's own app; `None` for the operator's.
    pub app: Option<AppId>,
    /// The caller's own, registered with its key and at the platform.
    pub redirect_uri: CallbackUrl,
    /// The caller's own reference.
    pub profile_id: Option<ProfileId>,
    /// The caller wants the platform's tokens, sealed.
    pub keep_grant: bool,
}

/// What the caller gets.
pub struct StartedConnect {
    /// The platform's authorization endpoint with our request, for the user's browser.
    pub auth_url: String,
    /// To be kept in the browser's own session, and compared there with the one that comes back.
    pub state: String,
}

impl Flow {
    /// Makes a connect: the way to the platform, and the state that finishes it.
    ///
    /// # Errors
    /// A problem for the caller; nothing was kept then.
    pub async fn start_connect(&self, key: &ApiKey, new: NewConnect) -> Result<StartedConnect, Problem> {
        check_caller(key, &new.redirect_uri)?;
        let client = self.connect_client(key.id, &new.platform, new.app).await?;
        self.check_share(key)?;
        let entry = RequestToken::fresh(&*self.entropy).map_err(|_| no_state())?.entry_key();
        let state = self.locator.state(entry, &*self.entropy).map_err(|_| no_state())?;
        let redirect_uri = new.redirect_uri.as_str();
        let request = match new.keep_grant {
            true => {
                new.platform.authorization_request_keeping(&client, redirect_uri, &state, &self.secrets).await
            }
            false => new.platform.authorization_request(&client, redirect_uri, &state, &self.secrets).await,
        };
        let auth_url = request.map_err(|fault| {
            tracing::warn!(%fault, platform = %new.platform.entry().name, "no authorization request could be made");
            platform_problem(&fault, "Nothing was done; try again later.")
        })?;
        self.keep_connect(key, entry, &state, new).await?;
        Ok(StartedConnect { auth_url, state: state.as_str().to_owned() })
    }

    /// A session that goes from made to opened at once: who made it holds the state, and no link to it exists.
    async fn keep_connect(
        &self,
        key: &ApiKey,
        entry: EntryKey,
        state: &OAuthState,
        new: NewConnect,
    ) -> Result<(), Problem> {
        let created_at = self.clock.unix_seconds();
        let expires_at = created_at + CONNECT_LIFE.as_secs();
        let session = Session {
            api_key: key.id,
            platform: new.platform.entry().name.clone(),
            app: new.app,
            purpose: Purpose::Connect(ForConnect {
                redirect_uri: new.redirect_uri,
                keep_grant: new.keep_grant,
            }),
            profile_id: new.profile_id,
            created_at,
            expires_at,
        };
        let platform = Arc::clone(session.platform.label());
        self.sessions.insert(entry, session, CONNECT_LIFE).await.map_err(|fault| not_kept(&fault))?;
        let pending = PendingAuthorization { state: state.digest(), browser: None, expires_at };
        let opened = self.sessions.take_request(entry, pending, CONNECT_LIFE).await;
        match opened.map_err(|fault| store_problem(&fault))? {
            true => {
                self.note_created(&platform);
                Ok(())
            }
            false => Err(Problem::store_unavailable()),
        }
    }

    /// The registration that asks at the platform: the caller's own app where it named one, and never another.
    pub(super) async fn connect_client(
        &self,
        key: ApiKeyId,
        platform: &Platform,
        app: Option<AppId>,
    ) -> Result<Client, Problem> {
        let found = self.apps.client_for(key, platform.entry(), app).await;
        found.map(|found| found.client).map_err(|fault| match fault {
            NoClient::NotAvailable => platform_not_available(),
            NoClient::Gone => {
                let detail =
                    "The app that the user agreed to was deleted. Let the user connect again with another one.";
                Problem::new(Code::PlatformNotAvailable, detail)
            }
            NoClient::Unknown(fault) => {
                tracing::error!(%fault, "the app of a connect cannot be read");
                Problem::store_unavailable()
            }
        })
    }
}

/// Whether proofs of this caller can be made, and go out through this redirect URI.
pub(super) fn check_caller(key: &ApiKey, redirect_uri: &CallbackUrl) -> Result<(), Problem> {
    if !key.allows(redirect_uri) {
        return Err(callback_not_registered());
    }
    if key.signing_secret.is_none() { Err(no_signing_secret()) } else { Ok(()) }
}

fn no_state() -> Problem {
    tracing::error!("no state could be made: there is no entropy");
    Problem::server_error()
}

pub(super) fn store_problem(fault: &StoreFault) -> Problem {
    tracing::error!(%fault, "the session store failed");
    Problem::store_unavailable()
}
