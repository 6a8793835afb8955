//! Takes a compact JWS apart (RFC 7515, section 7.1). It judges the header and nothing else.

use alloc::string::String;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, de::DeserializeOwned, de::IgnoredAny};

use super::error::JwsError;

/// Longer than any proof: a URL carries it.
const MAX_LEN: usize = 16 * 1024;

/// A JWS whose header is that of an ownership proof. Its signature was not looked at.
pub(super) struct Parsed<'a> {
    pub(super) kid: String,
    pub(super) signing_input: &'a str,
    pub(super) signature: [u8; 64],
    claims: &'a str,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: Option<String>,
    kid: Option<String>,
    /// Extensions that must be understood; there are none (RFC 7515, section 4.1.11).
    crit: Option<IgnoredAny>,
}

/// What the service signs. A claim that stands there twice is an error.
#[derive(Deserialize)]
pub(super) struct Claims {
    pub(super) iss: String,
    pub(super) aud: String,
    pub(super) sub: String,
    pub(super) platform: String,
    pub(super) platform_id: String,
    pub(super) handle: String,
    pub(super) nonce: String,
    pub(super) iat: u64,
    pub(super) exp: u64,
    pub(super) jti: String,
    pub(super) auth_time: Option<u64>,
    pub(super) id_kind: Option<String>,
    pub(super) id_scope: Option<String>,
    pub(super) app_id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) token_revoked: Option<String>,
}

impl<'a> Parsed<'a> {
    /// Neither algorithm nor type is the sender's choice (RFC 8725, sections 3.1 and 3.11).
    pub(super) fn of(jws: &'a str) -> Result<Self, JwsError> {
        let malformed = JwsError::Malformed { part: "jws" };
        if jws.len() > MAX_LEN {
            return Err(malformed);
        }
        let Some((signing_input, signature)) = jws.rsplit_once('.') else { return Err(malformed) };
        let Some((header, claims)) = signing_input.split_once('.') else { return Err(malformed) };
        let header: Header = decoded(header, "header")?;
        if header.alg != "EdDSA" {
            return Err(JwsError::WrongAlgorithm);
        }
        if header.typ.as_deref() != Some("ownership-proof+jwt") {
            return Err(JwsError::WrongType);
        }
        let (Some(kid), None) = (header.kid, header.crit) else {
            return Err(JwsError::Malformed { part: "header" });
        };
        let signature = URL_SAFE_NO_PAD.decode(signature).ok().and_then(|bytes| bytes.try_into().ok());
        let signature = signature.ok_or(JwsError::BadSignature)?;
        Ok(Self { kid, signing_input, signature, claims })
    }

    /// The claims; to be asked for once the signature was checked.
    pub(super) fn claims(&self) -> Result<Claims, JwsError> {
        decoded(self.claims, "claims")
    }
}

fn decoded<T: DeserializeOwned>(text: &str, part: &'static str) -> Result<T, JwsError> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| JwsError::Malformed { part })?;
    serde_json::from_slice(&bytes).map_err(|_| JwsError::Malformed { part })
}
