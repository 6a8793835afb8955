//! The ID token (OpenID Connect Core, section 3.1.3.7): trusted only after its signature and every claim were checked.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::PlatformFault;
use super::json::Document;
use super::jwt_provider::{self, ALGORITHMS};
use crate::crypto::secret::SecretText;

/// What an ID token must say.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    /// What we sent; `None` for platforms that do not echo it.
    pub(super) nonce: &'a str,
}

/// The id of the key that a token says it is signed with.
pub(super) fn key_id(id_token: &SecretText) -> Option<String> {
    jsonwebtoken::decode_header(id_token.expose()).ok()?.kid
}

/// The claims, where the token is signed by one of `keys` and says what it must.
pub(super) fn check(
    id_token: &SecretText,
    keys: &JwkSet,
    expected: &Expected<'_>,
) -> Result<Document<'static>, PlatformFault> {
    jwt_provider::install();
    let text = id_token.expose();
    let header = jsonwebtoken::decode_header(text).map_err(|_| unusable("it is no JWS"))?;
    let key =
        key(keys, header.kid.as_deref(), header.alg).ok_or(unusable("no key of the issuer signed it"))?;
    let claims = jsonwebtoken::decode::<Claims>(text, &key, &validation(header.alg, expected));
    let claims = claims.map_err(|_| unusable("its signature, issuer, audience or time is wrong"))?.claims;
    if claims.nonce.as_deref() != Some(expected.nonce) {
        return Err(unusable("its nonce is not this flow's"));
    }
    // Among several audiences only `azp` tells to whom the token was given (OIDC Core, 3.1.3.7, steps 3 to 5).
    let is_ours_alone = claims.aud.count() == 1 && claims.azp.is_none();
    if !is_ours_alone && claims.azp.as_deref() != Some(expected.client_id) {
        return Err(unusable("it was issued to another client"));
    }
    payload(text).ok_or(unusable("its claims are no JSON object"))
}

#[derive(Deserialize)]
struct Claims {
    nonce: Option<String>,
    azp: Option<String>,
    aud: Audience,
}

/// One audience or a list of them.
#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    List(Vec<String>),
    One(IgnoredAny),
}

impl Audience {
    fn count(&self) -> usize {
        match self {
            Self::List(all) => all.len(),
            Self::One(_) => 1,
        }
    }
}

fn validation(algorithm: Algorithm, expected: &Expected<'_>) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.set_issuer(&[expected.issuer]);
    validation.set_audience(&[expected.client_id]);
    validation.set_required_spec_claims(&["iss", "aud", "exp", "sub"]);
    validation.validate_nbf = true;
    validation
}

/// The key of this id, or the only one of the right family where the token names none.
fn key(keys: &JwkSet, key_id: Option<&str>, algorithm: Algorithm) -> Option<DecodingKey> {
    if !ALGORITHMS.contains(&algorithm) {
        return None;
    }
    let is_named = |id: Option<&String>| key_id.is_none() || id.map(String::as_str) == key_id;
    let mut fitting = keys
        .keys
        .iter()
        .filter(|jwk| is_named(jwk.common.key_id.as_ref()))
        .filter_map(|jwk| DecodingKey::from_jwk(jwk).ok())
        .filter(|key| key.family() == algorithm.family());
    let first = fitting.next()?;
    fitting.next().is_none().then_some(first)
}

fn payload(token: &str) -> Option<Document<'static>> {
    let claims = token.split('.').nth(1)?;
    Document::parse(&URL_SAFE_NO_PAD.decode(claims).ok()?).map(Document::into_owned)
}

fn unusable(cause: &'static str) -> PlatformFault {
    tracing::debug!(cause, "the ID token was refused");
    PlatformFault::Unusable("the ID token was refused")
}
