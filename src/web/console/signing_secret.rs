//! `/console/keys/{id}/signing-secret`: generating the key's signing secret, which is shown once.

use std::borrow::Cow;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};

use super::confirm::{self, Matter};
use super::desk::{Desk, Section, frame};
use super::fault::ConsoleFault;
use super::gate::{Operator, OperatorForm, Password};
use super::key::good_row;
use super::new_key::ShownOnce;
use crate::keys::Actor;
use crate::store::registry::ApiKeyRow;
use crate::web::WebState;

/// `GET`: what generating one does to the one there is.
pub(super) async fn ask(
    operator: Operator,
    state: Data<WebState>,
    id: Path<String>,
) -> Result<HttpResponse, ConsoleFault> {
    let key = good_row(&state, &id).await?;
    confirm::page(&state, &operator.session, &key, matter(&key), &Password::Missing)
}

/// `POST`. The first secret needs no confirmation, since nothing ends by it; another one does.
pub(super) async fn generate(
    form: OperatorForm,
    state: Data<WebState>,
    id: Path<String>,
) -> Result<HttpResponse, ConsoleFault> {
    let key = good_row(&state, &id).await?;
    let is_confirmed = key.signing_secret.is_none() || form.fields.value("confirmed").is_some();
    let password = form.password(&state).await?;
    if !is_confirmed || !matches!(password, Password::Given) {
        return confirm::page(&state, &form.session, &key, matter(&key), &password);
    }
    form.use_up(&state)?;
    let secret = state.keys.acting(Actor::Console).generate_signing_secret(key.id).await?;
    let page = ShownOnce {
        frame: frame(),
        desk: Desk::new(&state, &form.session, Section::Keys)?,
        title: "The signing key is generated",
        id: key.id,
        name: &key.name,
        api_key: None,
        signing_secret: Some(secret.expose()),
    };
    Ok(frame().html(StatusCode::OK, &page))
}

const fn matter(key: &ApiKeyRow) -> Matter<'static> {
    let (title, what, button) = match key.signing_secret {
        Some(_) => (
            "Replace the signing key?",
            "A new signing key is generated and shown once. The one in use is invalid from that moment: proofs that \
             were signed with it, and flows that are open now, check only against the new one.",
            "Replace signing key",
        ),
        None => (
            "Generate the signing key?",
            "A signing key is generated and shown once. From then on proofs can be made with this API key.",
            "Generate signing key",
        ),
    };
    let path = Cow::Borrowed("signing-secret");
    Matter { title, what, button, path, subject: None, is_dangerous: key.signing_secret.is_some() }
}
