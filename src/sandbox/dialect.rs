//! A platform's manner of speaking, where the catalogue has no fact about it because the service needs none:
//! `dialect/{platform}.toml`. Every key has a default, which is that of RFC 6749 and RFC 6750.
//!
//! Templates: texts in `members`, `response` and `body` may hold places in braces. `members` and `response` know
//! `{id}`, `{account}`, `{name}`, `{scope}`, `{issuer}`, `{random}`; `body` knows `{code}`, `{number}`, `{status}`,
//! `{description}`, `{random}`. A text that is one place alone takes the place's JSON type.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::session::PlatformName;
use rust_embed::RustEmbed;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(RustEmbed)]
#[folder = "src/sandbox/dialect/"]
struct Files;

/// One `dialect/*.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Dialect {
    pub(super) account: AccountDialect,
    pub(super) authorization: AuthorizationDialect,
    pub(super) token: TokenDialect,
    pub(super) identity: IdentityDialect,
    pub(super) revocation: RevocationDialect,
}

/// An embedded dialect file is wrong.
#[derive(Debug, thiserror::Error)]
#[error("the sandbox's dialect of {platform}: {fault}")]
pub struct DialectError {
    platform: String,
    fault: String,
}

/// What accounts look like there. Patterns know `{digits:N}`, `{hex:N}`, `{base32:N}` and `{text:N}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct AccountDialect {
    /// The permanent id.
    pub(super) id: String,
    /// The id that token and identity answers share, where that is another one than `id`.
    pub(super) account: String,
    /// Put before every handle (`@`).
    pub(super) handle_prefix: String,
}

impl Default for AccountDialect {
    fn default() -> Self {
        Self { id: "{digits:17}".into(), account: "{digits:17}".into(), handle_prefix: String::new() }
    }
}

/// The authorization response.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct AuthorizationDialect {
    /// The code; `{random}` is the part that makes it one.
    pub(super) code: String,
    /// How long a code can be redeemed: 30 to 600.
    pub(super) code_life_seconds: u64,
    /// Further parameters beside `code` and `state`.
    pub(super) response: BTreeMap<String, String>,
    /// Put behind the redirect as it is (`#_`).
    pub(super) suffix: String,
    /// The parameters that say the user refused, `state` aside; by default `error` with the entry's first value.
    pub(super) denial: BTreeMap<String, String>,
}

impl Default for AuthorizationDialect {
    fn default() -> Self {
        Self {
            code: "{random}".into(),
            code_life_seconds: 60,
            response: BTreeMap::new(),
            suffix: String::new(),
            denial: BTreeMap::new(),
        }
    }
}

impl AuthorizationDialect {
    pub(super) fn code_life(&self) -> Duration {
        Duration::from_secs(self.code_life_seconds)
    }
}

/// The token endpoint's answers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct TokenDialect {
    /// The access token; `{random}` is the part that makes it one.
    pub(super) access_token: String,
    /// Members of the answer beside those that the entry points at.
    pub(super) members: Value,
    /// Which of the entry's candidate pointers the answer uses, the last one where there are fewer.
    pub(super) candidate: usize,
    /// How the granted scopes are written.
    pub(super) scope: ScopeStyle,
    /// A refresh token is good once, and the next comes with the answer.
    pub(super) refresh_rotates: bool,
    /// The account id is a JSON number.
    pub(super) numeric_account: bool,
    pub(super) refusal: RefusalDialect,
}

impl Default for TokenDialect {
    fn default() -> Self {
        Self {
            access_token: "{random}".into(),
            members: json!({"token_type": "Bearer", "expires_in": 3600}),
            candidate: 0,
            scope: ScopeStyle::AsAsked,
            refresh_rotates: true,
            numeric_account: false,
            refusal: RefusalDialect::default(),
        }
    }
}

/// How a token answer writes the granted scopes.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ScopeStyle {
    /// With the separator of the request.
    AsAsked,
    /// Comma separated.
    Comma,
    /// A JSON array.
    Array,
    /// Not at all.
    Absent,
}

/// The identity endpoint's answers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct IdentityDialect {
    /// Members of the answer beside those that the entry points at.
    pub(super) members: Value,
    /// Which of the entry's candidate pointers the answer uses, the last one where there are fewer.
    pub(super) candidate: usize,
    /// The ids are JSON numbers.
    pub(super) numeric_id: bool,
    /// The status of the answer that the entry's `no_account_if` recognises.
    pub(super) no_account_status: u16,
    pub(super) refusal: RefusalDialect,
}

impl Default for IdentityDialect {
    fn default() -> Self {
        Self {
            members: json!({}),
            candidate: 0,
            numeric_id: false,
            no_account_status: 403,
            refusal: RefusalDialect::default(),
        }
    }
}

/// The revocation endpoint's answer; its errors are those of the token endpoint.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RevocationDialect {
    pub(super) answer: Value,
    pub(super) status: u16,
}

impl Default for RevocationDialect {
    fn default() -> Self {
        Self { answer: json!({}), status: 200 }
    }
}

/// How one endpoint says no.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RefusalDialect {
    /// The body's template.
    pub(super) body: Value,
    /// By the sandbox's name of the fault (`fault.rs`): what the platform makes of it.
    pub(super) faults: BTreeMap<String, FaultFacts>,
}

impl Default for RefusalDialect {
    fn default() -> Self {
        Self {
            body: json!({"error": "{code}", "error_description": "{description}"}),
            faults: BTreeMap::new(),
        }
    }
}

/// What a platform makes of one fault.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FaultFacts {
    pub(super) status: Option<u16>,
    pub(super) code: Option<String>,
    pub(super) number: Option<u64>,
}

impl Dialect {
    /// The platform's dialect, or the default where it has no file.
    pub(super) fn of(platform: &PlatformName) -> Result<Self, DialectError> {
        let Some(file) = Files::get(&format!("{platform}.toml")) else {
            return Ok(Self::default());
        };
        let wrong = |fault: String| DialectError { platform: platform.to_string(), fault };
        let text = std::str::from_utf8(&file.data).map_err(|error| wrong(error.to_string()))?;
        let dialect: Self = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        if !(30..=600).contains(&dialect.authorization.code_life_seconds) {
            return Err(wrong("code_life_seconds is not between 30 and 600".into()));
        }
        Ok(dialect)
    }

    /// The platforms that have a file.
    #[cfg(test)]
    pub(super) fn names() -> impl Iterator<Item = String> {
        Files::iter().filter_map(|file| file.strip_suffix(".toml").map(str::to_owned))
    }
}
