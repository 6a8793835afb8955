//! Arguments that are evidence: a handler that has one of these knows that an operator is logged in, and, for forms, that
//! the form is one which this session was shown.

use std::future::{Ready, ready};
use std::net::IpAddr;

use actix_web::dev::Payload;
use actix_web::error::InternalError;
use actix_web::web::{self, Data};
use actix_web::{Error, FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;

use super::cookies::OperatorCookie;
use super::fault::ConsoleFault;
use super::login;
use crate::crypto::secret::SecretText;
use crate::operator::{FormId, Locked, LoginFault, OperatorSession};
use crate::web::client_address::client_address;
use crate::web::limits::{Limited, network};
use crate::web::params::Params;
use crate::web::{WebState, own_form};

/// Room for a hundred callback URLs.
const MAX_FORM: usize = 256 * 1024;

/// An operator who is logged in.
pub(super) struct Operator {
    pub(super) session: OperatorSession,
}

/// A form that an operator who is logged in was shown, and sent from our own page.
pub(super) struct OperatorForm {
    pub(super) session: OperatorSession,
    pub(super) fields: Params<'static>,
    id: FormId,
    network: IpAddr,
}

/// Whether the password was given lately enough for what cannot be taken back (`T84`).
pub(super) enum Password {
    /// Within ten minutes, or with this form.
    Given,
    /// Not given.
    Missing,
    /// Given with this form, and wrong.
    Wrong,
}

impl FromRequest for Operator {
    type Error = Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(logged_in(request).map(|session| Self { session }))
    }
}

impl FromRequest for OperatorForm {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let payload = web::Payload::from_request(&request, payload).into_inner();
        Box::pin(async move {
            let state = state_of(&request)?;
            if !own_form::is_from_our_page(&request, &state.flow.rules().public_url) {
                return Err(ConsoleFault::Forged.into());
            }
            let session = logged_in(&request)?;
            let fields = own_form::read_within(MAX_FORM, payload?).await.ok_or(ConsoleFault::Malformed)?;
            let id = fields.value("form").and_then(|token| state.operator.form(&session, token));
            let id = id.ok_or(ConsoleFault::Forged)?;
            Ok(Self { session, fields, id, network: network_of(&request, &state) })
        })
    }
}

impl OperatorForm {
    /// A field's text without blanks around it; empty where there is none.
    pub(super) fn text(&self, name: &str) -> &str {
        self.fields.value(name).unwrap_or_default().trim()
    }

    /// Uses the form up, so that a reload does not do the thing again.
    pub(super) fn use_up(&self, state: &WebState) -> Result<(), ConsoleFault> {
        match state.operator.sessions().use_form(&self.session, self.id) {
            true => Ok(()),
            false => Err(ConsoleFault::AlreadyDone),
        }
    }

    /// Whether the password was given lately, or is given now.
    pub(super) async fn password(&self, state: &WebState) -> Result<Password, ConsoleFault> {
        if self.session.is_recent {
            return Ok(Password::Given);
        }
        let Some(password) = self.fields.value("password") else { return Ok(Password::Missing) };
        let password = SecretText::new(password.to_owned());
        match state.operator.check_password(password, self.network).await {
            Ok(()) => {
                state.operator.sessions().confirm(&self.session);
                Ok(Password::Given)
            }
            Err(LoginFault::Wrong) => Ok(Password::Wrong),
            Err(LoginFault::Locked(Locked(seconds))) => Err(ConsoleFault::TooMany(seconds)),
        }
    }
}

/// The session of the request, where it has one.
pub(super) fn session_of(request: &HttpRequest, state: &WebState) -> Option<OperatorSession> {
    let cookie = OperatorCookie::Session.value(request, state)?;
    state.operator.sessions().find(&cookie)
}

/// Counts a request against its address.
pub(super) fn check_rate(request: &HttpRequest, state: &WebState) -> Result<(), ConsoleFault> {
    let address = client_address(request, &state.trusted_proxies);
    state.limits.request(address).map_err(|Limited(seconds)| ConsoleFault::TooMany(seconds))
}

/// What failures are counted by.
pub(super) fn network_of(request: &HttpRequest, state: &WebState) -> IpAddr {
    network(client_address(request, &state.trusted_proxies))
}

/// Nobody logged in: the login page, in the place of what was asked for.
fn logged_in(request: &HttpRequest) -> Result<OperatorSession, Error> {
    let state = state_of(request)?;
    check_rate(request, &state)?;
    session_of(request, &state).ok_or_else(|| {
        let page = login::page_instead(request, &state);
        InternalError::from_response("nobody is logged in", page).into()
    })
}

fn state_of(request: &HttpRequest) -> Result<Data<WebState>, ConsoleFault> {
    request.app_data::<Data<WebState>>().cloned().ok_or(ConsoleFault::ServerError)
}
