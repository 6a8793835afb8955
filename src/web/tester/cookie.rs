//! The tester's own cookie: which browser this is, and nothing else. Its value is a secret that only this browser knows.

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration as CookieDuration;
use actix_web::cookie::{Cookie, SameSite};
use subtle::ConstantTimeEq;

use crate::crypto::locator::Digest;
use crate::flow::BrowserSecret;

/// Longer than a run takes; the memory behind it ends after as long without a visit.
pub(super) const LIFE_SECONDS: u32 = 3600;

/// A browser that the tester knows, or may come to know.
pub(super) struct TesterCookie(BrowserSecret);

impl TesterCookie {
    /// The one that the request brought.
    pub(super) fn of(request: &HttpRequest, is_https: bool) -> Option<Self> {
        let cookie = request.cookie(name(is_https))?;
        (cookie.value().len() >= 32).then(|| Self(BrowserSecret::presented(cookie.value())))
    }

    /// One for a browser that has none.
    pub(super) fn new(secret: BrowserSecret) -> Self {
        Self(secret)
    }

    /// Under which the browser's memory lies.
    pub(super) fn digest(&self) -> Digest {
        Digest::of(&[b"tester browser\n", self.0.as_str().as_bytes()].concat())
    }

    /// For the hidden field `form`: only a page that this browser was shown has it.
    pub(super) fn form_token(&self) -> String {
        let Digest(digest) = Digest::of(&[b"tester form\n", self.0.as_str().as_bytes()].concat());
        hex::encode(digest)
    }

    /// Whether a form is one of this browser's.
    pub(super) fn is_form_token(&self, presented: &str) -> bool {
        self.form_token().as_bytes().ct_eq(presented.as_bytes()).into()
    }

    /// `Lax`, since the browser comes back from the platform's site.
    pub(super) fn to_set(&self, is_https: bool) -> Cookie<'static> {
        Cookie::build(name(is_https), self.0.as_str().to_owned())
            .path("/")
            .http_only(true)
            .secure(is_https)
            .same_site(SameSite::Lax)
            .max_age(CookieDuration::seconds(LIFE_SECONDS.into()))
            .finish()
    }
}

const fn name(is_https: bool) -> &'static str {
    if is_https { "__Host-handleproof_tester" } else { "handleproof_tester" }
}
