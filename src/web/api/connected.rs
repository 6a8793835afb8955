//! The answer that carries a proof to the caller's server.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::flow::{Connected, Recording};

/// A proven account.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ConnectedAccount)]
pub(in crate::web) struct ConnectedAccount {
    /// The permanent id: with `platform`, what you store.
    account_id: String,
    /// The platform's name.
    platform: String,
    /// For display; it may change, and is empty where there is none.
    username: String,
    /// The caller's own reference, or null.
    profile_id: Option<String>,
    /// The proof's six parameters: `platform`, `platform_id`, `handle`, `state`, `expires`, `sig`, as they read after
    /// URL-decoding: verify it as one that a callback received, or redeem it as it is. Its state is the connect's; where
    /// no browser was involved, a random one.
    proof: BTreeMap<String, String>,
    /// The platform's tokens, sealed, where `keep_grant` asked for them. This is its only copy.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    grant: Option<String>,
    /// `false` where the key records accounts and this one could not be recorded: redeem the proof to have it recorded.
    /// Absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    recorded: Option<bool>,
}

impl From<Connected> for ConnectedAccount {
    fn from(connected: Connected) -> Self {
        Self {
            account_id: connected.account_id.as_str().to_owned(),
            proof: connected.proof.into_iter().collect(),
            platform: connected.platform.as_str().to_owned(),
            username: connected.username,
            profile_id: connected.profile_id.map(|id| id.as_str().to_owned()),
            grant: connected.grant.map(|grant| grant.expose().to_owned()),
            recorded: (connected.recording == Recording::Failed).then_some(false),
        }
    }
}
