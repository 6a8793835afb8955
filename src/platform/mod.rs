//! Speaking to a platform: the catalogue of facts, and the only outbound HTTP.
//!
//! Nothing about any one platform stands in the code: what differs between them is a fact of an [`entry`].
//! The pure half (building requests, judging answers) is in `authorize`, `token`, `identity`, `id_token` and
//! `revocation`; [`Platform`] puts them together over the network.

mod atproto;
pub mod authorize;
pub mod catalogue;
mod connections;
pub mod credentials;
mod direct;
mod discovery;
mod draft;
pub mod entry;
mod entry_rules;
mod fault;
pub mod form;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
pub mod grant;
pub mod http;
pub mod http_client;
mod id_token;
mod identify;
mod identity;
mod json;
mod jwt_provider;
mod keep;
mod overlay;
mod platforms;
mod read_credentials;
mod read_entry;
mod read_grant;
mod revocation;
mod token;
mod urlencoded;

pub use fault::PlatformFault;
pub use identify::{AuthorizationResponse, Identified};
pub use identity::{DisplayName, Handle, PlatformIdentity};
pub use keep::GrantEnd;
pub use platforms::{Credentials, Platform, Platforms};
pub use revocation::GivenBack;
