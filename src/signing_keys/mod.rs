//! The keys that sign publicly verifiable proofs: made, published, used, replaced.
//!
//! A private half leaves this module only as a [`Signer`], and stands in the registry sealed. The times are `schedule`'s.

mod pair;
mod schedule;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use zeroize::Zeroizing;

use crate::clock::Clock;
use crate::crypto::entropy::{Entropy, NoEntropy};
use crate::crypto::seal::{CannotOpen, MasterSealer};
use crate::store::StoreFault;
use crate::store::registry::{SealedPlace, SigningKeyRow, SigningKeyTable};

pub use pair::{PublicKey, Signer};
pub use schedule::KeyState;

/// How long a change by another instance can go unnoticed.
const REMEMBERED: Duration = Duration::from_secs(5);
/// The same while there is no key: the first one signs as soon as it is made, so every instance must know it soon.
const NONE_REMEMBERED: Duration = Duration::from_millis(500);

/// Every operation on signing keys.
pub struct SigningKeys {
    table: Arc<dyn SigningKeyTable>,
    sealer: Arc<MasterSealer>,
    entropy: Arc<dyn Entropy>,
    clock: Arc<dyn Clock>,
    read: Mutex<Option<(Duration, Arc<[SigningKeyRow]>)>>,
}

/// A key and what it does.
#[derive(Clone, Debug)]
pub struct ListedKey {
    /// The key.
    pub row: SigningKeyRow,
    /// What it does now.
    pub state: KeyState,
}

/// When a key that the operator asked for begins to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// A day from now, when everybody who keeps the key set has read it.
    Announced,
    /// Ten seconds from now: verifiers that do not read the key set anew for an unknown key refuse proofs meanwhile.
    AtOnce,
}

/// Why an operation on signing keys was not done.
#[derive(Debug, thiserror::Error)]
pub enum SigningKeyFault {
    /// No good key has this `kid`.
    #[error("there is no such signing key, or it was withdrawn")]
    Unknown,
    /// The private half of a key does not open.
    #[error("the signing key: {0}")]
    Sealed(#[from] CannotOpen),
    /// No random bytes.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
    /// The registry failed.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

impl SigningKeys {
    /// The operations on one registry.
    pub fn new(
        table: Arc<dyn SigningKeyTable>,
        sealer: Arc<MasterSealer>,
        entropy: Arc<dyn Entropy>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { table, sealer, entropy, clock, read: Mutex::default() }
    }

    /// Makes sure that there is a key to sign with: asked when a session wants a public proof, so that the first key is
    /// published before the first proof is made.
    ///
    /// # Errors
    /// The registry's fault.
    pub async fn prepare(&self) -> Result<(), SigningKeyFault> {
        let now = self.clock.unix_seconds();
        if schedule::active(&self.rows().await?, now).is_some() {
            return Ok(());
        }
        let rows = self.read_anew().await?;
        if schedule::active(&rows, now).is_none() {
            self.add(&rows, now).await?;
        }
        Ok(())
    }

    /// The key that signs now.
    ///
    /// # Errors
    /// The registry's fault, or a key that does not open.
    pub async fn signer(&self) -> Result<Signer, SigningKeyFault> {
        self.prepare().await?;
        let rows = self.rows().await?;
        let row = schedule::active(&rows, self.clock.unix_seconds()).ok_or(SigningKeyFault::Unknown)?;
        let sealed = row.seed.as_ref().ok_or(SigningKeyFault::Unknown)?;
        Ok(Signer::of_seed(&self.sealer.open(&place(&row.kid), sealed)?)?)
    }

    /// The key set for the public. A registry that does not answer leaves the last one that was read.
    ///
    /// # Errors
    /// The registry's fault, where none was read yet.
    pub async fn published(&self) -> Result<Vec<PublicKey>, SigningKeyFault> {
        let rows = match self.rows().await {
            Ok(rows) => rows,
            Err(fault) => self.remembered().map(|(_, rows)| rows).ok_or(fault)?,
        };
        let now = self.clock.unix_seconds();
        let published = rows.iter().filter(|row| schedule::state(row, &rows, now).is_published(now));
        Ok(published.map(|row| PublicKey::new(&row.kid, &row.public_key)).collect())
    }

    /// The public half of the published key `kid`.
    ///
    /// # Errors
    /// The registry's fault.
    pub async fn public_key(&self, kid: &str) -> Result<Option<[u8; 32]>, SigningKeyFault> {
        let now = self.clock.unix_seconds();
        let among = |rows: &[SigningKeyRow]| {
            let is_it =
                |row: &&SigningKeyRow| row.kid == kid && schedule::state(row, rows, now).is_published(now);
            rows.iter().find(is_it).map(|row| row.public_key)
        };
        match among(&self.rows().await?) {
            Some(key) => Ok(Some(key)),
            // Another instance may have made it a moment ago.
            None => Ok(among(&self.read_anew().await?)),
        }
    }

    /// Every key that ever was, in the order in which they sign.
    ///
    /// # Errors
    /// The registry's fault.
    pub async fn list(&self) -> Result<Vec<ListedKey>, SigningKeyFault> {
        let (rows, now) = (self.read_anew().await?, self.clock.unix_seconds());
        let listed =
            |row: &SigningKeyRow| ListedKey { row: row.clone(), state: schedule::state(row, &rows, now) };
        Ok(rows.iter().map(listed).collect())
    }

    /// Makes a new key that replaces the one in use, and gives its `kid`.
    ///
    /// # Errors
    /// The registry's fault.
    pub async fn rotate(&self, rotation: Rotation) -> Result<String, SigningKeyFault> {
        let ahead = match rotation {
            Rotation::Announced => schedule::AHEAD,
            Rotation::AtOnce => schedule::AHEAD_AT_ONCE,
        };
        loop {
            let rows = self.read_anew().await?;
            if let Some(kid) = self.add(&rows, self.clock.unix_seconds() + ahead).await? {
                return Ok(kid);
            }
        }
    }

    /// Takes a key out of use and out of the key set for good: all that it ever signed is worth nothing from here.
    ///
    /// # Errors
    /// [`SigningKeyFault::Unknown`], or the registry's fault.
    pub async fn withdraw(&self, kid: &str) -> Result<(), SigningKeyFault> {
        let is_withdrawn = self.table.withdraw_signing_key(kid, self.clock.unix_seconds()).await?;
        self.read_anew().await?;
        if is_withdrawn { Ok(()) } else { Err(SigningKeyFault::Unknown) }
    }

    /// Publishes the next key when it is due, and forgets private halves that are spent. Every instance does this; one
    /// of them succeeds.
    ///
    /// # Errors
    /// The registry's fault.
    pub async fn upkeep(&self) -> Result<(), SigningKeyFault> {
        let (rows, now) = (self.read_anew().await?, self.clock.unix_seconds());
        if let Some(from) = schedule::next_is_due(&rows, now) {
            self.add(&rows, from).await?;
        }
        for row in rows.iter().filter(|row| schedule::seed_is_spent(row, &rows, now)) {
            self.table.forget_signing_seed(&row.kid).await?;
        }
        Ok(())
    }

    /// Whether every private half opens under this master key.
    ///
    /// # Errors
    /// The first that does not, or the registry's fault.
    pub async fn check_secrets(&self) -> Result<(), SigningKeyFault> {
        for row in self.read_anew().await?.iter() {
            if let Some(sealed) = &row.seed {
                self.sealer.open(&place(&row.kid), sealed)?;
            }
        }
        Ok(())
    }

    /// Adds a key behind `rows`; `None` where another instance was faster.
    async fn add(&self, rows: &[SigningKeyRow], active_from: u64) -> Result<Option<String>, SigningKeyFault> {
        let seed = Zeroizing::new(self.entropy.bytes::<32>()?.to_vec());
        let signer = Signer::of_seed(&seed)?;
        let row = SigningKeyRow {
            kid: signer.kid.clone(),
            follows: schedule::end_of_chain(rows).map(str::to_owned),
            public_key: signer.public_key()?,
            seed: Some(self.sealer.seal(&place(&signer.kid), &seed, &*self.entropy)?),
            created_at: self.clock.unix_seconds(),
            active_from,
            withdrawn_at: None,
        };
        let is_kept = self.table.insert_signing_key(&row).await?;
        self.read_anew().await?;
        if is_kept {
            tracing::info!(kid = %row.kid, active_from, "a signing key was made");
        }
        Ok(is_kept.then_some(row.kid))
    }

    async fn rows(&self) -> Result<Arc<[SigningKeyRow]>, StoreFault> {
        let now = self.clock.monotonic();
        match self.remembered() {
            Some((read_at, rows)) if now < read_at + remembered_for(&rows) => Ok(rows),
            _ => self.read_anew().await,
        }
    }

    async fn read_anew(&self) -> Result<Arc<[SigningKeyRow]>, StoreFault> {
        let read_at = self.clock.monotonic();
        let rows: Arc<[SigningKeyRow]> = self.table.signing_keys().await?.into();
        *self.read.lock().unwrap_or_else(PoisonError::into_inner) = Some((read_at, Arc::clone(&rows)));
        Ok(rows)
    }

    fn remembered(&self) -> Option<(Duration, Arc<[SigningKeyRow]>)> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn remembered_for(rows: &[SigningKeyRow]) -> Duration {
    if rows.is_empty() { NONE_REMEMBERED } else { REMEMBERED }
}

/// A `kid` that is no thumbprint was never sealed, so nothing opens there.
fn place(kid: &str) -> String {
    SealedPlace::of_signing_key(kid).map(|place| place.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
