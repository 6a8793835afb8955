//! What is signed, and the signature. A `Claims` exists only if its base string has exactly one reading.

use alloc::format;
use alloc::string::String;
use core::fmt;

use crate::mac::MacKey;
use crate::rules::{self, Rule};
use crate::{handle, percent};

/// The five values of a proof, checked. For the service, and for an integrator's own tests.
///
/// None of them holds `&`, so [`base_string`](Self::base_string) holds exactly the four that separate them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claims<'a> {
    pub(crate) platform: &'a str,
    pub(crate) platform_id: &'a str,
    pub(crate) handle: &'a str,
    pub(crate) state: &'a str,
    pub(crate) expires: u64,
}

impl<'a> Claims<'a> {
    /// Checks the values; nothing is repaired.
    ///
    /// - `platform`: `[a-z][a-z0-9_]{0,31}`
    /// - `platform_id`: `[A-Za-z0-9._~:@/-]{1,255}`, as the platform sent it
    /// - `handle`: already cleaned and passed through [`encode_handle`](crate::encode_handle); at most 512 bytes
    ///   before that; may be empty
    /// - `state`: 1 to 512 characters of printable ASCII without blank and `&`, and not what languages print for
    ///   nothing (`undefined`, `null`, `None`, `NaN`)
    /// - `expires`: Unix seconds, the last one in which the proof is fresh; 10 to 12 digits
    pub fn new(
        platform: &'a str,
        platform_id: &'a str,
        handle: &'a str,
        state: &'a str,
        expires: u64,
    ) -> Result<Self, ClaimsError> {
        let texts =
            [("platform", platform), ("platform_id", platform_id), ("handle", handle), ("state", state)];
        for (parameter, value) in texts {
            refuse_ampersand(parameter, value)?;
        }
        rules::platform(platform).map_err(|rule| ClaimsError { parameter: "platform", rule })?;
        rules::platform_id(platform_id).map_err(|rule| ClaimsError { parameter: "platform_id", rule })?;
        signed_handle(handle).map_err(|rule| ClaimsError { parameter: "handle", rule })?;
        rules::state(state).map_err(|rule| ClaimsError { parameter: "state", rule })?;
        rules::expires_in_range(expires).map_err(|rule| ClaimsError { parameter: "expires", rule })?;
        Ok(Self { platform, platform_id, handle, state, expires })
    }

    /// The text that is signed: `platform=…&platform_id=…&handle=…&state=…&expires=…`, values raw.
    #[must_use]
    pub fn base_string(&self) -> String {
        let Self { platform, platform_id, handle, state, expires } = self;
        format!(
            "platform={platform}&platform_id={platform_id}&handle={handle}&state={state}&expires={expires}"
        )
    }

    /// The query that takes the proof to the callback, `sig` last, every byte outside `A-Za-z0-9-._~` encoded. To be
    /// appended after `?`, or after `&` where the callback has a query of its own.
    #[must_use]
    pub fn to_query(&self, sig: &str) -> String {
        let expires = format!("{}", self.expires);
        let values = [
            ("platform=", self.platform),
            ("&platform_id=", self.platform_id),
            ("&handle=", self.handle),
            ("&state=", self.state),
            ("&expires=", &expires),
            ("&sig=", sig),
        ];
        let mut query = String::with_capacity(256);
        for (name, value) in values {
            query.push_str(name);
            percent::encode_into(value, &mut query);
        }
        query
    }
}

/// The `sig` of a proof: lowercase hex of HMAC-SHA256 over [`Claims::base_string`].
///
/// The key is the text of the signing secret exactly as shown, prefix included, neither hex- nor base64-decoded.
///
/// # Panics
/// Never for claims as [`Claims::new`] makes them. Directly before the MAC the base string is asserted to hold the four
/// `&` of its form and no other: what has a second reading is signed under no circumstances.
#[must_use]
pub fn sign(claims: &Claims<'_>, secret: &[u8]) -> String {
    let base = claims.base_string();
    assert_eq!(
        base.bytes().filter(|byte| *byte == b'&').count(),
        4,
        "a base string with a second reading is not signed"
    );
    let mut digits = [0; 64];
    // Two digits for each of 32 bytes, all of them ASCII.
    let _fits = hex::encode_to_slice(MacKey::new(secret).mac(base.as_bytes()), &mut digits);
    String::from_utf8_lossy(&digits).into_owned()
}

/// The rule on which all others lean, so it does not lean on them: without `&` in a value no other five values give
/// the same base string.
fn refuse_ampersand(parameter: &'static str, value: &str) -> Result<(), ClaimsError> {
    if value.contains('&') {
        return Err(ClaimsError {
            parameter,
            rule: "must not hold `&`: the base string would have two readings",
        });
    }
    Ok(())
}

fn signed_handle(value: &str) -> Result<(), Rule> {
    rules::handle(value)?;
    handle::is_encoded(value).then_some(()).ok_or(rules::HANDLE_ESCAPE)
}

/// A value that must not be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClaimsError {
    parameter: &'static str,
    rule: Rule,
}

impl ClaimsError {
    /// The name of the value: `platform`, `platform_id`, `handle`, `state` or `expires`.
    pub fn parameter(&self) -> &'static str {
        self.parameter
    }
}

impl fmt::Display for ClaimsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` cannot be signed: it {}", self.parameter, self.rule)
    }
}

impl core::error::Error for ClaimsError {}
