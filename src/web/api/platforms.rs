//! `/api/oauth/delegate/platforms`: for a caller's buttons.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Serialize;

use crate::platform::entry::{Entry, IdScope};
use crate::web::WebState;
use crate::web::extract::Caller;

#[derive(Serialize)]
struct List<'a> {
    platforms: Vec<Item<'a>>,
}

#[derive(Serialize)]
struct Item<'a> {
    name: &'a str,
    display_name: &'a str,
    available: bool,
    id_kind: &'a str,
    id_scope: IdScope,
}

/// `GET`: every platform that the service knows, and whether it is set up here.
pub(in crate::web) async fn list(_caller: Caller, state: Data<WebState>) -> HttpResponse {
    let platforms = state.flow.platforms().entries().map(|entry| item(entry)).collect();
    HttpResponse::Ok().json(List { platforms })
}

fn item(entry: &Entry) -> Item<'_> {
    Item {
        name: entry.name.as_str(),
        display_name: &entry.display_name,
        available: entry.is_available(),
        id_kind: &entry.id_kind,
        id_scope: entry.id_scope,
    }
}
