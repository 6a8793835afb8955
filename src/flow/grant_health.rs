//! What a reading says about a grant, in words for the caller. Nothing is claimed that the platform did not say: silence is
//! unknown, and only the platform's own refusal is a revocation.

use super::grant_seal::Grant;
use crate::platform::entry::Entry;
use crate::platform::grant::Renewal;
use crate::platform::{Platform, PlatformFault, PlatformIdentity};
use crate::proof::cleaned_handle;
use crate::session::PlatformId;

/// Tokens that end sooner are worth a word.
const SOON: u64 = 7 * 24 * 60 * 60;

/// How a grant is.
#[derive(Debug)]
pub struct AccountHealth {
    /// The platform's name.
    pub platform: String,
    /// The permanent id.
    pub account_id: PlatformId,
    /// For display.
    pub username: String,
    /// In a word.
    pub health: Health,
    /// What is known of the access token.
    pub status: TokenStatus,
    /// Whether the platform takes the access token; `None` where it could not be asked.
    pub token_valid: Option<bool>,
    /// The scopes that were granted.
    pub permissions: Vec<String>,
    /// What to do, in plain words.
    pub recommendations: Vec<&'static str>,
}

/// The word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// Nothing to do.
    Healthy,
    /// Something to do, and not the user's turn.
    Degraded,
    /// The user must connect again.
    Unhealthy,
    /// The platform could not be asked.
    Unknown,
}

/// What is known of the access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenStatus {
    /// It has not ended.
    Active,
    /// Its time is over.
    Expired,
    /// The platform refuses it before its time.
    Revoked,
}

impl Health {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unhealthy => "unhealthy",
            Self::Unknown => "unknown",
        }
    }
}

impl TokenStatus {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

/// Judges a reading; there is none where the access token's time was over.
pub(super) fn judge(
    grant: &Grant,
    platform: &Platform,
    reading: Option<Result<&PlatformIdentity, &PlatformFault>>,
    now: u64,
) -> AccountHealth {
    let entry = platform.entry();
    let permissions = match grant.tokens.scopes() {
        Some(scopes) => scopes.to_vec(),
        None => entry.authorization.scopes.iter().chain(&entry.grant.scopes).cloned().collect(),
    };
    // A swap needs a live token; a refresh token outlives the access token.
    let renews_live = platform.can_renew(&grant.tokens);
    let renews_dead = renews_live && matches!(entry.grant.renewal, Renewal::RefreshToken);
    let username = match &reading {
        Some(Ok(identity)) => &identity.handle.0,
        _ => &grant.username,
    };
    let (health, status, token_valid, recommendations) = match reading {
        None if renews_dead => (
            Health::Degraded,
            TokenStatus::Expired,
            Some(false),
            vec!["The access token has ended: renew the grant."],
        ),
        None => {
            let word = "The access token has ended and cannot be renewed: let the user connect again.";
            (Health::Unhealthy, TokenStatus::Expired, Some(false), vec![word])
        }
        Some(Ok(_)) => {
            let words = words_of_live(grant, entry, &permissions, (renews_live, renews_dead), now);
            let health = if words.is_empty() { Health::Healthy } else { Health::Degraded };
            (health, TokenStatus::Active, Some(true), words)
        }
        Some(Err(PlatformFault::BadCredentials)) => {
            let word = match renews_dead {
                true => {
                    "The platform refuses the access token before its time: renew the grant, and where that is refused, \
                     let the user connect again."
                }
                false => "The platform refuses the access token before its time: let the user connect again.",
            };
            (Health::Unhealthy, TokenStatus::Revoked, Some(false), vec![word])
        }
        Some(Err(PlatformFault::NoAccount | PlatformFault::InactiveAccount)) => {
            let word = "The platform takes the token and finds no account behind it: ask the user.";
            (Health::Unhealthy, TokenStatus::Active, Some(true), vec![word])
        }
        Some(Err(_)) => {
            let word = "The platform could not be asked, or answered nothing usable. Nothing is known to be wrong with this \
                        grant: ask again later.";
            (Health::Unknown, TokenStatus::Active, None, vec![word])
        }
    };
    AccountHealth {
        platform: grant.platform.to_string(),
        account_id: grant.account_id.clone(),
        username: cleaned_handle(username),
        health,
        status,
        token_valid,
        permissions,
        recommendations,
    }
}

fn words_of_live(
    grant: &Grant,
    entry: &Entry,
    permissions: &[String],
    (renews_live, renews_dead): (bool, bool),
    now: u64,
) -> Vec<&'static str> {
    let mut words = Vec::new();
    let ends_soon = grant.expires_at.is_some_and(|end| end.saturating_sub(now) < SOON);
    if ends_soon && !renews_live {
        words.push("The access token ends within seven days and cannot be renewed: let the user connect again before.");
    } else if ends_soon && !renews_dead {
        words.push("The access token ends within seven days, and once it has ended it cannot be renewed: renew it before.");
    }
    let wanted = entry.authorization.scopes.iter().chain(&entry.grant.scopes);
    if wanted.into_iter().any(|scope| !permissions.contains(scope)) {
        words.push("The user withheld a permission that was asked for: see permissions.");
    }
    words
}
