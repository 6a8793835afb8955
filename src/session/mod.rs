//! The words of the trade: a session, its stages, and the parsed values it is made of.
//!
//! Whoever holds one of these types knows that its rule was checked. No store, no HTTP, no platform in here.

mod api_key_id;
mod app_id;
mod callback_url;
mod plain_url;
mod platform_name;
mod proof_id;
mod record;
mod record_id;
mod scopes;
mod values;

pub use api_key_id::ApiKeyId;
pub use app_id::AppId;
pub use callback_url::{CallbackRules, CallbackUrl, RegisteredCallback};
pub use platform_name::PlatformName;
pub use proof_id::ProofId;
pub use record::{
    ForCallback, ForConnect, IdentityRead, IssuedProof, Outcome, PendingAuthorization, Purpose, Redemption,
    Session, Stage, StoredSession,
};
pub use record_id::RecordId;
pub use scopes::Scopes;
pub use values::{CallerState, PlatformId, ProfileId};
