//! What a caller's program is told: the content of an RFC 9457 problem document.

use std::borrow::Cow;

use super::Code;

/// A refusal of a JSON request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What the program branches on.
    pub code: Code,
    /// What was wrong this time and what to do, for the developer who reads it.
    pub detail: Cow<'static, str>,
    /// Every field at fault, all at once.
    pub fields: Vec<FieldFault>,
    /// Seconds after which trying again makes sense.
    pub retry_after: Option<u64>,
}

/// One field at fault.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct FieldFault {
    /// The member's name; empty for the document as a whole.
    pub field: String,
    /// What is wrong with it and what would be right. Never repeats the value.
    #[schema(value_type = String)]
    pub message: Cow<'static, str>,
}

impl FieldFault {
    /// A fault of `field`.
    pub fn new(field: impl Into<String>, message: impl Into<Cow<'static, str>>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

impl Problem {
    /// A problem without fields.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { code, detail: detail.into(), fields: Vec::new(), retry_after: None }
    }

    /// A request with fields at fault.
    pub fn invalid(fields: Vec<FieldFault>) -> Self {
        let detail = "See errors for each field and what it must be.";
        Self { fields, ..Self::new(Code::InvalidRequest, detail) }
    }

    /// A store is down or full: nothing was done, and the same request may be sent again.
    pub fn store_unavailable() -> Self {
        let detail = "Nothing was done. Send the same request again after the time in Retry-After.";
        Self { retry_after: Some(2), ..Self::new(Code::StoreUnavailable, detail) }
    }

    /// The service failed in a way that the caller cannot mend.
    pub fn server_error() -> Self {
        Self::new(Code::ServerError, "The fault is ours; the request id finds it in the operator's log.")
    }

    /// Nothing here, or nothing of this key's.
    pub fn not_found() -> Self {
        Self::new(Code::NotFound, "Nothing with this address belongs to this API key.")
    }
}
