//! What the environment says. Without the key and the secret there is no start: a missing secret must never become an
//! empty one.

use std::collections::HashMap;
use std::env::{VarError, var};
use std::error::Error;
use std::net::SocketAddr;

use handleproof_verify::Verifier;
use url::Url;

use crate::PLATFORMS;

/// The settings, and the verifiers made of the signing secret.
pub(crate) struct Settings {
    /// Where the service is, and where it sends browsers that begin.
    pub(crate) service_url: Url,
    pub(crate) api_key: String,
    /// Where browsers reach this app. The callback is made from it and never from a `Host` header, which strangers send.
    pub(crate) public_url: Url,
    verifiers: HashMap<&'static str, Verifier>,
}

impl Settings {
    pub(crate) fn read(address: SocketAddr) -> Result<Self, Box<dyn Error>> {
        let secret = required("HANDLEPROOF_SIGNING_SECRET")?;
        let mut verifiers = HashMap::new();
        for (platform, _) in PLATFORMS {
            // One for each platform: a proof for TikTok is worth nothing where YouTube was asked for.
            verifiers.insert(platform, Verifier::new(&secret)?.expect_platform(platform));
        }
        Ok(Self {
            service_url: optional("HANDLEPROOF_URL", "http://127.0.0.1:8080")?.parse()?,
            api_key: required("HANDLEPROOF_API_KEY")?,
            public_url: optional("PUBLIC_URL", &format!("http://{address}"))?.parse()?,
            verifiers,
        })
    }

    pub(crate) fn is_https(&self) -> bool {
        self.public_url.scheme() == "https"
    }

    /// The verifier for a platform that creators can connect here.
    pub(crate) fn verifier(&self, platform: &str) -> Option<&Verifier> {
        self.verifiers.get(platform)
    }
}

/// The port on 127.0.0.1; a TLS proxy stands in front of it.
pub(crate) fn port() -> Result<u16, Box<dyn Error>> {
    Ok(optional("PORT", "3000")?.parse().map_err(|_| "PORT is no port")?)
}

fn required(name: &str) -> Result<String, Box<dyn Error>> {
    let value = var(name).map_err(|_| format!("set {name}, as handleproof printed it"))?;
    if value.is_empty() { Err(format!("{name} is empty").into()) } else { Ok(value) }
}

fn optional(name: &str, otherwise: &str) -> Result<String, VarError> {
    match var(name) {
        Err(VarError::NotPresent) => Ok(otherwise.to_owned()),
        given => given,
    }
}
