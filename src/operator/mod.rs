//! The operator's way in: password, sessions, form tokens, the admin API's token, and how often anybody may guess.
//!
//! A leaf: it knows no HTTP and no keys, and decides only who may pass.

mod access;
mod attempts;
mod forms;
pub mod password;
mod sessions;
mod ticket;

pub use access::{Access, LoginFault};
pub use attempts::{Attempts, Locked};
pub use forms::FormId;
pub use sessions::{OperatorSession, OperatorSessions};
