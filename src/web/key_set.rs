//! `/.well-known/jwks.json`: the public halves of the keys that sign public proofs (RFC 7517).

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::Data;
use serde::Serialize;

use super::WebState;
use super::problem::ProblemAnswer;
use crate::error::Problem;
use crate::signing_keys::PublicKey;

/// Keys are published a day before they sign, so a copy of five minutes is never too old.
const KEPT: &str = "public, max-age=300";

/// A JSON Web Key Set (RFC 7517).
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct KeySet {
    keys: Vec<PublicKey>,
}

/// The keys that sign public proofs.
///
/// Keep the set for as long as `Cache-Control` says, and read it anew, once, for a `kid` that is not in it. The set is
/// empty until the first session asks for a public proof.
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    operation_id = "show_key_set",
    responses((status = 200, description = "The key set.", body = KeySet, content_type = "application/jwk-set+json",
        headers(("Cache-Control" = String, description = "How long a copy is good.")),
        example = json!({"keys": [{
            "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig",
            "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        }]}))),
)]
pub(super) async fn show(state: Data<WebState>) -> Result<HttpResponse, ProblemAnswer> {
    let keys = state.signing_keys.published().await.map_err(|fault| {
        tracing::error!(%fault, "the signing keys cannot be read");
        Problem::store_unavailable()
    })?;
    // The first key signs as soon as it is made, so nobody should remember that there was none.
    let kept = if keys.is_empty() { "no-cache" } else { KEPT };
    let mut response = HttpResponse::Ok();
    response.content_type("application/jwk-set+json").insert_header((CACHE_CONTROL, kept));
    Ok(response.json(KeySet { keys }))
}
