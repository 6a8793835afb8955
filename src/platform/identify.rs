//! Reading who gave consent: the code is exchanged once, the identity read, the token dropped and given back.

use std::sync::{Arc, OnceLock};

use oauth2::AuthorizationCode;

use super::authorize::FlowSecrets;
use super::discovery::Endpoints;
use super::entry::{Client, Kind, Pkce};
use super::http::{Answer, Call, Deadline, Request};
use super::id_token::{self, Expected};
use super::identity::{self, PlatformIdentity};
use super::platforms::Platform;
use super::revocation::{self, GivenBack};
use super::token::{self, Exchange, Tokens};
use super::{Handle, PlatformFault};
use crate::crypto::locator::OAuthState;
use crate::crypto::secret::SecretText;
use crate::session::Scopes;

/// What came back from the platform through the browser, and what it must fit to.
pub struct AuthorizationResponse<'a> {
    /// As it stood in the query.
    pub code: &'a str,
    /// The one of the authorization request.
    pub state: &'a OAuthState,
    /// The one of the authorization request.
    pub redirect_uri: &'a str,
    /// Our registration that the authorization request named.
    pub client: &'a Client,
}

/// Who gave consent, and what became of the token that told it.
#[derive(Debug)]
pub struct Identified {
    /// Who gave consent.
    pub identity: PlatformIdentity,
    /// What was granted, where the platform says; where it does not, what was asked for (RFC 6749, section 5.1).
    pub scopes: Scopes,
    /// What became of the token.
    pub token: GivenBack,
}

/// One flow's questions to the platform: what each of them needs.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) endpoints: &'a Endpoints,
    pub(super) response: &'a AuthorizationResponse<'a>,
    pub(super) secrets: &'a FlowSecrets,
    pub(super) deadline: Deadline,
}

impl Platform {
    /// Exchanges the code, once, and reads who gave consent. The tokens are dropped on every way out, and given back in
    /// the background where the platform takes them and `revoke` says so.
    ///
    /// # Errors
    /// The platform's fault. The code is spent then, too.
    pub async fn identify(
        self: &Arc<Self>,
        response: AuthorizationResponse<'_>,
        secrets: &FlowSecrets,
        revoke: bool,
    ) -> Result<Identified, PlatformFault> {
        let deadline = Deadline::of_a_flow();
        let endpoints = self.endpoints(deadline).await?;
        let asked = Asked { endpoints: &endpoints, response: &response, secrets, deadline };
        let tokens = token::read(&self.entry, &self.code_answer(&asked).await?)?;
        let identity = self.read_identity(&asked, &tokens).await;
        let scopes = tokens.scopes.as_ref().unwrap_or(&self.entry.authorization.scopes);
        let scopes = Scopes::of(scopes.iter().map(String::as_str));
        let token = match revoke {
            true => self.give_back(&endpoints, response.client, tokens.access_token),
            false if self.entry.revocation.is_none() => GivenBack::Unsupported,
            false => GivenBack::No,
        };
        Ok(Identified { identity: identity?, scopes, token })
    }

    /// The token endpoint's answer to the code.
    pub(super) async fn code_answer(&self, asked: &Asked<'_>) -> Result<Answer, PlatformFault> {
        let Asked { endpoints, response, secrets, deadline } = *asked;
        let facts = &self.entry.authorization;
        let code = facts.code_suffixes.iter().find_map(|junk| response.code.strip_suffix(junk.as_str()));
        let exchange = Exchange {
            code: &AuthorizationCode::new(code.unwrap_or(response.code).to_owned()),
            redirect_uri: response.redirect_uri,
            code_verifier: (facts.pkce != Pkce::None).then(|| secrets.code_verifier(response.state)),
        };
        let auth = endpoints.auth_method;
        let request = token::request(&self.entry, &endpoints.token, auth, response.client, &exchange)?;
        self.outbound.send(Call::Token, request, deadline).await
    }

    pub(super) async fn read_identity(
        &self,
        asked: &Asked<'_>,
        tokens: &Tokens,
    ) -> Result<PlatformIdentity, PlatformFault> {
        identity::check_scopes(&self.entry, tokens)?;
        match self.entry.kind {
            Kind::OAuth2 => {
                let Asked { endpoints, response, deadline, .. } = *asked;
                let answer = self.ask_identity(endpoints, response.client, tokens, deadline).await?;
                identity::read(&self.entry, tokens, &answer)
            }
            // On the heap: it is the larger by far, and all that is around it would be as large.
            Kind::Oidc => Box::pin(self.read_id_token(asked, tokens)).await,
            Kind::Credentials => Err(PlatformFault::Service("the platform has no consent page")),
        }
    }

    async fn read_id_token(
        &self,
        asked: &Asked<'_>,
        tokens: &Tokens,
    ) -> Result<PlatformIdentity, PlatformFault> {
        let Asked { endpoints, response, secrets, deadline } = *asked;
        let id_token = tokens.id_token.as_ref().ok_or(PlatformFault::Unusable("there is no ID token"))?;
        let key_id = id_token::key_id(id_token);
        let keys = self.discovery.keys(endpoints, key_id.as_deref(), &self.outbound, deadline).await?;
        let nonce = secrets.nonce(response.state);
        let issuer = self.entry.issuer.as_deref().unwrap_or_default();
        let expected = Expected { issuer, client_id: &response.client.client_id, nonce: &nonce };
        let claims = id_token::check(id_token, &keys, &expected)?;
        let platform_id = identity::platform_id(&self.entry, &claims)?;
        let handle = claims.first_text(&self.entry.identity.handle);
        if handle.is_some() || endpoints.identity.is_none() {
            let name = identity::display_name(&self.entry, &claims);
            return Ok(PlatformIdentity { platform_id, handle: Handle(handle.unwrap_or_default()), name });
        }
        let answer = self.ask_identity(endpoints, response.client, tokens, deadline).await?;
        let from_userinfo = identity::read(&self.entry, tokens, &answer)?;
        // The userinfo answer is not signed; it must be about the subject of the ID token (OIDC Core, 5.3.2).
        if from_userinfo.platform_id != platform_id {
            return Err(PlatformFault::InvalidIdentity("userinfo is about another subject"));
        }
        Ok(from_userinfo)
    }

    /// Asks once more, within the deadline, where the first answer promised nothing: reading changes nothing there.
    pub(super) async fn ask_identity(
        &self,
        endpoints: &Endpoints,
        client: &Client,
        tokens: &Tokens,
        deadline: Deadline,
    ) -> Result<Answer, PlatformFault> {
        let missing = PlatformFault::Service("the platform's entry names no identity endpoint");
        let endpoint = endpoints.identity.as_ref().ok_or(missing)?;
        let request = || identity::request(&self.entry, endpoint, client, tokens);
        match self.outbound.send(Call::Identity, request()?, deadline).await {
            Ok(answer) if answer.status < 500 => Ok(answer),
            Ok(_) | Err(PlatformFault::Unavailable(_) | PlatformFault::TimedOut) => {
                self.outbound.send(Call::Identity, request()?, deadline).await
            }
            Err(fault) => Err(fault),
        }
    }

    /// Never delays the user and never decides about the proof.
    pub(super) fn give_back(
        self: &Arc<Self>,
        endpoints: &Endpoints,
        client: &Client,
        token: SecretText,
    ) -> GivenBack {
        let (Some(facts), Some(endpoint)) = (&self.entry.revocation, &endpoints.revocation) else {
            return GivenBack::Unsupported;
        };
        let Ok(request) = revocation::request(&self.entry, facts, endpoint, client, &token) else {
            return GivenBack::No;
        };
        self.send_behind(request)
    }

    /// Sends a revocation in the background.
    pub(super) fn send_behind(self: &Arc<Self>, request: Request) -> GivenBack {
        let (platform, is_taken) = (Arc::clone(self), Arc::new(OnceLock::new()));
        let under_way = GivenBack::UnderWay(Arc::clone(&is_taken));
        tokio::spawn(async move {
            let answer = platform.outbound.send(Call::Revocation, request, Deadline::of_a_flow()).await;
            let is_success = answer.is_ok_and(|answer| answer.is_success());
            let _set_once = is_taken.set(is_success);
            if !is_success {
                tracing::info!(platform = %platform.entry.name, "the platform did not take its token back");
            }
        });
        under_way
    }
}
