//! Where the browser lands at the end: the caller's callback, with a proof or an error.

use handleproof_verify::{Proof, Verifier, VerifyError};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The address, byte for byte as `Location` had it.
#[derive(Clone, Debug)]
pub struct Landing {
    pub url: String,
}

pub const PROOF: [&str; 6] = ["platform", "platform_id", "handle", "state", "expires", "sig"];
pub const ERROR: [&str; 4] = ["error", "error_description", "platform", "state"];

impl Landing {
    pub fn at(url: impl Into<String>) -> Self {
        Self { url: url.into() }
    }

    pub fn query(&self) -> &str {
        self.url.split_once('?').unwrap().1
    }

    /// The names, as they stand there.
    pub fn names(&self) -> Vec<&str> {
        self.query().split('&').map(|pair| pair.split('=').next().unwrap()).collect()
    }

    /// The decoded value; empty where there is none.
    pub fn value(&self, name: &str) -> String {
        let mut pairs = url::form_urlencoded::parse(self.query().as_bytes());
        pairs.find(|(one, _)| one == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
    }

    /// A proof and nothing else, that the verifier accepts; with a MAC made here from scratch as the second witness.
    #[track_caller]
    pub fn proves(&self, secret: &str, state: &str, now: u64) {
        let _checked = self.proof(secret, state, now);
    }

    /// The same, with what it proves.
    #[track_caller]
    pub fn proof(&self, secret: &str, state: &str, now: u64) -> Proof {
        assert_eq!(self.names(), PROOF, "{}", self.url);
        assert_eq!(self.value("sig"), mac(secret, &self.base()), "{}", self.url);
        self.verify(secret, state, now).unwrap_or_else(|error| panic!("{error}: {}", self.url))
    }

    pub fn verify(&self, secret: &str, state: &str, now: u64) -> Result<Proof, VerifyError> {
        Verifier::new(secret).unwrap().verify_url_at(&self.url, state, now)
    }

    /// The error redirect's parameters and nothing else (`T71`).
    #[track_caller]
    pub fn fails_with(&self, error: &str) {
        assert_eq!(self.names(), ERROR, "{}", self.url);
        assert_eq!(self.value("error"), error, "{}", self.url);
        assert!(!self.value("error_description").is_empty());
        assert!(!self.url.contains('+'), "{}", self.url);
    }

    /// What a receiver builds from the decoded values.
    pub fn base(&self) -> String {
        let pairs: Vec<_> = PROOF[..5].iter().map(|name| format!("{name}={}", self.value(name))).collect();
        pairs.join("&")
    }
}

/// Lower-case hex of HMAC-SHA256.
pub fn mac(secret: &str, message: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    hex::encode(mac.chain_update(message).finalize().into_bytes())
}
