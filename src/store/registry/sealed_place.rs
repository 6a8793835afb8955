//! Where a sealed value stands: what it is bound to when it is sealed, and how a rotation finds it again.

use crate::session::ApiKeyId;

/// Table, column and row of a sealed value. Its text is the associated data of the seal: changing one makes every value
/// there unreadable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealedPlace {
    /// An API key's signing secret.
    SigningSecret(ApiKeyId),
    /// The deployment's service key.
    ServiceKey,
}

impl std::fmt::Display for SealedPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::SigningSecret(id) => write!(f, "keys/signing_secret/{id}"),
            Self::ServiceKey => f.write_str("service_keys/sealed/service"),
        }
    }
}
