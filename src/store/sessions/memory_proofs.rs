//! Proofs that were sent and can be redeemed once, in this process's memory.

use std::sync::Arc;
use std::time::Duration;

use super::expiring_map::{Expiring, ExpiringMap};
use crate::clock::Clock;
use crate::session::{IssuedProof, ProofId, Redemption};

/// Proofs by their id. There are no more of them than flows that ended within a proof's life.
pub(super) struct MemoryProofs {
    entries: ExpiringMap<ProofId, Kept>,
    clock: Arc<dyn Clock>,
}

/// One proof, when it was redeemed, and the moment in the clock's monotonic time at which it is forgotten.
struct Kept {
    proof: IssuedProof,
    redeemed_at: Option<u64>,
    life_ends: Duration,
}

impl Expiring for Kept {
    fn forgotten_at(&self) -> Duration {
        self.life_ends
    }
}

impl MemoryProofs {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { entries: ExpiringMap::new(), clock }
    }

    pub(super) fn keep(&self, id: ProofId, proof: IssuedProof, life: Duration) {
        let life_ends = self.clock.monotonic().saturating_add(life);
        self.entries.insert(id, Kept { proof, redeemed_at: None, life_ends });
    }

    pub(super) fn redeem(&self, id: ProofId, at: u64, life: Duration) -> Option<Redemption> {
        let now = self.clock.monotonic();
        let redemption = self.entries.change(&id, |kept| {
            if now >= kept.life_ends {
                return None;
            }
            let before = kept.redeemed_at;
            if before.is_none() {
                kept.redeemed_at = Some(at);
                kept.life_ends = now.saturating_add(life);
            }
            Some(Redemption { proof: kept.proof.clone(), before })
        });
        redemption.flatten()
    }

    pub(super) fn sweep(&self) {
        self.entries.sweep(self.clock.monotonic());
    }
}
