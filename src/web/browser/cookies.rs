//! One cookie for each flow of a browser, so that several tabs go side by side (`T34`).
//!
//! `__Host-` keeps siblings' sub-domains from planting one (`T35`); on loopback http the prefix is not to be had.

use actix_web::http::header::{COOKIE, HeaderValue, SET_COOKIE};
use actix_web::{HttpRequest, HttpResponse};

use crate::flow::BrowserSecret;

const MAX_COOKIES: usize = 8;

/// The cookies of ours that a request brought.
pub(super) struct FlowCookies<'r> {
    prefix: &'static str,
    is_https: bool,
    /// (id of the flow, value), as they came.
    brought: Vec<(&'r str, &'r str)>,
    /// How many cookies of other pages of ours came with them.
    beside: usize,
}

impl<'r> FlowCookies<'r> {
    /// Reads them.
    pub(super) fn of(request: &'r HttpRequest, is_https: bool) -> Self {
        let prefix = if is_https { "__Host-hp_" } else { "hp_" };
        let lines = request.headers().get_all(COOKIE).filter_map(|line| line.to_str().ok());
        let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let ours = pairs.filter_map(|(name, value)| {
            let name = if is_https { name.strip_prefix("__Host-")? } else { name };
            let id = name.strip_prefix("hp_").or_else(|| name.strip_prefix("handleproof_"))?;
            Some((id, value))
        });
        // The operator's and the tester's cookies are none of a flow's, and count with them.
        let is_flow_id = |id: &str| id.len() == 16 && id.bytes().all(|b| b.is_ascii_hexdigit());
        let (brought, beside): (Vec<_>, Vec<_>) = ours.partition(|&(id, _)| is_flow_id(id));
        Self { prefix, is_https, brought, beside: beside.len() }
    }

    /// The secret of a flow, where this browser has one.
    pub(super) fn secret(&self, id: &str) -> Option<BrowserSecret> {
        self.brought.iter().find(|(one, _)| *one == id).map(|(_, value)| BrowserSecret::presented(value))
    }

    /// Gives the browser the secret of a flow for `seconds`, and takes the oldest others away where there would be more
    /// than eight cookies of ours.
    pub(super) fn give(&self, response: &mut HttpResponse, id: &str, secret: &BrowserSecret, seconds: u64) {
        let mut others: Vec<_> = self.brought.iter().filter(|(one, _)| *one != id).collect();
        // A value begins with the time at which it was made.
        others.sort_by_key(|(_, value)| *value);
        let over = (others.len() + 1 + self.beside).saturating_sub(MAX_COOKIES).min(others.len());
        for (one, _) in others.into_iter().take(over) {
            self.take_away(response, one);
        }
        self.set(response, id, secret.as_str(), seconds);
    }

    /// Takes the secret of a flow away.
    pub(super) fn take_away(&self, response: &mut HttpResponse, id: &str) {
        self.set(response, id, "", 0);
    }

    fn set(&self, response: &mut HttpResponse, id: &str, value: &str, seconds: u64) {
        let (prefix, secure) = (self.prefix, if self.is_https { "; Secure" } else { "" });
        let cookie =
            format!("{prefix}{id}={value}; HttpOnly; SameSite=Lax{secure}; Path=/; Max-Age={seconds}");
        // Names and values of ours are hex digits and base64url, which every header takes.
        if let Ok(cookie) = HeaderValue::try_from(cookie) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
    }
}
