//! A link that logs in once, for `dev`: whoever can read the terminal may use it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::clock::Clock;
use crate::crypto::entropy::{Entropy, NoEntropy};
use crate::crypto::locator::Digest;
use crate::crypto::secret::SecretText;

const LIFE: Duration = Duration::from_mins(10);

/// The one ticket that may be open.
pub(super) struct Ticket {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

enum State {
    /// No ticket exists in this process, as in production.
    NeverIssued,
    Open(Digest, Duration),
    Over,
}

impl Ticket {
    pub(super) fn none(clock: Arc<dyn Clock>) -> Self {
        Self { clock, state: Mutex::new(State::NeverIssued) }
    }

    /// A fresh ticket in the place of any before it.
    pub(super) fn issue(&self, entropy: &dyn Entropy) -> Result<SecretText, NoEntropy> {
        let text = SecretText::new(URL_SAFE_NO_PAD.encode(entropy.bytes::<32>()?));
        let open = State::Open(Digest::of(text.expose().as_bytes()), self.clock.monotonic() + LIFE);
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = open;
        Ok(text)
    }

    /// Whether this process ever issued one.
    pub(super) fn was_issued(&self) -> bool {
        !matches!(*self.state.lock().unwrap_or_else(PoisonError::into_inner), State::NeverIssued)
    }

    /// Takes the ticket. Of any number of concurrent calls exactly one succeeds; a wrong one takes nothing.
    pub(super) fn take(&self, presented: &str) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State::Open(digest, until) = *state else { return false };
        let is_good = digest == Digest::of(presented.as_bytes()) && self.clock.monotonic() < until;
        if is_good {
            *state = State::Over;
        }
        is_good
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use crate::crypto::entropy::SystemEntropy;

    #[test]
    fn a_ticket_is_good_once_and_for_ten_minutes() {
        let clock = Arc::new(ManualClock::default());
        let ticket = Ticket::none(Arc::clone(&clock) as Arc<dyn Clock>);
        assert!(!ticket.was_issued() && !ticket.take(""));
        let text = ticket.issue(&SystemEntropy).unwrap();
        assert!(!ticket.take("another"));
        assert!(ticket.take(text.expose()));
        assert!(!ticket.take(text.expose()) && ticket.was_issued());
        let text = ticket.issue(&SystemEntropy).unwrap();
        clock.advance(LIFE);
        assert!(!ticket.take(text.expose()));
    }
}
