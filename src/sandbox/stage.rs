//! One platform on the sandbox's stage: its facts, its dialect, its clients, and what it has handed out.
//!
//! Everything handed out is bounded in number and in life, and what may be used once is taken, never read.

use std::collections::BTreeMap;
use std::future::{Ready, ready};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::{FromRequest, HttpRequest, dev::Payload, error, web};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use moka::sync::Cache;
use url::Url;

use super::calls::Counters;
use super::dialect::Dialect;
use super::granted::{Asked, Grant};
use super::oidc::SigningKey;
use super::persona::Persona;
use super::running::Pace;
use crate::crypto::secret::SecretText;
use crate::platform::entry::{AuthMethod, Entry, Kind};

const HELD_AT_MOST: u64 = 50_000;
const CLIENTS_AT_MOST: usize = 1_000;
const CONSENT_LIFE: Duration = Duration::from_mins(30);
const TOKEN_LIFE: Duration = Duration::from_hours(1);
const REFRESH_LIFE: Duration = Duration::from_hours(24);

/// What all stages of one sandbox share.
pub(super) struct Setting {
    pub(super) address: SocketAddr,
    pub(super) public_url: Url,
    pub(super) callers_redirect_uris: bool,
    pub(super) pace: Pace,
    pub(super) key: Arc<SigningKey>,
}

/// All platforms, by name.
pub(super) struct Stages(BTreeMap<String, Arc<Stage>>);

impl Stages {
    pub(super) fn new(stages: BTreeMap<String, Arc<Stage>>) -> Self {
        Self(stages)
    }

    pub(super) fn find(&self, platform: &str) -> Option<&Arc<Stage>> {
        self.0.get(platform)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<Stage>> {
        self.0.values()
    }
}

/// One platform.
pub(super) struct Stage {
    pub(super) entry: Entry,
    pub(super) dialect: Dialect,
    pub(super) base: String,
    pub(super) pace: Pace,
    pub(super) key: Arc<SigningKey>,
    pub(super) counters: Counters,
    /// The service's own registration, made anew at each start.
    pub(super) service: RegisteredClient,
    clients: Mutex<BTreeMap<String, RegisteredClient>>,
    /// Consent pages shown and not answered yet.
    pub(super) asked: Cache<String, Asked>,
    /// Codes given out and not redeemed yet.
    pub(super) codes: Cache<String, Grant>,
    /// Live access tokens.
    pub(super) tokens: Cache<String, Grant>,
    /// Live refresh tokens.
    pub(super) refresh_tokens: Cache<String, Grant>,
}

/// A registered client (RFC 6749, section 2).
#[derive(Clone, Debug)]
pub(super) struct RegisteredClient {
    pub(super) client_id: String,
    pub(super) client_secret: SecretText,
    pub(super) redirect_uris: Vec<String>,
    /// Changes the registration (RFC 7592, section 2).
    pub(super) registration_token: SecretText,
    /// Absolute ones of any origin will do as well.
    pub(super) takes_any_redirect_uri: bool,
}

impl RegisteredClient {
    pub(super) fn new(platform: &str, redirect_uris: Vec<String>) -> Self {
        Self {
            client_id: format!("sandbox-{platform}-{}", random_text()),
            client_secret: SecretText::new(random_text()),
            redirect_uris,
            registration_token: SecretText::new(random_text()),
            takes_any_redirect_uri: false,
        }
    }
}

impl RegisteredClient {
    /// Whether the platform may send a browser there (RFC 6749, section 3.1.2.3).
    pub(super) fn takes(&self, redirect_uri: &str) -> bool {
        let is_registered = self.redirect_uris.iter().any(|one| one == redirect_uri);
        is_registered
            || self.takes_any_redirect_uri
                && Url::parse(redirect_uri).is_ok_and(|uri| matches!(uri.scheme(), "http" | "https"))
    }
}

impl Stage {
    pub(super) fn new(entry: &Entry, dialect: Dialect, setting: &Setting) -> Self {
        let platform = entry.name.as_str();
        let callback =
            format!("{}/oauth/callback/{platform}", setting.public_url.as_str().trim_end_matches('/'));
        let service = RegisteredClient {
            takes_any_redirect_uri: setting.callers_redirect_uris,
            ..RegisteredClient::new(platform, vec![callback])
        };
        let code_life = dialect.authorization.code_life();
        Self {
            base: format!("http://{}/{platform}", setting.address),
            entry: entry.clone(),
            dialect,
            pace: setting.pace,
            key: Arc::clone(&setting.key),
            counters: Counters::default(),
            clients: Mutex::new([(service.client_id.clone(), service.clone())].into()),
            service,
            asked: held_for(CONSENT_LIFE),
            codes: held_for(code_life),
            tokens: held_for(TOKEN_LIFE),
            refresh_tokens: held_for(REFRESH_LIFE),
        }
    }

    /// The platform's spelling of an RFC 6749 parameter.
    pub(super) fn spelled<'s>(&'s self, parameter: &'s str) -> &'s str {
        self.entry.authorization.rename.get(parameter).map_or(parameter, String::as_str)
    }

    /// The issuer in ID tokens and authorization responses: the sandbox's own where discovery is played here.
    pub(super) fn issuer(&self) -> &str {
        match self.entry.kind {
            Kind::Oidc => &self.base,
            Kind::OAuth2 | Kind::Credentials => self.entry.issuer.as_deref().unwrap_or(&self.base),
        }
    }

    /// How clients authenticate at the token endpoint; Basic where nothing is said (RFC 6749, section 2.3.1).
    pub(super) fn auth_method(&self) -> AuthMethod {
        self.entry.token.auth_method.unwrap_or(AuthMethod::Basic)
    }

    pub(super) fn client(&self, client_id: &str) -> Option<RegisteredClient> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner).get(client_id).cloned()
    }

    /// Adds a client, unless there are very many already.
    pub(super) fn admit(&self, client: RegisteredClient) -> bool {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let room = clients.len() < CLIENTS_AT_MOST;
        if room {
            clients.insert(client.client_id.clone(), client);
        }
        room
    }

    pub(super) fn personas(&self) -> Vec<Persona> {
        Persona::ALL.iter().copied().filter(|persona| persona.plays_at(self)).collect()
    }

    /// Kills every token of a consent, as most platforms do.
    pub(super) fn withdraw(&self, consent: &str) {
        for held in [&self.tokens, &self.refresh_tokens] {
            let of_it: Vec<_> = held.iter().filter(|(_, grant)| &*grant.consent == consent).collect();
            for (token, _) in &of_it {
                held.invalidate(token.as_str());
            }
        }
    }

    /// Kills every token, as if each user had taken the app off the account.
    pub(super) fn withdraw_all(&self) {
        // One by one: what is invalidated together may still be removed, and so found, for a while.
        for held in [&self.tokens, &self.refresh_tokens] {
            let all: Vec<_> = held.iter().collect();
            for (token, _) in &all {
                held.invalidate(token.as_str());
            }
        }
    }

    pub(super) fn live_tokens(&self) -> Vec<String> {
        self.tokens.iter().map(|(token, _)| String::clone(&token)).collect()
    }
}

/// 256 random bits as text that needs no encoding anywhere.
pub(super) fn random_text() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

fn held_for<V: Clone + Send + Sync + 'static>(life: Duration) -> Cache<String, V> {
    Cache::builder().max_capacity(HELD_AT_MOST).time_to_live(life).build()
}

/// The stage named by the path's first segment; an unknown platform is 404.
pub(super) struct OnStage(pub(super) Arc<Stage>);

impl std::ops::Deref for OnStage {
    type Target = Stage;

    fn deref(&self) -> &Stage {
        &self.0
    }
}

impl FromRequest for OnStage {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let stage = request
            .app_data::<web::Data<Stages>>()
            .and_then(|stages| stages.find(request.match_info().get("platform")?).cloned());
        ready(stage.map(Self).ok_or_else(|| error::ErrorNotFound("the sandbox plays no such platform")))
    }
}
