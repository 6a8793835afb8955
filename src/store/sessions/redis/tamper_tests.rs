//! Somebody who can write to Redis changes, swaps and invents entries (`T73`): they count as absent, never as another.

use std::time::Duration;

use super::super::suite;
use super::tests::store;
use super::*;
use crate::store::test_servers::RedisServer;

const LIFE: Duration = Duration::from_secs(900);

struct Tampered {
    server: RedisServer,
    store: RedisSessions,
}

impl Tampered {
    async fn new() -> Self {
        let (server, store) = store().await;
        Self { server, store }
    }

    async fn opened(&self, n: u8, state: &[u8]) -> EntryKey {
        let key = suite::key(n);
        self.store.insert(key, suite::session(), LIFE).await.unwrap();
        assert!(self.store.take_request(key, suite::pending(state), LIFE).await.unwrap());
        key
    }

    async fn get(&self, key: EntryKey) -> Vec<u8> {
        let value = self.server.command(redis::cmd("GET").arg(self.store.format.redis_key(key))).await;
        redis::from_redis_value(value).unwrap()
    }

    async fn set(&self, key: EntryKey, value: &[u8]) {
        let redis_key = self.store.format.redis_key(key);
        self.server.command(redis::cmd("SET").arg(redis_key).arg(value).arg("PX").arg(1_000_000)).await;
    }
}

#[tokio::test]
async fn t73_an_entry_with_any_byte_flipped_or_cut_off_is_absent() {
    let tampered = Tampered::new().await;
    let key = tampered.opened(1, b"state").await;
    let whole = tampered.get(key).await;
    for at in 0..whole.len() {
        let mut altered = whole.clone();
        altered[at] ^= 1;
        tampered.set(key, &altered).await;
        assert!(tampered.store.read(key).await.unwrap().is_none(), "byte {at}");
        tampered.set(key, &whole[..at]).await;
        assert!(tampered.store.read(key).await.unwrap().is_none(), "cut at {at}");
    }
    tampered.set(key, &whole).await;
    assert!(tampered.store.read(key).await.unwrap().unwrap().is_live);
}

#[tokio::test]
async fn t73_a_head_with_any_byte_flipped_gives_nothing_to_take() {
    let tampered = Tampered::new().await;
    let key = tampered.opened(1, b"state").await;
    let whole = tampered.get(key).await;
    let head_length = 3 + usize::from(whole[2]) + 16;
    for at in 0..head_length {
        let mut altered = whole.clone();
        altered[at] ^= 1;
        tampered.set(key, &altered).await;
        assert!(tampered.store.take_pending(key, Digest::of(b"state")).await.unwrap().is_none(), "byte {at}");
        tampered.set(key, &altered).await;
        assert!(!tampered.store.take_request(key, suite::pending(b"x"), LIFE).await.unwrap(), "byte {at}");
    }
}

#[tokio::test]
async fn t73_a_state_and_a_browser_that_an_intruder_put_in_take_nothing() {
    let tampered = Tampered::new().await;
    let key = tampered.opened(1, b"state").await;
    let mut altered = tampered.get(key).await;
    altered[3..35].copy_from_slice(&Digest::of(b"mine").0);
    tampered.set(key, &altered).await;
    assert!(tampered.store.take_pending(key, Digest::of(b"mine")).await.unwrap().is_none());
}

#[tokio::test]
async fn t73_neither_swapped_entries_nor_swapped_parts_of_them_open() {
    let tampered = Tampered::new().await;
    let (one, two) = (tampered.opened(1, b"one").await, tampered.opened(2, b"two").await);
    let (first, second) = (tampered.get(one).await, tampered.get(two).await);
    tampered.set(one, &second).await;
    tampered.set(two, &first).await;
    for key in [one, two] {
        assert!(tampered.store.read(key).await.unwrap().is_none());
    }
    assert!(tampered.store.take_pending(one, Digest::of(b"two")).await.unwrap().is_none());
    let head_length = 3 + usize::from(first[2]) + 16;
    let foreign_facts = [&first[..head_length], &second[head_length..]].concat();
    let foreign_head = [&second[..head_length], &first[head_length..]].concat();
    for mixed in [foreign_facts, foreign_head] {
        tampered.set(one, &mixed).await;
        assert!(tampered.store.read(one).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn t97_an_entry_of_an_unknown_release_is_absent_and_untouched() {
    let tampered = Tampered::new().await;
    let key = tampered.opened(1, b"state").await;
    let mut newer = tampered.get(key).await;
    newer[0] = VERSION + 1;
    tampered.set(key, &newer).await;
    assert!(tampered.store.read(key).await.unwrap().is_none());
    assert!(tampered.store.take_pending(key, Digest::of(b"state")).await.unwrap().is_none());
    tampered.store.cancel(key).await.unwrap();
    assert_eq!(tampered.get(key).await, newer);
}

#[tokio::test]
async fn an_entry_without_a_time_to_live_is_absent() {
    let tampered = Tampered::new().await;
    let key = tampered.opened(1, b"state").await;
    tampered.server.command(redis::cmd("PERSIST").arg(tampered.store.format.redis_key(key))).await;
    assert!(tampered.store.read(key).await.unwrap().is_none());
    assert!(tampered.store.take_pending(key, Digest::of(b"state")).await.unwrap().is_none());
}

#[tokio::test]
async fn f8_an_entry_of_another_type_is_a_fault_and_no_panic() {
    let tampered = Tampered::new().await;
    let key = suite::key(1);
    tampered.server.command(redis::cmd("LPUSH").arg(tampered.store.format.redis_key(key)).arg("x")).await;
    assert!(matches!(tampered.store.read(key).await, Err(StoreFault::Unavailable(_))));
    assert!(tampered.store.take_pending(key, Digest::of(b"state")).await.is_err());
}
