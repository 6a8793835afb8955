//! The verifier: what it holds, and the ways in. It reads no session and keeps no memory of proofs.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use crate::error::{SecretError, VerifyError};
use crate::evaluate::{Expectation, Findings};
use crate::mac::MacKey;
use crate::proof::Proof;
use crate::received::Received;
use crate::report::Report;

/// How long a proof is fresh after it was made, unless [`Verifier::max_age`] says otherwise.
pub const DEFAULT_MAX_AGE: Duration = Duration::from_mins(5);

/// How far this machine's clock may lag behind the service's, unless [`Verifier::leeway`] says otherwise.
pub const DEFAULT_LEEWAY: Duration = Duration::from_mins(1);

/// Bytes that a signing secret has at least.
pub const MIN_SECRET_LEN: usize = 32;

/// Verifies the proofs made for one API key.
///
/// Each way in takes `expected_state`: the state that **this browser's own session** holds since the flow began.
/// Never look it up by the `state` that came back, for then it matches whoever began the flow: an attacker begins one,
/// sends the link to a victim, and the victim's account is proven to be the attacker's.
///
/// The forms without `_at` read the system clock; the others take `now` in Unix seconds.
#[derive(Debug)]
pub struct Verifier {
    keys: Vec<MacKey>,
    leeway: Duration,
    max_age: Duration,
    platform: Option<String>,
}

impl Verifier {
    /// Takes the signing secret as the text that was shown, prefix included, and neither hex- nor base64-decoded.
    ///
    /// A secret under [`MIN_SECRET_LEN`] bytes is refused.
    pub fn new(secret: impl AsRef<[u8]>) -> Result<Self, SecretError> {
        let verifier = Self {
            keys: Vec::with_capacity(1),
            leeway: DEFAULT_LEEWAY,
            max_age: DEFAULT_MAX_AGE,
            platform: None,
        };
        verifier.with_secret(secret)
    }

    /// Accepts proofs made with this secret too: for the minutes around a change of secrets.
    pub fn with_secret(mut self, secret: impl AsRef<[u8]>) -> Result<Self, SecretError> {
        let secret = secret.as_ref();
        if secret.len() < MIN_SECRET_LEN {
            return Err(SecretError);
        }
        self.keys.push(MacKey::new(secret));
        Ok(self)
    }

    /// How far this machine's clock may lag behind the service's, in whole seconds. It widens
    /// [`max_age`](Self::max_age) and never makes an expired proof fresh.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// How far ahead of now `expires` may lie, `leeway` not counted, in whole seconds: the `proof_ttl_seconds` of the
    /// service. A proof that lives longer was not made by it just now.
    #[must_use]
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = max_age;
        self
    }

    /// Refuses proofs for another platform. Where the user picked the platform, expect the one they picked.
    ///
    /// Without it the proof may be for any platform but `sandbox`, which has to be asked for.
    #[must_use]
    pub fn expect_platform(mut self, platform: impl Into<String>) -> Self {
        self.platform = Some(platform.into());
        self
    }

    /// Verifies the URL that the browser opened, absolute or from the path on.
    #[cfg(feature = "std")]
    pub fn verify_url(&self, url: &str, expected_state: &str) -> Result<Proof, VerifyError> {
        self.verify_url_at(url, expected_state, unix_now())
    }

    /// [`verify_url`](Self::verify_url) at a given time.
    pub fn verify_url_at(&self, url: &str, expected_state: &str, now: u64) -> Result<Proof, VerifyError> {
        self.verify_query_at(query_of(url), expected_state, now)
    }

    /// Verifies a query as it came over the wire, still percent-encoded. Prefer it to
    /// [`verify_params`](Self::verify_params): it sees what a framework hides, such as a parameter sent twice.
    #[cfg(feature = "std")]
    pub fn verify_query(&self, query: &str, expected_state: &str) -> Result<Proof, VerifyError> {
        self.verify_query_at(query, expected_state, unix_now())
    }

    /// [`verify_query`](Self::verify_query) at a given time.
    pub fn verify_query_at(&self, query: &str, expected_state: &str, now: u64) -> Result<Proof, VerifyError> {
        self.verify(Received::from_query(query), expected_state, now)
    }

    /// Verifies name and value pairs that are already decoded, once. Pass all that came, so that a repeated one is
    /// seen; a map has dropped it by then.
    #[cfg(feature = "std")]
    pub fn verify_params<N: AsRef<str>, V: AsRef<str>>(
        &self,
        params: impl IntoIterator<Item = (N, V)>,
        expected_state: &str,
    ) -> Result<Proof, VerifyError> {
        self.verify_params_at(params, expected_state, unix_now())
    }

    /// [`verify_params`](Self::verify_params) at a given time.
    pub fn verify_params_at<N: AsRef<str>, V: AsRef<str>>(
        &self,
        params: impl IntoIterator<Item = (N, V)>,
        expected_state: &str,
        now: u64,
    ) -> Result<Proof, VerifyError> {
        self.verify(Received::from_params(params), expected_state, now)
    }

    /// [`verify_url`](Self::verify_url) with every check told, for people to read.
    #[cfg(feature = "std")]
    pub fn report_url(&self, url: &str, expected_state: &str) -> Report {
        self.report_url_at(url, expected_state, unix_now())
    }

    /// [`report_url`](Self::report_url) at a given time.
    pub fn report_url_at(&self, url: &str, expected_state: &str, now: u64) -> Report {
        self.report_query_at(query_of(url), expected_state, now)
    }

    /// [`verify_query`](Self::verify_query) with every check told, for people to read.
    #[cfg(feature = "std")]
    pub fn report_query(&self, query: &str, expected_state: &str) -> Report {
        self.report_query_at(query, expected_state, unix_now())
    }

    /// [`report_query`](Self::report_query) at a given time.
    pub fn report_query_at(&self, query: &str, expected_state: &str, now: u64) -> Report {
        Report::of(Received::from_query(query), &self.expectation(expected_state, now))
    }

    /// [`verify_params`](Self::verify_params) with every check told, for people to read.
    #[cfg(feature = "std")]
    pub fn report_params<N: AsRef<str>, V: AsRef<str>>(
        &self,
        params: impl IntoIterator<Item = (N, V)>,
        expected_state: &str,
    ) -> Report {
        self.report_params_at(params, expected_state, unix_now())
    }

    /// [`report_params`](Self::report_params) at a given time.
    pub fn report_params_at<N: AsRef<str>, V: AsRef<str>>(
        &self,
        params: impl IntoIterator<Item = (N, V)>,
        expected_state: &str,
        now: u64,
    ) -> Report {
        Report::of(Received::from_params(params), &self.expectation(expected_state, now))
    }

    fn verify(&self, received: Received, expected_state: &str, now: u64) -> Result<Proof, VerifyError> {
        Findings::of(&received, &self.expectation(expected_state, now)).decide(received)
    }

    fn expectation<'a>(&'a self, state: &'a str, now: u64) -> Expectation<'a> {
        let horizon = self.max_age.as_secs().saturating_add(self.leeway.as_secs());
        Expectation { keys: &self.keys, platform: self.platform.as_deref(), state, now, horizon }
    }
}

/// What stands between the first `?` and the fragment; nothing if there is no `?`.
fn query_of(url: &str) -> &str {
    let before_fragment = url.split_once('#').map_or(url, |(before, _)| before);
    before_fragment.split_once('?').map_or("", |(_, query)| query)
}

/// Unix seconds. A clock before 1970 counts as 1970: every proof is then too far ahead, and refused.
#[cfg(feature = "std")]
pub(crate) fn unix_now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
