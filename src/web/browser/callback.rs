//! `GET /oauth/callback/{platform}`, and `/{app_id}` behind it for a caller's own app: the platform sends the browser back.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use super::cookies::FlowCookies;
use crate::error::Refusal;
use crate::flow::{PlatformAnswer, PlatformResponse};
use crate::session::{AppId, PlatformName};
use crate::web::client_address::client_address;
use crate::web::params::Params;
use crate::web::{WebState, page};

/// Finishes the flow: to the caller's callback, or to a page that says why not.
pub(in crate::web) async fn finish(
    request: HttpRequest,
    state: Data<WebState>,
    platform: Path<String>,
) -> HttpResponse {
    let registered = PlatformName::parse(&platform).map(|platform| (platform, None));
    try_finish(&request, &state, registered).await.unwrap_or_else(|refusal| page::refusal(&request, refusal))
}

/// The same for a caller's own app, whose redirect URI is of no other (`T41`).
pub(in crate::web) async fn finish_own_app(
    request: HttpRequest,
    state: Data<WebState>,
    path: Path<(String, String)>,
) -> HttpResponse {
    let (platform, app) = path.into_inner();
    let registered = PlatformName::parse(&platform).zip(AppId::parse(&app).map(Some));
    try_finish(&request, &state, registered).await.unwrap_or_else(|refusal| page::refusal(&request, refusal))
}

async fn try_finish(
    request: &HttpRequest,
    state: &WebState,
    registered: Option<(PlatformName, Option<AppId>)>,
) -> Result<HttpResponse, Refusal> {
    let address = client_address(request, &state.trusted_proxies);
    state.limits.request(address).map_err(|_| Refusal::TooManyRequests)?;
    let (platform, app) = registered.ok_or(Refusal::ResponseUnusable)?;
    let response = read(request.query_string(), platform, app, state).ok_or(Refusal::ResponseUnusable)?;
    let cookies = FlowCookies::of(request, state.is_https);
    let cookie_id = state.flow.cookie_id_of_state(&response.state).ok_or(Refusal::ResponseUnusable)?;
    let redirect = state.flow.finish(response, cookies.secret(&cookie_id)).await?;
    let mut answer = page::redirect(redirect.location());
    cookies.take_away(&mut answer, &cookie_id);
    Ok(answer)
}

/// A code or an error, and never both (`T38`). Tokens in the query are not looked at.
fn read(
    query: &str,
    platform: PlatformName,
    app: Option<AppId>,
    state: &WebState,
) -> Option<PlatformResponse> {
    let params = Params::parse(query)?;
    let entry = state.flow.platforms().named(&platform)?.entry();
    let error = std::iter::once("error")
        .chain(entry.authorization.error_params.iter().map(String::as_str))
        .find_map(|name| params.value(name));
    let answer = match (params.value("code"), error) {
        (Some(code), None) => PlatformAnswer::Code(code.to_owned()),
        (None, Some(error)) => PlatformAnswer::Error(error.to_owned()),
        _ => return None,
    };
    let state = params.value("state")?.to_owned();
    let iss = params.value("iss").map(str::to_owned);
    Some(PlatformResponse { platform, app, state, answer, iss })
}
