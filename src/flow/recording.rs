//! Accounts that the caller's server confirmed are recorded, for keys that want it. A proof is never lost for it.

use super::Flow;
use crate::accounts::Confirmed;
use crate::keys::ApiKey;
use crate::platform::Identified;
use crate::session::{IdentityRead, PlatformId, PlatformName, ProfileId};

/// Whether an account that was confirmed is in the caller's list now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recording {
    /// The key records none.
    NotWanted,
    /// It is.
    Done,
    /// The registry failed. What was confirmed is true all the same.
    Failed,
}

/// Whose account was confirmed.
pub(super) struct ConfirmedAccount {
    pub(super) platform: PlatformName,
    pub(super) platform_id: PlatformId,
    /// Cleaned, without the escapes of a proof.
    pub(super) username: String,
}

impl Flow {
    /// Writes the record where `key` wants one. The code is spent, or the proof redeemed, by now: a registry that fails
    /// must not take the answer away as well, so the answer says it instead.
    pub(super) async fn record(
        &self,
        key: &ApiKey,
        account: ConfirmedAccount,
        profile_id: Option<&ProfileId>,
        read: Option<&IdentityRead>,
    ) -> Recording {
        let Some(read) = read.filter(|_| key.record_accounts) else { return Recording::NotWanted };
        let ConfirmedAccount { platform, platform_id, username } = account;
        let confirmed =
            Confirmed { key: key.id, platform, account_id: platform_id, username, profile_id, read };
        match self.accounts.record(confirmed).await {
            Ok(()) => Recording::Done,
            Err(fault) => {
                tracing::error!(%fault, key = %key.id, "a confirmed account could not be recorded");
                Recording::Failed
            }
        }
    }
}

/// The circumstances of an identity that was read at `at`.
pub(super) fn identity_read(identified: &Identified, at: u64) -> IdentityRead {
    IdentityRead { at, scopes: identified.scopes.clone() }
}
