//! `/console/keys/{id}/revoke`: ending a key for good.

use std::borrow::Cow;

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

use super::confirm::{self, Matter};
use super::fault::ConsoleFault;
use super::gate::{Operator, OperatorForm, Password};
use super::key::good_row;
use crate::keys::Actor;
use crate::web::WebState;
use crate::web::page::redirect;

const MATTER: Matter<'static> = Matter {
    title: "Revoke this key?",
    what: "The key stops working at once and for good. Its unopened links answer like used ones, and flows that are open \
           end on a page that says so. The key stays in the list as revoked.",
    button: "Revoke key",
    path: Cow::Borrowed("revoke"),
    subject: None,
    is_dangerous: true,
};

/// `GET`: what it does.
pub(super) async fn ask(
    operator: Operator,
    state: Data<WebState>,
    id: Path<String>,
) -> Result<HttpResponse, ConsoleFault> {
    let key = good_row(&state, &id).await?;
    confirm::page(&state, &operator.session, &key, MATTER, &Password::Missing)
}

/// `POST`.
pub(super) async fn revoke(
    form: OperatorForm,
    state: Data<WebState>,
    id: Path<String>,
) -> Result<HttpResponse, ConsoleFault> {
    let key = good_row(&state, &id).await?;
    let password = form.password(&state).await?;
    if !matches!(password, Password::Given) {
        return confirm::page(&state, &form.session, &key, MATTER, &password);
    }
    state.keys.acting(Actor::Console).revoke(key.id).await?;
    Ok(redirect("/console?done=revoked"))
}
