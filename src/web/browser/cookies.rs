//! One cookie for each flow of a browser, so that several tabs go side by side (`T34`).
//!
//! `__Host-` keeps siblings' sub-domains from planting one (`T35`); on loopback http the prefix is not to be had.

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration as CookieDuration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header::COOKIE;

use crate::flow::BrowserSecret;

const MAX_COOKIES: usize = 8;

/// The cookies of ours that a request brought.
pub(super) struct FlowCookies {
    prefix: &'static str,
    is_https: bool,
    /// (id of the flow, value), as they came.
    brought: Vec<(String, String)>,
    /// How many cookies of other pages of ours came with them.
    beside: usize,
}

impl FlowCookies {
    /// Reads them.
    pub(super) fn of(request: &HttpRequest, is_https: bool) -> Self {
        let (prefix, beside) =
            if is_https { ("__Host-hp_", "__Host-handleproof_") } else { ("hp_", "handleproof_") };
        let lines = request.headers().get_all(COOKIE).filter_map(|line| line.to_str().ok());
        let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let pairs: Vec<(&str, &str)> = pairs.collect();
        let beside = pairs.iter().filter(|(name, _)| name.starts_with(beside)).count();
        let ours = pairs
            .into_iter()
            .filter_map(|(name, value)| Some((name.strip_prefix(prefix)?.to_owned(), value.to_owned())));
        Self { prefix, is_https, brought: ours.collect(), beside }
    }

    /// The secret of a flow, where this browser has one.
    pub(super) fn secret(&self, id: &str) -> Option<BrowserSecret> {
        self.brought.iter().find(|(one, _)| one == id).map(|(_, value)| BrowserSecret::presented(value))
    }

    /// Gives the browser the secret of a flow for `seconds`, and takes the oldest others away where there would be more
    /// than eight cookies of ours.
    pub(super) fn give(&self, id: &str, secret: &BrowserSecret, seconds: u64) -> Vec<Cookie<'static>> {
        let mut others: Vec<&(String, String)> = self.brought.iter().filter(|(one, _)| one != id).collect();
        // A value begins with the time at which it was made.
        others.sort_by(|(_, one), (_, two)| one.cmp(two));
        let over = (others.len() + 1 + self.beside).saturating_sub(MAX_COOKIES).min(others.len());
        let mut cookies: Vec<Cookie<'static>> =
            others.into_iter().take(over).map(|(one, _)| self.gone(one)).collect();
        cookies.push(self.cookie(id, secret.as_str().to_owned(), i64::try_from(seconds).unwrap_or(i64::MAX)));
        cookies
    }

    /// Takes the secret of a flow away.
    pub(super) fn gone(&self, id: &str) -> Cookie<'static> {
        self.cookie(id, String::new(), 0)
    }

    fn cookie(&self, id: &str, value: String, seconds: i64) -> Cookie<'static> {
        Cookie::build(format!("{}{id}", self.prefix), value)
            .path("/")
            .http_only(true)
            .secure(self.is_https)
            .same_site(SameSite::Lax)
            .max_age(CookieDuration::seconds(seconds))
            .finish()
    }
}
