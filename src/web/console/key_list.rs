//! `GET /console`: every key, and what each still needs.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use askama::Template;

use super::desk::{Desk, Section, frame};
use super::fault::ConsoleFault;
use super::gate::Operator;
use crate::store::registry::ApiKeyRow;
use crate::web::WebState;
use crate::web::page::Frame;
use crate::web::timestamp::{for_people, rfc3339};

#[derive(Template)]
#[template(path = "console/keys.html", config = "src/web/templates/askama.toml")]
struct KeysPage {
    frame: Frame,
    desk: Desk,
    good: Vec<ApiKeyRow>,
    revoked: Vec<ApiKeyRow>,
}

/// The list; revoked keys stand apart.
pub(super) async fn show(
    operator: Operator,
    state: Data<WebState>,
    request: actix_web::HttpRequest,
) -> Result<HttpResponse, ConsoleFault> {
    let desk = Desk::new(&state, &operator.session, Section::Keys)?.after(request.query_string());
    let (good, revoked) = state.keys.list().await?.into_iter().partition(|row| row.revoked_at.is_none());
    Ok(frame().html(StatusCode::OK, &KeysPage { frame: frame(), desk, good, revoked }))
}
