//! Entries in Redis: what we wrote for this place is read back as it was, and nothing else is read at all (`T73`).

use std::sync::{Arc, LazyLock};

use super::super::session_format;
use super::entry::{self, EntryFormat};
use super::proof_entry::{self, ProofFormat};
use crate::crypto::locator::EntryKey;
use crate::crypto::root_key::RootKey;
use crate::fuzzing::FixedEntropy;
use crate::session::{IssuedProof, ProofId, Stage};

const KEY: EntryKey = EntryKey([3; 16]);

static FORMATS: LazyLock<(EntryFormat, ProofFormat)> = LazyLock::new(|| {
    let key = RootKey::from_bytes(&[7; 32]).expect("they are 32");
    (EntryFormat::new(&key, Arc::new(FixedEntropy)), ProofFormat::new(&key, Arc::new(FixedEntropy)))
});

/// A byte, and the facts of a session, or of a proof, or behind a stage's letter what it holds.
///
/// # Panics
/// Where the property does not hold.
pub fn fuzzed_session(input: &[u8]) {
    let (entries, proofs) = &*FORMATS;
    assert!(entries.open(KEY, input).is_none() && entries.stage(KEY, input).is_none(), "nobody wrote it");
    assert!(proofs.open(proof_id(), input).is_none(), "nobody wrote it");
    let Some((&at, facts)) = input.split_first() else { return };
    a_session_is_read_back(entries, at, facts);
    a_stage_is_read_back(entries, at, facts);
    a_proof_is_read_back(proofs, at, facts);
}

fn a_session_is_read_back(entries: &EntryFormat, at: u8, facts: &[u8]) {
    let Some(session) = session_format::decode(facts) else { return };
    let entry = entries.created(KEY, &session).expect("there is entropy");
    let (read, stage) = entries.open(KEY, &entry).expect("it was written here");
    assert_eq!(format!("{read:?}"), format!("{session:?}"));
    assert!(matches!(stage, Stage::Created));
    assert!(entries.open(EntryKey([4; 16]), &entry).is_none(), "it was written for another place");
    assert!(entries.open(KEY, &changed(entry, at)).is_none(), "it was changed");
}

fn a_stage_is_read_back(entries: &EntryFormat, letter: u8, content: &[u8]) {
    let Some(stage) = entry::read_stage(letter, content) else { return };
    assert_eq!((entry::letter(&stage), entry::content(&stage).as_slice()), (letter, content));
    let head = entries.head(KEY, &stage);
    assert_eq!(format!("{:?}", entries.stage(KEY, &head)), format!("{:?}", Some(stage)));
    assert!(entries.stage(KEY, &changed(head, letter)).is_none(), "it was changed");
}

fn a_proof_is_read_back(proofs: &ProofFormat, at: u8, facts: &[u8]) {
    let Some((profile_id, read)) = std::str::from_utf8(facts).ok().and_then(proof_entry::hear) else {
        return;
    };
    let proof = IssuedProof { session: (at & 1 == 1).then_some(KEY), profile_id, read };
    let entry = proofs.kept(proof_id(), &proof).expect("there is entropy");
    let redemption = proofs.open(proof_id(), &entry).expect("it was written here");
    assert_eq!((redemption.proof, redemption.before), (proof, None));
    // The time of redemption, its first 8 bytes, is not sealed.
    let (time, sealed) = entry.split_at(8);
    assert!(proofs.open(proof_id(), &[time, &changed(sealed.to_vec(), at)].concat()).is_none());
}

fn proof_id() -> ProofId {
    ProofId([5; 16])
}

/// With one bit flipped, at a place of the input's choice.
fn changed(mut bytes: Vec<u8>, at: u8) -> Vec<u8> {
    let place = usize::from(at) * 7 % bytes.len();
    bytes[place] ^= 1 << (at % 8);
    bytes
}
