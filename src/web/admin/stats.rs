//! `/admin/v1/stats`: sessions by outcome, as this instance saw them since it started.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Serialize;

use super::token::OperatorToken;
use crate::web::WebState;

#[derive(Serialize)]
struct Stats {
    /// Other instances count for themselves.
    scope: &'static str,
    last_hour: BTreeMap<&'static str, u64>,
    last_day: BTreeMap<&'static str, u64>,
}

/// `GET`: the counts.
pub(super) async fn show(_: OperatorToken, state: Data<WebState>) -> HttpResponse {
    HttpResponse::Ok().json(Stats {
        scope: "instance",
        last_hour: state.outcomes.last_hour().named().into_iter().collect(),
        last_day: state.outcomes.last_day().named().into_iter().collect(),
    })
}
