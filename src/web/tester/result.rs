//! `GET /tester/runs/{number}`: what came back for one of this browser's runs, check by check, or what would come of it
//! if it were altered.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use url::form_urlencoded;

use super::browser::Run;
use super::code::{NODE_VERIFIER, PYTHON_VERIFIER, Sample};
use super::cookie::TesterCookie;
use super::judgement::{CheckOutcome, Judgement, Measure, Verdict};
use super::start;
use super::trial::{Presented, Trial};
use crate::error::Refusal;
use crate::web::mark::Mark;
use crate::web::page::Frame;
use crate::web::params::Params;
use crate::web::text::TesterText;
use crate::web::{WebState, page};

#[derive(Template)]
#[template(path = "tester_result.html", config = "src/web/templates/askama.toml")]
struct ResultPage<'a> {
    frame: Frame,
    text: &'static TesterText,
    run: &'a Run,
    platform: &'a str,
    mark: Mark,
    /// What is shown is not what came, but this variation of it.
    trial: Option<Trial>,
    judgement: Judgement,
    params: Vec<(String, String)>,
    query: &'a str,
    samples: Samples,
}

struct Samples {
    rust: String,
    node: String,
    node_verifier: &'static str,
    python: String,
    python_verifier: &'static str,
    shell: String,
}

#[derive(Template)]
#[template(path = "tester_waiting.html", config = "src/web/templates/askama.toml")]
struct WaitingPage<'a> {
    frame: Frame,
    text: &'static TesterText,
    platform: &'a str,
    mark: Mark,
    key_is_gone: bool,
}

/// Shows it.
pub(super) async fn show(request: HttpRequest, state: Data<WebState>, number: Path<String>) -> HttpResponse {
    match try_show(&request, &state, &number).await {
        Ok(response) => response,
        Err(refusal) => page::refusal(&request, refusal),
    }
}

async fn try_show(request: &HttpRequest, state: &WebState, number: &str) -> Result<HttpResponse, Refusal> {
    let tester = start::admitted(request, state)?;
    let cookie = TesterCookie::of(request, state.is_https).ok_or(Refusal::NotFound)?;
    let number: u32 = number.parse().map_err(|_| Refusal::NotFound)?;
    let run = tester.browsers.look(&cookie, |browser| browser.run(number).cloned()).flatten();
    let run = run.ok_or(Refusal::NotFound)?;
    let wanted =
        Params::parse(request.query_string()).and_then(|params| params.value("try").map(Trial::parse));
    let secret = start::signing_secret(state, run.key).await?;
    let (presented, trial) = match (wanted.flatten(), &run.accepted, &run.latest) {
        (Some(trial), Some(accepted), _) => {
            (Some(trial.present(accepted, &run, state.flow.rules().proof_ttl)), Some(trial))
        }
        (_, _, latest) => (latest.as_ref().map(|latest| Presented::as_received(latest, &run)), None),
    };
    let judgement = secret.as_ref().zip(presented.as_ref()).and_then(|(secret, presented)| {
        let max_age = state.flow.rules().proof_ttl;
        Measure { secret, platform: &run.platform, max_age }.judge(presented).ok()
    });
    let entry = state.flow.platforms().named(&run.platform).ok_or(Refusal::NotFound)?.entry();
    let (frame, mark) = (Frame::of(request), Mark::of(entry));
    let (Some(presented), Some(judgement)) = (&presented, judgement) else {
        let (text, platform) = (frame.texts(), entry.display_name.as_str());
        let page = WaitingPage { frame, text, platform, mark, key_is_gone: secret.is_none() };
        return Ok(frame.html(StatusCode::OK, &page));
    };
    let sample = Sample {
        public_url: &state.flow.rules().public_url,
        platform: run.platform.as_str(),
        state: &presented.expected_state,
        query: &presented.query,
        base_string: judgement.base_string.as_deref(),
    };
    let page = ResultPage {
        frame,
        text: frame.texts(),
        run: &run,
        platform: &entry.display_name,
        mark,
        trial,
        params: form_urlencoded::parse(presented.query.as_bytes()).into_owned().collect(),
        query: &presented.query,
        samples: Samples::of(&sample),
        judgement,
    };
    Ok(frame.html(StatusCode::OK, &page))
}

impl Samples {
    fn of(sample: &Sample<'_>) -> Self {
        Self {
            rust: sample.rust(),
            node: sample.node(),
            node_verifier: NODE_VERIFIER,
            python: sample.python(),
            python_verifier: PYTHON_VERIFIER,
            shell: sample.shell(),
        }
    }
}
