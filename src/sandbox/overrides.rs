//! What the service's configuration must say so that a platform is the sandbox's one.

use url::Url;

use super::stage::Stage;
use crate::platform::credentials::{CredentialFacts, Protocol};
use crate::platform::entry::{Client, Entry, Kind};
use crate::platform::grant::Renewal;

/// A platform's endpoints in the sandbox, each only where the entry has one (a key's identity endpoint
/// always), and the service's registration.
pub(super) struct Overrides {
    issuer: Option<String>,
    authorization_endpoint: Option<Url>,
    token_endpoint: Option<Url>,
    identity_endpoint: Option<Url>,
    revocation_endpoint: Option<Url>,
    long_lived_endpoint: Option<Url>,
    renew_endpoint: Option<Url>,
    service_endpoint: Option<Url>,
    directory_endpoint: Option<Url>,
    /// Only where the platform has clients.
    client: Option<Client>,
}

impl Stage {
    pub(super) fn overrides(&self) -> Overrides {
        let entry = &self.entry;
        let revocation = entry.revocation.as_ref().and_then(|facts| facts.endpoint.as_ref());
        let at = |path: &str| Url::parse(&format!("{}/{path}", self.base)).ok();
        let protocol = entry.credentials.as_ref().map(|facts| &facts.protocol);
        let is_atproto = matches!(protocol, Some(Protocol::AtProto(_)));
        let asks_for_identity =
            entry.identity.endpoint.is_some() || matches!(protocol, Some(Protocol::ApiKey(_)));
        Overrides {
            issuer: (entry.kind == Kind::Oidc).then(|| self.base.clone()),
            authorization_endpoint: entry.authorization.endpoint.as_ref().and_then(|_| at("authorize")),
            token_endpoint: entry.token.endpoint.as_ref().and_then(|_| at("token")),
            identity_endpoint: asks_for_identity.then(|| at("identity")).flatten(),
            revocation_endpoint: revocation.and_then(|_| at("revoke")),
            long_lived_endpoint: entry.grant.long_lived.as_ref().and_then(|_| at("long_lived")),
            renew_endpoint: matches!(entry.grant.renewal, Renewal::Swap(_)).then(|| at("renew")).flatten(),
            service_endpoint: is_atproto.then(|| at("")).flatten(),
            directory_endpoint: is_atproto.then(|| at("directory")).flatten(),
            client: protocol.is_none().then(|| Client {
                client_id: self.service.client_id.clone(),
                client_secret: self.service.client_secret.clone(),
            }),
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
            ("service_endpoint", text(&self.service_endpoint)),
            ("directory_endpoint", text(&self.directory_endpoint)),
            ("client_id", self.client.as_ref().map(|client| client.client_id.clone())),
            ("client_secret", self.client.as_ref().map(|client| client.client_secret.expose().to_owned())),
        ];
        let mut table: toml::Table =
            keys.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?.into()))).collect();
        let swaps = [("long_lived", &self.long_lived_endpoint), ("renew", &self.renew_endpoint)];
        let mut grant = toml::Table::new();
        for (name, url) in swaps {
            if let Some(url) = url {
                let swap = toml::Table::from_iter([("endpoint".to_owned(), url.to_string().into())]);
                grant.insert(name.to_owned(), swap.into());
            }
        }
        if !grant.is_empty() {
            table.insert("grant".to_owned(), grant.into());
        }
        table
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
        if let (Some(swap), Some(url)) = (&mut entry.grant.long_lived, self.long_lived_endpoint) {
            swap.endpoint = url;
        }
        if let (Renewal::Swap(swap), Some(url)) = (&mut entry.grant.renewal, self.renew_endpoint) {
            swap.endpoint = url;
        }
        if let Some(CredentialFacts { protocol: Protocol::AtProto(facts), .. }) = &mut entry.credentials {
            facts.service = self.service_endpoint.unwrap_or_else(|| facts.service.clone());
            facts.directory = self.directory_endpoint.unwrap_or_else(|| facts.directory.clone());
        }
        entry.client = self.client;
    }
}
