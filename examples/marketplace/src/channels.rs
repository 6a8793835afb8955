//! Which channel is whose, and which proofs were used. A real marketplace has two tables for it, with unique keys.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use handleproof_verify::Proof;

/// An account is its platform and its id **together**: two platforms can use the same id. Never the handle: people
/// rename themselves, and platforms give old names to others.
type Account = (String, String);

/// A channel of a creator.
#[derive(Clone)]
pub(crate) struct Channel {
    pub(crate) platform_id: String,
    /// For display.
    pub(crate) handle: String,
    creator: String,
}

#[derive(Default)]
pub(crate) struct Channels(Mutex<Tables>);

#[derive(Default)]
struct Tables {
    channels: HashMap<Account, Channel>,
    /// The states of proofs that were used, and until when they would be fresh.
    used: HashSet<(String, u64)>,
}

/// What became of a proof.
pub(crate) enum Claim {
    Connected,
    /// The same proof once more.
    Used,
    /// The channel is another creator's here.
    Taken,
}

impl Channels {
    /// Gives the channel to the creator.
    ///
    /// The session gave its state away at the first callback. This table is for the day when two of them come at once
    /// and a session store hands the state to both: the proof is taken in the same step in which the channel is given.
    pub(crate) fn claim(&self, proof: &Proof, creator: &str, now: u64) -> Claim {
        let mut tables = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tables.used.retain(|(_, expires)| *expires >= now);
        if !tables.used.insert((proof.state().to_owned(), proof.expires())) {
            return Claim::Used;
        }
        let account = (proof.platform().to_owned(), proof.platform_id().to_owned());
        if tables.channels.get(&account).is_some_and(|channel| channel.creator != creator) {
            return Claim::Taken;
        }
        let channel = Channel {
            platform_id: proof.platform_id().to_owned(),
            handle: proof.handle_decoded().into_owned(),
            creator: creator.to_owned(),
        };
        tables.channels.insert(account, channel);
        Claim::Connected
    }

    /// The creator's channel at a platform.
    pub(crate) fn of(&self, creator: &str, platform: &str) -> Option<Channel> {
        let tables = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut channels = tables.channels.iter();
        channels
            .find(|((at, _), channel)| at == platform && channel.creator == creator)
            .map(|(_, found)| found.clone())
    }
}
