//! The end of a connect: the code that the caller hands in is held against what it was made for, and used once.

use std::sync::Arc;

use tracing::Instrument;

use super::Flow;
use super::connect::{check_caller, store_problem};
use super::connected::{Confirming, Connected, platform_problem};
use super::create::platform_not_available;
use super::grants::NewGrant;
use crate::crypto::locator::{EntryKey, OAuthState};
use crate::crypto::secret::SecretText;
use crate::error::{Code, Failure, Problem};
use crate::keys::{ApiKey, KeyFault};
use crate::observe::request_id::RequestId;
use crate::platform::entry::Client;
use crate::platform::grant::KeptTokens;
use crate::platform::{AuthorizationResponse, Identified, Platform};
use crate::session::{CallerState, ForConnect, Outcome, PlatformName, Session, Stage};
use crate::store::sessions::TakenAuthorization;

/// What the platform sent to the caller, and what the caller says that it was for.
pub struct ConnectResponse {
    /// From the path.
    pub platform: PlatformName,
    /// To be exchanged once.
    pub code: SecretText,
    /// Ours, or so it says.
    pub state: String,
    /// The one of the authorization request.
    pub redirect_uri: String,
}

/// A response that fits to an open connect of its caller; nothing is taken yet.
struct FoundConnect {
    entry: EntryKey,
    state: OAuthState,
    session: Arc<Session>,
    connect: ForConnect,
    platform: Arc<Platform>,
    client: Client,
    code: SecretText,
}

/// A connect that came to nothing after its state was taken.
struct Lost {
    failure: Failure,
    problem: Problem,
}

impl Flow {
    /// Finishes the connect that `response` belongs to. At most one token request is made for it, ever.
    ///
    /// The work goes on where the caller has gone away meanwhile, as it does for a browser's flow (`F32`).
    ///
    /// # Errors
    /// `invalid_state`, `state_of_another_key`, `callback_not_registered` and a store that fails say that nothing was
    /// taken, and the state is as good as before. After everything else it is used.
    pub async fn finish_connect(
        self: &Arc<Self>,
        key: &ApiKey,
        response: ConnectResponse,
    ) -> Result<Connected, Problem> {
        let found = self.find_connect(key, response).await?;
        let taken = self.sessions.take_pending(found.entry, found.state.digest()).await;
        let taken = taken.map_err(|fault| store_problem(&fault))?.ok_or_else(unknown_state)?;
        let flow = Arc::clone(self);
        let work = async move { flow.complete_connect(found, taken).await };
        let work = tokio::spawn(RequestId::current().scope(Box::pin(work)).in_current_span());
        work.await.unwrap_or_else(|_panicked| {
            tracing::error!("finishing a connect panicked");
            Err(Problem::server_error())
        })
    }

    /// Finds the connect and holds everything about the response against it, taking nothing: a request with a mistake
    /// in it, or another caller's, leaves the state good.
    async fn find_connect(&self, key: &ApiKey, response: ConnectResponse) -> Result<FoundConnect, Problem> {
        let (state, entry) = self.locator.entry_of_state(&response.state).ok_or_else(unknown_state)?;
        let stored = self.sessions.read(entry).await.map_err(|fault| store_problem(&fault))?;
        let stored = stored.filter(|stored| stored.is_live).ok_or_else(unknown_state)?;
        let is_open = matches!(&stored.stage, Stage::Opened(pending) if pending.state == state.digest());
        let connect = stored.session.for_connect().filter(|_| is_open).ok_or_else(unknown_state)?.clone();
        if stored.session.api_key != key.id {
            let detail = "The state was made for another API key. It stays good for that key.";
            return Err(Problem::new(Code::StateOfAnotherKey, detail));
        }
        if stored.session.platform != response.platform {
            return Err(invalid_state("The state was made for another platform. It stays good for its own."));
        }
        if connect.redirect_uri.as_str() != response.redirect_uri {
            return Err(invalid_state(
                "The state was made for another redirect_uri. It stays good for its own.",
            ));
        }
        check_caller(key, &connect.redirect_uri)?;
        if !self.clock.is_plausible() {
            tracing::error!("nothing is signed: the wall clock is behind this release");
            return Err(Problem::server_error());
        }
        let platform =
            Arc::clone(self.platforms.named(&response.platform).ok_or_else(platform_not_available)?);
        let client = self.connect_client(key.id, &platform, stored.session.app).await?;
        let code = response.code;
        Ok(FoundConnect { entry, state, session: stored.session, connect, platform, client, code })
    }

    async fn complete_connect(
        &self,
        found: FoundConnect,
        taken: TakenAuthorization,
    ) -> Result<Connected, Problem> {
        let session = &*found.session;
        let result = self.prove_connect(&found).await;
        let outcome = match &result {
            Ok(_) => Outcome::Verified,
            Err(lost) => Outcome::Failed(lost.failure),
        };
        let outcome_name = outcome.as_str();
        tracing::info!(platform = %session.platform, key = %session.api_key, outcome = outcome_name, "a connect ended");
        self.note_ended(&session.platform, outcome);
        if let Err(fault) = self.sessions.end(found.entry, taken, outcome).await {
            tracing::warn!(%fault, "the end of a connect could not be noted");
        }
        result.map_err(|lost| lost.problem)
    }

    async fn prove_connect(&self, found: &FoundConnect) -> Result<Connected, Lost> {
        let (identified, kept) = self.identify_connect(found).await?;
        let result = self.confirm_connect(found, &identified, kept.clone()).await;
        if let (Err(_), Some(kept)) = (&result, &kept)
            && let Err(fault) = found.platform.revoke_kept(&found.client, kept).await
        {
            tracing::info!(platform = %found.session.platform, %fault, "the platform did not take its tokens back");
        }
        result
    }

    async fn confirm_connect(
        &self,
        found: &FoundConnect,
        identified: &Identified,
        kept: Option<KeptTokens>,
    ) -> Result<Connected, Lost> {
        let lost = |problem| Lost { failure: Failure::ServerError, problem };
        let key = self.still_served(found).await?;
        let state = CallerState::parse(found.state.as_str()).ok_or_else(|| lost(Problem::server_error()))?;
        let grant = kept.map(|tokens| {
            let new = NewGrant {
                platform: &found.platform,
                app: found.session.app,
                identity: &identified.identity,
                profile_id: found.session.profile_id.clone(),
                tokens,
            };
            self.keep_grant(&key, new)
        });
        let grant = grant.transpose().map_err(lost)?;
        let confirming = Confirming {
            key: &key,
            platform: &found.session.platform,
            identity: &identified.identity,
            scopes: identified.scopes.clone(),
            state,
            session: Some(found.entry),
            profile_id: found.session.profile_id.clone(),
        };
        Ok(Connected { grant, ..self.confirm(confirming).await.map_err(lost)? })
    }

    /// Who gave consent; with the tokens where a grant is to be made of them, and given back otherwise.
    async fn identify_connect(&self, found: &FoundConnect) -> Result<(Identified, Option<KeptTokens>), Lost> {
        let response = AuthorizationResponse {
            code: found.code.expose(),
            state: &found.state,
            redirect_uri: found.connect.redirect_uri.as_str(),
            client: &found.client,
        };
        let identified = if found.connect.keep_grant {
            let kept = found.platform.identify_keeping(response, &self.secrets).await;
            kept.map(|(identified, kept)| (identified, Some(kept)))
        } else {
            let facts = found.platform.entry().revocation.as_ref();
            let revoke = facts.is_some_and(|facts| match found.session.app {
                None => facts.after_read.unwrap_or(true),
                Some(_) => facts.after_read_for_callers,
            });
            let identified = found.platform.identify(response, &self.secrets, revoke).await;
            identified.map(|identified| (identified, None))
        };
        identified.map_err(|fault| {
            tracing::info!(platform = %found.session.platform, %fault, "the identity was not read");
            let problem = platform_problem(&fault, "The state is used; let the user start again.");
            Lost { failure: fault.failure(), problem }
        })
    }

    /// The caller as it is after the platform's answer, which may have taken a while (`T3`, `T69`).
    async fn still_served(&self, found: &FoundConnect) -> Result<Arc<ApiKey>, Lost> {
        let lost = |problem| Lost { failure: Failure::ServerError, problem };
        let key = self.keys.find(found.session.api_key).await.map_err(|fault| lost(key_problem(&fault)))?;
        let revoked = || Problem::new(Code::InvalidApiKey, "The API key was revoked meanwhile.");
        let key = key.ok_or_else(|| lost(revoked()))?;
        check_caller(&key, &found.connect.redirect_uri).map_err(lost)?;
        Ok(key)
    }
}

fn unknown_state() -> Problem {
    invalid_state("The state is unknown, was used, or has expired. Let the user start again.")
}

fn invalid_state(detail: &'static str) -> Problem {
    Problem::new(Code::InvalidState, detail)
}

fn key_problem(fault: &KeyFault) -> Problem {
    tracing::error!(%fault, "the connect's key cannot be read");
    let detail = "The service could not finish. The state is used; let the user start again.";
    Problem { detail: detail.into(), ..Problem::store_unavailable() }
}
