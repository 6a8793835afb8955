//! `GET /console/platforms`: the catalogue, and what each platform still needs.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use askama::Template;

use super::desk::{Desk, Section, frame};
use super::fault::ConsoleFault;
use super::gate::Operator;
use crate::platform::entry::Entry;
use crate::web::WebState;
use crate::web::mark::Mark;
use crate::web::page::Frame;

#[derive(Template)]
#[template(path = "console/platforms.html", config = "src/web/templates/askama.toml")]
struct PlatformsPage<'a> {
    frame: Frame,
    desk: Desk,
    platforms: Vec<Shown<'a>>,
}

struct Shown<'a> {
    entry: &'a Entry,
    mark: Mark,
    redirect_uri: Option<String>,
}

/// Every platform; the redirect URI is what its own console wants to know.
pub(super) async fn show(operator: Operator, state: Data<WebState>) -> Result<HttpResponse, ConsoleFault> {
    let desk = Desk::new(&state, &operator.session, Section::Platforms)?;
    let entries = state.flow.platforms().entries();
    let platforms = entries.map(|entry| Shown {
        entry,
        mark: Mark::of(entry),
        redirect_uri: entry.has_consent_page().then(|| state.flow.redirect_uri(&entry.name)),
    });
    let page = PlatformsPage { frame: frame(), desk, platforms: platforms.collect() };
    Ok(frame().html(StatusCode::OK, &page))
}
