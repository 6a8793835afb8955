//! What the service's configuration must say so that a platform is the sandbox's one.

use url::Url;

use super::stage::Stage;
use crate::crypto::secret::SecretText;
use crate::platform::entry::{Client, Entry, Kind};

/// A platform's endpoints in the sandbox, each only where the entry has one, and the service's registration.
pub(super) struct Overrides {
    issuer: Option<String>,
    authorization_endpoint: Option<Url>,
    token_endpoint: Option<Url>,
    identity_endpoint: Option<Url>,
    revocation_endpoint: Option<Url>,
    client_id: String,
    client_secret: SecretText,
}

impl Stage {
    pub(super) fn overrides(&self) -> Overrides {
        let entry = &self.entry;
        let revocation = entry.revocation.as_ref().and_then(|facts| facts.endpoint.as_ref());
        let at = |path: &str| Url::parse(&format!("{}/{path}", self.base)).ok();
        Overrides {
            issuer: (entry.kind == Kind::Oidc).then(|| self.base.clone()),
            authorization_endpoint: entry.authorization.endpoint.as_ref().and_then(|_| at("authorize")),
            token_endpoint: entry.token.endpoint.as_ref().and_then(|_| at("token")),
            identity_endpoint: entry.identity.endpoint.as_ref().and_then(|_| at("identity")),
            revocation_endpoint: revocation.and_then(|_| at("revoke")),
            client_id: self.service.client_id.clone(),
            client_secret: self.service.client_secret.clone(),
        }
    }
}

impl Overrides {
    /// As a `[platforms.NAME]` table of the configuration; the secret is in it as text.
    pub(super) fn to_table(&self) -> toml::Table {
        let text = |url: &Option<Url>| url.as_ref().map(Url::to_string);
        let keys = [
            ("issuer", self.issuer.clone()),
            ("authorization_endpoint", text(&self.authorization_endpoint)),
            ("token_endpoint", text(&self.token_endpoint)),
            ("identity_endpoint", text(&self.identity_endpoint)),
            ("revocation_endpoint", text(&self.revocation_endpoint)),
            ("client_id", Some(self.client_id.clone())),
            ("client_secret", Some(self.client_secret.expose().to_owned())),
        ];
        keys.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?.into()))).collect()
    }

    /// Into an entry that was already read.
    pub(super) fn apply(self, entry: &mut Entry) {
        entry.issuer = self.issuer.or(entry.issuer.take());
        entry.authorization.endpoint = self.authorization_endpoint;
        entry.token.endpoint = self.token_endpoint;
        entry.identity.endpoint = self.identity_endpoint;
        if let Some(revocation) = &mut entry.revocation {
            revocation.endpoint = self.revocation_endpoint;
        }
        entry.client = Some(Client { client_id: self.client_id, client_secret: self.client_secret });
    }
}
