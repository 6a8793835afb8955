//! Tokens that outlive the reading of an identity, because the caller asked for a grant: held here in memory only, handed
//! out as one opaque value that only the grants' seal takes, and spoken for at the platform by [`Platform`](super::Platform).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use url::Url;
use zeroize::Zeroizing;

use super::entry::Pointer;
use crate::crypto::secret::SecretText;

/// `[grant]`: facts of tokens that are kept. An entry without it keeps what the consent gave, and cannot renew it.
#[derive(Clone, Debug, Default)]
pub struct GrantFacts {
    /// `scopes`: asked for besides the entry's, only where a grant is to be kept.
    pub scopes: Vec<String>,
    /// `authorization_params`: sent besides the entry's, only where a grant is to be kept.
    pub params: BTreeMap<String, String>,
    /// `renewal`.
    pub renewal: Renewal,
    /// `[grant.long_lived]`: changes the token of the consent for a long-lived one, at once.
    pub long_lived: Option<TokenSwap>,
    /// `[grant.token_refused]`: besides 401, an answer of the identity endpoint with this value here says that the token
    /// is dead.
    pub token_refused: BTreeMap<Pointer, String>,
    /// `revocation_token`: which token the revocation endpoint takes the whole grant back by.
    pub revoke_by: RevokeBy,
}

/// How a token is renewed without the user.
#[derive(Clone, Debug, Default)]
pub enum Renewal {
    /// `none`: not at all.
    #[default]
    None,
    /// `refresh_token` (RFC 6749, section 6).
    RefreshToken,
    /// `exchange`: by `[grant.renew]`.
    Swap(TokenSwap),
}

/// Which token stands for the grant at the revocation endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RevokeBy {
    /// `access_token`.
    AccessToken,
    /// `refresh_token`, where there is one: it takes its access tokens with it (RFC 7009, section 2.1).
    #[default]
    RefreshToken,
}

/// An endpoint that gives a token for a token, asked with GET.
#[derive(Clone, Debug)]
pub struct TokenSwap {
    /// `endpoint`.
    pub endpoint: Url,
    /// `grant_type`.
    pub grant_type: String,
    /// `token_param`: takes the old token.
    pub token_param: String,
    /// `client`: how much of our registration it wants.
    pub client: SwapClient,
}

/// Client authentication of a [`TokenSwap`], in its query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SwapClient {
    /// `none`: the token speaks for itself.
    None,
    /// `secret`: `client_secret`.
    Secret,
    /// `id_and_secret`: `client_id` and `client_secret`.
    IdAndSecret,
}

/// Tokens to be kept. Wiped when dropped, redacted in `Debug`; only a [`GrantSeal`](crate::flow::GrantSeal) writes them.
#[derive(Clone)]
pub struct KeptTokens {
    pub(super) access_token: SecretText,
    pub(super) refresh_token: Option<SecretText>,
    /// As the platform said, or as they were asked for.
    pub(super) scopes: Option<Vec<String>>,
    /// Seconds from now, where the platform says.
    pub(super) expires_in: Option<u64>,
}

/// The wire form inside the seal.
#[derive(Serialize)]
struct Written<'a> {
    t: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    r: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    s: Option<&'a [String]>,
}

/// The same, read: its texts move into wiped ones.
#[derive(Deserialize)]
struct Read {
    t: String,
    r: Option<String>,
    s: Option<Vec<String>>,
}

impl KeptTokens {
    /// Seconds until the access token ends, where the platform says.
    pub fn expires_in(&self) -> Option<u64> {
        self.expires_in
    }

    /// Whether there is a refresh token.
    pub fn can_refresh(&self) -> bool {
        self.refresh_token.is_some()
    }

    /// The granted scopes; `None` where they are the ones that were asked for.
    pub fn scopes(&self) -> Option<&[String]> {
        self.scopes.as_deref()
    }

    /// For the seal alone.
    pub(crate) fn write(&self) -> Zeroizing<Vec<u8>> {
        let (t, r) = (self.access_token.expose(), self.refresh_token.as_ref().map(SecretText::expose));
        let written = Written { t, r, s: self.scopes.as_deref() };
        // Large enough that nothing is copied while it grows.
        let scopes: usize = self.scopes.iter().flatten().map(|scope| scope.len() + 8).sum();
        let room = 64 + 2 * (t.len() + r.map_or(0, str::len) + scopes);
        let mut bytes = Zeroizing::new(Vec::with_capacity(room));
        // Texts always become JSON.
        let _always = serde_json::to_writer(&mut *bytes, &written);
        bytes
    }

    /// For the seal alone.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let Read { t, r, s } = serde_json::from_slice(bytes).ok()?;
        let refresh_token = r.map(SecretText::new);
        Some(Self { access_token: SecretText::new(t), refresh_token, scopes: s, expires_in: None })
    }
}

impl std::fmt::Debug for KeptTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[kept tokens]")
    }
}
