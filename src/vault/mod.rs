//! What the registry keeps sealed under the master key: the service key, and a rotation of everything sealed.
//!
//! The service key is a root key of its own: handles, form tokens, code verifiers and entries in Redis are made under
//! keys of it. So the master key seals and does nothing else, and its rotation touches no open flow.

use crate::crypto::entropy::{Entropy, NoEntropy};
use crate::crypto::root_key::RootKey;
use crate::crypto::seal::{CannotOpen, MasterSealer};
use crate::store::StoreFault;
use crate::store::registry::{Registry, SealedPlace};

/// What every sealer of registry values is made for.
pub const PURPOSE: &str = "registry";

/// Why a sealed value could not be used or sealed anew.
#[derive(Debug, thiserror::Error)]
pub enum VaultFault {
    /// It does not open.
    #[error("{0}: {1}; start with the master key that it was sealed under")]
    Sealed(SealedPlace, CannotOpen),
    /// No random bytes.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
    /// The registry failed.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

/// The service key of the deployment; made at the first start, and the same for all instances on one registry.
///
/// # Errors
/// Where it was sealed under another master key, which no start should paper over.
pub async fn service_key(
    registry: &dyn Registry,
    sealer: &MasterSealer,
    entropy: &dyn Entropy,
) -> Result<RootKey, VaultFault> {
    let place = SealedPlace::ServiceKey;
    if let Some(sealed) = registry.service_key().await? {
        return open_key(sealer, place, &sealed);
    }
    let sealed = sealer.seal(&place.to_string(), RootKey::fresh(entropy)?.expose(), entropy)?;
    // Of instances that start at the same time one wins, and all read what it kept.
    let kept = registry.keep_service_key(&sealed).await?;
    open_key(sealer, place, &kept)
}

fn open_key(sealer: &MasterSealer, place: SealedPlace, sealed: &[u8]) -> Result<RootKey, VaultFault> {
    let opened = sealer.open(&place.to_string(), sealed).map_err(|fault| VaultFault::Sealed(place, fault))?;
    RootKey::from_bytes(&opened).ok_or(VaultFault::Sealed(place, CannotOpen))
}

/// How many values there are that are not sealed under the newest master key. Every one of them opens.
///
/// # Errors
/// The first value that does not open.
pub async fn stale(registry: &dyn Registry, sealer: &MasterSealer) -> Result<usize, VaultFault> {
    let mut stale = 0;
    for (place, sealed) in registry.sealed_values().await? {
        sealer.open(&place.to_string(), &sealed).map_err(|fault| VaultFault::Sealed(place, fault))?;
        stale += usize::from(!sealer.is_newest(&place.to_string(), &sealed));
    }
    Ok(stale)
}

/// Seals every value anew that is not sealed under the newest master key, one at a time, and says how many.
///
/// A kill at any moment loses nothing: each value is readable before and after, and the next run goes on. A value that
/// somebody else changes meanwhile is left as they made it.
///
/// # Errors
/// The first value that does not open; those before it are done.
pub async fn reseal(
    registry: &dyn Registry,
    sealer: &MasterSealer,
    entropy: &dyn Entropy,
) -> Result<usize, VaultFault> {
    let mut resealed = 0;
    for (place, old) in registry.sealed_values().await? {
        let text = place.to_string();
        if sealer.is_newest(&text, &old) {
            continue;
        }
        let plain = sealer.open(&text, &old).map_err(|fault| VaultFault::Sealed(place, fault))?;
        let new = sealer.seal(&text, &plain, entropy)?;
        resealed += usize::from(registry.replace_sealed(place, &old, &new).await?);
    }
    Ok(resealed)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::clock::ManualClock;
    use crate::crypto::entropy::SystemEntropy;
    use crate::crypto::master_key::MasterKey;
    use crate::keys::{Actor, ApiKeys, NewKey};
    use crate::store::registry::{Patience, SqliteRegistry};

    async fn registry() -> Arc<dyn Registry> {
        let path = std::env::temp_dir().join(format!("handleproof-{}.db", uuid::Uuid::now_v7()));
        Arc::new(SqliteRegistry::open(&path, Patience::Request).await.unwrap())
    }

    fn key_file() -> MasterKey {
        let path = std::env::temp_dir().join(format!("handleproof-{}.key", uuid::Uuid::now_v7()));
        MasterKey::read_or_create(&path, &SystemEntropy).unwrap()
    }

    fn keys(registry: &Arc<dyn Registry>, sealer: &Arc<MasterSealer>) -> ApiKeys {
        let clock = Arc::new(ManualClock::default());
        ApiKeys::new(Arc::clone(registry), Arc::clone(sealer), Arc::new(SystemEntropy), clock)
    }

    #[tokio::test]
    async fn instances_that_start_together_have_one_service_key() {
        let (registry, sealer) = (registry().await, MasterSealer::new(&key_file(), PURPOSE));
        let (one, two) = tokio::join!(
            service_key(&*registry, &sealer, &SystemEntropy),
            service_key(&*registry, &sealer, &SystemEntropy)
        );
        assert_eq!(one.unwrap().expose(), two.unwrap().expose());
    }

    #[tokio::test]
    async fn f39_under_another_master_key_the_start_is_refused() {
        let (registry, sealer) = (registry().await, MasterSealer::new(&key_file(), PURPOSE));
        service_key(&*registry, &sealer, &SystemEntropy).await.unwrap();
        let other = MasterSealer::new(&key_file(), PURPOSE);
        assert!(service_key(&*registry, &other, &SystemEntropy).await.is_err());
    }

    #[tokio::test]
    async fn a_rotation_that_is_killed_at_any_point_loses_nothing_and_goes_on() {
        let (registry, master_key) = (registry().await, key_file());
        let before = Arc::new(MasterSealer::new(&master_key, PURPOSE));
        let service = service_key(&*registry, &before, &SystemEntropy).await.unwrap();
        let running = keys(&registry, &before);
        let mut created = Vec::new();
        for n in 0..5 {
            let new = NewKey { name: format!("app {n}"), with_signing_secret: true, ..NewKey::default() };
            created.push(running.acting(Actor::Cli).create(new).await.unwrap());
        }
        let rotated = master_key.rotate(&SystemEntropy).unwrap();
        let after = Arc::new(MasterSealer::new(&rotated, PURPOSE));
        // Killed after every number of values: one value is sealed anew a time.
        for left in (0..6).rev() {
            let stale_values = registry.sealed_values().await.unwrap();
            let (place, old) = stale_values
                .into_iter()
                .find(|(place, sealed)| !after.is_newest(&place.to_string(), sealed))
                .unwrap();
            let plain = after.open(&place.to_string(), &old).unwrap();
            let new = after.seal(&place.to_string(), &plain, &SystemEntropy).unwrap();
            assert!(registry.replace_sealed(place, &old, &new).await.unwrap());
            assert!(!registry.replace_sealed(place, &old, &new).await.unwrap());
            assert_eq!(stale(&*registry, &after).await.unwrap(), left);
            for (sealer, name) in [(&before, "running"), (&after, "restarted")] {
                let keys = keys(&registry, sealer);
                for one in &created {
                    let found = keys.find(one.id).await.unwrap().unwrap();
                    assert!(found.signing_secret == one.signing_secret, "{name}");
                }
                assert_eq!(
                    service_key(&*registry, sealer, &SystemEntropy).await.unwrap().expose(),
                    service.expose()
                );
            }
        }
        assert_eq!(reseal(&*registry, &after, &SystemEntropy).await.unwrap(), 0);
    }
}
