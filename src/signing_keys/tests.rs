//! The life of signing keys, over a registry of its own and with the clock in hand.

use std::collections::HashSet;
use std::path::PathBuf;

use super::*;
use crate::clock::ManualClock;
use crate::crypto::entropy::SystemEntropy;
use crate::crypto::master_key::MasterKey;
use crate::store::registry::{Patience, SqliteRegistry};

const DAY: Duration = Duration::from_hours(24);

/// A registry that several instances share, and the clock of all of them.
struct Place {
    folder: PathBuf,
    clock: Arc<ManualClock>,
    master_key: MasterKey,
}

impl Place {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("handleproof-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir(&folder).unwrap();
        let master_key = MasterKey::fresh(&SystemEntropy).unwrap();
        Self { folder, clock: Arc::new(ManualClock::default()), master_key }
    }

    async fn instance(&self) -> SigningKeys {
        self.instance_with(&self.master_key).await
    }

    async fn instance_with(&self, master_key: &MasterKey) -> SigningKeys {
        let table = SqliteRegistry::open(&self.folder.join("registry.db"), Patience::Request).await.unwrap();
        let sealer = Arc::new(MasterSealer::new(master_key, crate::vault::PURPOSE));
        SigningKeys::new(Arc::new(table), sealer, Arc::new(SystemEntropy), self.clock.clone())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _result = std::fs::remove_dir_all(&self.folder);
    }
}

async fn published(keys: &SigningKeys) -> HashSet<String> {
    let set = serde_json::to_value(keys.published().await.unwrap()).unwrap();
    set.as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_first_key_is_made_on_demand_and_by_one_of_many_instances() {
    let place = Place::new();
    let (one, two) = (place.instance().await, place.instance().await);
    assert!(one.published().await.unwrap().is_empty());
    one.upkeep().await.unwrap();
    assert!(one.list().await.unwrap().is_empty(), "nobody asked for a key");
    let (first, second) = tokio::join!(one.prepare(), two.prepare());
    first.unwrap();
    second.unwrap();
    assert_eq!(one.list().await.unwrap().len(), 1);
    assert_eq!(one.signer().await.unwrap().kid, two.signer().await.unwrap().kid);
}

#[tokio::test]
async fn what_one_instance_signs_with_its_first_key_another_one_knows_at_once_and_publishes_soon() {
    let place = Place::new();
    let (one, two) = (place.instance().await, place.instance().await);
    assert!(published(&two).await.is_empty());
    let first = one.signer().await.unwrap().kid;
    assert!(published(&two).await.is_empty(), "read a moment ago");
    assert!(two.public_key("none").await.unwrap().is_none());
    assert!(two.public_key(&first).await.unwrap().is_some());
    let three = place.instance().await;
    assert_eq!(published(&three).await, HashSet::from([first]));
}

#[tokio::test]
async fn that_there_is_no_key_is_remembered_for_half_a_second() {
    let place = Place::new();
    let (one, two) = (place.instance().await, place.instance().await);
    assert!(published(&two).await.is_empty());
    let first = one.signer().await.unwrap().kid;
    place.clock.advance(Duration::from_millis(500));
    assert_eq!(published(&two).await, HashSet::from([first]));
}

#[tokio::test]
async fn a_key_set_shows_public_halves_alone() {
    let place = Place::new();
    let keys = place.instance().await;
    keys.prepare().await.unwrap();
    let set = serde_json::to_value(keys.published().await.unwrap()).unwrap();
    let names: HashSet<&str> = set[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, HashSet::from(["kty", "crv", "alg", "use", "kid", "x"]));
}

#[tokio::test]
async fn the_next_key_is_published_a_day_before_it_signs_and_the_old_one_for_a_year_after() {
    let place = Place::new();
    let (one, two) = (place.instance().await, place.instance().await);
    let first = one.signer().await.unwrap().kid;
    place.clock.advance(89 * DAY - Duration::from_secs(1));
    one.upkeep().await.unwrap();
    assert_eq!(published(&one).await.len(), 1);
    place.clock.advance(Duration::from_secs(1));
    one.upkeep().await.unwrap();
    two.upkeep().await.unwrap();
    assert_eq!(published(&two).await.len(), 2);
    assert_eq!(two.signer().await.unwrap().kid, first, "published before used");
    place.clock.advance(DAY);
    let second = one.signer().await.unwrap().kid;
    assert_ne!(second, first);
    assert_eq!(two.signer().await.unwrap().kid, second);
    place.clock.advance(365 * DAY);
    assert!(published(&one).await.contains(&first));
    place.clock.advance(Duration::from_secs(301));
    assert!(!published(&one).await.contains(&first));
    assert!(one.public_key(&first).await.unwrap().is_none());
}

#[tokio::test]
async fn a_private_half_is_forgotten_when_its_time_is_over() {
    let place = Place::new();
    let keys = place.instance().await;
    keys.prepare().await.unwrap();
    keys.rotate(Rotation::AtOnce).await.unwrap();
    place.clock.advance(Duration::from_secs(10) + Duration::from_hours(1));
    keys.upkeep().await.unwrap();
    let listed = keys.list().await.unwrap();
    let seeds: Vec<bool> = listed.iter().map(|key| key.row.seed.is_some()).collect();
    assert_eq!(seeds, [false, true]);
    assert!(matches!(listed[0].state, KeyState::Retired { .. }));
}

#[tokio::test]
async fn a_key_that_the_operator_asked_for_signs_a_day_later_or_ten_seconds_later() {
    let place = Place::new();
    let keys = place.instance().await;
    let first = keys.signer().await.unwrap().kid;
    let announced = keys.rotate(Rotation::Announced).await.unwrap();
    assert_eq!(published(&keys).await, HashSet::from([first.clone(), announced.clone()]));
    let at_once = keys.rotate(Rotation::AtOnce).await.unwrap();
    assert_eq!(keys.signer().await.unwrap().kid, first);
    place.clock.advance(Duration::from_secs(10));
    assert_eq!(keys.signer().await.unwrap().kid, at_once);
    place.clock.advance(DAY);
    assert_eq!(keys.signer().await.unwrap().kid, announced);
}

#[tokio::test]
async fn a_withdrawn_key_is_published_no_more_and_another_one_signs_at_once() {
    let place = Place::new();
    let (one, two) = (place.instance().await, place.instance().await);
    let stolen = one.signer().await.unwrap().kid;
    assert_eq!(two.signer().await.unwrap().kid, stolen);
    one.withdraw(&stolen).await.unwrap();
    assert!(matches!(one.withdraw(&stolen).await, Err(SigningKeyFault::Unknown)));
    place.clock.advance(Duration::from_secs(5));
    let next = two.signer().await.unwrap().kid;
    assert_ne!(next, stolen);
    assert_eq!(published(&two).await, HashSet::from([next]));
    assert_eq!(two.list().await.unwrap()[0].row.seed, None);
}

#[tokio::test]
async fn t73_another_master_key_signs_nothing() {
    let place = Place::new();
    place.instance().await.prepare().await.unwrap();
    let stranger = place.instance_with(&MasterKey::fresh(&SystemEntropy).unwrap()).await;
    assert!(matches!(stranger.signer().await, Err(SigningKeyFault::Sealed(_))));
    assert!(matches!(stranger.check_secrets().await, Err(SigningKeyFault::Sealed(_))));
}
