//! The operator's two cookies: the session's, and the login form's. `SameSite=Strict`: no other site's request carries
//! them (`T78`, `T84`).

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration as CookieDuration;
use actix_web::cookie::{Cookie, SameSite};

use crate::crypto::secret::SecretText;
use crate::web::WebState;

/// One of the two.
#[derive(Clone, Copy)]
pub(super) enum OperatorCookie {
    /// Of an operator who is logged in; ends with the browser.
    Session,
    /// Of a browser that was shown the login form.
    LoginForm,
}

impl OperatorCookie {
    /// Its value, where the request brought exactly one.
    pub(super) fn value(self, request: &HttpRequest, state: &WebState) -> Option<String> {
        let name = self.name(state.is_https);
        let cookies = request.cookies().ok()?;
        let mut ours = cookies.iter().filter(|cookie| cookie.name() == name);
        match (ours.next(), ours.next()) {
            (Some(cookie), None) => Some(cookie.value().to_owned()),
            _ => None,
        }
    }

    /// Gives it to the browser.
    pub(super) fn give(self, value: &SecretText, state: &WebState) -> Cookie<'static> {
        self.cookie(value.expose().to_owned(), state)
    }

    /// Takes it away.
    pub(super) fn gone(self, state: &WebState) -> Cookie<'static> {
        let mut cookie = self.cookie(String::new(), state);
        cookie.set_max_age(CookieDuration::ZERO);
        cookie
    }

    fn cookie(self, value: String, state: &WebState) -> Cookie<'static> {
        Cookie::build(self.name(state.is_https), value)
            .path("/")
            .http_only(true)
            .secure(state.is_https)
            .same_site(SameSite::Strict)
            .finish()
    }

    const fn name(self, is_https: bool) -> &'static str {
        match (self, is_https) {
            (Self::Session, true) => "__Host-hp_operator",
            (Self::Session, false) => "hp_operator",
            (Self::LoginForm, true) => "__Host-hp_login",
            (Self::LoginForm, false) => "hp_login",
        }
    }
}
