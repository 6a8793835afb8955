//! `/console/keys/{id}/callbacks`: registering a callback URL, and taking one out.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

use super::fault::ConsoleFault;
use super::gate::OperatorForm;
use super::key::{Typed, faulty, good_row};
use crate::keys::Actor;
use crate::session::RegisteredCallback;
use crate::web::WebState;
use crate::web::page::redirect;

/// `POST …/callbacks`.
pub(super) async fn add(
    form: OperatorForm,
    state: Data<WebState>,
    id: Path<String>,
) -> Result<HttpResponse, ConsoleFault> {
    let key = good_row(&state, &id).await?;
    let text = form.text("callback_url");
    let url = match state.flow.rules().callbacks.parse_registered(text) {
        Ok(url) => url,
        Err(fault) => {
            let callback = Some((text.to_owned(), fault.to_string()));
            return faulty(&form, &state, key, Typed { callback, ..Typed::default() }).await;
        }
    };
    state.keys.acting(Actor::Console).change_callbacks(key.id, &[url], &[]).await?;
    Ok(redirect(format!("/console/keys/{}?done=added", key.id)))
}

/// `POST …/callbacks/remove`. Whatever was registered under older rules can be taken out.
pub(super) async fn remove(
    form: OperatorForm,
    state: Data<WebState>,
    id: Path<String>,
) -> Result<HttpResponse, ConsoleFault> {
    let key = good_row(&state, &id).await?;
    let url = form.fields.value("callback_url").ok_or(ConsoleFault::Malformed)?;
    let url = RegisteredCallback::from_store(url);
    state.keys.acting(Actor::Console).change_callbacks(key.id, &[], &[url]).await?;
    Ok(redirect(format!("/console/keys/{}?done=removed", key.id)))
}
