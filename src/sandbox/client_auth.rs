//! Client authentication, by exactly the one method that the platform documents (RFC 6749, section 2.3).

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::form_urlencoded;

use super::fault::Fault;
use super::params::Params;
use super::stage::{RegisteredClient, Stage};
use crate::crypto::secret::SecretText;

/// The client in the form body, and nowhere else.
pub(super) fn post(stage: &Stage, request: &HttpRequest, params: &Params) -> Result<RegisteredClient, Fault> {
    if request.headers().contains_key(AUTHORIZATION) {
        return Err(Fault::InvalidClient);
    }
    let client_id = params.find(stage.spelled("client_id")).ok_or(Fault::InvalidClient)?;
    let client_secret = params.find(stage.spelled("client_secret")).ok_or(Fault::InvalidClient)?;
    known(stage, client_id, client_secret)
}

/// The client in the `Authorization` header; the body may repeat the id, never the secret.
pub(super) fn basic(
    stage: &Stage,
    request: &HttpRequest,
    params: &Params,
) -> Result<RegisteredClient, Fault> {
    if params.find(stage.spelled("client_secret")).is_some() {
        return Err(Fault::InvalidClient);
    }
    let (client_id, client_secret) = credentials(request).ok_or(Fault::InvalidClient)?;
    match params.find(stage.spelled("client_id")) {
        Some(repeated) if repeated != client_id => Err(Fault::InvalidClient),
        _ => known(stage, &client_id, &client_secret),
    }
}

/// The token of an `Authorization: Bearer` header (RFC 6750, section 2.1).
pub(super) fn bearer(request: &HttpRequest) -> Option<&str> {
    scheme(request, "bearer")
}

fn credentials(request: &HttpRequest) -> Option<(String, String)> {
    let decoded = STANDARD.decode(scheme(request, "basic")?).ok()?;
    let (client_id, client_secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    // Both halves are form-encoded before they are joined (RFC 6749, section 2.3.1).
    Some((form_decoded(client_id), form_decoded(client_secret)))
}

fn form_decoded(text: &str) -> String {
    form_urlencoded::parse(text.as_bytes()).map(|(name, _)| name.into_owned()).next().unwrap_or_default()
}

fn scheme<'r>(request: &'r HttpRequest, wanted: &str) -> Option<&'r str> {
    let (scheme, rest) = request.headers().get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case(wanted).then(|| rest.trim())
}

fn known(stage: &Stage, client_id: &str, client_secret: &str) -> Result<RegisteredClient, Fault> {
    stage
        .client(client_id)
        .filter(|client| client.client_secret == SecretText::new(client_secret.to_owned()))
        .ok_or(Fault::InvalidClient)
}
