//! `/console/keys/{id}`: one key, and its name.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::desk::{Desk, Section, frame};
use super::fault::ConsoleFault;
use super::gate::{Operator, OperatorForm};
use crate::accounts::{ListRequest, Page};
use crate::keys::{Actor, KeyFault, Need, is_good_name};
use crate::session::ApiKeyId;
use crate::store::registry::ApiKeyRow;
use crate::web::WebState;
use crate::web::page::{Frame, redirect};
use crate::web::params::Params;
use crate::web::timestamp::{for_people, rfc3339};

#[derive(Template)]
#[template(path = "console/key.html", config = "src/web/templates/askama.toml")]
struct KeyPage {
    frame: Frame,
    desk: Desk,
    key: ApiKeyRow,
    accounts: Page,
    typed: Typed,
}

/// What was typed into the page's forms and cannot be taken.
#[derive(Default)]
pub(super) struct Typed {
    pub(super) name: Option<(String, &'static str)>,
    pub(super) callback: Option<(String, String)>,
}

/// `GET`: the key, good or revoked.
pub(super) async fn show(
    operator: Operator,
    state: Data<WebState>,
    id: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, ConsoleFault> {
    let desk = Desk::new(&state, &operator.session, Section::Keys)?.after(request.query_string());
    let key = row(&state, &id).await?;
    let cursor = Params::parse(request.query_string());
    let cursor = cursor.as_ref().and_then(|params| params.value("accounts"));
    let before = cursor.and_then(|cursor| state.accounts.read_cursor(key.id, cursor));
    let accounts = state.accounts.list(key.id, ListRequest { before, ..ListRequest::default() }).await?;
    Ok(page(StatusCode::OK, desk, key, accounts, Typed::default()))
}

/// `POST /console/keys/{id}/name`.
pub(super) async fn rename(
    form: OperatorForm,
    state: Data<WebState>,
    id: Path<String>,
) -> Result<HttpResponse, ConsoleFault> {
    let key = good_row(&state, &id).await?;
    let name = form.text("name");
    if !is_good_name(name) {
        let typed = Typed { name: Some((name.to_owned(), KeyFault::NAME_RULE)), ..Typed::default() };
        return faulty(&form, &state, key, typed).await;
    }
    state.keys.acting(Actor::Console).rename(key.id, name).await?;
    Ok(redirect(&format!("/console/keys/{}?done=renamed", key.id)))
}

/// The page again, with what was typed and what is wrong with it.
pub(super) async fn faulty(
    form: &OperatorForm,
    state: &WebState,
    key: ApiKeyRow,
    typed: Typed,
) -> Result<HttpResponse, ConsoleFault> {
    let desk = Desk::new(state, &form.session, Section::Keys)?;
    let accounts = state.accounts.list(key.id, ListRequest::default()).await?;
    Ok(page(StatusCode::UNPROCESSABLE_ENTITY, desk, key, accounts, typed))
}

/// The key that a path names, good or revoked.
pub(super) async fn row(state: &WebState, id: &str) -> Result<ApiKeyRow, ConsoleFault> {
    let id = ApiKeyId::parse(id).ok_or(ConsoleFault::NotFound)?;
    state.keys.row(id).await?.ok_or(ConsoleFault::NotFound)
}

/// The good key that a path names.
pub(super) async fn good_row(state: &WebState, id: &str) -> Result<ApiKeyRow, ConsoleFault> {
    let row = row(state, id).await?;
    if row.revoked_at.is_none() { Ok(row) } else { Err(ConsoleFault::NotFound) }
}

fn page(status: StatusCode, desk: Desk, key: ApiKeyRow, accounts: Page, typed: Typed) -> HttpResponse {
    frame().html(status, &KeyPage { frame: frame(), desk, key, accounts, typed })
}

impl KeyPage {
    fn needs_secret(&self) -> bool {
        Need::of(&self.key).contains(&Need::SigningSecret)
    }

    fn needs_callback(&self) -> bool {
        Need::of(&self.key).contains(&Need::CallbackUrl)
    }

    fn has_tags(&self) -> bool {
        let key = &self.key;
        key.revoked_at.is_some() || key.first_party || key.any_callback || !Need::of(key).is_empty()
    }

    /// What stands in the field of the name.
    fn name_typed(&self) -> &str {
        self.typed.name.as_ref().map_or(&self.key.name, |(name, _)| name)
    }
}
