//! `GET /console/sessions`: how many sessions were made, and how they ended.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use askama::Template;

use super::desk::{Desk, Section, frame};
use super::fault::ConsoleFault;
use super::gate::Operator;
use crate::error::Failure;
use crate::observe::outcomes::Counts;
use crate::session::Outcome;
use crate::web::WebState;
use crate::web::page::Frame;

#[derive(Template)]
#[template(path = "console/sessions.html", config = "src/web/templates/askama.toml")]
struct SessionsPage {
    frame: Frame,
    desk: Desk,
    lines: Vec<Line>,
}

struct Line {
    what: &'static str,
    name: &'static str,
    hour: u64,
    day: u64,
}

/// The counts of this instance.
pub(super) async fn show(operator: Operator, state: Data<WebState>) -> Result<HttpResponse, ConsoleFault> {
    let desk = Desk::new(&state, &operator.session, Section::Sessions)?;
    let lines = lines(&state.outcomes.last_hour(), &state.outcomes.last_day());
    Ok(frame().html(StatusCode::OK, &SessionsPage { frame: frame(), desk, lines }))
}

fn lines(hour: &Counts, day: &Counts) -> Vec<Line> {
    let created = Line { what: "Sessions made", name: "created", hour: hour.created(), day: day.created() };
    let failures = Failure::ALL.map(Outcome::Failed);
    let outcomes = [Outcome::Verified, Outcome::Cancelled].into_iter().chain(failures);
    let ended = outcomes.map(|outcome| Line {
        what: words(outcome),
        name: outcome.as_str(),
        hour: hour.ended(outcome),
        day: day.ended(outcome),
    });
    std::iter::once(created).chain(ended).collect()
}

const fn words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Verified => "A proof was sent",
        Outcome::Cancelled => "The caller cancelled",
        Outcome::Failed(Failure::AccessDenied) => "The user said no",
        Outcome::Failed(Failure::AccountMismatch) => "Another account than the expected one",
        Outcome::Failed(Failure::NoAccount) => "The user has no such account",
        Outcome::Failed(Failure::TemporarilyUnavailable) => "The platform was out of reach",
        Outcome::Failed(Failure::PlatformError) => "The platform refused",
        Outcome::Failed(Failure::InvalidIdentity) => "The platform's id was unusable",
        Outcome::Failed(Failure::ServerError) => "The service failed",
    }
}
