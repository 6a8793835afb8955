//! Sessions that a developer made over the API with the tester's callback: from the moment that this browser opens one,
//! the tester judges what comes back for it.

use actix_web::{HttpRequest, HttpResponse};

use super::browser::NewRun;
use super::cookie::TesterCookie;
use crate::flow::OpenLink;
use crate::web::WebState;

/// Remembers that this browser opened `link`, where its answer will come to the tester.
pub(in crate::web) fn note_opened(
    request: &HttpRequest,
    state: &WebState,
    link: &OpenLink,
    response: &mut HttpResponse,
) {
    let Some(tester) = &state.tester else { return };
    let own = format!("{}/tester/callback", state.flow.rules().public_url);
    let callback = link.callback.callback_url.as_str();
    if callback.split_once('?').map_or(callback, |(before, _)| before) != own {
        return;
    }
    let Some(cookie) = known_or_new(request, state) else { return };
    let run = NewRun {
        key: link.key.id,
        platform: link.session.platform.clone(),
        expected_state: link.callback.caller_state.as_str().to_owned(),
        started_here: false,
    };
    tester.browsers.with(&cookie, |browser| browser.note(run));
    // A cookie of ours has no character that a header refuses.
    let _always_fits = response.add_cookie(&cookie.to_set(state.is_https));
}

fn known_or_new(request: &HttpRequest, state: &WebState) -> Option<TesterCookie> {
    TesterCookie::of(request, state.is_https)
        .or_else(|| state.flow.browser_secret().ok().map(TesterCookie::new))
}
