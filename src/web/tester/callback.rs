//! `GET /tester/callback`: where proofs for the tester arrive. Like every good callback it moves on to a clean address.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::browser::Arrival;
use super::cookie::TesterCookie;
use super::judgement::Measure;
use super::start;
use super::trial::Presented;
use crate::error::Refusal;
use crate::web::page::Frame;
use crate::web::params::Params;
use crate::web::text::TesterText;
use crate::web::{WebState, page};

/// Every callback of ours is far shorter.
const MAX_QUERY: usize = 8 * 1024;

#[derive(Template)]
#[template(path = "tester_nothing.html", config = "src/web/templates/askama.toml")]
struct NothingPage {
    frame: Frame,
    text: &'static TesterText,
    callback_url: String,
}

/// Keeps what came and shows it under the run's own address.
pub(super) async fn receive(request: HttpRequest, state: Data<WebState>) -> HttpResponse {
    match try_receive(&request, &state).await {
        Ok(response) => response,
        Err(refusal) => page::refusal(&request, refusal),
    }
}

async fn try_receive(request: &HttpRequest, state: &WebState) -> Result<HttpResponse, Refusal> {
    let tester = start::admitted(request, state)?;
    let query = request.query_string();
    if query.len() > MAX_QUERY {
        return Err(Refusal::LinkMalformed);
    }
    let cookie = TesterCookie::of(request, state.is_https);
    let caller_state = Params::parse(query).and_then(|params| params.value("state").map(str::to_owned));
    let run = cookie.as_ref().and_then(|cookie| {
        tester.browsers.look(cookie, |browser| browser.run_for(caller_state.as_deref()).cloned()).flatten()
    });
    let (Some(cookie), Some(run)) = (cookie, run) else { return Ok(nothing(request, state)) };
    let arrival = Arrival { query: query.to_owned(), at: tester.clock.unix_seconds(), is_repeated: false };
    let is_good = match start::signing_secret(state, run.key).await? {
        Some(secret) => {
            let rules = state.flow.rules();
            let measure = Measure { secret: &secret, platform: &run.platform, max_age: rules.proof_ttl };
            measure.judge(&Presented::as_received(&arrival, &run)).is_ok_and(|judged| judged.is_accepted())
        }
        None => false,
    };
    tester.browsers.with(&cookie, |browser| browser.receive(run.number, arrival, is_good));
    Ok(page::redirect(format!("/tester/runs/{}", run.number)))
}

/// Nothing is judged for a browser that opened no session (`T82`).
fn nothing(request: &HttpRequest, state: &WebState) -> HttpResponse {
    let frame = Frame::of(request);
    let callback_url = format!("{}/tester/callback", state.flow.rules().public_url);
    frame.html(StatusCode::FORBIDDEN, &NothingPage { frame, text: frame.texts(), callback_url })
}
