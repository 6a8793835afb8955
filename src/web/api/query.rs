//! The query of a JSON request, read as strictly as a body: the same members, each once, none unknown.

use actix_web::HttpRequest;
use serde_json::Value;
use url::form_urlencoded;

use super::body::Members;
use crate::error::Problem;

/// The parameters, decoded, as members that are texts.
///
/// # Errors
/// Names that stand there twice.
pub(in crate::web) fn read(request: &HttpRequest) -> Result<Members, Problem> {
    let pairs = form_urlencoded::parse(request.query_string().as_bytes()).into_owned();
    Members::once_each(pairs.map(|(name, value)| (name, Value::String(value))).collect())
}
