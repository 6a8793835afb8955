//! The shape of one platform's file of facts, after it was read, overlaid with the operator's settings and checked.
//!
//! Facts only: what a platform calls things, where they are and how it says no. What is done with them stands in
//! `authorize`, `token`, `identity` and `id_token`. The names are those of RFC 8414 and RFC 7591 where these have one.

use std::collections::BTreeMap;

use url::Url;

use super::credentials::{CredentialFacts, Protocol};
use super::grant::GrantFacts;
use crate::crypto::secret::SecretText;
use crate::session::PlatformName;

/// One platform: everything that is needed to send a browser there and to read who came back.
#[derive(Clone, Debug)]
pub struct Entry {
    /// From the file's name, or the configuration table's.
    pub name: PlatformName,
    /// What people read.
    pub display_name: String,
    /// `mark_color`: the ground of the platform's mark on pages; without one it gets one of ours.
    pub mark_color: Option<MarkColor>,
    /// Other names that callers may use in requests; proofs always carry `name`.
    pub aliases: Vec<PlatformName>,
    /// The platform's own page that the facts were read from.
    pub documentation: Option<String>,
    /// Which protocol reads the identity.
    pub kind: Kind,
    /// What the permanent id is called there (`open_id`, `channel_id`, `sub`).
    pub id_kind: String,
    /// Where the permanent id is the same.
    pub id_scope: IdScope,
    /// Compared with `iss` in the authorization response (RFC 9207); for OIDC the root of discovery.
    pub issuer: Option<String>,
    /// Our registration there: `None` means not available.
    pub client: Option<Client>,
    /// The trip of the browser to the platform.
    pub authorization: Authorization,
    /// The exchange of the code.
    pub token: Token,
    /// The reading of the id and the handle.
    pub identity: Identity,
    /// How a token is given back; `None` where the platform has no way.
    pub revocation: Option<Revocation>,
    /// What is different where a grant is to be kept.
    pub grant: GrantFacts,
    /// What a person types where there is no consent page: present exactly for [`Kind::Credentials`].
    pub credentials: Option<CredentialFacts>,
}

impl Entry {
    /// Whether accounts can be proven: only with our registration there, where the platform wants one.
    pub fn is_available(&self) -> bool {
        self.missing().is_empty()
    }

    /// Whether browsers can be sent there: it has a consent page.
    pub fn has_consent_page(&self) -> bool {
        self.kind != Kind::Credentials
    }

    /// The settings that are missing before accounts can be proven.
    pub fn missing(&self) -> &'static [&'static str] {
        match &self.credentials {
            None if self.client.is_none() => &["client_id", "client_secret"],
            Some(CredentialFacts { protocol: Protocol::ApiKey(_), .. })
                if self.identity.endpoint.is_none() =>
            {
                &["identity_endpoint"]
            }
            _ => &[],
        }
    }
}

/// Red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarkColor(pub [u8; 3]);

/// Our registration at a platform (RFC 6749, section 2.2).
#[derive(Clone, Debug)]
pub struct Client {
    /// Public; travels in the browser.
    pub client_id: String,
    /// Sealed at rest, redacted in `Debug`.
    pub client_secret: SecretText,
}

/// The protocol that yields the identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// RFC 6749 and an identity endpoint that answers JSON.
    OAuth2,
    /// OpenID Connect: discovery and a checked ID token.
    Oidc,
    /// No consent page: the person's own credentials, used once.
    Credentials,
}

impl Kind {
    /// The name in settings and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OAuth2 => "oauth2",
            Self::Oidc => "oidc",
            Self::Credentials => "credentials",
        }
    }
}

/// Where a permanent id means the same account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum IdScope {
    /// Another OAuth app sees another id.
    App,
    /// All apps of one developer account see the same id.
    Developer,
    /// Everybody sees the same id.
    Global,
}

/// Facts of the authorization request and response.
#[derive(Clone, Debug)]
pub struct Authorization {
    /// `authorization_endpoint`; absent only for OIDC, where discovery names it.
    pub endpoint: Option<Url>,
    /// `authorization_params`: sent besides those of RFC 6749, such as one that forces the consent page.
    pub params: BTreeMap<String, String>,
    /// `scopes`, in the order in which they are asked for.
    pub scopes: Vec<String>,
    /// `scope_separator`.
    pub scope_separator: String,
    /// `pkce`.
    pub pkce: Pkce,
    /// `[rename]`: RFC 6749 parameter name → the platform's, at the authorization, token and revocation endpoints alike.
    pub rename: BTreeMap<String, String>,
    /// `authorization_error_params`: parameters of the response that mean failure; `error` always does.
    pub error_params: Vec<String>,
    /// `access_denied`: error values that mean "the user said no".
    pub access_denied: Vec<String>,
    /// `code_suffixes`: junk that some platforms glue behind the code.
    pub code_suffixes: Vec<String>,
}

/// PKCE with this platform (RFC 7636).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pkce {
    /// `S256`: base64url of the SHA-256, as the RFC has it.
    S256,
    /// `S256-hex`: hex of the SHA-256 instead.
    S256Hex,
    /// `none`: the platform refuses or ignores it; the entry says why.
    None,
}

/// Facts of the token endpoint.
#[derive(Clone, Debug)]
pub struct Token {
    /// `token_endpoint`; absent only for OIDC.
    pub endpoint: Option<Url>,
    /// `token_endpoint_auth_method`; `None` takes what discovery offers, and Basic where nothing is said (RFC 6749,
    /// section 2.3.1).
    pub auth_method: Option<AuthMethod>,
    /// `[token] access_token`: candidates, the first hit wins.
    pub access_token: Vec<Pointer>,
    /// `[token] scope`: where the granted scopes are; text (comma or blank separated) or an array.
    pub scope: Vec<Pointer>,
    /// `[token] account`: an id that must equal `[identity] account`.
    pub account: Vec<Pointer>,
    /// `[token] refresh_token`: read only where a grant is to be kept.
    pub refresh_token: Vec<Pointer>,
    /// `[token] expires_in`: likewise.
    pub expires_in: Vec<Pointer>,
    /// `[token] error`: a non-null value here is a failure, whatever the status says.
    pub error: Vec<Pointer>,
}

/// Client authentication at the token endpoint (RFC 7591 names).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthMethod {
    /// `client_secret_post`: in the form body.
    Post,
    /// `client_secret_basic`: HTTP Basic.
    Basic,
}

/// Facts of the identity endpoint.
#[derive(Clone, Debug)]
pub struct Identity {
    /// `identity_endpoint`; absent only for OIDC.
    pub endpoint: Option<Url>,
    /// `identity_query`: added to the endpoint, so that overriding the endpoint keeps it.
    pub query: BTreeMap<String, String>,
    /// `identity_headers`.
    pub headers: BTreeMap<String, String>,
    /// `identity_proof_param`: query parameter that takes hex HMAC-SHA256(key = client secret, message = access token).
    pub proof_param: Option<String>,
    /// `required_scopes`: a grant without one of them is a refusal by the user.
    pub required_scopes: Vec<String>,
    /// `[without_scope."…"]`: what to ask instead where the user withheld that scope.
    pub without_scope: BTreeMap<String, WithoutScope>,
    /// `[identity] platform_id`: candidates for the permanent id, the first hit wins.
    pub platform_id: Vec<Pointer>,
    /// `[identity] handle`: candidates for the unique user name; empty where the platform has none.
    pub handle: Vec<Pointer>,
    /// `[identity] name`: candidates for the display name (never signed as a handle).
    pub display_name: Vec<Pointer>,
    /// `[identity] account`: must equal `[token] account` where both answers have one.
    pub account: Vec<Pointer>,
    /// `[identity.require]`: values that a good answer has, byte for byte.
    pub require: BTreeMap<Pointer, String>,
    /// `[identity] error`: a non-null value here is a failure, whatever the status says.
    pub error: Vec<Pointer>,
    /// `[identity] no_account_unless`: a good answer without this has nothing to own in it.
    pub no_account_unless: Option<Pointer>,
    /// `[identity.no_account_if]`: an answer of any status with this value here says the same.
    pub no_account_if: BTreeMap<Pointer, String>,
}

/// The identity request for a grant that lacks an optional scope; the handle is then empty.
#[derive(Clone, Debug, Default)]
pub struct WithoutScope {
    /// Replaces `identity_query`.
    pub identity_query: BTreeMap<String, String>,
}

/// Facts of giving a token back (RFC 7009 where the platform follows it).
#[derive(Clone, Debug)]
pub struct Revocation {
    /// `revocation_endpoint`; absent only for OIDC, where discovery may name it.
    pub endpoint: Option<Url>,
    /// `revocation_method`: `POST` sends a form with `token`, `DELETE` sends none.
    pub method: RevocationMethod,
    /// `revocation_auth`.
    pub auth: RevocationAuth,
    /// `revoke_after_read`: whether the operator's own app gives the token back.
    pub after_read: Option<bool>,
    /// Whether callers' own apps do: only where the operator set `revoke_after_read`, and never by the catalogue alone,
    /// since at some platforms it takes the caller's whole grant.
    pub after_read_for_callers: bool,
}

/// The HTTP method of a revocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevocationMethod {
    /// A form with `token`.
    Post,
    /// Nothing but the authorization.
    Delete,
}

/// Who signs a revocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevocationAuth {
    /// `none`: the token alone is enough.
    None,
    /// `client_secret_post`.
    Post,
    /// `client_secret_basic`.
    Basic,
    /// `bearer`: the token itself, as `Authorization: Bearer`.
    Bearer,
}

/// A JSON pointer (RFC 6901).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pointer(Box<str>);

impl Pointer {
    /// The pointer, where it is empty or begins with `/` and has no bad `~` escape.
    pub fn parse(text: &str) -> Option<Self> {
        let begins = text.is_empty() || text.starts_with('/');
        let escapes = text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
        (begins && escapes).then(|| Self(text.into()))
    }

    /// The reference tokens, unescaped.
    pub fn tokens(&self) -> impl Iterator<Item = std::borrow::Cow<'_, str>> {
        let unescape = |token: &'_ str| token.replace("~1", "/").replace("~0", "~");
        self.0.split('/').skip(1).map(
            move |token| {
                if token.contains('~') { unescape(token).into() } else { token.into() }
            },
        )
    }

    /// The pointer as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
