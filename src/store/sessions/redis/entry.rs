//! A session's entry in Redis: a head in the clear that scripts can compare, and the sealed facts behind it.
//!
//! ```text
//! version  stage  length  content           tag        sealed facts
//! 1 byte   1      1       `length` bytes    16 bytes   41 bytes and the session
//! ```
//!
//! The stage is a letter; its content is nothing for created (`C`) and taken (`T`), the outcome for ended (`E`), and for
//! opened (`O`) the digest of the state, the time for display, and the digest of the browser's secret. Both digests are
//! of 256 random bits, so that seeing them opens nothing.
//!
//! Whoever can write to Redis can delete an entry, prolong its life and put an older value of the same entry back (`T92`:
//! the platform's code and the caller's state still work once). What he cannot do is make or change one (`T73`): the facts
//! are sealed for this entry key, and the head carries a MAC over itself and the entry key, which is checked in whatever
//! comes back from Redis, also from a take. Another environment's entry fails both (`T94`).

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;

use super::super::session_format;
use crate::crypto::entropy::{Entropy, NoEntropy};
use crate::crypto::locator::{Digest, EntryKey};
use crate::crypto::mac::MacKey;
use crate::crypto::root_key::RootKey;
use crate::crypto::seal::Sealer;
use crate::error::Failure;
use crate::session::{Outcome, PendingAuthorization, Session, Stage};

/// The version of the layout; a reader takes no other.
pub(super) const VERSION: u8 = 1;

const TAG: usize = 16;
const VERIFIED: &str = "verified";
const CANCELLED: &str = "cancelled";

/// Makes entries and reads them, for one environment.
pub(super) struct EntryFormat {
    prefix: String,
    sealer: Sealer,
    heads: MacKey,
    entropy: Arc<dyn Entropy>,
}

impl EntryFormat {
    /// The format of the environment that `service_key` makes.
    pub(super) fn new(service_key: &RootKey, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            prefix: environment_prefix(service_key),
            sealer: Sealer::new(service_key, "sessions"),
            heads: MacKey::new(service_key, "session heads"),
            entropy,
        }
    }

    /// Where the entry lies: environments that share a Redis do not see each other (`T94`).
    pub(super) fn redis_key(&self, key: EntryKey) -> String {
        format!("{}{}", self.prefix, URL_SAFE_NO_PAD.encode(key.0))
    }

    /// The entry of a new session.
    ///
    /// # Errors
    /// Where there is no entropy.
    pub(super) fn created(&self, key: EntryKey, session: &Session) -> Result<Vec<u8>, NoEntropy> {
        let facts = session_format::encode(session);
        let sealed = self.sealer.seal(&place(key), &facts, &*self.entropy)?;
        Ok([self.head(key, &Stage::Created), sealed].concat())
    }

    /// The head of an entry at a stage.
    pub(super) fn head(&self, key: EntryKey, stage: &Stage) -> Vec<u8> {
        let content = content(stage);
        // The longest content, an opened session's, has 72 bytes.
        let [.., length] = content.len().to_be_bytes();
        let mut head = [&[VERSION, letter(stage), length], content.as_slice()].concat();
        let tag = self.tag(key, &head);
        head.extend_from_slice(&tag);
        head
    }

    /// The stage that a head says; `None` where we did not write it for this entry.
    pub(super) fn stage(&self, key: EntryKey, head: &[u8]) -> Option<Stage> {
        self.split(key, head).filter(|(_, rest)| rest.is_empty()).map(|(stage, _)| stage)
    }

    /// The whole entry; `None` where we did not write it for this entry, or a release we do not know did.
    pub(super) fn open(&self, key: EntryKey, value: &[u8]) -> Option<(Session, Stage)> {
        let (stage, sealed) = self.split(key, value)?;
        let facts = self.sealer.open(&place(key), sealed).ok()?;
        Some((session_format::decode(&facts)?, stage))
    }

    fn split<'a>(&self, key: EntryKey, value: &'a [u8]) -> Option<(Stage, &'a [u8])> {
        let &[VERSION, letter, length, ..] = value else { return None };
        let (head, rest) = value.split_at_checked(3 + usize::from(length))?;
        let (tag, sealed) = rest.split_first_chunk::<TAG>()?;
        let is_ours: bool = self.tag(key, head).ct_eq(tag).into();
        let content = head.get(3..).filter(|_| is_ours)?;
        Some((read_stage(letter, content)?, sealed))
    }

    fn tag(&self, key: EntryKey, head: &[u8]) -> [u8; TAG] {
        let whole = self.heads.tag(&[key.0.as_slice(), head].concat());
        let mut tag = [0; TAG];
        for (to, from) in tag.iter_mut().zip(whole) {
            *to = from;
        }
        tag
    }
}

/// What all our keys in a Redis begin with.
pub(super) fn environment_prefix(service_key: &RootKey) -> String {
    let environment = service_key.derive("session store prefix");
    let (short, _) = environment.split_at(8);
    format!("hp:{}:", URL_SAFE_NO_PAD.encode(short))
}

fn place(key: EntryKey) -> String {
    format!("sessions/{VERSION}/{}", hex::encode(key.0))
}

pub(super) fn letter(stage: &Stage) -> u8 {
    match stage {
        Stage::Created => b'C',
        Stage::Opened(_) => b'O',
        Stage::Taken => b'T',
        Stage::Ended(_) => b'E',
    }
}

pub(super) fn content(stage: &Stage) -> Vec<u8> {
    match stage {
        Stage::Created | Stage::Taken => Vec::new(),
        Stage::Opened(pending) => {
            let browser = pending.browser.as_ref().map_or(&[][..], |browser| &browser.0);
            [pending.state.0.as_slice(), &pending.expires_at.to_be_bytes(), browser].concat()
        }
        Stage::Ended(Outcome::Verified) => VERIFIED.into(),
        Stage::Ended(Outcome::Cancelled) => CANCELLED.into(),
        Stage::Ended(Outcome::Failed(failure)) => failure.code().into(),
    }
}

pub(super) fn read_stage(letter: u8, content: &[u8]) -> Option<Stage> {
    match letter {
        b'C' if content.is_empty() => Some(Stage::Created),
        b'O' => read_pending(content).map(|pending| Stage::Opened(Arc::new(pending))),
        b'T' if content.is_empty() => Some(Stage::Taken),
        b'E' => Some(Stage::Ended(match std::str::from_utf8(content).ok()? {
            VERIFIED => Outcome::Verified,
            CANCELLED => Outcome::Cancelled,
            code => Outcome::Failed(Failure::of_code(code)?),
        })),
        _ => None,
    }
}

fn read_pending(content: &[u8]) -> Option<PendingAuthorization> {
    let (state, rest) = content.split_first_chunk::<32>()?;
    let (expires_at, browser) = rest.split_first_chunk::<8>()?;
    let browser = match browser {
        [] => None,
        digest => Some(Digest(digest.try_into().ok()?)),
    };
    Some(PendingAuthorization { state: Digest(*state), browser, expires_at: u64::from_be_bytes(*expires_at) })
}
