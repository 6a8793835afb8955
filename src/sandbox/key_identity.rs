//! The identity endpoint of a platform that knows its people by an API key. A persona's key is `sandbox_key_` and its
//! name; every other key is wrong.

use actix_web::HttpRequest;

use super::fault::Fault;
use super::granted::Grant;
use super::params::Params;
use super::persona::Persona;
use crate::platform::credentials::{CredentialFacts, KeyPlace, Protocol};

const PREFIX: &str = "sandbox_key_";

/// Whose key it is, where the request carries one in the one place that the entry names.
pub(super) fn asked_well(facts: &CredentialFacts, request: &HttpRequest) -> Result<Grant, Fault> {
    let Protocol::ApiKey(place) = &facts.protocol else {
        return Err(Fault::InvalidRequest("this platform has no keys"));
    };
    let params = Params::parse(request.query_string().as_bytes())
        .map_err(|_| Fault::InvalidRequest("a parameter came twice"))?;
    let key = match place {
        KeyPlace::Query(name) => params.find(name),
        KeyPlace::Header(name) => request.headers().get(name.as_str()).and_then(|value| value.to_str().ok()),
    };
    let persona = key.and_then(|key| key.strip_prefix(PREFIX)).and_then(Persona::parse);
    persona.map(Grant::by_credentials).ok_or(Fault::InvalidToken)
}
