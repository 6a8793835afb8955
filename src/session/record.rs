//! A session from its creation to its end.
//!
//! Created → opened (its browser was sent to the platform) → taken (the platform's answer is being worked on) → ended.
//! There is no way back and no other way; the stores offer exactly these steps, each of them atomic.

use std::sync::Arc;

use crate::crypto::locator::{Digest, EntryKey};
use crate::error::Failure;

use super::{ApiKeyId, AppId, CallbackUrl, CallerState, PlatformId, PlatformName, ProfileId, Scopes};

/// What a caller asked for; it never changes.
#[derive(Clone, Debug)]
pub struct Session {
    /// Whose session it is.
    pub api_key: ApiKeyId,
    /// Where the account is to be proven.
    pub platform: PlatformName,
    /// The caller's own OAuth app that is used there, and no other; `None` for the operator's.
    pub app: Option<AppId>,
    /// Who receives the platform's redirect, and where the proof goes then.
    pub purpose: Purpose,
    /// The caller's own reference.
    pub profile_id: Option<ProfileId>,
    /// Unix seconds by the wall clock, for display.
    pub created_at: u64,
    /// Unix seconds by the wall clock, for display: until when the link opens.
    pub expires_at: u64,
}

/// Who receives the platform's redirect. A step of one kind of session cannot be made with the other's.
#[derive(Clone, Debug)]
pub enum Purpose {
    /// The service does; the proof goes to the caller's callback with the browser.
    Callback(Arc<ForCallback>),
    /// The caller does, and hands the code in; the proof goes to the caller's server in the answer.
    Connect(ForConnect),
}

/// What a session for a callback asks for.
#[derive(Clone, Debug)]
pub struct ForCallback {
    /// Where the proof goes.
    pub callback_url: CallbackUrl,
    /// Echoed in the proof.
    pub caller_state: CallerState,
    /// The only account that a proof may be made for.
    pub expected_platform_id: Option<PlatformId>,
    /// The caller wants the interstitial even where it would not be shown.
    pub interstitial: bool,
    /// The caller wants a publicly verifiable proof besides its own.
    pub jws: bool,
}

/// What a connect asks for. Its proof carries the state that the service made, so there is none of the caller's.
#[derive(Clone, Debug)]
pub struct ForConnect {
    /// The caller's own, to which the platform sends the browser.
    pub redirect_uri: CallbackUrl,
    /// The caller wants the platform's tokens, sealed.
    pub keep_grant: bool,
}

impl Session {
    /// What a session for a callback asks for; `None` for a connect.
    pub fn for_callback(&self) -> Option<&Arc<ForCallback>> {
        match &self.purpose {
            Purpose::Callback(callback) => Some(callback),
            Purpose::Connect(_) => None,
        }
    }

    /// What a connect asks for; `None` for a session for a callback.
    pub fn for_connect(&self) -> Option<&ForConnect> {
        match &self.purpose {
            Purpose::Connect(connect) => Some(connect),
            Purpose::Callback(_) => None,
        }
    }
}

/// How far a session has come.
#[derive(Clone, Debug)]
pub enum Stage {
    /// Its link was not opened yet.
    Created,
    /// Its browser was sent to the platform. Apart, so that a session whose link nobody opens does not keep room for it.
    Opened(Arc<PendingAuthorization>),
    /// The platform's answer came and is being worked on, by one request alone.
    Taken,
    /// It is over.
    Ended(Outcome),
}

/// What the platform's answer is checked against.
#[derive(Clone, Debug)]
pub struct PendingAuthorization {
    /// Of the `state` that we made.
    pub state: Digest,
    /// Of the cookie in the browser that opened the link; `None` where binding is switched off.
    pub browser: Option<Digest>,
    /// Unix seconds by the wall clock, for display: until when the platform's answer is taken.
    pub expires_at: u64,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A proof was sent.
    Verified,
    /// An error was sent.
    Failed(Failure),
    /// The caller cancelled it.
    Cancelled,
}

impl Outcome {
    /// A stable name for logs and metrics: `verified`, `cancelled`, or the callback's `error`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Failed(failure) => failure.code(),
            Self::Cancelled => "cancelled",
        }
    }
}

/// A session together with its stage, as a store gives it out.
#[derive(Clone, Debug)]
pub struct StoredSession {
    /// What was asked for.
    pub session: Arc<Session>,
    /// How far it came.
    pub stage: Stage,
    /// Whether its time is not over yet. Ended sessions are not live.
    pub is_live: bool,
}

/// What is known of a proof that was sent, for the time in which it can be redeemed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedProof {
    /// The session that it ended; `None` where it was made without one.
    pub session: Option<EntryKey>,
    /// The caller's own reference.
    pub profile_id: Option<ProfileId>,
    /// What a record of the account says besides the proof; `None` where the key records no accounts.
    pub read: Option<IdentityRead>,
}

/// The circumstances under which an identity was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityRead {
    /// Unix seconds.
    pub at: u64,
    /// What the user granted.
    pub scopes: Scopes,
}

/// A proof whose caller asked to redeem it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redemption {
    /// What is known of it.
    pub proof: IssuedProof,
    /// Unix seconds at which it was redeemed before; `None` for exactly one request, ever.
    pub before: Option<u64>,
}
