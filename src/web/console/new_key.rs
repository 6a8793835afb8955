//! `/console/keys/new`: the form of a new key, and the only page that ever shows its secrets.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use askama::Template;

use super::desk::{Desk, Section, frame};
use super::fault::ConsoleFault;
use super::gate::{Operator, OperatorForm};
use super::key_form::KeyForm;
use crate::crypto::secret::SecretText;
use crate::keys::Actor;
use crate::session::ApiKeyId;
use crate::web::WebState;
use crate::web::page::Frame;

#[derive(Template)]
#[template(path = "console/new_key.html", config = "src/web/templates/askama.toml")]
struct NewKeyPage {
    frame: Frame,
    desk: Desk,
    key: KeyForm,
}

/// Secrets, shown once.
#[derive(Template)]
#[template(path = "console/shown_once.html", config = "src/web/templates/askama.toml")]
pub(super) struct ShownOnce<'a> {
    pub(super) frame: Frame,
    pub(super) desk: Desk,
    pub(super) title: &'static str,
    pub(super) id: ApiKeyId,
    pub(super) name: &'a str,
    pub(super) api_key: Option<&'a str>,
    pub(super) signing_secret: Option<&'a str>,
}

/// `GET`: the empty form.
pub(super) async fn show(operator: Operator, state: Data<WebState>) -> Result<HttpResponse, ConsoleFault> {
    let desk = Desk::new(&state, &operator.session, Section::Keys)?;
    Ok(form_page(StatusCode::OK, desk, KeyForm::empty()))
}

/// `POST /console/keys`: makes the key, or shows the form again with everything that was typed.
pub(super) async fn create(form: OperatorForm, state: Data<WebState>) -> Result<HttpResponse, ConsoleFault> {
    let desk = Desk::new(&state, &form.session, Section::Keys)?;
    let new = match KeyForm::read(&form, &state.flow.rules().callbacks) {
        Ok(new) => new,
        Err(faulty) => return Ok(form_page(StatusCode::UNPROCESSABLE_ENTITY, desk, faulty)),
    };
    form.use_up(&state)?;
    let created = state.keys.acting(Actor::Console).create(new).await?;
    let page = ShownOnce {
        frame: frame(),
        desk,
        title: "The key is made",
        id: created.id,
        name: &created.name,
        api_key: Some(created.api_key.expose()),
        signing_secret: created.signing_secret.as_ref().map(SecretText::expose),
    };
    Ok(frame().html(StatusCode::OK, &page))
}

fn form_page(status: StatusCode, desk: Desk, key: KeyForm) -> HttpResponse {
    frame().html(status, &NewKeyPage { frame: frame(), desk, key })
}
