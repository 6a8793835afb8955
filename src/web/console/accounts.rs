//! `/console/keys/{id}/accounts`: whether accounts are recorded, and deleting one that is.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

use super::confirm::{self, Matter};
use super::fault::ConsoleFault;
use super::gate::{Operator, OperatorForm, Password};
use super::key::{good_row, row};
use crate::keys::Actor;
use crate::session::RecordId;
use crate::store::registry::{AccountRow, ApiKeyRow};
use crate::web::WebState;
use crate::web::page::redirect;

/// `POST …/accounts`: the checkbox.
pub(super) async fn switch(
    form: OperatorForm,
    state: Data<WebState>,
    id: Path<String>,
) -> Result<HttpResponse, ConsoleFault> {
    let key = good_row(&state, &id).await?;
    let changes = state.keys.acting(Actor::Console);
    let done = match form.fields.value("record_accounts").is_some() {
        true => {
            changes.start_recording(key.id).await?;
            "recording"
        }
        false => {
            changes.stop_recording(key.id).await?;
            "not-recording"
        }
    };
    Ok(redirect(format!("/console/keys/{}?done={done}", key.id)))
}

/// `GET …/accounts/{record}/delete`: what it does.
pub(super) async fn ask(
    operator: Operator,
    state: Data<WebState>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, ConsoleFault> {
    let (key, account) = record(&state, &path).await?;
    confirmation(&state, &operator.session, &key, &account, &Password::Missing)
}

/// `POST …/accounts/{record}/delete`.
pub(super) async fn delete(
    form: OperatorForm,
    state: Data<WebState>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, ConsoleFault> {
    let (key, account) = record(&state, &path).await?;
    let password = form.password(&state).await?;
    if !matches!(password, Password::Given) {
        return confirmation(&state, &form.session, &key, &account, &password);
    }
    if !state.accounts.delete(key.id, &account.platform, &account.account_id).await? {
        return Err(ConsoleFault::NotFound);
    }
    tracing::info!(audit = true, actor = Actor::Console.as_str(), key = %key.id, "recorded account deleted");
    Ok(redirect(format!("/console/keys/{}?done=deleted", key.id)))
}

/// The record that a path names, of a key good or revoked.
async fn record(state: &WebState, path: &(String, String)) -> Result<(ApiKeyRow, AccountRow), ConsoleFault> {
    let key = row(state, &path.0).await?;
    let id = RecordId::parse(&path.1).ok_or(ConsoleFault::NotFound)?;
    let account = state.accounts.find(key.id, id).await?.ok_or(ConsoleFault::NotFound)?;
    Ok((key, account))
}

fn confirmation(
    state: &WebState,
    session: &crate::operator::OperatorSession,
    key: &ApiKeyRow,
    account: &AccountRow,
    password: &Password,
) -> Result<HttpResponse, ConsoleFault> {
    let what = format!(
        "The account {} at {} leaves the key's list for good. Its owner and the platform hear nothing of it. Verifying \
         the account again records it anew.",
        account.account_id.as_str(),
        account.platform,
    );
    let path = format!("accounts/{}/delete", account.id);
    let matter = Matter {
        title: "Delete this record?",
        what: &what,
        button: "Delete record",
        path: path.into(),
        subject: None,
        is_dangerous: true,
    };
    confirm::page(state, session, key, matter, password)
}
