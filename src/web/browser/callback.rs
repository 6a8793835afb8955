//! `GET /oauth/callback/{platform}`, and `/{app_id}` behind it for a caller's own app: the platform sends the browser back.

use std::convert::Infallible;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest, HttpResponse};

use super::cookies::FlowCookies;
use crate::error::Refusal;
use crate::flow::{Flow, PlatformAnswer, PlatformResponse};
use crate::session::{AppId, PlatformName};
use crate::web::client_address::client_address;
use crate::web::params::Params;
use crate::web::{WebState, page};

/// Finishes the flow: to the caller's callback, or to a page that says why not.
pub(in crate::web) async fn finish(
    request: HttpRequest,
    state: Data<WebState>,
    registered: Registered,
) -> HttpResponse {
    try_finish(&request, &state, registered).await.unwrap_or_else(|refusal| page::refusal(&request, refusal))
}

/// What the redirect URI that the browser was sent to is registered for, by its path: the operator's app at a platform, or
/// a caller's own, whose redirect URI is of no other (`T41`). `None` where it is none of ours.
pub(in crate::web) struct Registered(Option<(PlatformName, Option<AppId>)>);

impl FromRequest for Registered {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        if let Some(platform) = request.app_data::<PlatformName>() {
            return ready(Ok(Self(Some((platform.clone(), None)))));
        }
        let path = request.match_info();
        let platform = path.get("platform").and_then(PlatformName::parse);
        let app = path.get("app_id").map(AppId::parse);
        ready(Ok(Self(match app {
            None => platform.map(|platform| (platform, None)),
            Some(app) => platform.zip(app.map(Some)),
        })))
    }
}

async fn try_finish(
    request: &HttpRequest,
    state: &WebState,
    registered: Registered,
) -> Result<HttpResponse, Refusal> {
    let address = client_address(request, &state.trusted_proxies);
    state.limits.request(address).map_err(|_| Refusal::TooManyRequests)?;
    let response = read(request.query_string(), registered, &state.flow).ok_or(Refusal::ResponseUnusable)?;
    let cookies = FlowCookies::of(request, state.is_https);
    let cookie_id = response.state.cookie_id().to_owned();
    // On the heap: whatever holds the future of a handler moves all of it.
    let redirect = Box::pin(state.flow.finish(response, cookies.secret(&cookie_id))).await?;
    let mut answer = page::redirect(redirect.into_location());
    cookies.take_away(&mut answer, &cookie_id);
    Ok(answer)
}

/// A code or an error, and never both (`T38`). Tokens in the query are not looked at.
fn read(query: &str, Registered(registered): Registered, flow: &Flow) -> Option<PlatformResponse> {
    let (platform, app) = registered?;
    let params = Params::parse(query)?;
    let entry = flow.platforms().named(&platform)?.entry();
    let error = std::iter::once("error")
        .chain(entry.authorization.error_params.iter().map(String::as_str))
        .find_map(|name| params.value(name));
    let answer = match (params.value("code"), error) {
        (Some(code), None) => PlatformAnswer::Code(code.to_owned()),
        (None, Some(error)) => PlatformAnswer::Error(error.to_owned()),
        _ => return None,
    };
    let state = flow.locate(params.value("state")?)?;
    let iss = params.value("iss").map(str::to_owned);
    Some(PlatformResponse { platform, app, state, answer, iss })
}
