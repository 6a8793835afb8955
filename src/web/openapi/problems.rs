//! What every operation shares: refusals by status, with the codes of each, and headers.

use serde_json::{Map, Value, json};

use crate::error::Code;

/// What a request without a body can be refused with.
const ANY: [Code; 4] = [Code::InvalidApiKey, Code::RateLimited, Code::ServerError, Code::StoreUnavailable];
/// What a request with a JSON body can be refused with besides.
const BODY: [Code; 4] =
    [Code::MalformedJson, Code::InvalidRequest, Code::PayloadTooLarge, Code::UnsupportedMediaType];

/// What one operation can be refused with besides, by its `operationId`.
fn own(operation: &str) -> &'static [Code] {
    match operation {
        "create_session" => &[Code::CallbackNotRegistered, Code::PlatformNotAvailable, Code::NoSigningSecret],
        "change_app" => &[Code::ImmutableField, Code::NotFound],
        "start_connect" => &[
            Code::InvalidRequest,
            Code::CallbackNotRegistered,
            Code::PlatformNotAvailable,
            Code::NotFound,
            Code::NoSigningSecret,
            Code::PlatformError,
            Code::PlatformTimeout,
        ],
        "finish_connect" => &[
            Code::InvalidState,
            Code::StateOfAnotherKey,
            Code::CallbackNotRegistered,
            Code::PlatformNotAvailable,
            Code::NotFound,
            Code::NoSigningSecret,
            Code::PlatformError,
            Code::PlatformTimeout,
        ],
        "list_accounts" | "list_platforms" => &[Code::InvalidRequest],
        "show_session" | "cancel_session" | "show_account" | "delete_account" | "show_app" | "delete_app" => {
            &[Code::NotFound]
        }
        "renew_grant" => {
            &[Code::PlatformNotAvailable, Code::NoSigningSecret, Code::PlatformError, Code::PlatformTimeout]
        }
        "disconnect_grant" => &[Code::PlatformNotAvailable, Code::PlatformError, Code::PlatformTimeout],
        "connect_with_credentials" => &[
            Code::PlatformNotAvailable,
            Code::NotFound,
            Code::NoSigningSecret,
            Code::PlatformError,
            Code::PlatformTimeout,
        ],
        "redeem_proof" => &[Code::NoSigningSecret],
        _ => &[],
    }
}

/// Adds them to every operation.
pub(super) fn describe(document: &mut Value) {
    let Some(paths) = document["paths"].as_object_mut() else { return };
    for item in paths.values_mut().filter_map(Value::as_object_mut) {
        for operation in item.values_mut() {
            describe_operation(operation);
        }
    }
}

fn describe_operation(operation: &mut Value) {
    let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
    let has_body = operation.get("requestBody").is_some();
    let needs_key = operation.get("security").is_some();
    let shared = ANY.into_iter().filter(|code| needs_key || code.status() >= 500);
    let body = BODY.into_iter().filter(|_| has_body);
    let mut codes: Vec<Code> = shared.chain(body).chain(own(&id).iter().copied()).collect();
    codes.sort_by_key(|code| code.status());
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    for group in codes.chunk_by(|one, two| one.status() == two.status()) {
        if let Some(first) = group.first() {
            responses.insert(first.status().to_string(), refusal(group));
        }
    }
    for response in responses.values_mut() {
        response["headers"]["X-Request-Id"] = json!({
            "description": "Finds the request in the operator's log.",
            "required": true,
            "schema": {"type": "string"},
        });
    }
}

/// One status with all codes that it can have here.
fn refusal(codes: &[Code]) -> Value {
    let names: Vec<String> = codes.iter().map(|code| format!("`{}`", code.as_str())).collect();
    let examples: Map<String, Value> =
        codes.iter().map(|code| (code.as_str().to_owned(), json!({"value": example(*code)}))).collect();
    let content = json!({"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples});
    json!({
        "description": names.join(", "),
        "headers": headers(codes),
        "content": {"application/problem+json": content},
    })
}

fn headers(codes: &[Code]) -> Value {
    let mut headers = json!({});
    if codes.contains(&Code::InvalidApiKey) {
        headers["WWW-Authenticate"] =
            json!({"description": "RFC 6750.", "required": true, "schema": {"type": "string"}});
    }
    if codes.iter().any(|code| matches!(code, Code::RateLimited | Code::StoreUnavailable)) {
        headers["Retry-After"] = json!({
            "description": "Seconds after which trying again makes sense.",
            "required": true,
            "schema": {"type": "integer", "minimum": 0},
        });
    }
    headers
}

fn example(code: Code) -> Value {
    let mut problem = json!({
        "type": format!("urn:handleproof:problem:{}", code.as_str()),
        "title": code.title(),
        "status": code.status(),
        "detail": code.title(),
        "code": code.as_str(),
        "request_id": "019d2b6e-3f0a-7c41-9a55-0c1d2e3f4a5b",
    });
    if code == Code::ImmutableField {
        problem["errors"] = json!([{"field": "platform", "message": "never changes"}]);
    }
    if code == Code::InvalidRequest {
        problem["errors"] = json!([{"field": "platform", "message": "is required"}]);
    }
    problem
}
