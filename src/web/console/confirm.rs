//! The page between an operator and what cannot be taken back: what it does, and, where the password was not given
//! lately, the password (`T84`).

use std::borrow::Cow;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::desk::{Desk, Section, frame};
use super::fault::ConsoleFault;
use super::gate::Password;
use crate::operator::OperatorSession;
use crate::store::registry::ApiKeyRow;
use crate::web::WebState;
use crate::web::page::Frame;

/// What is to be confirmed.
pub(super) struct Matter<'a> {
    pub(super) title: &'static str,
    pub(super) what: &'a str,
    pub(super) button: &'static str,
    /// Below `/console/keys/{id}/`.
    pub(super) path: Cow<'a, str>,
    /// Name and id of the key's app that it is about, where it is about one.
    pub(super) subject: Option<(String, String)>,
    /// Something that works is ended by it.
    pub(super) is_dangerous: bool,
}

#[derive(Template)]
#[template(path = "console/confirm.html", config = "src/web/templates/askama.toml")]
struct ConfirmPage<'a> {
    frame: Frame,
    desk: Desk,
    matter: Matter<'a>,
    key: &'a ApiKeyRow,
    asks_password: bool,
    password_fault: Option<&'static str>,
}

/// The page.
pub(super) fn page(
    state: &WebState,
    session: &OperatorSession,
    key: &ApiKeyRow,
    matter: Matter<'_>,
    password: &Password,
) -> Result<HttpResponse, ConsoleFault> {
    let desk = Desk::new(state, session, Section::Keys)?;
    let password_fault = password_fault(password);
    let status = if password_fault.is_some() { StatusCode::FORBIDDEN } else { StatusCode::OK };
    let asks_password = !session.is_recent;
    let page = ConfirmPage { frame: frame(), desk, matter, key, asks_password, password_fault };
    Ok(frame().html(status, &page))
}

/// What stands beside the field of the password.
pub(super) const fn password_fault(password: &Password) -> Option<&'static str> {
    match password {
        Password::Wrong => Some("This is not the password."),
        Password::Given | Password::Missing => None,
    }
}
