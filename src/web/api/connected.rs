//! The answer that carries a proof to the caller's server.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::flow::Connected;

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
    /// The proof's six parameters: `platform`, `platform_id`, `handle`, `state`, `expires`, `sig`, as a callback receives
    /// them. The state is random.
    proof: BTreeMap<String, String>,
}

impl From<Connected> for ConnectedAccount {
    fn from(connected: Connected) -> Self {
        Self {
            account_id: connected.account_id.as_str().to_owned(),
            proof: connected.proof.values(),
            platform: connected.platform,
            username: connected.username,
            profile_id: connected.profile_id.map(|id| id.as_str().to_owned()),
        }
    }
}
