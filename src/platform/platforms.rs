//! The platforms of this deployment, ready to talk to.

use std::sync::Arc;

use oauth2::AuthorizationCode;

use super::PlatformFault;
use super::authorize::{self, FlowSecrets};
use super::catalogue::Catalogue;
use super::discovery::{Discovery, Endpoints};
use super::entry::{Client, Entry};
use super::http::{Call, Deadline, Outbound};
use super::http_client::HttpClient;
use super::token::{self, Exchange};
use crate::crypto::locator::OAuthState;
use crate::session::PlatformName;

/// All platforms, available or not.
pub struct Platforms {
    catalogue: Catalogue,
    platforms: foldhash::HashMap<PlatformName, Arc<Platform>>,
}

/// One platform: its facts and the way to it.
pub struct Platform {
    pub(super) entry: Arc<Entry>,
    pub(super) outbound: Outbound,
    pub(super) discovery: Discovery,
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
    pub fn new(catalogue: Catalogue, client: &HttpClient) -> Self {
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
}
