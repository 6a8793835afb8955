//! The sandbox: every platform of the catalogue, played on loopback by a server of its own.
//!
//! It reads the same facts as the service but stands on the other side of them: it checks requests as a strict
//! platform would and answers in that platform's words. It must never listen anywhere but on loopback, never share
//! a port or a handler with the product, and never know a platform by name in Rust: what the catalogue does not say
//! about a platform's manner stands in `dialect/*.toml`, and a platform without such a file speaks plain RFC 6749.
//!
//! In reading order: [`start`](Sandbox::start) → `authorize` → `consent` → `token` → `identity` → `revoke`; and, for
//! platforms without a consent page, `atproto` and `key_identity`.

mod account;
mod answer;
mod atproto;
mod authorize;
mod calls;
mod client_auth;
mod consent;
mod dialect;
mod fault;
mod granted;
mod identity;
mod json;
mod key_identity;
mod oidc;
mod overrides;
mod page;
mod params;
mod persona;
mod pkce;
mod redirect;
mod register;
mod revoke;
mod routes;
mod running;
mod stage;
mod swap;
mod token;

#[cfg(test)]
mod tests;

pub use atproto::APP_PASSWORD;
pub use calls::Calls;
pub use persona::Persona;
pub use running::{Options, Pace, Sandbox, StartError};
