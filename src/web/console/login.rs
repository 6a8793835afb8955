//! The way in and out: the password, and, under `dev`, a link that works once.

use actix_web::http::StatusCode;
use actix_web::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use askama::Template;

use super::cookies::OperatorCookie;
use super::desk::frame;
use super::fault::ConsoleFault;
use super::gate::{OperatorForm, check_rate, network_of, session_of};
use crate::crypto::secret::SecretText;
use crate::operator::{Locked, LoginFault};
use crate::web::browser::delegate::is_prefetch;
use crate::web::page::{Frame, redirect};
use crate::web::params::Params;
use crate::web::problem::not_found_anywhere;
use crate::web::{WebState, own_form};

const MAX_FORM: usize = 8 * 1024;

#[derive(Template)]
#[template(path = "console/login.html", config = "src/web/templates/askama.toml")]
struct LoginPage<'a> {
    frame: Frame,
    form: String,
    to: &'a str,
    fault: Option<&'a str>,
}

/// `GET /console/login`.
pub(super) async fn show(request: HttpRequest, state: Data<WebState>) -> Result<HttpResponse, ConsoleFault> {
    check_rate(&request, &state)?;
    if session_of(&request, &state).is_some() {
        return Ok(redirect("/console"));
    }
    page(&request, &state, StatusCode::OK, Shown { to: "/console", fault: None })
}

/// The login page in the place of the page at `request`, to which it then leads.
pub(super) fn page_instead(request: &HttpRequest, state: &WebState) -> HttpResponse {
    let to = if request.method() == actix_web::http::Method::GET { request.path() } else { "/console" };
    let page = page(request, state, StatusCode::UNAUTHORIZED, Shown { to: safe(to), fault: None });
    page.unwrap_or_else(|fault| fault.error_response())
}

/// `POST /console/login`.
pub(super) async fn log_in(
    request: HttpRequest,
    state: Data<WebState>,
    body: Payload,
) -> Result<HttpResponse, ConsoleFault> {
    check_rate(&request, &state)?;
    if !own_form::is_from_our_page(&request, &state.flow.rules().public_url) {
        return Err(ConsoleFault::Forged);
    }
    let fields = own_form::read_within(MAX_FORM, body).await.ok_or(ConsoleFault::Malformed)?;
    let cookie = OperatorCookie::LoginForm.value(&request, &state).ok_or(ConsoleFault::Forged)?;
    let token = fields.value("form").unwrap_or_default();
    if !state.operator.is_login_form(&cookie, token) {
        return Err(ConsoleFault::Forged);
    }
    let to = safe(fields.value("to").unwrap_or_default());
    let password = SecretText::new(fields.value("password").unwrap_or_default().to_owned());
    match state.operator.check_password(password, network_of(&request, &state)).await {
        Ok(()) => begin(&request, &state, to),
        Err(fault) => refused(&request, &state, to, fault),
    }
}

/// `POST /console/logout`.
pub(super) async fn log_out(form: OperatorForm, state: Data<WebState>) -> HttpResponse {
    state.operator.sessions().end(&form.session);
    tracing::info!(audit = true, actor = "console", "an operator logged out");
    let mut response = redirect("/console/login");
    let _always_fits = response.add_cookie(&OperatorCookie::Session.gone(&state));
    response
}

/// `GET /console/enter?ticket=…`: exists only where a ticket was issued, which only `dev` does.
pub(super) async fn enter(request: HttpRequest, state: Data<WebState>) -> Result<HttpResponse, ConsoleFault> {
    if !state.operator.has_tickets() {
        return Ok(not_found_anywhere(request).await);
    }
    check_rate(&request, &state)?;
    if is_prefetch(&request) {
        return Ok(HttpResponse::ServiceUnavailable().finish());
    }
    if session_of(&request, &state).is_some() {
        return Ok(redirect("/console"));
    }
    let params = Params::parse(request.query_string());
    let ticket = params.as_ref().and_then(|params| params.value("ticket")).unwrap_or_default();
    match state.operator.take_ticket(ticket, network_of(&request, &state)) {
        Ok(()) => begin(&request, &state, "/console"),
        Err(LoginFault::Locked(Locked(seconds))) => Err(ConsoleFault::TooMany(seconds)),
        Err(LoginFault::Wrong) => {
            let fault = "This link was used before or is too old. Log in with the password that was printed with it, \
                         or start the service anew.";
            page(&request, &state, StatusCode::FORBIDDEN, Shown { to: "/console", fault: Some(fault) })
        }
    }
}

struct Shown<'a> {
    to: &'a str,
    fault: Option<&'a str>,
}

fn page(
    request: &HttpRequest,
    state: &WebState,
    status: StatusCode,
    shown: Shown<'_>,
) -> Result<HttpResponse, ConsoleFault> {
    // A reload keeps the cookie, so that the form in another tab goes on working.
    let cookie = match OperatorCookie::LoginForm.value(request, state) {
        Some(value) => SecretText::new(value),
        None => state.operator.login_cookie()?,
    };
    let form = state.operator.login_form_token(cookie.expose())?;
    let Shown { to, fault } = shown;
    let mut response = frame().html(status, &LoginPage { frame: frame(), form, to, fault });
    let _always_fits = response.add_cookie(&OperatorCookie::LoginForm.give(&cookie, state));
    if status == StatusCode::UNAUTHORIZED
        && let Ok(challenge) = "Cookie realm=\"console\"".parse()
    {
        // RFC 9110, section 15.5.2, wants a challenge; browsers show the page for a scheme that they do not know.
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    Ok(response)
}

/// A fresh session; one that the browser had is over.
fn begin(request: &HttpRequest, state: &WebState, to: &str) -> Result<HttpResponse, ConsoleFault> {
    if let Some(old) = session_of(request, state) {
        state.operator.sessions().end(&old);
    }
    let cookie = state.operator.sessions().begin()?;
    tracing::info!(audit = true, actor = "console", "an operator logged in");
    let mut response = redirect(to);
    let _always_fits = response.add_cookie(&OperatorCookie::Session.give(&cookie, state));
    let _always_fits = response.add_cookie(&OperatorCookie::LoginForm.gone(state));
    Ok(response)
}

fn refused(
    request: &HttpRequest,
    state: &WebState,
    to: &str,
    fault: LoginFault,
) -> Result<HttpResponse, ConsoleFault> {
    let Locked(seconds) = match fault {
        LoginFault::Wrong => {
            tracing::warn!(audit = true, actor = "console", "a password was refused");
            let shown = Shown { to, fault: Some("This is not the password.") };
            return page(request, state, StatusCode::UNAUTHORIZED, shown);
        }
        LoginFault::Locked(locked) => locked,
    };
    let fault = format!("Too many wrong passwords. Try again in {} minutes.", seconds.div_ceil(60));
    let mut response =
        page(request, state, StatusCode::TOO_MANY_REQUESTS, Shown { to, fault: Some(&fault) })?;
    if let Ok(value) = seconds.to_string().parse() {
        response.headers_mut().insert(RETRY_AFTER, value);
    }
    Ok(response)
}

/// A page of the console to go to after the login; anything else is none.
fn safe(to: &str) -> &str {
    let is_ours = to.strip_prefix("/console").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let is_plain = to.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'_' | b'-'));
    if is_ours && is_plain { to } else { "/console" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_leads_to_the_console_alone() {
        assert_eq!(safe("/console/keys/key_00ff"), "/console/keys/key_00ff");
        for elsewhere in [
            "",
            "https://evil.test/",
            "//evil.test",
            "/console//../x",
            "/consoleevil",
            "/console?x",
            "/oauth",
        ] {
            assert_eq!(safe(elsewhere), "/console", "{elsewhere}");
        }
    }
}
