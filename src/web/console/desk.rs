//! What every page for an operator has around its matter: the sections, and the way out.

use super::fault::ConsoleFault;
use crate::operator::OperatorSession;
use crate::web::WebState;
use crate::web::page::Frame;
use crate::web::text::Language;

/// Fields of `console/desk.html`.
pub(super) struct Desk {
    pub(super) section: Section,
    /// The hidden field of the page's forms.
    pub(super) form: String,
    /// What was just done.
    pub(super) notice: Option<&'static str>,
}

/// Where a page belongs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Keys,
    Platforms,
    Sessions,
}

impl Desk {
    /// The desk of a session.
    pub(super) fn new(
        state: &WebState,
        session: &OperatorSession,
        section: Section,
    ) -> Result<Self, ConsoleFault> {
        Ok(Self { section, form: state.operator.form_token(session)?, notice: None })
    }

    /// The same, after a change that the address names: `?done=…`.
    pub(super) fn after(self, query: &str) -> Self {
        let notice = match query {
            "done=renamed" => "The key has its new name.",
            "done=added" => "The callback URL is registered.",
            "done=removed" => "The callback URL is not registered any more.",
            "done=app-added" => "The app is added. Register its redirect URI at the platform.",
            "done=app-secret" => "The app has its new client secret.",
            "done=app-deleted" => "The app is deleted.",
            "done=revoked" => "The key is revoked. Its sessions are over.",
            "done=recording" => "Accounts are recorded from now on.",
            "done=not-recording" => {
                "Accounts are not recorded any more. Those in the list stay until they are deleted."
            }
            "done=deleted" => "The record is deleted.",
            _ => return self,
        };
        Self { notice: Some(notice), ..self }
    }

    /// For `aria-current`.
    pub(super) fn current(&self, section: Section) -> &'static str {
        if self.section == section { "true" } else { "false" }
    }
}

/// The console speaks English alone.
pub(super) const fn frame() -> Frame {
    Frame::in_language(Language::English)
}
