//! What comes of a SQLite file that somebody else has locked, taken away or damaged.

use std::path::PathBuf;
use std::time::Duration;

use sqlx::{Connection, Executor, SqliteConnection};

use super::{Patience, Registry, SqliteRegistry, suite};
use crate::session::ApiKeyId;
use crate::store::StoreFault;
use crate::store::test_servers::given_up_within;

/// What a change waits for the lock, as it is documented.
const BUDGET: Duration = Duration::from_secs(1);

/// A registry in a folder of its own.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("handleproof-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    fn file(&self) -> PathBuf {
        self.0.join("registry.db")
    }

    async fn registry(&self) -> SqliteRegistry {
        let registry = SqliteRegistry::open(&self.file(), Patience::Request).await.unwrap();
        registry.insert_key(&suite::row(1)).await.unwrap();
        registry
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _result = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f9_while_another_process_has_the_write_lock_reads_go_on_and_writes_fail_in_time() {
    let place = Place::new();
    let registry = place.registry().await;
    let url = format!("sqlite:{}", place.file().display());
    let mut other = SqliteConnection::connect(&url).await.unwrap();
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    for _ in 0..2 {
        // Who waited for the lock would not get it.
        assert!(registry.key(ApiKeyId(1)).await.unwrap().is_some());
        registry.version().await.unwrap();
        registry.check().await.unwrap();
        given_up_within(BUDGET, 2, async || {
            let row = suite::row(2);
            let (new, revoked) = tokio::join!(registry.insert_key(&row), registry.revoke_key(ApiKeyId(1), 9));
            assert!(matches!(new, Err(StoreFault::Unavailable(_))), "{new:?}");
            assert!(matches!(revoked, Err(StoreFault::Unavailable(_))), "{revoked:?}");
        })
        .await;
    }
    // An operator's command waits for what a request gave up.
    let of_operator = SqliteRegistry::open(&place.file(), Patience::Operator).await.unwrap();
    let (revoked, ()) = tokio::join!(of_operator.revoke_key(ApiKeyId(1), 9), async {
        assert!(registry.revoke_key(ApiKeyId(1), 9).await.is_err());
        other.execute("ROLLBACK").await.unwrap();
    });
    assert!(revoked.unwrap());
    assert!(registry.insert_key(&suite::row(2)).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn f10_a_file_that_is_locked_whole_fails_in_time_and_works_afterwards() {
    let place = Place::new();
    let registry = place.registry().await;
    let url = format!("sqlite:{}", place.file().display());
    let mut other = SqliteConnection::connect(&url).await.unwrap();
    other.execute("BEGIN EXCLUSIVE").await.unwrap();
    given_up_within(BUDGET, 2, async || {
        let (_read_or_refused, revoked) =
            tokio::join!(registry.key(ApiKeyId(1)), registry.revoke_key(ApiKeyId(1), 9));
        assert!(revoked.is_err());
    })
    .await;
    other.execute("ROLLBACK").await.unwrap();
    assert!(registry.revoke_key(ApiKeyId(1), 9).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn f10_a_file_that_was_taken_away_is_noticed_and_used_again_when_it_is_back() {
    let place = Place::new();
    let registry = place.registry().await;
    let away = place.0.join("away.db");
    std::fs::rename(place.file(), &away).unwrap();
    assert!(matches!(registry.check().await, Err(StoreFault::Unavailable(_))));
    assert!(registry.key(ApiKeyId(1)).await.is_err() && registry.version().await.is_err());
    std::fs::write(place.file(), "").unwrap();
    let told = registry.insert_key(&suite::row(2)).await.unwrap_err().to_string();
    assert!(told.contains("restart"), "{told}");
    std::fs::rename(&away, place.file()).unwrap();
    registry.check().await.unwrap();
    assert!(registry.key(ApiKeyId(1)).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn f38_a_damaged_file_is_refused_and_never_read_as_something_else() {
    let place = Place::new();
    let registry = place.registry().await;
    for n in 2..200 {
        registry.insert_key(&suite::row(n)).await.unwrap();
    }
    registry.close().await;
    let mut bytes = std::fs::read(place.file()).unwrap();
    // The tables' definitions stay whole, so that only looking at all pages tells.
    let second_half = bytes.len() / 2;
    bytes[second_half..].fill(0xA5);
    std::fs::write(place.file(), &bytes).unwrap();
    let opened = SqliteRegistry::open(&place.file(), Patience::Request).await;
    let refusal = opened.err().unwrap().to_string();
    assert!(refusal.contains("backup"), "{refusal}");
    assert_eq!(std::fs::read(place.file()).unwrap(), bytes);
}
