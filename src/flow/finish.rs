//! The platform sends the browser back: prove the browser, take, exchange, read, sign, redirect. In this order.

use std::sync::Arc;

use tracing::Instrument;

use super::Flow;
use super::open::{BrowserSecret, cookie_id, no_client, unavailable};
use super::sign::Proven;
use crate::apps::{FlowClient, NoClient};
use crate::crypto::locator::{EntryKey, OAuthState};
use crate::error::{Failure, Refusal};
use crate::keys::ApiKey;
use crate::observe::request_id::RequestId;
use crate::platform::{AuthorizationResponse, Identified, Platform};
use crate::proof::{self, CallbackRedirect};
use crate::session::{AppId, ForCallback, Outcome, PendingAuthorization, PlatformName, Session, Stage};
use crate::store::sessions::TakenAuthorization;

/// The authorization response as it came through the browser (RFC 6749, section 4.1.2; `iss` by RFC 9207).
pub struct PlatformResponse {
    /// From the path.
    pub platform: PlatformName,
    /// From the path: the caller's own app that the answer is for.
    pub app: Option<AppId>,
    /// Ours, by its form.
    pub state: LocatedState,
    /// What the platform answered.
    pub answer: PlatformAnswer,
    /// The issuer that the response says it is from.
    pub iss: Option<String>,
}

/// A state that can be one of ours, and where the flow lies that it would be of.
pub struct LocatedState {
    state: OAuthState,
    entry: EntryKey,
    cookie_id: String,
}

impl LocatedState {
    /// Names the cookie that the flow is bound to.
    pub fn cookie_id(&self) -> &str {
        &self.cookie_id
    }
}

/// A code, or an error.
pub enum PlatformAnswer {
    /// To be exchanged once.
    Code(String),
    /// The platform's own word, which goes no further than a comparison.
    Error(String),
}

/// A response that belongs to an open flow and came from its browser; nothing is taken yet.
struct ProvenResponse {
    entry: EntryKey,
    state: OAuthState,
    session: Arc<Session>,
    callback: Arc<ForCallback>,
    platform: Arc<Platform>,
    /// `None` where the caller deleted its app meanwhile.
    client: Option<FlowClient>,
    answer: PlatformAnswer,
    iss: Option<String>,
}

impl Flow {
    /// Where the flow of a state lies, if there is one; `None` where the text cannot be a state of ours.
    pub fn locate(&self, state: &str) -> Option<LocatedState> {
        let (state, entry) = self.locator.entry_of_state(state)?;
        Some(LocatedState { state, entry, cookie_id: cookie_id(entry) })
    }

    /// Finishes the flow that `response` belongs to. At most one token request is made for a flow, ever.
    ///
    /// The work goes on where the client has gone away meanwhile: the flow is used then, and its tokens are still given
    /// back (`F32`).
    ///
    /// # Errors
    /// A refusal says that nothing was taken, but for [`Refusal::CallerGone`], [`Refusal::ServerError`], and the
    /// [`Refusal::ResponseUnusable`] of a session that its caller cancelled meanwhile.
    pub async fn finish(
        self: &Arc<Self>,
        response: PlatformResponse,
        browser: Option<BrowserSecret>,
    ) -> Result<CallbackRedirect, Refusal> {
        let proven = self.prove(response, browser.as_ref()).await?;
        self.live_caller(&proven).await?;
        let taken =
            self.sessions.take_pending(proven.entry, proven.state.digest()).await.map_err(unavailable)?;
        let taken = taken.ok_or(Refusal::ResponseUnusable)?;
        let flow = Arc::clone(self);
        let work = async move { flow.complete(proven, taken).await };
        // On the heap before it is wrapped: each layer around a future, and its task, moves all of it.
        let work = tokio::spawn(RequestId::current().scope(Box::pin(work)).in_current_span());
        work.await.unwrap_or_else(|_panicked| {
            tracing::error!("finishing a flow panicked");
            Err(Refusal::ServerError)
        })
    }

    /// Finds the flow and proves its browser, taking nothing. An answer that arrives where another platform's or another
    /// app's would is a mix-up (`T41`).
    async fn prove(
        &self,
        response: PlatformResponse,
        browser: Option<&BrowserSecret>,
    ) -> Result<ProvenResponse, Refusal> {
        let PlatformResponse { platform, app, state: LocatedState { state, entry, .. }, answer, iss } =
            response;
        let stored = self.sessions.read(entry).await.map_err(unavailable)?;
        let stored = stored.filter(|stored| stored.is_live).ok_or(Refusal::ResponseUnusable)?;
        let Stage::Opened(pending) = &stored.stage else { return Err(Refusal::ResponseUnusable) };
        let is_for = (&stored.session.platform, stored.session.app);
        if pending.state != state.digest() || is_for != (&platform, app) {
            return Err(Refusal::ResponseUnusable);
        }
        let callback = Arc::clone(stored.session.for_callback().ok_or(Refusal::ResponseUnusable)?);
        check_browser(pending, browser)?;
        let platform = Arc::clone(self.platforms.named(&platform).ok_or(Refusal::Unavailable)?);
        let client = self.apps.client_for(stored.session.api_key, platform.entry(), stored.session.app).await;
        let client = match client {
            Ok(client) => Some(client),
            Err(NoClient::Gone) => None,
            Err(fault) => return Err(no_client(&fault)),
        };
        Ok(ProvenResponse { entry, state, session: stored.session, callback, platform, client, answer, iss })
    }

    /// The caller, where it is still served and its callback still registered: asked before the code is exchanged and
    /// again just before the redirect (`T3`, `T17`).
    async fn live_caller(&self, proven: &ProvenResponse) -> Result<Arc<ApiKey>, Refusal> {
        let key = self.caller_of(&proven.session).await?.ok_or(Refusal::CallerGone)?;
        if key.allows(&proven.callback.callback_url) { Ok(key) } else { Err(Refusal::CallerGone) }
    }

    async fn complete(
        &self,
        proven: ProvenResponse,
        taken: TakenAuthorization,
    ) -> Result<CallbackRedirect, Refusal> {
        let session = Arc::clone(&proven.session);
        let entry = proven.entry;
        let auth_time = self.clock.unix_seconds();
        let identified = self.identify(&proven).await;
        let result = match self.live_caller(&proven).await {
            // The flow is taken: trying again would not help, as the page of the other refusal says.
            Err(Refusal::Unavailable) => Err(Refusal::ServerError),
            Err(refusal) => Err(refusal),
            Ok(key) => {
                let signed = match identified {
                    Err(failure) => Err(failure),
                    Ok(identified) => {
                        let (session, platform) = (&*session, proven.platform.entry());
                        let (callback, key) = (&*proven.callback, &*key);
                        self.sign(Proven { entry, session, callback, key, platform, identified, auth_time })
                            .await
                    }
                };
                Ok(match signed {
                    Ok(redirect) => (Outcome::Verified, redirect),
                    Err(failure) => (
                        Outcome::Failed(failure),
                        proof::failed(&session.platform, &proven.callback, failure),
                    ),
                })
            }
        };
        let outcome = match &result {
            Ok((outcome, _)) => *outcome,
            Err(_) => Outcome::Failed(Failure::ServerError),
        };
        match self.sessions.end(entry, taken, outcome).await {
            Ok(true) => {}
            Ok(false) => self.check_not_cancelled(entry).await?,
            Err(fault) => tracing::warn!(%fault, "the end of a flow could not be noted"),
        }
        let outcome_name = outcome.as_str();
        tracing::info!(platform = %session.platform, key = %session.api_key, outcome = outcome_name, "a flow ended");
        self.note_ended(&session.platform, outcome);
        result.map(|(_, redirect)| redirect)
    }

    /// Who was told that the session is cancelled gets nothing of it any more; where that cannot be read, neither.
    async fn check_not_cancelled(&self, entry: EntryKey) -> Result<(), Refusal> {
        let stored = self.sessions.read(entry).await.map_err(|fault| {
            tracing::error!(%fault, "it cannot be read whether a session was cancelled");
            Refusal::ServerError
        })?;
        let is_cancelled =
            stored.is_some_and(|stored| matches!(stored.stage, Stage::Ended(Outcome::Cancelled)));
        if is_cancelled { Err(Refusal::ResponseUnusable) } else { Ok(()) }
    }

    /// Who gave consent; the account that was expected, where one was.
    async fn identify(&self, proven: &ProvenResponse) -> Result<Identified, Failure> {
        check_issuer(proven)?;
        let code = match &proven.answer {
            PlatformAnswer::Code(code) => code,
            PlatformAnswer::Error(error) => return Err(failure_of(error, &proven.platform)),
        };
        let Some(FlowClient { client, redirect_uri }) = &proven.client else {
            tracing::info!(platform = %proven.session.platform, "the caller deleted its app while a flow was open");
            return Err(Failure::PlatformError);
        };
        let response = AuthorizationResponse { code, state: &proven.state, redirect_uri, client };
        let facts = proven.platform.entry().revocation.as_ref();
        let revoke = facts.is_some_and(|facts| match proven.session.app {
            None => facts.after_read.unwrap_or(true),
            Some(_) => facts.after_read_for_callers,
        });
        let identified =
            proven.platform.identify(response, &self.secrets, revoke).await.map_err(|fault| {
                tracing::info!(platform = %proven.session.platform, %fault, "the identity was not read");
                fault.failure()
            })?;
        match &proven.callback.expected_platform_id {
            Some(expected) if *expected != identified.identity.platform_id => Err(Failure::AccountMismatch),
            _ => Ok(identified),
        }
    }
}

/// A forwarded platform URL, or a finished callback of somebody else's, comes from another browser (`T29`, `T30`).
fn check_browser(pending: &PendingAuthorization, browser: Option<&BrowserSecret>) -> Result<(), Refusal> {
    let Some(expected) = &pending.browser else { return Ok(()) };
    let is_same = browser.is_some_and(|browser| browser.digest() == *expected);
    if is_same { Ok(()) } else { Err(Refusal::OtherBrowser) }
}

/// RFC 9207: a response that names another issuer is a mix-up, and its code goes nowhere (`T42`).
fn check_issuer(proven: &ProvenResponse) -> Result<(), Failure> {
    match &proven.iss {
        Some(iss) if Some(iss) != proven.platform.entry().issuer.as_ref() => Err(Failure::PlatformError),
        _ => Ok(()),
    }
}

/// The platform's spelling of "no" is no; everything else is a fault (`T45`).
fn failure_of(error: &str, platform: &Platform) -> Failure {
    match error {
        _ if platform.entry().authorization.access_denied.iter().any(|denied| denied == error) => {
            Failure::AccessDenied
        }
        "temporarily_unavailable" => Failure::TemporarilyUnavailable,
        _ => Failure::PlatformError,
    }
}
