//! OpenID Connect: discovery, keys, and ID tokens signed with a key of this start (ES256).

use std::time::{SystemTime, UNIX_EPOCH};

use actix_web::HttpResponse;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};

use super::answer;
use super::granted::Grant;
use super::identity::document;
use super::stage::{OnStage, Stage};
use crate::platform::entry::{AuthMethod, Kind, Pkce};

const KEY_ID: &str = "sandbox";
const ID_TOKEN_LIFE: u64 = 300;
/// A point in uncompressed form: `04`, then both coordinates.
const COORDINATE: usize = 32;

/// The sandbox's signing key.
pub(super) struct SigningKey {
    pair: EcdsaKeyPair,
    random: SystemRandom,
}

impl SigningKey {
    /// A new key; `None` where the system has no randomness.
    pub(super) fn generate() -> Option<Self> {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).ok()?;
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).ok()?;
        Some(Self { pair, random })
    }

    fn sign(&self, claims: &Value) -> Option<String> {
        let header = json!({"alg": "ES256", "typ": "JWT", "kid": KEY_ID});
        let signed = format!("{}.{}", encoded(&header), encoded(claims));
        let signature = self.pair.sign(&self.random, signed.as_bytes()).ok()?;
        Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    fn jwk(&self) -> Option<Value> {
        let (x, y) = self.pair.public_key().as_ref().get(1..)?.split_at_checked(COORDINATE)?;
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        Some(
            json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": KEY_ID, "x": x, "y": y}),
        )
    }
}

/// An ID token for the client of the grant, with the nonce of its request.
pub(super) fn id_token(stage: &Stage, grant: &Grant) -> Option<String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    let mut claims = document(stage, grant);
    let members = claims.as_object_mut()?;
    members.insert("iss".into(), stage.issuer().into());
    members.insert("aud".into(), grant.asked.client_id.as_str().into());
    members.insert("iat".into(), now.into());
    members.insert("exp".into(), (now + ID_TOKEN_LIFE).into());
    if let Some(nonce) = &grant.asked.nonce {
        members.insert("nonce".into(), nonce.as_str().into());
    }
    stage.key.sign(&claims)
}

/// `GET /{platform}/.well-known/openid-configuration`.
pub(super) async fn configuration(stage: OnStage) -> HttpResponse {
    if stage.entry.kind != Kind::Oidc {
        return HttpResponse::NotFound().finish();
    }
    let base = &stage.base;
    let auth_method = match stage.auth_method() {
        AuthMethod::Post => "client_secret_post",
        AuthMethod::Basic => "client_secret_basic",
    };
    let mut body = json!({
        "issuer": stage.issuer(),
        "authorization_endpoint": format!("{base}/authorize"),
        "token_endpoint": format!("{base}/token"),
        "userinfo_endpoint": format!("{base}/identity"),
        "jwks_uri": format!("{base}/jwks"),
        "registration_endpoint": format!("{base}/register"),
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": [auth_method],
        "scopes_supported": stage.entry.authorization.scopes,
        "authorization_response_iss_parameter_supported": true,
    });
    let revocation = stage.entry.revocation.as_ref().map(|_| json!(format!("{base}/revoke")));
    let challenges = (stage.entry.authorization.pkce != Pkce::None).then(|| json!(["S256"]));
    let optional = [("revocation_endpoint", revocation), ("code_challenge_methods_supported", challenges)];
    if let Some(members) = body.as_object_mut() {
        members.extend(optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    }
    answer::json(HttpResponse::Ok(), &body)
}

/// `GET /{platform}/jwks`.
pub(super) async fn keys(stage: OnStage) -> HttpResponse {
    match stage.key.jwk() {
        Some(key) if stage.entry.kind == Kind::Oidc => {
            answer::json(HttpResponse::Ok(), &json!({"keys": [key]}))
        }
        _ => HttpResponse::NotFound().finish(),
    }
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}
