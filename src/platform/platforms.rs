//! The platforms of this deployment, ready to talk to.

use std::sync::{Arc, OnceLock};

use oauth2::AuthorizationCode;

use super::authorize::{self, FlowSecrets};
use super::catalogue::Catalogue;
use super::discovery::{Discovery, Endpoints};
use super::entry::{Client, Entry, Kind, Pkce};
use super::http::{self, Answer, Call, Deadline, Outbound, Request};
use super::id_token::{self, Expected};
use super::identity::{self, PlatformIdentity};
use super::revocation::{self, GivenBack};
use super::token::{self, Exchange, Tokens};
use super::{Handle, PlatformFault};
use crate::crypto::locator::OAuthState;
use crate::crypto::secret::SecretText;
use crate::session::{PlatformName, Scopes};

/// All platforms, available or not.
pub struct Platforms {
    catalogue: Catalogue,
    platforms: std::collections::HashMap<PlatformName, Arc<Platform>>,
}

/// One platform: its facts and the way to it.
pub struct Platform {
    pub(super) entry: Arc<Entry>,
    pub(super) outbound: Outbound,
    discovery: Discovery,
}

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

/// What a platform says of our credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// It looked at the code, so it knows the client.
    NotRefused,
    /// It does not know the client, or not with this secret.
    Refused,
    /// It did not answer.
    Unreachable,
}

impl Platforms {
    /// The catalogue, over one client.
    pub fn new(catalogue: Catalogue, client: &http::Client) -> Self {
        let platform = |entry: &Arc<Entry>| Platform {
            entry: Arc::clone(entry),
            outbound: Outbound::new(client.clone(), entry.name.clone()),
            discovery: Discovery::default(),
        };
        let platforms =
            catalogue.iter().map(|entry| (entry.name.clone(), Arc::new(platform(entry)))).collect();
        Self { catalogue, platforms }
    }

    /// By the name, or another name that callers may use.
    pub fn find(&self, name_or_alias: &str) -> Option<&Arc<Platform>> {
        self.platforms.get(&self.catalogue.find(name_or_alias)?.name)
    }

    /// By the name that sessions and redirect paths carry.
    pub fn named(&self, name: &PlatformName) -> Option<&Arc<Platform>> {
        self.platforms.get(name)
    }

    /// The facts of all platforms, in the order of their names.
    pub fn entries(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.catalogue.iter()
    }
}

impl Platform {
    /// The facts.
    pub fn entry(&self) -> &Entry {
        &self.entry
    }

    /// The URL to send the browser to.
    ///
    /// # Errors
    /// Where the platform's endpoints have to be discovered and cannot be.
    pub async fn authorization_request(
        &self,
        client: &Client,
        redirect_uri: &str,
        state: &OAuthState,
        secrets: &FlowSecrets,
    ) -> Result<String, PlatformFault> {
        let endpoints = self.endpoints(Deadline::of_a_flow()).await?;
        Ok(authorize::request(&self.entry, &endpoints.authorization, client, redirect_uri, state, secrets))
    }

    /// The origin that the browser is sent to, for the policy of pages with a button that goes there.
    ///
    /// # Errors
    /// As [`Platform::authorization_request`].
    pub async fn authorization_origin(&self) -> Result<String, PlatformFault> {
        let endpoints = self.endpoints(Deadline::of_a_flow()).await?;
        Ok(endpoints.authorization.origin().ascii_serialization())
    }

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
        let tokens = self.exchange_code(&endpoints, &response, secrets, deadline).await?;
        let identity = self.read_identity(&endpoints, &response, &tokens, secrets, deadline).await;
        let scopes = tokens.scopes.as_ref().unwrap_or(&self.entry.authorization.scopes);
        let scopes = Scopes::of(scopes.iter().map(String::as_str));
        let token = match revoke {
            true => self.give_back(&endpoints, response.client, tokens.access_token),
            false if self.entry.revocation.is_none() => GivenBack::Unsupported,
            false => GivenBack::No,
        };
        Ok(Identified { identity: identity?, scopes, token })
    }

    /// Whether the platform takes our credentials: a made-up code is refused by every platform, and one that does not
    /// know the client says so (RFC 6749, section 5.2).
    pub async fn check_credentials(&self, public_url: &str) -> Credentials {
        let deadline = Deadline::of_a_flow();
        let Some(client) = &self.entry.client else { return Credentials::Refused };
        let Ok(endpoints) = self.endpoints(deadline).await else { return Credentials::Unreachable };
        let exchange = Exchange {
            code: &AuthorizationCode::new("handleproof-check".to_owned()),
            redirect_uri: &format!("{public_url}/oauth/callback/{}", self.entry.name),
            code_verifier: None,
        };
        let request = token::request(&self.entry, &endpoints.token, endpoints.auth_method, client, &exchange);
        let Ok(request) = request else { return Credentials::Refused };
        match self.outbound.send(Call::Token, request, deadline).await {
            Err(_) => Credentials::Unreachable,
            Ok(answer) if answer.is_unavailable() => Credentials::Unreachable,
            Ok(answer) if answer.status == 401 || token::refuses_client(&answer) => Credentials::Refused,
            Ok(_) => Credentials::NotRefused,
        }
    }

    pub(super) async fn endpoints(&self, deadline: Deadline) -> Result<Arc<Endpoints>, PlatformFault> {
        self.discovery.endpoints(&self.entry, &self.outbound, deadline).await
    }

    async fn exchange_code(
        &self,
        endpoints: &Endpoints,
        response: &AuthorizationResponse<'_>,
        secrets: &FlowSecrets,
        deadline: Deadline,
    ) -> Result<Tokens, PlatformFault> {
        token::read(&self.entry, &self.code_answer(endpoints, response, secrets, deadline).await?)
    }

    /// The token endpoint's answer to the code.
    pub(super) async fn code_answer(
        &self,
        endpoints: &Endpoints,
        response: &AuthorizationResponse<'_>,
        secrets: &FlowSecrets,
        deadline: Deadline,
    ) -> Result<Answer, PlatformFault> {
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
        endpoints: &Endpoints,
        response: &AuthorizationResponse<'_>,
        tokens: &Tokens,
        secrets: &FlowSecrets,
        deadline: Deadline,
    ) -> Result<PlatformIdentity, PlatformFault> {
        identity::check_scopes(&self.entry, tokens)?;
        match self.entry.kind {
            Kind::OAuth2 => {
                let answer = self.ask_identity(endpoints, response.client, tokens, deadline).await?;
                identity::read(&self.entry, tokens, &answer)
            }
            Kind::Oidc => self.read_id_token(endpoints, response, tokens, secrets, deadline).await,
            Kind::Credentials => Err(PlatformFault::Service("the platform has no consent page")),
        }
    }

    async fn read_id_token(
        &self,
        endpoints: &Endpoints,
        response: &AuthorizationResponse<'_>,
        tokens: &Tokens,
        secrets: &FlowSecrets,
        deadline: Deadline,
    ) -> Result<PlatformIdentity, PlatformFault> {
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
