//! `/console/keys/{id}`: one key, and its name.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::app_form::AppForm;
use super::desk::{Desk, Section, frame};
use super::fault::ConsoleFault;
use super::gate::{Operator, OperatorForm};
use crate::accounts::{ListRequest, Page};
use crate::keys::{Actor, KeyFault, Need, is_good_name};
use crate::session::ApiKeyId;
use crate::store::registry::{ApiKeyRow, AppRow};
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
    /// Names and display names, for the form of a new app.
    platforms: Vec<(String, String)>,
    shown_apps: Vec<ShownApp>,
    accounts: Page,
    typed: Typed,
}

struct ShownApp {
    row: AppRow,
    platform: String,
    redirect_uri: String,
}

/// What was typed into the page's forms and cannot be taken.
#[derive(Default)]
pub(super) struct Typed {
    pub(super) name: Option<(String, &'static str)>,
    pub(super) callback: Option<(String, String)>,
    pub(super) app: AppForm,
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
    page(&state, (StatusCode::OK, desk), key, accounts, Typed::default()).await
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
    Ok(redirect(format!("/console/keys/{}?done=renamed", key.id)))
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
    page(state, (StatusCode::UNPROCESSABLE_ENTITY, desk), key, accounts, typed).await
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

async fn page(
    state: &WebState,
    (status, desk): (StatusCode, Desk),
    key: ApiKeyRow,
    accounts: Page,
    typed: Typed,
) -> Result<HttpResponse, ConsoleFault> {
    let platforms: Vec<(String, String)> = state
        .flow
        .platforms()
        .entries()
        .map(|entry| (entry.name.to_string(), entry.display_name.clone()))
        .collect();
    let shown = |row: AppRow| {
        let known = platforms.iter().find(|(name, _)| name == row.platform.as_str());
        ShownApp {
            platform: known.map_or_else(|| row.platform.to_string(), |(_, shown)| shown.clone()),
            redirect_uri: state.apps.redirect_uri(&row.platform, Some(row.id)),
            row,
        }
    };
    let shown_apps = state.apps.list(key.id).await?.into_iter().map(shown).collect();
    let page = KeyPage { frame: frame(), desk, key, platforms, shown_apps, accounts, typed };
    Ok(frame().html(status, &page))
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
