//! `/admin/v1/platforms`: the catalogue, and what each platform still needs.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Serialize;

use super::token::OperatorToken;
use crate::platform::entry::Entry;
use crate::web::WebState;

#[derive(Serialize)]
struct List<'a> {
    platforms: Vec<Item<'a>>,
}

#[derive(Serialize)]
struct Item<'a> {
    name: &'a str,
    display_name: &'a str,
    kind: &'static str,
    ready: bool,
    missing: &'static [&'static str],
    /// To be registered at the platform, where it has a consent page.
    redirect_uri: Option<String>,
}

/// `GET`: every platform.
pub(super) async fn list(_: OperatorToken, state: Data<WebState>) -> HttpResponse {
    let platforms = state.flow.platforms().entries().map(|entry| item(entry, &state)).collect();
    HttpResponse::Ok().json(List { platforms })
}

fn item<'a>(entry: &'a Entry, state: &WebState) -> Item<'a> {
    Item {
        name: entry.name.as_str(),
        display_name: &entry.display_name,
        kind: entry.kind.as_str(),
        ready: entry.is_available(),
        missing: entry.missing(),
        redirect_uri: entry.has_consent_page().then(|| state.flow.redirect_uri(&entry.name)),
    }
}
