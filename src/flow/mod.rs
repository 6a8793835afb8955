//! What happens, in order, with no HTTP and no SQL in sight: create → open → finish; connect; redeem.
//!
//! Time and randomness come in through the [`Flow`]; nothing here reads the machine's clock or environment.

mod connect;
mod connected;
mod create;
mod credentials;
mod finish;
mod finish_connect;
mod grant_health;
mod grant_seal;
mod grants;
mod open;
mod recording;
mod redeem;
mod sign;
mod status;

use std::sync::Arc;
use std::time::Duration;

use crate::accounts::Accounts;
use crate::apps::Apps;
use crate::clock::Clock;
use crate::config::{Config, Interstitial};
use crate::crypto::entropy::Entropy;
use crate::crypto::locator::Locator;
use crate::crypto::mac::MacKey;
use crate::crypto::root_key::RootKey;
use crate::error::Refusal;
use crate::keys::{ApiKey, ApiKeys};
use crate::observe::metrics;
use crate::observe::outcomes::OutcomeCounts;
use crate::platform::Platforms;
use crate::platform::authorize::FlowSecrets;
use crate::session::{CallbackRules, Outcome, PlatformName, Session};
use crate::signing_keys::SigningKeys;
use crate::store::sessions::SessionStore;

pub use connect::{CONNECT_LIFE, NewConnect, StartedConnect};
pub use connected::Connected;
pub use create::{CreatedSession, NewSession};
pub use finish::{LocatedState, PlatformAnswer, PlatformResponse};
pub use finish_connect::ConnectResponse;
pub use grant_health::{AccountHealth, Health, TokenStatus};
pub use grant_seal::{Grant, GrantSeal, NoGrant};
pub use grants::{NewGrant, Renewed};
pub use open::{BrowserSecret, OpenLink, OpenedFlow, cookie_id_of_token};
pub use recording::Recording;
pub use redeem::{PresentedProof, RedeemCheck, Redeemed};
pub use status::SessionStatus;

/// Everything that a flow needs, built once.
pub struct Flow {
    sessions: Arc<dyn SessionStore>,
    keys: Arc<ApiKeys>,
    apps: Arc<Apps>,
    signing_keys: Arc<SigningKeys>,
    accounts: Arc<Accounts>,
    platforms: Arc<Platforms>,
    locator: Locator,
    secrets: FlowSecrets,
    consent_forms: MacKey,
    grants: GrantSeal,
    entropy: Arc<dyn Entropy>,
    clock: Arc<dyn Clock>,
    rules: FlowRules,
    outcomes: Arc<OutcomeCounts>,
}

/// The settings that decide how flows go.
#[derive(Clone, Debug)]
pub struct FlowRules {
    /// `{scheme}://{host}[:{port}]`, without a slash at the end.
    pub public_url: String,
    /// How long a link, and then a pending authorization, lives.
    pub ttl: Duration,
    /// How long a proof is fresh.
    pub proof_ttl: Duration,
    /// Whether only the browser that opened a link may finish.
    pub browser_binding: bool,
    /// When users are asked on a page of ours.
    pub interstitial: Interstitial,
    /// What a callback URL may be here.
    pub callbacks: CallbackRules,
    /// How many live sessions a key may have where it is not the only one; `None` for no limit.
    pub live_share: Option<u64>,
}

/// What the flow works with: stores, platforms, time and randomness.
pub struct FlowParts {
    /// Sessions.
    pub sessions: Arc<dyn SessionStore>,
    /// API keys.
    pub keys: Arc<ApiKeys>,
    /// Callers' own apps.
    pub apps: Arc<Apps>,
    /// Keys of public proofs.
    pub signing_keys: Arc<SigningKeys>,
    /// Recorded accounts.
    pub accounts: Arc<Accounts>,
    /// Platforms.
    pub platforms: Arc<Platforms>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Where sessions and their ends are counted.
    pub outcomes: Arc<OutcomeCounts>,
}

impl FlowRules {
    /// The rules of a configuration.
    pub fn of(config: &Config) -> Self {
        let callbacks = CallbackRules::new(config.public_url.url().clone(), config.public_url.is_loopback());
        Self {
            public_url: config.public_url.origin().to_owned(),
            ttl: config.sessions.ttl,
            proof_ttl: config.sessions.proof_ttl,
            browser_binding: config.sessions.browser_binding,
            interstitial: config.interstitial,
            callbacks,
            live_share: live_share(config),
        }
    }
}

/// A share is a part of what one key may ask for in a minute, so it is off where that is off.
fn live_share(config: &Config) -> Option<u64> {
    let percent = u64::from(config.limits.live_share_per_key_percent);
    let is_on = percent > 0 && config.limits.sessions_per_key_per_minute > 0;
    is_on.then(|| (config.sessions.max_live.saturating_mul(percent) / 100).max(1))
}

impl Flow {
    /// A flow over these parts.
    pub fn new(parts: FlowParts, rules: FlowRules, service_key: &RootKey) -> Self {
        Self {
            sessions: parts.sessions,
            keys: parts.keys,
            apps: parts.apps,
            signing_keys: parts.signing_keys,
            accounts: parts.accounts,
            platforms: parts.platforms,
            locator: Locator::new(service_key),
            secrets: FlowSecrets::new(service_key),
            consent_forms: MacKey::new(service_key, "consent form"),
            grants: GrantSeal::new(service_key),
            entropy: parts.entropy,
            clock: parts.clock,
            rules,
            outcomes: parts.outcomes,
        }
    }

    /// The settings.
    pub fn rules(&self) -> &FlowRules {
        &self.rules
    }

    /// Whether the wall clock can be right; nothing is signed while it cannot.
    pub fn clock_is_plausible(&self) -> bool {
        self.clock.is_plausible()
    }

    /// The platforms.
    pub fn platforms(&self) -> &Platforms {
        &self.platforms
    }

    /// Counts a session that was made.
    fn note_created(&self, platform: &Arc<str>) {
        self.outcomes.created();
        metrics::session_created(platform);
    }

    /// Counts a session that ended.
    fn note_ended(&self, platform: &PlatformName, outcome: Outcome) {
        self.outcomes.ended(outcome);
        metrics::session_ended(platform.label(), outcome.as_str());
    }

    /// What is registered at the platform for the operator's app.
    pub fn redirect_uri(&self, platform: &PlatformName) -> String {
        self.apps.redirect_uri(platform, None)
    }

    /// The caller of a session, as it is now: `None` where its key was revoked.
    async fn caller_of(&self, session: &Session) -> Result<Option<Arc<ApiKey>>, Refusal> {
        self.keys.find(session.api_key).await.map_err(|fault| {
            tracing::error!(%fault, "the session's key cannot be read");
            Refusal::Unavailable
        })
    }
}
