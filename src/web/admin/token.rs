//! Evidence that a request carries the operator's token.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};

use crate::error::Problem;
use crate::operator::{Locked, LoginFault};
use crate::web::WebState;
use crate::web::client_address::client_address;
use crate::web::extract::{bearer, rate_limited};
use crate::web::limits::{Limited, network};
use crate::web::problem::ProblemAnswer;

/// A program of the operator's.
pub(super) struct OperatorToken;

impl FromRequest for OperatorToken {
    type Error = ProblemAnswer;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(check(request))
    }
}

fn check(request: &HttpRequest) -> Result<OperatorToken, ProblemAnswer> {
    let state = request.app_data::<Data<WebState>>().ok_or_else(Problem::server_error)?;
    let presented = bearer(request);
    let network = network(client_address(request, &state.trusted_proxies));
    match state.operator.check_token(presented, network) {
        Ok(()) => Ok(OperatorToken),
        Err(LoginFault::Locked(Locked(seconds))) => Err(rate_limited(Limited(seconds)).into()),
        Err(LoginFault::Wrong) => Err(ProblemAnswer::not_the_operator(presented.is_some())),
    }
}
