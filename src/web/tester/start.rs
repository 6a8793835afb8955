//! `/tester`: pick a key and a platform, and begin.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::Tester;
use super::browser::{NewRun, Run};
use super::cookie::TesterCookie;
use crate::crypto::secret::SecretText;
use crate::error::{Problem, Refusal};
use crate::flow::NewSession;
use crate::keys::ApiKey;
use crate::platform::Platform;
use crate::session::{ApiKeyId, CallerState};
use crate::web::client_address::client_address;
use crate::web::extract::rate_limited;
use crate::web::mark::Mark;
use crate::web::page::Frame;
use crate::web::params::Params;
use crate::web::problem;
use crate::web::text::TesterText;
use crate::web::{WebState, own_form, page};

#[derive(Template)]
#[template(path = "tester_start.html", config = "src/web/templates/askama.toml")]
struct StartPage {
    frame: Frame,
    text: &'static TesterText,
    form: String,
    key: Option<ShownKey>,
    platforms: Vec<Choice>,
    runs: Vec<ShownRun>,
    public_url: String,
    key_fault: bool,
    /// Why no session was made; for developers, as the API says it.
    problem: Option<String>,
}

struct ShownKey {
    name: String,
    id: String,
    /// It was given here, and is not `dev`'s.
    is_given: bool,
}

struct Choice {
    name: String,
    display_name: String,
    mark: Mark,
}

struct ShownRun {
    number: u32,
    display_name: String,
    mark: Mark,
    has_answer: bool,
}

/// What went wrong with a form, shown beside it.
enum Trouble {
    None,
    Key,
    Problem(Problem),
}

/// `GET /`: in `dev` the way in, in production nothing.
pub(super) async fn index(request: HttpRequest, state: Data<WebState>) -> HttpResponse {
    let is_dev = state.tester.as_ref().is_some_and(|tester| tester.demo_key.get().is_some());
    if is_dev { page::redirect("/tester") } else { problem::not_found_anywhere(request).await }
}

/// `GET /tester`.
pub(super) async fn show(request: HttpRequest, state: Data<WebState>) -> HttpResponse {
    let shown = async {
        let tester = admitted(&request, &state)?;
        let cookie = match TesterCookie::of(&request, state.is_https) {
            Some(cookie) => cookie,
            None => TesterCookie::new(state.flow.browser_secret()?),
        };
        build(Visit { request: &request, state: &state, tester, cookie }, Trouble::None).await
    };
    shown.await.unwrap_or_else(|refusal| page::refusal(&request, refusal))
}

/// `POST /tester/key`: the key that this browser's runs are made with. Only its id is kept, and nothing is shown of it.
pub(super) async fn use_key(request: HttpRequest, state: Data<WebState>, body: Payload) -> HttpResponse {
    let used = async {
        let (visit, form) = own_visit(&request, &state, body).await?;
        let given = form.value("api_key").unwrap_or_default().trim();
        let found = state.keys.authenticate(given).await.map_err(|fault| {
            tracing::error!(%fault, "an API key cannot be looked up");
            Refusal::Unavailable
        })?;
        let Some(key) = found else {
            let address = client_address(&request, &state.trusted_proxies);
            state.limits.failure(address).map_err(|_| Refusal::TooManyRequests)?;
            return build(visit, Trouble::Key).await;
        };
        visit.tester.browsers.with(&visit.cookie, |browser| browser.key = Some(key.id));
        Ok(page::redirect("/tester"))
    };
    used.await.unwrap_or_else(|refusal| page::refusal(&request, refusal))
}

/// `POST /tester/key/forget`.
pub(super) async fn forget_key(request: HttpRequest, state: Data<WebState>, body: Payload) -> HttpResponse {
    let forgotten = async {
        let (visit, _) = own_visit(&request, &state, body).await?;
        visit.tester.browsers.look(&visit.cookie, |browser| browser.key = None);
        Ok(page::redirect("/tester"))
    };
    forgotten.await.unwrap_or_else(|refusal| page::refusal(&request, refusal))
}

/// `POST /tester/start`: makes a session and sends the browser to its link. The session asks for the interstitial, so that
/// this form leads to a page of ours whatever the rules say, as `form-action` has it.
pub(super) async fn begin(request: HttpRequest, state: Data<WebState>, body: Payload) -> HttpResponse {
    let begun = async {
        let (visit, form) = own_visit(&request, &state, body).await?;
        let platform = form.value("platform").and_then(|name| state.flow.platforms().find(name)).cloned();
        let Some((key, _)) = visit.key().await? else { return build(visit, Trouble::Key).await };
        let Some(platform) = platform else { return Ok(page::redirect("/tester")) };
        match make_session(&visit, &key, platform).await? {
            Ok(authorize_url) => Ok(page::redirect(&authorize_url)),
            Err(problem) => build(visit, Trouble::Problem(problem)).await,
        }
    };
    begun.await.unwrap_or_else(|refusal| page::refusal(&request, refusal))
}

/// Somebody who may use the tester now.
pub(super) fn admitted<'a>(request: &HttpRequest, state: &'a WebState) -> Result<&'a Tester, Refusal> {
    let address = client_address(request, &state.trusted_proxies);
    state.limits.request(address).map_err(|_| Refusal::TooManyRequests)?;
    state.tester.as_ref().ok_or(Refusal::NotFound)
}

/// What the proofs of a key are judged with; `None` where the key is gone.
pub(super) async fn signing_secret(state: &WebState, key: ApiKeyId) -> Result<Option<SecretText>, Refusal> {
    Ok(find_key(state, key).await?.and_then(|key| key.signing_secret.clone()))
}

async fn find_key(state: &WebState, key: ApiKeyId) -> Result<Option<Arc<ApiKey>>, Refusal> {
    state.keys.find(key).await.map_err(|fault| {
        tracing::error!(%fault, "the tester's key cannot be read");
        Refusal::Unavailable
    })
}

/// A browser at the tester.
struct Visit<'a> {
    request: &'a HttpRequest,
    state: &'a WebState,
    tester: &'a Tester,
    cookie: TesterCookie,
}

/// A form that this browser was shown (`T32`).
async fn own_visit<'a>(
    request: &'a HttpRequest,
    state: &'a WebState,
    body: Payload,
) -> Result<(Visit<'a>, Params<'static>), Refusal> {
    let tester = admitted(request, state)?;
    let form = own_form::read(request, &state.flow.rules().public_url, body).await?;
    let cookie = TesterCookie::of(request, state.is_https).ok_or(Refusal::ConsentForged)?;
    if !form.value("form").is_some_and(|presented| cookie.is_form_token(presented)) {
        return Err(Refusal::ConsentForged);
    }
    Ok((Visit { request, state, tester, cookie }, form))
}

impl Visit<'_> {
    /// The key of this browser, and whether it was given here.
    async fn key(&self) -> Result<Option<(Arc<ApiKey>, bool)>, Refusal> {
        let given = self.tester.browsers.look(&self.cookie, |browser| browser.key).flatten();
        if let Some(id) = given
            && let Some(key) = find_key(self.state, id).await?
        {
            return Ok(Some((key, true)));
        }
        let Some(id) = self.tester.demo_key.get() else { return Ok(None) };
        Ok(find_key(self.state, *id).await?.map(|key| (key, false)))
    }
}

async fn make_session(
    visit: &Visit<'_>,
    key: &ApiKey,
    platform: Arc<Platform>,
) -> Result<Result<String, Problem>, Refusal> {
    if let Err(limited) = visit.state.limits.session(key.id) {
        return Ok(Err(rate_limited(limited)));
    }
    let flow = &visit.state.flow;
    let random = flow.browser_secret()?;
    let caller_state = CallerState::parse(random.as_str()).ok_or(Refusal::ServerError)?;
    let callback_url = format!("{}/tester/callback", flow.rules().public_url);
    let callback_url = flow.rules().callbacks.parse(&callback_url).map_err(|fault| {
        tracing::error!(%fault, "the tester's own callback is refused");
        Refusal::ServerError
    })?;
    let run = NewRun {
        key: key.id,
        platform: platform.entry().name.clone(),
        expected_state: caller_state.as_str().to_owned(),
        started_here: true,
    };
    let new = NewSession {
        platform,
        app: None,
        callback_url,
        caller_state,
        profile_id: None,
        expected_platform_id: None,
        interstitial: true,
        jws: false,
    };
    Ok(flow.create(key, new).await.map(|created| {
        visit.tester.browsers.with(&visit.cookie, |browser| browser.note(run));
        created.authorize_url
    }))
}

async fn build(visit: Visit<'_>, trouble: Trouble) -> Result<HttpResponse, Refusal> {
    let frame = Frame::of(visit.request);
    let platforms = visit.state.flow.platforms();
    let key = visit.key().await?.map(|(key, is_given)| ShownKey {
        name: key.name.clone(),
        id: key.id.to_string(),
        is_given,
    });
    let runs: Vec<Run> = visit
        .tester
        .browsers
        .look(&visit.cookie, |browser| browser.runs().cloned().collect())
        .unwrap_or_default();
    let shown_runs = runs.iter().filter_map(|run| {
        let entry = platforms.named(&run.platform)?.entry();
        Some(ShownRun {
            number: run.number,
            display_name: entry.display_name.clone(),
            mark: Mark::of(entry),
            has_answer: run.latest.is_some(),
        })
    });
    let page = StartPage {
        frame,
        text: frame.texts(),
        form: visit.cookie.form_token(),
        key,
        platforms: choices(visit.state),
        runs: shown_runs.collect(),
        public_url: visit.state.flow.rules().public_url.clone(),
        key_fault: matches!(trouble, Trouble::Key),
        problem: match &trouble {
            Trouble::Problem(problem) => Some(problem.detail.to_string()),
            _ => None,
        },
    };
    let status = match &trouble {
        Trouble::None => StatusCode::OK,
        Trouble::Key => StatusCode::UNPROCESSABLE_ENTITY,
        Trouble::Problem(problem) => {
            StatusCode::from_u16(problem.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
        }
    };
    let mut response = frame.html(status, &page);
    // A cookie of ours has no character that a header refuses.
    let _always_fits = response.add_cookie(&visit.cookie.to_set(visit.state.is_https));
    Ok(response)
}

fn choices(state: &WebState) -> Vec<Choice> {
    let available =
        state.flow.platforms().entries().filter(|entry| entry.is_available() && entry.has_consent_page());
    let choices = available.map(|entry| Choice {
        name: entry.name.to_string(),
        display_name: entry.display_name.clone(),
        mark: Mark::of(entry),
    });
    choices.collect()
}
