//! Problems as `application/problem+json` (RFC 9457).

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use serde::Serialize;

use super::page;
use crate::error::{Code, FieldFault, Problem, Refusal};
use crate::observe::metrics;
use crate::observe::request_id::RequestId;

/// Why a request was refused (RFC 9457).
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub(super) struct Document<'a> {
    /// `urn:handleproof:problem:` and the code.
    r#type: String,
    /// The same for every occurrence.
    title: &'a str,
    /// The HTTP status.
    status: u16,
    /// What was wrong this time and what to do, for the developer who reads it.
    detail: &'a str,
    /// What a program branches on.
    #[schema(schema_with = codes)]
    code: &'a str,
    /// Finds the request in the operator's log.
    request_id: String,
    /// Every field at fault, all at once.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(value_type = Vec<FieldFault>, required = false)]
    errors: &'a [FieldFault],
}

fn codes() -> utoipa::openapi::Object {
    let words = Code::ALL.map(Code::as_str);
    utoipa::openapi::ObjectBuilder::new()
        .schema_type(utoipa::openapi::Type::String)
        .enum_values(Some(words))
        .build()
}

/// What a JSON handler answers instead of its result.
#[derive(Debug)]
pub(super) struct ProblemAnswer {
    problem: Problem,
    /// For 401: whether a bearer token was sent at all (RFC 6750, section 3.1).
    bearer_was_sent: bool,
}

impl From<Problem> for ProblemAnswer {
    fn from(problem: Problem) -> Self {
        Self { problem, bearer_was_sent: false }
    }
}

impl ProblemAnswer {
    /// No usable API key: missing, malformed, unknown and revoked are alike but for RFC 6750's `error`.
    pub(super) fn unauthorized(bearer_was_sent: bool) -> Self {
        let detail =
            "Send the API key as 'Authorization: Bearer hpk_…'. It may be missing, mistyped, or revoked.";
        Self { problem: Problem::new(Code::InvalidApiKey, detail), bearer_was_sent }
    }
}

impl ProblemAnswer {
    /// Not the operator.
    pub(super) fn not_the_operator(bearer_was_sent: bool) -> Self {
        let detail = "Send the operator's token as 'Authorization: Bearer …'. It may be missing or mistyped.";
        Self { problem: Problem::new(Code::InvalidOperatorToken, detail), bearer_was_sent }
    }
}

impl std::fmt::Display for ProblemAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.problem.code.as_str())
    }
}

impl ResponseError for ProblemAnswer {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.problem.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let code = self.problem.code;
        metrics::refused("caller", code.as_str());
        let mut response = HttpResponse::build(self.status_code());
        if let Some(seconds) = self.problem.retry_after {
            response.insert_header((RETRY_AFTER, seconds));
        }
        if self.status_code() == StatusCode::UNAUTHORIZED {
            let challenge = match self.bearer_was_sent {
                true => "Bearer realm=\"handleproof\", error=\"invalid_token\"",
                false => "Bearer realm=\"handleproof\"",
            };
            response.insert_header((WWW_AUTHENTICATE, challenge));
        }
        response.content_type("application/problem+json").json(Document {
            r#type: format!("urn:handleproof:problem:{}", code.as_str()),
            title: code.title(),
            status: code.status(),
            detail: &self.problem.detail,
            code: code.as_str(),
            request_id: RequestId::current().to_string(),
            errors: &self.problem.fields,
        })
    }
}

/// The path is right and the method is not.
pub(super) async fn method_not_allowed(request: HttpRequest) -> HttpResponse {
    let allowed = match request.match_pattern().as_deref() {
        Some(
            "/api/oauth/delegate/sessions"
            | "/api/oauth/delegate/proofs/redeem"
            | "/v1/connect/{platform}/credentials"
            | "/v1/accounts/health"
            | "/v1/accounts/renew"
            | "/v1/accounts/disconnect"
            | "/admin/v1/keys/{id}/signing-secret",
        ) => "POST",
        Some("/.well-known/jwks.json" | "/openapi.json") => "GET, HEAD",
        Some("/api/oauth/delegate/sessions/{session_id}") => "GET, DELETE",
        Some("/v1/apps" | "/v1/connect/{platform}" | "/admin/v1/keys" | "/admin/v1/keys/{id}/apps") => {
            "GET, POST"
        }
        Some("/v1/accounts/{platform}/{account_id:.+}" | "/admin/v1/keys/{id}/accounts/{record}") => "DELETE",
        Some("/v1/apps/{app_id}" | "/admin/v1/keys/{id}" | "/admin/v1/keys/{id}/apps/{app_id}") => {
            "GET, PATCH, DELETE"
        }
        Some("/admin/v1/keys/{id}/callbacks") => "GET, POST, DELETE",
        _ => "GET",
    };
    let problem = Problem::new(Code::MethodNotAllowed, "See Allow for the methods of this path.");
    let mut response = ProblemAnswer::from(problem).error_response();
    if let Ok(value) = allowed.parse() {
        response.headers_mut().insert(ALLOW, value);
    }
    response
}

/// No such path: a page for browsers, a problem for programs.
pub(super) async fn not_found_anywhere(request: HttpRequest) -> HttpResponse {
    if page::is_wanted(&request) {
        return page::refusal(&request, Refusal::NotFound);
    }
    ProblemAnswer::from(Problem::new(Code::NotFound, "There is no such path.")).error_response()
}
