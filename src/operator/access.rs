//! Who may pass: the password for people, the token for programs.

use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio::sync::Mutex;

use super::attempts::{Attempts, Locked};
use super::forms::{FormId, FormTokens};
use super::password;
use super::sessions::{OperatorSession, OperatorSessions};
use super::ticket::Ticket;
use crate::clock::Clock;
use crate::config::Operator;
use crate::crypto::entropy::{Entropy, NoEntropy};
use crate::crypto::root_key::RootKey;
use crate::crypto::secret::SecretText;

/// The operator's way in, as configured. What is not configured is closed.
pub struct Access {
    password_hash: Option<SecretText>,
    token: Option<SecretText>,
    sessions: OperatorSessions,
    forms: FormTokens,
    ticket: Ticket,
    logins: Attempts,
    token_failures: Attempts,
    /// One hash at a time: each takes 64 MiB (`T91`).
    hashing: Mutex<()>,
    entropy: Arc<dyn Entropy>,
}

/// Why somebody is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginFault {
    /// The password, the ticket or the token is wrong.
    Wrong,
    /// Too many failures from this network, or from everywhere.
    Locked(Locked),
}

impl Access {
    /// The way in that a configuration describes.
    pub fn new(
        operator: &Operator,
        service_key: &RootKey,
        clock: &Arc<dyn Clock>,
        entropy: &Arc<dyn Entropy>,
    ) -> Self {
        Self {
            password_hash: operator.password_hash.clone(),
            token: operator.token.clone(),
            sessions: OperatorSessions::new(Arc::clone(clock), Arc::clone(entropy)),
            forms: FormTokens::new(service_key),
            ticket: Ticket::none(Arc::clone(clock)),
            logins: Attempts::new(Arc::clone(clock)),
            token_failures: Attempts::new(Arc::clone(clock)),
            hashing: Mutex::new(()),
            entropy: Arc::clone(entropy),
        }
    }

    /// Whether there is a console at all.
    pub fn has_console(&self) -> bool {
        self.password_hash.is_some()
    }

    /// Whether there is an admin API at all.
    pub fn has_admin_api(&self) -> bool {
        self.token.is_some()
    }

    /// Whether there was ever a ticket in this process.
    pub fn has_tickets(&self) -> bool {
        self.ticket.was_issued()
    }

    /// Who is logged in.
    pub fn sessions(&self) -> &OperatorSessions {
        &self.sessions
    }

    /// Judges a password that came from `network`.
    ///
    /// # Errors
    /// [`LoginFault`]; a locked network learns nothing about the password.
    pub async fn check_password(&self, password: SecretText, network: IpAddr) -> Result<(), LoginFault> {
        self.logins.begin(network).map_err(LoginFault::Locked)?;
        let Some(hash) = self.password_hash.clone() else { return Err(LoginFault::Wrong) };
        let one_at_a_time = self.hashing.lock().await;
        let judged = tokio::task::spawn_blocking(move || password::is_right(&password, &hash)).await;
        drop(one_at_a_time);
        if !judged.unwrap_or(false) {
            tracing::warn!(%network, "a login to the console failed");
            return Err(LoginFault::Wrong);
        }
        self.logins.succeeded(network);
        Ok(())
    }

    /// Judges a bearer token that came from `network`. A good one always passes: 256 bits are not found by guessing, and
    /// a neighbour's mistake must not shut the operator's programs out.
    ///
    /// # Errors
    /// [`LoginFault`].
    pub fn check_token(&self, presented: Option<&str>, network: IpAddr) -> Result<(), LoginFault> {
        let presented = presented.map(|text| SecretText::new(text.to_owned()));
        if self.token.is_some() && presented == self.token {
            return Ok(());
        }
        self.token_failures.begin(network).map_err(LoginFault::Locked)?;
        Err(LoginFault::Wrong)
    }

    /// Takes a ticket.
    ///
    /// # Errors
    /// [`LoginFault`].
    pub fn take_ticket(&self, presented: &str, network: IpAddr) -> Result<(), LoginFault> {
        if self.ticket.take(presented) {
            return Ok(());
        }
        self.logins.begin(network).map_err(LoginFault::Locked)?;
        Err(LoginFault::Wrong)
    }

    /// A ticket that logs in once, within ten minutes. For `dev` alone.
    ///
    /// # Errors
    /// Where there is no entropy.
    pub fn issue_ticket(&self) -> Result<SecretText, NoEntropy> {
        self.ticket.issue(&*self.entropy)
    }

    /// The hidden field of a form in a session.
    ///
    /// # Errors
    /// Where there is no entropy.
    pub fn form_token(&self, session: &OperatorSession) -> Result<String, NoEntropy> {
        self.forms.fresh(session.binding(), &*self.entropy)
    }

    /// The form that a hidden field stands for, where this session was shown it.
    pub fn form(&self, session: &OperatorSession, token: &str) -> Option<FormId> {
        self.forms.check(session.binding(), token)
    }

    /// A fresh cookie for the login form.
    ///
    /// # Errors
    /// Where there is no entropy.
    pub fn login_cookie(&self) -> Result<SecretText, NoEntropy> {
        Ok(SecretText::new(URL_SAFE_NO_PAD.encode(self.entropy.bytes::<32>()?)))
    }

    /// The hidden field of the login form, bound to the cookie that came with it: nobody is logged in yet.
    ///
    /// # Errors
    /// Where there is no entropy.
    pub fn login_form_token(&self, cookie: &str) -> Result<String, NoEntropy> {
        self.forms.fresh(&format!("login {cookie}"), &*self.entropy)
    }

    /// Whether the login form was shown to the browser with this cookie.
    pub fn is_login_form(&self, cookie: &str, token: &str) -> bool {
        self.forms.check(&format!("login {cookie}"), token).is_some()
    }
}
