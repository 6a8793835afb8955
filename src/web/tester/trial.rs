//! The five things that a forger, or an accident, would try with a good proof: each shows which check fails.

use std::time::Duration;

use super::browser::{Arrival, Run};

/// One of the five.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::web) enum Trial {
    /// Another user name under the same signature.
    AlteredHandle,
    /// Another account id under the same signature.
    AlteredId,
    /// The same proof in a browser whose session holds another state: a forwarded link.
    ForeignState,
    /// The same proof after its time.
    Aged,
    /// The same proof again.
    Replay,
}

/// What is held against what.
#[derive(Debug)]
pub(super) struct Presented {
    pub(super) query: String,
    pub(super) expected_state: String,
    /// Unix seconds.
    pub(super) now: u64,
    pub(super) is_repeated: bool,
}

impl Trial {
    /// All five, in the order of the page.
    pub(in crate::web) const ALL: [Self; 5] =
        [Self::AlteredHandle, Self::AlteredId, Self::ForeignState, Self::Aged, Self::Replay];

    /// The value of `try`.
    pub(in crate::web) const fn name(self) -> &'static str {
        match self {
            Self::AlteredHandle => "altered_handle",
            Self::AlteredId => "altered_id",
            Self::ForeignState => "foreign_state",
            Self::Aged => "aged",
            Self::Replay => "replay",
        }
    }

    /// The trial of that name.
    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|trial| trial.name() == name)
    }

    /// A good proof, presented in this way.
    pub(super) fn present(self, accepted: &Arrival, run: &Run, proof_ttl: Duration) -> Presented {
        let mut presented = Presented::as_received(accepted, run);
        match self {
            Self::AlteredHandle => presented.query = with_more(&accepted.query, "handle", "x"),
            Self::AlteredId => presented.query = with_more(&accepted.query, "platform_id", "0"),
            Self::ForeignState => presented.expected_state = "the-state-of-another-browser".to_owned(),
            Self::Aged => presented.now += proof_ttl.as_secs() + 1,
            Self::Replay => presented.is_repeated = true,
        }
        presented
    }
}

impl Presented {
    /// As it came.
    pub(super) fn as_received(arrival: &Arrival, run: &Run) -> Self {
        Self {
            query: arrival.query.clone(),
            expected_state: run.expected_state.clone(),
            now: arrival.at,
            is_repeated: arrival.is_repeated,
        }
    }
}

/// The query with `more` behind the value of `name`.
fn with_more(query: &str, name: &str, more: &str) -> String {
    let altered = query.split('&').map(|pair| match pair.split_once('=') {
        Some((one, _)) if one == name => [pair, more].concat(),
        _ => pair.to_owned(),
    });
    altered.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alteration_touches_one_value() {
        let query = "x=1&platform_id=7&handle=&state=handle%3D";
        assert_eq!(with_more(query, "handle", "x"), "x=1&platform_id=7&handle=x&state=handle%3D");
        assert_eq!(with_more(query, "platform_id", "0"), "x=1&platform_id=70&handle=&state=handle%3D");
    }

    #[test]
    fn every_trial_is_found_by_its_name() {
        assert!(Trial::ALL.into_iter().all(|trial| Trial::parse(trial.name()) == Some(trial)));
        assert_eq!(Trial::parse(""), None);
    }
}
