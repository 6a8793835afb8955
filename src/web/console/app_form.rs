//! The form of a new app: what was typed, and what is wrong with each field. The secret is never shown again.

use super::gate::OperatorForm;
use crate::apps::{ClientId, ClientSecret, NewApp};
use crate::flow::Flow;
use crate::keys::{KeyFault, is_good_name};

/// What was typed, kept for showing it again, with the faults beside it.
#[derive(Default)]
pub(super) struct AppForm {
    /// Of the key as a whole.
    pub(super) fault: Option<&'static str>,
    pub(super) platform: String,
    pub(super) platform_fault: Option<&'static str>,
    pub(super) name: String,
    pub(super) name_fault: Option<&'static str>,
    pub(super) client_id: String,
    pub(super) client_id_fault: Option<&'static str>,
    pub(super) secret_fault: Option<&'static str>,
}

impl AppForm {
    /// Reads a form: the app, or the form with its faults.
    pub(super) fn read(form: &OperatorForm, flow: &Flow) -> Result<NewApp, Box<Self>> {
        let (platform, name) = (form.text("platform").to_owned(), form.text("name").to_owned());
        let client_id = form.text("client_id").to_owned();
        let known = flow.platforms().find(&platform);
        let is_good = is_good_name(&name);
        let id = ClientId::parse(&client_id);
        let is_operators = matches!((&known, &id), (Some(known), Some(id)) if id.is_operators(known.entry()));
        let secret = ClientSecret::parse(form.text("client_secret"));
        match (known, is_good, id.filter(|_| !is_operators), secret) {
            (Some(known), true, Some(client_id), Some(client_secret)) => {
                Ok(NewApp { platform: known.entry().name.clone(), name, client_id, client_secret })
            }
            (known, is_good, id, secret) => Err(Box::new(Self {
                fault: None,
                platform_fault: known.is_none().then_some("is not a platform of this service"),
                name_fault: (!is_good).then_some(KeyFault::NAME_RULE),
                client_id_fault: match id {
                    Some(_) => None,
                    None if is_operators => Some(ClientId::OPERATORS),
                    None => Some(ClientId::RULE),
                },
                secret_fault: secret.is_none().then_some(ClientSecret::RULE),
                platform,
                name,
                client_id,
            })),
        }
    }
}
