//! What a key still needs before a proof can be made with it.

use crate::store::registry::ApiKeyRow;

/// Something that is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// Without a signing secret no proof can be made.
    SigningSecret,
    /// Without a registered callback URL, or leave to name any, no session can be made.
    CallbackUrl,
}

impl Need {
    /// Everything that a good key needs; a revoked one needs nothing any more.
    pub fn of(key: &ApiKeyRow) -> Vec<Self> {
        if key.revoked_at.is_some() {
            return Vec::new();
        }
        let secret = key.signing_secret.is_none().then_some(Self::SigningSecret);
        let callback = (key.callbacks.is_empty() && !key.any_callback).then_some(Self::CallbackUrl);
        secret.into_iter().chain(callback).collect()
    }
}
