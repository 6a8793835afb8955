//! The redirect that ends a flow: a proof, or an error, appended to the caller's callback URL.

use handleproof_verify::{Claims, sign};

use super::handle;
use crate::crypto::secret::SecretText;
use crate::error::Failure;
use crate::platform::PlatformIdentity;
use crate::session::{CallbackUrl, Session};

/// Where the browser goes at the end. Made only here, from a callback URL that was checked at creation.
pub struct CallbackRedirect {
    location: String,
}

impl CallbackRedirect {
    /// The value of `Location`. Its longest form stays under 8,000 bytes, since every part of it is bounded (`T18`).
    pub fn location(&self) -> &str {
        &self.location
    }
}

impl std::fmt::Debug for CallbackRedirect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[callback redirect]")
    }
}

/// The redirect with a proof that is fresh until `expires`, in Unix seconds.
///
/// # Errors
/// [`Failure::ServerError`] where a value breaks the rules of the base string. Everything was checked before, so this is
/// the last line of defence: rather no proof than one with two readings.
pub fn verified(
    session: &Session,
    identity: &PlatformIdentity,
    signing_secret: &SecretText,
    expires: u64,
) -> Result<CallbackRedirect, Failure> {
    let handle = handle::signed(&identity.handle.0);
    let platform_id = identity.platform_id.as_str();
    let claims =
        Claims::new(session.platform.as_str(), platform_id, &handle, session.caller_state.as_str(), expires);
    let claims = claims.map_err(|error| {
        tracing::error!(parameter = error.parameter(), "a value was refused just before signing");
        Failure::ServerError
    })?;
    let sig = sign(&claims, signing_secret.expose().as_bytes());
    Ok(append(&session.callback_url, &claims.to_query(&sig)))
}

/// The redirect with an error. It never carries anything of an identity (`T71`).
pub fn failed(session: &Session, failure: Failure) -> CallbackRedirect {
    let params = [
        ("error", failure.code()),
        ("error_description", failure.description()),
        ("platform", session.platform.as_str()),
        ("state", session.caller_state.as_str()),
    ];
    let mut query = String::new();
    for (name, value) in params {
        if !query.is_empty() {
            query.push('&');
        }
        query.push_str(name);
        query.push('=');
        percent_encode(value, &mut query);
    }
    append(&session.callback_url, &query)
}

/// The callback's own bytes stay as they are.
fn append(callback_url: &CallbackUrl, query: &str) -> CallbackRedirect {
    let url = callback_url.as_str();
    let joint = match url.split_once('?') {
        None => "?",
        Some((_, own)) if own.is_empty() || own.ends_with('&') => "",
        Some(_) => "&",
    };
    CallbackRedirect { location: [url, joint, query].concat() }
}

/// Every byte outside `A-Za-z0-9-._~`; a blank is `%20`.
fn percent_encode(value: &str, into: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            into.push(char::from(byte));
        } else {
            into.push('%');
            into.extend(
                [byte >> 4, byte & 15]
                    .into_iter()
                    .filter_map(|n| HEX.get(usize::from(n)).copied().map(char::from)),
            );
        }
    }
}
