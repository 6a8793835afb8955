//! What a client asked for, and what a persona granted it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::persona::Persona;
use super::stage::random_text;

/// An authorization request that was found good and waits for a persona.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    pub(super) state: String,
    pub(super) scopes: Vec<String>,
    /// Present exactly where the platform takes PKCE.
    pub(super) code_challenge: Option<String>,
    pub(super) nonce: Option<String>,
    /// Asked for in the way that makes the platform give a refresh token, where it has such a way.
    pub(super) is_to_be_kept: bool,
}

/// A persona's consent: behind a code first, behind an access token later.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    pub(super) asked: Asked,
    pub(super) persona: Persona,
    /// The scopes that were granted, which may be fewer than those asked for.
    pub(super) scopes: Vec<String>,
    pub(super) issued: Instant,
    /// What all tokens of one consent have in common.
    pub(super) consent: Arc<str>,
}

impl Grant {
    /// What a persona's own credentials stand for: nobody asked for consent.
    pub(super) fn by_credentials(persona: Persona) -> Self {
        let asked = Asked {
            client_id: String::new(),
            redirect_uri: String::new(),
            state: String::new(),
            scopes: Vec::new(),
            code_challenge: None,
            nonce: None,
            is_to_be_kept: false,
        };
        Self { asked, persona, scopes: Vec::new(), issued: Instant::now(), consent: random_text().into() }
    }

    /// Whether a code of this life can still be redeemed.
    pub(super) fn is_fresh(&self, life: Duration, now: Instant) -> bool {
        now.saturating_duration_since(self.issued) < life
    }

    pub(super) fn has_scope(&self, scope: &str) -> bool {
        self.scopes.iter().any(|granted| granted == scope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_fresh_until_its_life_is_over() {
        let issued = Instant::now();
        let asked = Asked {
            client_id: String::new(),
            redirect_uri: String::new(),
            state: String::new(),
            scopes: Vec::new(),
            code_challenge: None,
            nonce: None,
            is_to_be_kept: false,
        };
        let grant =
            Grant { asked, persona: Persona::Ordinary, scopes: Vec::new(), issued, consent: "".into() };
        let life = Duration::from_secs(30);
        assert!(grant.is_fresh(life, issued + Duration::from_millis(29_999)));
        assert!(!grant.is_fresh(life, issued + life));
    }
}
