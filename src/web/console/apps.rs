//! `/console/keys/{id}/apps`: the key's own OAuth apps. Their secrets go in, and never come out.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use askama::Template;

use super::app_form::AppForm;
use super::confirm::{self, Matter};
use super::desk::{Desk, Section, frame};
use super::fault::ConsoleFault;
use super::gate::{Operator, OperatorForm, Password};
use super::key::{Typed, faulty, good_row};
use crate::apps::{AppChange, AppFault, ClientSecret};
use crate::keys::Actor;
use crate::operator::OperatorSession;
use crate::session::AppId;
use crate::store::registry::{ApiKeyRow, AppRow};
use crate::web::WebState;
use crate::web::page::{Frame, redirect};

#[derive(Template)]
#[template(path = "console/app_secret.html", config = "src/web/templates/askama.toml")]
struct SecretPage<'a> {
    frame: Frame,
    desk: Desk,
    key: &'a ApiKeyRow,
    app: &'a AppRow,
    secret_fault: Option<&'static str>,
    asks_password: bool,
    password_fault: Option<&'static str>,
}

/// What stands beside the fields of the page for another secret.
#[derive(Default)]
struct SecretFaults {
    secret: Option<&'static str>,
    password: Option<&'static str>,
}

/// `POST …/apps`: one more app.
pub(super) async fn add(
    form: OperatorForm,
    state: Data<WebState>,
    id: Path<String>,
) -> Result<HttpResponse, ConsoleFault> {
    let key = good_row(&state, &id).await?;
    let new = match AppForm::read(&form, &state.flow) {
        Ok(new) => new,
        Err(app) => return faulty(&form, &state, key, Typed { app: *app, ..Typed::default() }).await,
    };
    form.use_up(&state)?;
    match state.apps.acting(Actor::Console).create(key.id, new).await {
        Ok(_) => Ok(redirect(format!("/console/keys/{}?done=app-added", key.id))),
        Err(AppFault::Full) => {
            let app = AppForm { fault: Some(AppFault::FULL_RULE), ..AppForm::default() };
            faulty(&form, &state, key, Typed { app, ..Typed::default() }).await
        }
        Err(fault) => Err(fault.into()),
    }
}

/// `GET …/apps/{app_id}/secret`: the form of another secret.
pub(super) async fn ask_secret(
    operator: Operator,
    state: Data<WebState>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, ConsoleFault> {
    let (key, app) = rows(&state, &path).await?;
    secret_page(&state, &operator.session, (&key, &app), SecretFaults::default())
}

/// `POST …/apps/{app_id}/secret`.
pub(super) async fn replace_secret(
    form: OperatorForm,
    state: Data<WebState>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, ConsoleFault> {
    let (key, app) = rows(&state, &path).await?;
    let secret = ClientSecret::parse(form.text("client_secret"));
    let password = form.password(&state).await?;
    let (Some(secret), Password::Given) = (secret.as_ref(), &password) else {
        let faults = SecretFaults {
            secret: secret.is_none().then_some(ClientSecret::RULE),
            password: confirm::password_fault(&password),
        };
        return secret_page(&state, &form.session, (&key, &app), faults);
    };
    let change = AppChange { client_secret: Some(secret.clone()), ..AppChange::default() };
    state.apps.acting(Actor::Console).change(key.id, app.id, change).await?;
    Ok(redirect(format!("/console/keys/{}?done=app-secret", key.id)))
}

/// `GET …/apps/{app_id}/delete`: what it does.
pub(super) async fn ask_delete(
    operator: Operator,
    state: Data<WebState>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, ConsoleFault> {
    let (key, app) = rows(&state, &path).await?;
    confirm::page(&state, &operator.session, &key, deletion(&app), &Password::Missing)
}

/// `POST …/apps/{app_id}/delete`.
pub(super) async fn delete(
    form: OperatorForm,
    state: Data<WebState>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, ConsoleFault> {
    let (key, app) = rows(&state, &path).await?;
    let password = form.password(&state).await?;
    if !matches!(password, Password::Given) {
        return confirm::page(&state, &form.session, &key, deletion(&app), &password);
    }
    state.apps.acting(Actor::Console).delete(key.id, app.id).await?;
    Ok(redirect(format!("/console/keys/{}?done=app-deleted", key.id)))
}

fn deletion(app: &AppRow) -> Matter<'_> {
    Matter {
        title: "Delete this app?",
        what: "The app and its secret are forgotten. Its unopened links answer like used ones, and flows that are open \
               end in an error. It stays registered at the platform.",
        button: "Delete app",
        path: format!("apps/{}/delete", app.id).into(),
        subject: Some((app.name.clone(), app.id.to_string())),
        is_dangerous: true,
    }
}

async fn rows(state: &WebState, path: &(String, String)) -> Result<(ApiKeyRow, AppRow), ConsoleFault> {
    let key = good_row(state, &path.0).await?;
    let id = AppId::parse(&path.1).ok_or(ConsoleFault::AppNotFound)?;
    let app = state.apps.row(key.id, id).await?;
    Ok((key, app))
}

fn secret_page(
    state: &WebState,
    session: &OperatorSession,
    (key, app): (&ApiKeyRow, &AppRow),
    faults: SecretFaults,
) -> Result<HttpResponse, ConsoleFault> {
    let desk = Desk::new(state, session, Section::Keys)?;
    let SecretFaults { secret: secret_fault, password: password_fault } = faults;
    let status = match (password_fault, secret_fault) {
        (Some(_), _) => StatusCode::FORBIDDEN,
        (None, Some(_)) => StatusCode::UNPROCESSABLE_ENTITY,
        (None, None) => StatusCode::OK,
    };
    let asks_password = !session.is_recent;
    let page = SecretPage { frame: frame(), desk, key, app, secret_fault, asks_password, password_fault };
    Ok(frame().html(status, &page))
}
