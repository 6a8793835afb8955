//! The user's browser opens the link: the token is taken once, and the browser goes to the platform.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;

use super::Flow;
use crate::apps::{FlowClient, NoClient};
use crate::config::Interstitial;
use crate::crypto::entropy::NoEntropy;
use crate::crypto::locator::{Digest, EntryKey, RequestToken, lower_hex};
use crate::error::{Failure, Refusal};
use crate::keys::ApiKey;
use crate::observe::metrics;
use crate::platform::Platform;
use crate::proof::{self, CallbackRedirect};
use crate::session::{ForCallback, Outcome, PendingAuthorization, Session, Stage};
use crate::store::StoreFault;

/// A link that is good at this moment, looked at and not taken.
pub struct OpenLink {
    token: RequestToken,
    entry: EntryKey,
    cookie_id: String,
    /// What was asked for.
    pub session: Arc<Session>,
    /// Where the browser goes in the end.
    pub callback: Arc<ForCallback>,
    /// Who asked.
    pub key: Arc<ApiKey>,
    /// Where the account is to be proven.
    pub platform: Arc<Platform>,
    client: FlowClient,
}

/// What only the browser of one flow knows: the value of its cookie.
#[derive(Clone)]
pub struct BrowserSecret(String);

/// A flow whose browser goes to the platform now.
pub struct OpenedFlow {
    /// The platform's authorization endpoint with our request.
    pub authorization_url: String,
}

impl BrowserSecret {
    /// A cookie's value as it came back.
    pub fn presented(value: &str) -> Self {
        Self(value.to_owned())
    }

    /// The cookie's value.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn digest(&self) -> Digest {
        Digest::of(self.0.as_bytes())
    }
}

impl OpenLink {
    /// Names the flow's cookie.
    pub fn cookie_id(&self) -> &str {
        &self.cookie_id
    }

    /// For the form that posts it back.
    pub fn token(&self) -> &RequestToken {
        &self.token
    }
}

/// Names the cookie of the flow that a link begins, where there is such a link.
pub fn cookie_id_of_token(token: &RequestToken) -> String {
    cookie_id(token.entry_key())
}

/// The cookie's name goes by the entry key, so that every flow has its own (`T34`), and tells nothing of it.
pub(super) fn cookie_id(entry: EntryKey) -> String {
    let Digest(digest) = Digest::of(&[b"cookie".as_slice(), &entry.0].concat());
    let (first, _) = digest.split_at(8);
    lower_hex(first)
}

impl Flow {
    /// Looks at the link and takes nothing: everything that a redirect needs must be there first (`T26`).
    ///
    /// # Errors
    /// [`Refusal::LinkGone`] for unknown, used, expired, revoked, and where the caller's app was deleted, alike; [`Refusal::Unavailable`] where something is
    /// missing that may come back, and the link works then.
    pub async fn look(&self, token: RequestToken) -> Result<OpenLink, Refusal> {
        let entry = token.entry_key();
        let stored = self.sessions.read(entry).await.map_err(unavailable)?;
        let stored = stored.filter(|stored| stored.is_live && matches!(stored.stage, Stage::Created));
        let session = stored.ok_or(Refusal::LinkGone)?.session;
        let callback = Arc::clone(session.for_callback().ok_or(Refusal::LinkGone)?);
        let key = self.caller_of(&session).await?.ok_or(Refusal::LinkGone)?;
        let platform = Arc::clone(self.platforms.named(&session.platform).ok_or(Refusal::Unavailable)?);
        let client = self.apps.client_for(key.id, platform.entry(), session.app).await;
        let client = client.map_err(|fault| match fault {
            NoClient::Gone => Refusal::LinkGone,
            NoClient::NotAvailable | NoClient::Unknown(_) => no_client(&fault),
        })?;
        let cookie_id = cookie_id(entry);
        Ok(OpenLink { token, entry, cookie_id, session, callback, key, platform, client })
    }

    /// Whether the user is asked on a page of ours first: a user who once approved a shared app could be passed through
    /// the platform silently for any caller (`T31`). A caller's own app is shared with nobody.
    pub fn needs_interstitial(&self, link: &OpenLink) -> bool {
        let by_rule = match self.rules.interstitial {
            Interstitial::Always => true,
            Interstitial::SharedApps => !link.key.first_party && link.session.app.is_none(),
            Interstitial::Never => false,
        };
        by_rule || link.callback.interstitial
    }

    /// A fresh secret for the browser. It begins with the time, so that the oldest of many cookies can be told.
    ///
    /// # Errors
    /// Where there is no entropy.
    pub fn browser_secret(&self) -> Result<BrowserSecret, Refusal> {
        let secret: [u8; 32] = self.entropy.bytes().map_err(no_entropy)?;
        Ok(BrowserSecret(format!("{:08x}{}", self.clock.unix_seconds(), URL_SAFE_NO_PAD.encode(secret))))
    }

    /// The token of the consent form, bound to the link and to the browser that was shown the page (`T32`).
    pub fn consent_token(&self, token: &RequestToken, browser: &BrowserSecret) -> String {
        let message = [browser.as_str(), token.as_str()].join("\n");
        URL_SAFE_NO_PAD.encode(self.consent_forms.tag(message.as_bytes()))
    }

    /// Whether a consent form is the one that this browser was shown for this link.
    pub fn is_consent_token(&self, presented: &str, token: &RequestToken, browser: &BrowserSecret) -> bool {
        self.consent_token(token, browser).as_bytes().ct_eq(presented.as_bytes()).into()
    }

    /// Takes the link and gives the way to the platform. Of any number of concurrent calls exactly one succeeds.
    ///
    /// # Errors
    /// As [`Flow::look`].
    pub async fn open(&self, link: &OpenLink, browser: &BrowserSecret) -> Result<OpenedFlow, Refusal> {
        let state = self.locator.state(link.entry, &*self.entropy).map_err(no_entropy)?;
        let FlowClient { client, redirect_uri } = &link.client;
        let request = link.platform.authorization_request(client, redirect_uri, &state, &self.secrets).await;
        let authorization_url = request.map_err(|fault| {
            tracing::warn!(%fault, platform = %link.session.platform, "no authorization request could be made");
            Refusal::Unavailable
        })?;
        let pending = PendingAuthorization {
            state: state.digest(),
            browser: self.rules.browser_binding.then(|| browser.digest()),
            expires_at: self.clock.unix_seconds() + self.rules.ttl.as_secs(),
        };
        let is_taken =
            self.sessions.take_request(link.entry, pending, self.rules.ttl).await.map_err(unavailable)?;
        if !is_taken {
            return Err(Refusal::LinkGone);
        }
        tracing::debug!(platform = %link.session.platform, key = %link.key.id, "a link was opened");
        metrics::link_opened(link.session.platform.label());
        Ok(OpenedFlow { authorization_url })
    }

    /// Takes the link and ends the session: the user said no on our page.
    ///
    /// # Errors
    /// As [`Flow::look`], and [`Refusal::CallerGone`] where the callback was withdrawn.
    pub async fn decline(&self, link: &OpenLink) -> Result<CallbackRedirect, Refusal> {
        if !link.key.allows(&link.callback.callback_url) {
            return Err(Refusal::CallerGone);
        }
        let outcome = Outcome::Failed(Failure::AccessDenied);
        let is_taken = self.sessions.take_declined(link.entry, outcome).await.map_err(unavailable)?;
        if !is_taken {
            return Err(Refusal::LinkGone);
        }
        tracing::info!(platform = %link.session.platform, key = %link.key.id, "a user declined");
        self.note_ended(&link.session.platform, outcome);
        Ok(proof::failed(&link.session.platform, &link.callback, Failure::AccessDenied))
    }
}

pub(super) fn unavailable(fault: StoreFault) -> Refusal {
    tracing::error!(%fault, "the session store failed");
    Refusal::Unavailable
}

/// The link, and the browser's answer, are good again when the client is back.
pub(super) fn no_client(fault: &NoClient) -> Refusal {
    tracing::error!(%fault, "there is no client for a flow");
    Refusal::Unavailable
}

fn no_entropy(fault: NoEntropy) -> Refusal {
    tracing::error!(%fault, "no secret could be made");
    Refusal::ServerError
}
