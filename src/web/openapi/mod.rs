//! The API described: an OpenAPI 3.1 document generated from the handlers' own types, and a page made of it.
//!
//! What every operation shares (its refusals, headers and examples) is added here from the one table of error codes, so
//! that no handler repeats it and none can forget it.
#![expect(
    clippy::indexing_slicing,
    reason = "the document is the same in every run, and tests render all of it"
)]

mod page;
mod problems;
mod words;

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use serde_json::{Value, json};
use utoipa::OpenApi;

use super::{api, key_set, problem};

pub(super) use page::show as show_page;
pub(super) use words::{
    account_statuses, check_outcomes, failures, health_words, seconds, statuses, token_statuses,
};

#[derive(OpenApi)]
#[openapi(
    paths(
        api::sessions::create,
        api::sessions::show,
        api::sessions::cancel,
        api::platforms::list,
        api::apps::create,
        api::apps::list,
        api::apps::show,
        api::apps::change,
        api::apps::delete,
        api::proofs::redeem,
        api::connect::start,
        api::connect::finish,
        api::accounts::list,
        api::accounts::show,
        api::accounts::delete,
        api::connect_credentials::connect,
        api::grants::health,
        api::grants::renew,
        api::grants::disconnect,
        key_set::show
    ),
    components(schemas(problem::Document<'_>))
)]
struct Described;

/// The document. It is the same for every deployment: addresses in it are relative to where it was read.
fn document() -> &'static Value {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(make);
    &DOCUMENT
}

/// The document as it is printed and committed.
pub fn document_text() -> String {
    let mut text = serde_json::to_string_pretty(document()).unwrap_or_default();
    text.push('\n');
    text
}

/// `GET /openapi.json`.
pub(super) async fn show() -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "public, max-age=300")).json(document())
}

/// Types of ours always become JSON.
fn make() -> Value {
    let mut document = serde_json::to_value(Described::openapi()).unwrap_or_default();
    document["info"] = json!({
        "title": "handleproof",
        "summary": "Proves, by the platform's own consent, that a person owns a social account.",
        "description": "Every answer carries `X-Request-Id`, which finds the request in the operator's log. A refusal is \
                        a problem document (RFC 9457): branch on its `code`.",
        "version": env!("CARGO_PKG_VERSION"),
        "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
    });
    document["servers"] = json!([{"url": "/"}]);
    document["components"]["securitySchemes"] = json!({
        "api_key": {"type": "http", "scheme": "bearer", "description": "An API key, `hpk_…`, as the operator gave it out."}
    });
    problems::describe(&mut document);
    document
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_document_is_the_one_that_the_code_makes() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/openapi.json");
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            committed == document_text(),
            "docs/openapi.json is out of date: 'handleproof openapi > docs/openapi.json' writes it"
        );
    }

    #[test]
    fn every_operation_has_a_summary_an_id_and_an_example_of_its_success() {
        for (path, item) in document()["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let name = format!("{method} {path}");
                assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{name}");
                assert!(operation["operationId"].as_str().is_some_and(|text| !text.is_empty()), "{name}");
                let responses = operation["responses"].as_object().unwrap();
                let (status, good) = responses.iter().find(|(status, _)| status.starts_with('2')).unwrap();
                let content = good["content"].as_object().and_then(|content| content.values().next());
                let has_example = content.is_some_and(|content| !content["example"].is_null());
                assert!(status == "204" || has_example, "{name}");
                for response in responses.values() {
                    assert!(!response["headers"]["X-Request-Id"].is_null(), "{name}");
                }
            }
        }
    }
}
