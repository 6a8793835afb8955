//! PKCE as a strict platform checks it (RFC 7636).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::fault::Fault;
use super::params::Params;
use super::stage::Stage;
use crate::platform::entry::Pkce;

/// The challenge of an authorization request: demanded where the platform takes PKCE, ignored elsewhere. The error
/// is a description.
pub(super) fn challenge(stage: &Stage, params: &Params) -> Result<Option<String>, &'static str> {
    let length = match stage.entry.authorization.pkce {
        Pkce::None => return Ok(None),
        Pkce::S256 => 43,
        Pkce::S256Hex => 64,
    };
    let challenge = params.find(stage.spelled("code_challenge")).ok_or("code_challenge is missing")?;
    if params.find(stage.spelled("code_challenge_method")) != Some("S256") {
        return Err("code_challenge_method must be S256");
    }
    if challenge.len() != length {
        return Err("code_challenge has the wrong length");
    }
    Ok(Some(challenge.to_owned()))
}

/// The verifier of a token request against the challenge its code is bound to.
pub(super) fn verify(stage: &Stage, params: &Params, challenge: Option<&str>) -> Result<(), Fault> {
    let verifier = params.find(stage.spelled("code_verifier"));
    let Some(challenge) = challenge else { return Ok(()) };
    let verifier = verifier.ok_or(Fault::InvalidGrant("code_verifier is missing"))?;
    if !is_verifier(verifier) {
        return Err(Fault::InvalidRequest("code_verifier is not 43 to 128 unreserved characters"));
    }
    let expected = match stage.entry.authorization.pkce {
        Pkce::S256Hex => hex::encode(Sha256::digest(verifier)),
        _ => URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)),
    };
    if bool::from(expected.as_bytes().ct_eq(challenge.as_bytes())) {
        Ok(())
    } else {
        Err(Fault::InvalidGrant("code_verifier does not match"))
    }
}

/// Platforms without PKCE take its parameters for a client of another kind and refuse, at the token endpoint only.
pub(super) fn refuse_where_unknown(stage: &Stage, params: &Params) -> Result<(), Fault> {
    let sent = ["code_verifier", "code_challenge", "code_challenge_method"]
        .into_iter()
        .any(|name| params.find(stage.spelled(name)).is_some());
    if sent && stage.entry.authorization.pkce == Pkce::None {
        return Err(Fault::UnexpectedPkce);
    }
    Ok(())
}

fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}
