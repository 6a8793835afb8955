//! Proofs that were sent and can be redeemed once, in this process's memory.

use std::sync::Arc;
use std::time::{Duration, Instant};

use moka::Expiry;
use moka::ops::compute::Op;
use moka::sync::Cache;

use crate::clock::Clock;
use crate::session::{IssuedProof, ProofId, Redemption};

/// Proofs by their id. There are no more of them than flows that ended within a proof's life.
pub(super) struct MemoryProofs {
    entries: Cache<ProofId, Kept>,
    clock: Arc<dyn Clock>,
}

/// One proof, when it was redeemed, and the moment in the clock's monotonic time at which it is forgotten.
#[derive(Clone)]
struct Kept {
    proof: IssuedProof,
    redeemed_at: Option<u64>,
    life_ends: Duration,
}

impl MemoryProofs {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        let expiry = ForgetAtEnd { clock: Arc::clone(&clock) };
        Self { entries: Cache::builder().expire_after(expiry).build(), clock }
    }

    pub(super) fn keep(&self, id: ProofId, proof: IssuedProof, life: Duration) {
        let life_ends = self.clock.monotonic().saturating_add(life);
        self.entries.insert(id, Kept { proof, redeemed_at: None, life_ends });
    }

    pub(super) fn redeem(&self, id: ProofId, at: u64, life: Duration) -> Option<Redemption> {
        let now = self.clock.monotonic();
        let mut redemption = None;
        self.entries.entry(id).and_compute_with(|entry| {
            let Some(kept) = entry.map(moka::Entry::into_value).filter(|kept| now < kept.life_ends) else {
                return Op::Nop;
            };
            redemption = Some(Redemption { proof: kept.proof.clone(), before: kept.redeemed_at });
            match kept.redeemed_at {
                Some(_) => Op::Nop,
                None => {
                    let life_ends = now.saturating_add(life);
                    Op::Put(Kept { redeemed_at: Some(at), life_ends, ..kept })
                }
            }
        });
        redemption
    }

    pub(super) fn sweep(&self) {
        self.entries.run_pending_tasks();
    }
}

/// Gives the memory back; whether a proof can still be redeemed is decided by the entry itself.
struct ForgetAtEnd {
    clock: Arc<dyn Clock>,
}

impl ForgetAtEnd {
    fn left(&self, kept: &Kept) -> Duration {
        kept.life_ends.saturating_sub(self.clock.monotonic())
    }
}

impl Expiry<ProofId, Kept> for ForgetAtEnd {
    fn expire_after_create(&self, _: &ProofId, kept: &Kept, _: Instant) -> Option<Duration> {
        Some(self.left(kept))
    }

    fn expire_after_update(
        &self,
        _: &ProofId,
        kept: &Kept,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(self.left(kept))
    }
}
