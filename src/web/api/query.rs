//! The query of a JSON request, read as strictly as a body: the same members, each once, none unknown.

use actix_web::HttpRequest;
use serde_json::Value;
use url::form_urlencoded;

use super::body::Members;

/// The parameters, decoded, as members that are texts.
pub(in crate::web) fn read(request: &HttpRequest) -> Members {
    let pairs = form_urlencoded::parse(request.query_string().as_bytes()).into_owned();
    Members(pairs.map(|(name, value)| (name, Value::String(value))).collect())
}
