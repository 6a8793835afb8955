//! The caller's callback URL: the one place in the service that a stranger's address comes from.

use std::borrow::Cow;

use url::{Host, Url, form_urlencoded};

use super::plain_url::plain_host;

/// Query names that the callback must not bring along: the proof's own, and those of an OAuth response. A name that
/// stood twice would be read first-wins by one framework and last-wins by the next (`T15`).
const RESERVED: [&str; 11] = [
    "platform",
    "platform_id",
    "handle",
    "state",
    "expires",
    "sig",
    "jws",
    "error",
    "error_description",
    "code",
    "iss",
];

const MAX_BYTES: usize = 2048;

/// Where a proof goes: checked by [`CallbackRules::parse`], kept byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackUrl(Box<str>);

/// What is allowed in this deployment.
#[derive(Clone, Debug)]
pub struct CallbackRules {
    /// The service's own public URL, parsed.
    own: Url,
    /// `public_url` is loopback itself, so callers on loopback and plain http are in order.
    development: bool,
}

/// Why a URL cannot be a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallbackFault {
    /// Over 2048 bytes.
    #[error("must be at most 2048 bytes long")]
    TooLong,
    /// Not an absolute URL, or not spelled as the WHATWG parser would write it.
    #[error(
        "must be an absolute URL, spelled as a browser would write it (lower-case host, a path, no default port, \
         no dot segments, non-ASCII percent-encoded)"
    )]
    NotCanonical,
    /// Another scheme than https.
    #[error("must begin with https://")]
    NotHttps,
    /// User name or password.
    #[error("must not contain a user name or password")]
    UserInfo,
    /// A fragment.
    #[error("must not contain a fragment (#)")]
    Fragment,
    /// Port 0.
    #[error("must not name port 0")]
    PortZero,
    /// An address, `localhost`, a single label, or a trailing dot.
    #[error("must name a public host: no IP address, no localhost, at least two labels, no dot at the end")]
    NotPublic,
    /// The service's own host.
    #[error("must not point at this service itself")]
    Own,
    /// A query parameter of a reserved name.
    #[error("must not have a query parameter of a name that the proof or an OAuth response uses")]
    ReservedName,
}

impl CallbackRules {
    /// The rules of a deployment at `own`.
    pub fn new(own: Url, development: bool) -> Self {
        Self { own, development }
    }

    /// The callback URL, where it keeps every rule.
    ///
    /// The equality of the text with its own parse-and-serialise removes a whole class of parser differences at once
    /// (`T13`): userinfo tricks, backslashes, tabs, encoded dots, odd hosts.
    ///
    /// # Errors
    /// The first rule broken.
    pub fn parse(&self, text: &str) -> Result<CallbackUrl, CallbackFault> {
        if text.len() > MAX_BYTES {
            return Err(CallbackFault::TooLong);
        }
        match plain_host(text) {
            Some(host) if Some(host) != self.own.host_str() => {}
            _ => self.check(text)?,
        }
        Ok(CallbackUrl(text.into()))
    }

    fn check(&self, text: &str) -> Result<(), CallbackFault> {
        let url = Url::parse(text).map_err(|_| CallbackFault::NotCanonical)?;
        self.check_scheme_and_authority(&url)?;
        if text.contains('#') {
            return Err(CallbackFault::Fragment);
        }
        if url.as_str() != text {
            return Err(CallbackFault::NotCanonical);
        }
        if self.is_own(&url) {
            return Err(CallbackFault::Own);
        }
        if url.query().is_some_and(has_reserved_name) {
            return Err(CallbackFault::ReservedName);
        }
        Ok(())
    }

    /// An entry for a key's list: a callback URL, or a bare origin.
    ///
    /// # Errors
    /// As [`CallbackRules::parse`].
    pub fn parse_registered(&self, text: &str) -> Result<RegisteredCallback, CallbackFault> {
        let is_bare = Url::parse(text).is_ok_and(|url| url.origin().ascii_serialization() == text);
        match is_bare {
            true => self.parse(&format!("{text}/")).map(|_| RegisteredCallback::from_store(text)),
            false => self.parse(text).map(|_| RegisteredCallback::from_store(text)),
        }
    }

    fn check_scheme_and_authority(&self, url: &Url) -> Result<(), CallbackFault> {
        let host = url.host().ok_or(CallbackFault::NotCanonical)?;
        let may_be_http = self.development && is_loopback(&host);
        if url.scheme() != "https" && !(url.scheme() == "http" && may_be_http) {
            return Err(CallbackFault::NotHttps);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(CallbackFault::UserInfo);
        }
        if url.port() == Some(0) {
            return Err(CallbackFault::PortZero);
        }
        let is_allowed = is_public_looking(&host) || may_be_http;
        if is_allowed { Ok(()) } else { Err(CallbackFault::NotPublic) }
    }

    /// In production one host is one service, whatever the port; in development many share the loopback host.
    fn is_own(&self, url: &Url) -> bool {
        let same_host = url.host() == self.own.host();
        let same_port = url.port_or_known_default() == self.own.port_or_known_default();
        let is_tester = url.origin() == self.own.origin() && url.path() == "/tester/callback";
        same_host && (same_port || !self.development) && !is_tester
    }
}

impl CallbackUrl {
    /// The text, byte for byte as the caller gave it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The origin, for the policy of pages that redirect there.
    pub fn origin(&self) -> String {
        Url::parse(&self.0).map(|url| url.origin().ascii_serialization()).unwrap_or_default()
    }

    /// The host and, where it is not the usual one, the port, for people to read: punycode stays punycode (`T36`).
    pub fn host(&self) -> String {
        let url = Url::parse(&self.0).ok();
        let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
        match url.as_ref().and_then(Url::port) {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    /// For stores that read back what they were given; not a way around the rules.
    pub(crate) fn from_store(text: Box<str>) -> Self {
        Self(text)
    }
}

/// An entry of a key's list of callback URLs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisteredCallback {
    text: Box<str>,
    is_bare_origin: bool,
}

impl RegisteredCallback {
    /// The text, as registered.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// For stores that read back what they were given.
    pub(crate) fn from_store(text: &str) -> Self {
        // All others have a path, and so a third slash.
        let is_bare_origin = text.bytes().filter(|byte| *byte == b'/').count() == 2;
        Self { text: text.into(), is_bare_origin }
    }

    /// The callback URL that this entry stands for where the caller names none; a bare origin stands for its root.
    pub fn as_callback(&self) -> Cow<'_, str> {
        if self.is_bare_origin { format!("{}/", self.text).into() } else { Cow::Borrowed(&self.text) }
    }

    /// Whether a callback URL is this entry's: a bare origin allows any path there, an entry with a path is compared
    /// in scheme, host, port and path, never by prefix (`T14`).
    pub fn allows(&self, callback: &CallbackUrl) -> bool {
        // Both kinds of URL were parsed and found canonical when they were made, so that their texts tell what parsing
        // them again for every redirect would: equal origins are equal texts.
        match without_query(&callback.0).strip_prefix(without_query(&self.text)) {
            Some("") => true,
            Some(rest) => rest.starts_with('/') && self.is_bare_origin,
            None => false,
        }
    }
}

fn without_query(url: &str) -> &str {
    url.split_once('?').map_or(url, |(url, _query)| url)
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(name) => *name == "localhost",
    }
}

/// The service never resolves or fetches a callback; this only keeps browsers from being sent to inner hosts (`T16`).
fn is_public_looking(host: &Host<&str>) -> bool {
    let Host::Domain(name) = host else { return false };
    name.contains('.') && !name.ends_with('.') && !name.starts_with('.') && !name.ends_with(".localhost")
}

fn has_reserved_name(query: &str) -> bool {
    form_urlencoded::parse(query.as_bytes()).any(|(name, _)| {
        let stem = name.split(['[', '.', '\0']).next().unwrap_or_default();
        // Upper and then lower case folds letters such as `ſ` and the Kelvin sign as well.
        let folded = stem.to_uppercase().to_lowercase();
        RESERVED.contains(&folded.trim())
    })
}

#[cfg(test)]
#[path = "callback_url_tests.rs"]
mod tests;
