//! The properties of what is read of platforms: their files, their answers, their ID tokens.

mod id_token;
mod identity;
mod platform_file;

pub use id_token::id_token;
pub use identity::identity;
pub use platform_file::platform_file;
