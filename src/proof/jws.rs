//! The publicly verifiable form of a proof: a compact JWS (RFC 7515) with one algorithm and one type, on both sides.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::handle;
use super::signed::SignedProof;
use crate::platform::Identified;
use crate::platform::entry::{Entry, IdScope};
use crate::session::{CallerState, Session};
use crate::signing_keys::Signer;

const ALGORITHM: &str = "EdDSA";
/// Keeps a proof from being taken for a token of another kind (RFC 8725, section 3.11).
const TYPE: &str = "ownership-proof+jwt";
/// Longer display names are left out, so that the redirect stays short enough for every server.
const LONGEST_NAME: usize = 200;

/// What is signed about a proof besides the proof itself.
pub struct PublicFacts<'a> {
    /// The service's public URL.
    pub issuer: &'a str,
    /// Whose proof it is, and for what.
    pub session: &'a Session,
    /// The caller's state.
    pub nonce: &'a CallerState,
    /// The platform's facts.
    pub entry: &'a Entry,
    /// Who gave consent.
    pub identified: &'a Identified,
    /// Unix seconds.
    pub issued_at: u64,
    /// Unix seconds: when the browser came back from the platform.
    pub auth_time: u64,
}

#[derive(Serialize, Deserialize)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: String,
    sub: String,
    platform: &'a str,
    platform_id: &'a str,
    handle: &'a str,
    nonce: &'a str,
    iat: u64,
    exp: u64,
    jti: String,
    auth_time: u64,
    id_kind: &'a str,
    id_scope: IdScope,
    #[serde(skip_serializing_if = "Option::is_none")]
    app_id: Option<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'a str,
    token_revoked: &'a str,
}

/// Signs `proof` for the public.
pub fn sign(proof: &SignedProof, facts: &PublicFacts<'_>, signer: &Signer) -> String {
    let identity = &facts.identified.identity;
    let (platform, platform_id) = (facts.session.platform.as_str(), identity.platform_id.as_str());
    let name = handle::cleaned(&identity.name.0);
    let claims = Claims {
        iss: facts.issuer,
        aud: facts.session.api_key.to_string(),
        sub: format!("{platform}:{platform_id}"),
        platform,
        platform_id,
        handle: &proof.handle,
        nonce: facts.nonce.as_str(),
        iat: facts.issued_at,
        exp: proof.expires,
        jti: proof.id.to_string(),
        auth_time: facts.auth_time,
        id_kind: &facts.entry.id_kind,
        id_scope: facts.entry.id_scope,
        app_id: facts.session.app.map(|app| app.to_string()),
        name: if name.len() <= LONGEST_NAME { &name } else { "" },
        token_revoked: facts.identified.token.as_str(),
    };
    let header = Header { alg: ALGORITHM.to_owned(), typ: TYPE.to_owned(), kid: signer.kid.clone() };
    let input = format!("{}.{}", encoded(&header), encoded(&claims));
    let signature = URL_SAFE_NO_PAD.encode(signer.sign(input.as_bytes()));
    format!("{input}.{signature}")
}

/// Structs of texts and numbers always become JSON.
fn encoded(part: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(part).unwrap_or_default())
}

/// A JWS in the form of ours, taken apart. Nothing of it is proven yet.
pub struct PresentedJws {
    /// Names the key.
    pub kid: String,
    input: String,
    signature: Vec<u8>,
    claims: PresentedClaims,
}

/// What a redemption asks of the claims.
#[derive(Deserialize)]
pub struct PresentedClaims {
    /// The issuer.
    pub iss: String,
    /// The audience.
    pub aud: String,
    /// The last second in which it is fresh.
    pub exp: u64,
    /// The proof's id.
    pub jti: String,
    /// Where the account is.
    pub platform: String,
    /// The platform's permanent id.
    pub platform_id: String,
    /// As signed, its escapes included.
    pub handle: String,
}

impl PresentedJws {
    /// Takes `text` apart; `None` where it has another form, type or algorithm than the service ever gives out
    /// (RFC 8725, sections 3.1 and 3.11).
    pub fn parse(text: &str) -> Option<Self> {
        let (input, signature) = text.rsplit_once('.')?;
        let (header, claims) = input.split_once('.')?;
        let header: Header = decoded(header)?;
        (header.alg == ALGORITHM && header.typ == TYPE).then_some(())?;
        Some(Self {
            kid: header.kid,
            input: input.to_owned(),
            signature: URL_SAFE_NO_PAD.decode(signature).ok()?,
            claims: decoded(claims)?,
        })
    }

    /// The claims, where `public_key` signed them.
    pub fn signed_by(&self, public_key: &[u8; 32]) -> Option<&PresentedClaims> {
        let key = ring::signature::UnparsedPublicKey::new(&ring::signature::ED25519, public_key);
        key.verify(self.input.as_bytes(), &self.signature).ok().map(|()| &self.claims)
    }
}

fn decoded<T: for<'de> Deserialize<'de>>(part: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}
