//! Where a sealed value stands: what it is bound to when it is sealed, and how a rotation finds it again.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::session::{ApiKeyId, AppId};

/// Table, column and row of a sealed value. Its text is the associated data of the seal: changing one makes every value
/// there unreadable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealedPlace {
    /// An API key's signing secret.
    SigningSecret(ApiKeyId),
    /// The client secret of a caller's own app.
    AppSecret(AppId),
    /// The deployment's service key.
    ServiceKey,
    /// The private half of the signing key with this thumbprint.
    SigningSeed([u8; 32]),
}

impl SealedPlace {
    /// The id of the row.
    pub(super) fn row(self) -> String {
        match self {
            Self::SigningSecret(id) => id.to_string(),
            Self::AppSecret(id) => id.to_string(),
            Self::ServiceKey => "service".to_owned(),
            Self::SigningSeed(thumbprint) => URL_SAFE_NO_PAD.encode(thumbprint),
        }
    }

    /// The place of the private half of the signing key `kid`; `None` where that is no thumbprint.
    pub fn of_signing_key(kid: &str) -> Option<Self> {
        let thumbprint = URL_SAFE_NO_PAD.decode(kid).ok()?;
        thumbprint.try_into().ok().map(Self::SigningSeed)
    }
}

impl std::fmt::Display for SealedPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::SigningSecret(id) => write!(f, "keys/signing_secret/{id}"),
            Self::AppSecret(id) => write!(f, "apps/client_secret/{id}"),
            Self::ServiceKey => f.write_str("service_keys/sealed/service"),
            Self::SigningSeed(_) => write!(f, "signing_keys/seed/{}", self.row()),
        }
    }
}
