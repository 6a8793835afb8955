//! Members that are one of a few words, taken from where the words are decided.

use utoipa::openapi::schema::SchemaType;
use utoipa::openapi::{Object, ObjectBuilder, Type};

use crate::error::Failure;
use crate::store::registry::AccountStatus;

/// How far a session came.
pub(in crate::web) fn statuses() -> Object {
    one_of(["created", "opened", "verified", "failed", "expired", "cancelled"])
}

/// The `error` of a failed session.
pub(in crate::web) fn failures() -> Object {
    one_of(Failure::ALL.map(Failure::code))
}

/// How a check of a proof ended.
pub(in crate::web) fn check_outcomes() -> Object {
    one_of(["passed", "failed", "not_checked"])
}

/// What is known of a recorded account.
pub(in crate::web) fn account_statuses() -> Object {
    one_of(AccountStatus::ALL.map(AccountStatus::as_str))
}

/// Unix seconds as text or as a number.
pub(in crate::web) fn seconds() -> Object {
    ObjectBuilder::new().schema_type(SchemaType::from_iter([Type::String, Type::Integer])).build()
}

/// How a grant is.
pub(in crate::web) fn health_words() -> Object {
    one_of(["healthy", "degraded", "unhealthy", "unknown"])
}

/// What is known of a grant's access token.
pub(in crate::web) fn token_statuses() -> Object {
    one_of(["active", "expired", "revoked"])
}

fn one_of<const N: usize>(words: [&'static str; N]) -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).build()
}
