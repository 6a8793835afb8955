//! The service's own public address: an origin, from which every URL that it gives out is built.

use url::Url;

use crate::settings::{Complaint, is_loopback, parse_web_address};

/// `public_url`: https, or http where the host is this machine. Never taken from a request's `Host` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    origin: String,
    is_https: bool,
    is_loopback: bool,
    url: Url,
}

impl PublicUrl {
    /// An address without path, query and fragment; one slash at the end is forgiven.
    pub fn parse(text: &str) -> Result<Self, Complaint> {
        let url: Url = parse_web_address(text)?;
        if url.path() != "/" || url.query().is_some() {
            let problem = "has a path or a query";
            return Err(Complaint::new(
                problem,
                "give scheme, host and port alone: https://verify.example.com",
            ));
        }
        if url.host_str().is_some_and(|host| host.ends_with('.')) {
            return Err(Complaint::new("has a host that ends with a dot", "take out the last dot"));
        }
        let origin = url.origin().ascii_serialization();
        Ok(Self { origin, is_https: url.scheme() == "https", is_loopback: is_loopback(&url), url })
    }

    /// The address, parsed.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Scheme, host and port as browsers write them: no slash at the end, no default port.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Whether cookies are `Secure` and HSTS is sent.
    pub fn is_https(&self) -> bool {
        self.is_https
    }

    /// Whether the host is this machine: development, where callbacks may be http and the sandbox may run.
    pub fn is_loopback(&self) -> bool {
        self.is_loopback
    }
}
