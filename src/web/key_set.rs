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

#[derive(Serialize)]
struct KeySet {
    keys: Vec<PublicKey>,
}

/// `GET`: every key whose proofs can be checked. Empty until the first session asks for a public proof.
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
