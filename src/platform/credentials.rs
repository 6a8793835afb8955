//! Platforms without a consent page: what a person types instead, which of it is secret, and what it must look like.
//!
//! A secret that is not of its declared form never leaves this service: an app password is recognisable, and a main
//! password in its place must not reach the platform.

use url::Url;
use zeroize::Zeroizing;

use super::form::Form;
use crate::crypto::locator::Digest;
use crate::crypto::secret::SecretText;

/// Facts of a platform that is connected with credentials.
#[derive(Clone, Debug)]
pub struct CredentialFacts {
    /// What is done with them.
    pub protocol: Protocol,
    /// `[credentials.NAME]`, in the order of their names.
    pub fields: Vec<CredentialField>,
}

/// One thing that the person types.
#[derive(Clone, Debug)]
pub struct CredentialField {
    /// The member of the request.
    pub name: String,
    /// `secret`: a password or a key.
    pub is_secret: bool,
    /// `forms`: it must have one of them.
    pub forms: Vec<Form>,
    /// `rule`: what is said where it has none.
    pub rule: String,
}

/// `protocol`.
#[derive(Clone, Debug)]
pub enum Protocol {
    /// `atproto`: a session of the AT Protocol, opened with an app password and ended at once.
    AtProto(AtProtoFacts),
    /// `api_key`: the identity endpoint, asked with the key.
    ApiKey(KeyPlace),
}

/// Where the AT Protocol's servers are.
#[derive(Clone, Debug)]
pub struct AtProtoFacts {
    /// `service_endpoint`: opens and ends sessions, and resolves handles.
    pub service: Url,
    /// `directory_endpoint`: holds the documents of `did:plc` ids.
    pub directory: Url,
    /// `host_suffixes`: an account may also be hosted where the host's name ends so.
    pub host_suffixes: Vec<String>,
}

/// Where the identity endpoint expects the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyPlace {
    /// `key_header`.
    Header(String),
    /// `key_query`.
    Query(String),
}

/// What a person typed, every value of its declared form. Wiped when dropped; it has no way into a log.
pub struct SentCredentials {
    values: Vec<(CredentialField, SecretText)>,
}

impl CredentialFacts {
    /// The credentials, where each has one of its forms; otherwise the fields at fault.
    ///
    /// # Errors
    /// Every field that is absent or of another form.
    pub fn collect<'f>(
        &'f self,
        mut value: impl FnMut(&'f CredentialField) -> Option<SecretText>,
    ) -> Result<SentCredentials, Vec<&'f CredentialField>> {
        let (mut values, mut misfits) = (Vec::new(), Vec::new());
        for field in &self.fields {
            match value(field).filter(|value| field.forms.iter().any(|form| form.fits(value.expose()))) {
                Some(value) => values.push((field.clone(), value)),
                None => misfits.push(field),
            }
        }
        if misfits.is_empty() { Ok(SentCredentials { values }) } else { Err(misfits) }
    }

    /// The field that a platform's refusal is told at.
    pub fn secret_field(&self) -> &str {
        self.fields.iter().find(|field| field.is_secret).map_or("", |field| &field.name)
    }
}

impl SentCredentials {
    /// The password or key.
    pub(super) fn secret(&self) -> Option<&SecretText> {
        self.values.iter().find(|(field, _)| field.is_secret).map(|(_, value)| value)
    }

    /// Whom it is for.
    pub(super) fn identifier(&self) -> Option<&str> {
        self.values.iter().find(|(field, _)| !field.is_secret).map(|(_, value)| value.expose())
    }

    /// Names the account that they are tried at, for counting tries; of a lone key it names the key.
    pub fn subject(&self) -> Digest {
        let text = Zeroizing::new(match self.identifier() {
            Some(identifier) => identifier.to_ascii_lowercase(),
            None => self.secret().map(|secret| secret.expose().to_owned()).unwrap_or_default(),
        });
        Digest::of(text.as_bytes())
    }
}

impl std::fmt::Debug for SentCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[credentials]")
    }
}
