//! What the tester remembers of one browser: its key and its last runs. Bounded, in memory, and gone after an hour.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use moka::sync::Cache;

use super::cookie::{LIFE_SECONDS, TesterCookie};
use crate::session::{ApiKeyId, PlatformName};

const MAX_BROWSERS: u64 = 1000;
const MAX_RUNS: usize = 8;

/// Every browser.
pub(super) struct Browsers(Cache<[u8; 32], Arc<Mutex<Browser>>>);

/// One browser.
#[derive(Default)]
pub(super) struct Browser {
    /// The key whose API key was given here.
    pub(super) key: Option<ApiKeyId>,
    /// Newest last.
    runs: VecDeque<Run>,
    made: u32,
}

/// A session that this browser opened, and what came back for it.
#[derive(Clone)]
pub(super) struct Run {
    /// Counts the runs of this browser.
    pub(super) number: u32,
    pub(super) key: ApiKeyId,
    pub(super) platform: PlatformName,
    pub(super) expected_state: String,
    /// Begun by the tester's form, and not by a session of the developer's own.
    pub(super) started_here: bool,
    /// What came back last.
    pub(super) latest: Option<Arrival>,
    /// The proof that was accepted.
    pub(super) accepted: Option<Arrival>,
}

/// The query of a callback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Arrival {
    /// As it came over the wire.
    pub(super) query: String,
    /// Unix seconds.
    pub(super) at: u64,
    /// The same proof had been accepted before.
    pub(super) is_repeated: bool,
}

/// What a new run is about.
pub(super) struct NewRun {
    pub(super) key: ApiKeyId,
    pub(super) platform: PlatformName,
    pub(super) expected_state: String,
    pub(super) started_here: bool,
}

impl Browsers {
    pub(super) fn new() -> Self {
        let life = Duration::from_secs(LIFE_SECONDS.into());
        Self(Cache::builder().max_capacity(MAX_BROWSERS).time_to_idle(life).build())
    }

    /// Looks at, or changes, what is remembered of a browser; a new one is remembered from here on.
    pub(super) fn with<T>(&self, cookie: &TesterCookie, work: impl FnOnce(&mut Browser) -> T) -> T {
        let browser = self.0.get_with(cookie.digest().0, Arc::default);
        let mut browser = browser.lock().unwrap_or_else(PoisonError::into_inner);
        work(&mut browser)
    }

    /// Looks at what is remembered of a browser, where there is anything.
    pub(super) fn look<T>(&self, cookie: &TesterCookie, work: impl FnOnce(&mut Browser) -> T) -> Option<T> {
        let browser = self.0.get(&cookie.digest().0)?;
        let mut browser = browser.lock().unwrap_or_else(PoisonError::into_inner);
        Some(work(&mut browser))
    }
}

impl Browser {
    /// Remembers a run, unless it is one already; the oldest of many is forgotten.
    pub(super) fn note(&mut self, new: NewRun) {
        let is_known =
            self.runs.iter().any(|run| run.key == new.key && run.expected_state == new.expected_state);
        if is_known {
            return;
        }
        if self.runs.len() >= MAX_RUNS {
            self.runs.pop_front();
        }
        self.made += 1;
        let NewRun { key, platform, expected_state, started_here } = new;
        let number = self.made;
        self.runs.push_back(Run {
            number,
            key,
            platform,
            expected_state,
            started_here,
            latest: None,
            accepted: None,
        });
    }

    /// The run that a callback with this state belongs to: one of this browser's own, and else its newest, whose state
    /// will then not fit. A state of another browser's session leads nowhere (`T28`).
    pub(super) fn run_for(&self, state: Option<&str>) -> Option<&Run> {
        let own = self.runs.iter().rev().find(|run| Some(run.expected_state.as_str()) == state);
        own.or_else(|| self.runs.back())
    }

    /// The run of this number.
    pub(super) fn run(&self, number: u32) -> Option<&Run> {
        self.runs.iter().find(|run| run.number == number)
    }

    /// Newest first.
    pub(super) fn runs(&self) -> impl Iterator<Item = &Run> {
        self.runs.iter().rev()
    }

    /// Keeps what came back for a run; `is_good` where every check passed. The same proof is accepted once, however
    /// many copies of it arrive at the same moment.
    pub(super) fn receive(&mut self, number: u32, mut arrival: Arrival, is_good: bool) {
        let Some(run) = self.runs.iter_mut().find(|run| run.number == number) else { return };
        arrival.is_repeated = is_good && run.accepted.is_some();
        if is_good && run.accepted.is_none() {
            run.accepted = Some(arrival.clone());
        }
        run.latest = Some(arrival);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new_run(state: &str) -> NewRun {
        NewRun {
            key: ApiKeyId(1),
            platform: PlatformName::parse("acme").unwrap(),
            expected_state: state.to_owned(),
            started_here: true,
        }
    }

    fn arrival() -> Arrival {
        Arrival { query: "sig=1".to_owned(), at: 5, is_repeated: false }
    }

    #[test]
    fn t82_a_state_that_is_not_this_browsers_is_held_against_its_newest_run() {
        let mut browser = Browser::default();
        assert!(browser.run_for(Some("one")).is_none());
        browser.note(new_run("one"));
        browser.note(new_run("two"));
        assert_eq!(browser.run_for(Some("one")).unwrap().number, 1);
        assert_eq!(browser.run_for(Some("three")).unwrap().expected_state, "two");
        assert_eq!(browser.run_for(None).unwrap().expected_state, "two");
    }

    #[test]
    fn a_proof_is_accepted_once_and_is_a_replay_from_then_on() {
        let mut browser = Browser::default();
        browser.note(new_run("one"));
        browser.receive(1, arrival(), false);
        assert!(browser.run(1).unwrap().accepted.is_none());
        browser.receive(1, arrival(), true);
        assert!(!browser.run(1).unwrap().latest.as_ref().unwrap().is_repeated);
        browser.receive(1, arrival(), true);
        assert!(browser.run(1).unwrap().latest.as_ref().unwrap().is_repeated);
        assert!(!browser.run(1).unwrap().accepted.as_ref().unwrap().is_repeated);
    }

    #[test]
    fn t91_a_browser_is_remembered_with_eight_runs_at_most_and_each_of_them_once() {
        let mut browser = Browser::default();
        for n in 0..20 {
            browser.note(new_run(&format!("s{n}")));
            browser.note(new_run(&format!("s{n}")));
        }
        assert_eq!(browser.runs().count(), MAX_RUNS);
        assert_eq!(browser.runs().next().unwrap().number, 20);
        assert!(browser.run(1).is_none());
    }
}
