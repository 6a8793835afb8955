//! The redirect that ends a flow: a proof, or an error, appended to the caller's callback URL.

use crate::error::Failure;
use crate::session::{CallbackUrl, ForCallback, PlatformName};

/// Where the browser goes at the end. Made only here, from a callback URL that was checked at creation.
pub struct CallbackRedirect {
    location: String,
}

impl CallbackRedirect {
    /// The callback's own bytes stay as they are.
    pub(super) fn appending(callback_url: &CallbackUrl, query: &str) -> Self {
        let url = callback_url.as_str();
        let joint = match url.split_once('?') {
            None => "?",
            Some((_, own)) if own.is_empty() || own.ends_with('&') => "",
            Some(_) => "&",
        };
        Self { location: [url, joint, query].concat() }
    }

    /// The value of `Location`. Its longest form stays under 8,000 bytes, since every part of it is bounded (`T18`).
    pub fn into_location(self) -> String {
        self.location
    }
}

impl std::fmt::Debug for CallbackRedirect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[callback redirect]")
    }
}

/// The redirect with an error. It never carries anything of an identity (`T71`).
pub fn failed(platform: &PlatformName, callback: &ForCallback, failure: Failure) -> CallbackRedirect {
    let params = [
        ("error", failure.code()),
        ("error_description", failure.description()),
        ("platform", platform.as_str()),
        ("state", callback.caller_state.as_str()),
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
    CallbackRedirect::appending(&callback.callback_url, &query)
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
