//! Redis, a cluster and a Redis behind TLS keep what every session store promises.

use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt;

use super::super::SessionsSetup;
use super::super::suite::{self, PassTime};
use super::*;
use crate::clock::SystemClock;
use crate::config::SessionStoreUrl;
use crate::crypto::entropy::SystemEntropy;
use crate::store::test_servers::{RedisServer, eventually};

const LIFE: Duration = Duration::from_secs(900);

#[async_trait]
impl PassTime for RedisServer {
    async fn pass_time(&self, time: Duration) {
        Self::pass_time(self, time).await;
    }
}

/// What one instance of a service opens.
pub(super) async fn open(
    url: &SessionStoreUrl,
    service_key: &RootKey,
) -> Result<Arc<dyn SessionStore>, StoreFault> {
    super::super::open(setup(url, service_key)).await
}

fn setup<'a>(url: &'a SessionStoreUrl, service_key: &'a RootKey) -> SessionsSetup<'a> {
    SessionsSetup {
        url,
        max_live: 0,
        allow_eviction: false,
        ca_file: None,
        service_key,
        entropy: Arc::new(SystemEntropy),
        clock: Arc::new(SystemClock::new()),
    }
}

/// An instance that gives a busy machine time.
pub(super) fn patient<'a>(address: &'a SecretText, service_key: &'a RootKey) -> RedisSetup<'a> {
    RedisSetup {
        address,
        authorities: None,
        allow_eviction: false,
        service_key,
        entropy: Arc::new(SystemEntropy),
        command_time: Duration::from_secs(20),
    }
}

/// An instance whose Redis keys the test knows.
pub(super) async fn open_single(server: &RedisServer, service_key: &RootKey) -> RedisSessions {
    RedisSessions::open(patient(&server.address("redis"), service_key)).await.unwrap()
}

pub(super) fn service_key() -> RootKey {
    RootKey::fresh(&SystemEntropy).unwrap()
}

/// A store on a Redis of its own.
pub(super) async fn store() -> (RedisServer, RedisSessions) {
    let server = RedisServer::start().await;
    let store = open_single(&server, &service_key()).await;
    (server, store)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_instances_on_one_redis_keep_what_every_session_store_promises() {
    let (server, service_key) = (RedisServer::start().await, service_key());
    let one = open_single(&server, &service_key).await;
    let two = open_single(&server, &service_key).await;
    suite::run(&[Arc::new(one), Arc::new(two)], &server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_keeps_what_every_session_store_promises() {
    let (server, service_key) = (RedisServer::cluster().await, service_key());
    let address = server.address("redis+cluster");
    let one = RedisSessions::open_cluster(patient(&address, &service_key)).await.unwrap();
    let two = RedisSessions::open_cluster(patient(&address, &service_key)).await.unwrap();
    suite::run(&[Arc::new(one), Arc::new(two)], &server).await;
}

#[tokio::test]
async fn over_tls_only_a_server_of_a_trusted_authority_is_talked_to() {
    let (server, authority) = RedisServer::with_tls().await;
    let (url, service_key) = (server.tls_url(), service_key());
    assert!(open(&url, &service_key).await.is_err());
    let setup = SessionsSetup { ca_file: Some(&authority), ..setup(&url, &service_key) };
    let store = super::super::open(setup).await.unwrap();
    store.insert(suite::key(1), suite::session(), LIFE).await.unwrap();
    assert!(store.read(suite::key(1)).await.unwrap().unwrap().is_live);
}

#[tokio::test]
async fn t98_redis_own_clock_ends_a_life() {
    let (_server, store) = store().await;
    store.insert(suite::key(1), suite::session(), Duration::from_millis(300)).await.unwrap();
    assert!(store.read(suite::key(1)).await.unwrap().unwrap().is_live);
    let is_over = async || !store.read(suite::key(1)).await.unwrap().unwrap().is_live;
    assert!(eventually(Duration::from_secs(2), is_over).await < Duration::from_millis(600));
    assert!(
        !store.take_request(suite::key(1), suite::pending(b"state"), Duration::from_secs(9)).await.unwrap()
    );
}

#[tokio::test]
async fn t94_environments_that_share_a_redis_do_not_see_each_other() {
    let server = RedisServer::start().await;
    let production = open_single(&server, &service_key()).await;
    let staging = open_single(&server, &service_key()).await;
    let key = suite::key(1);
    production.insert(key, suite::session(), LIFE).await.unwrap();
    assert!(staging.read(key).await.unwrap().is_none());
    let (from, to) = (production.format.redis_key(key), staging.format.redis_key(key));
    assert_ne!(from, to);
    server.command(redis::cmd("COPY").arg(from).arg(to)).await;
    assert!(staging.read(key).await.unwrap().is_none());
    assert!(!staging.take_request(key, suite::pending(b"state"), LIFE).await.unwrap());
}

#[tokio::test]
async fn t22_redis_holds_nothing_that_opens_a_link_or_tells_whose_it_is() {
    let (server, store) = store().await;
    store.insert(suite::key(1), suite::session(), LIFE).await.unwrap();
    let value = server.command(redis::cmd("GET").arg(store.format.redis_key(suite::key(1)))).await;
    let Value::BulkString(value) = value else { panic!("no value") };
    let text = String::from_utf8_lossy(&value);
    for secret in ["example.com", "a1b2", "user-1", "acme", "17841400008460056"] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_session_of_usual_size_takes_less_than_a_kibibyte_of_redis() {
    const SESSIONS: u32 = 10_000;
    let (server, store) = &store().await;
    let before = used_memory(server).await;
    let open_one = |n: u32| async move {
        let mut key = [0; 16];
        key[..4].copy_from_slice(&n.to_be_bytes());
        store.insert(EntryKey(key), suite::session(), LIFE).await.unwrap();
        assert!(store.take_request(EntryKey(key), suite::pending(b"state"), LIFE).await.unwrap());
    };
    futures_util::stream::iter(0..SESSIONS).for_each_concurrent(100, open_one).await;
    let each = (used_memory(server).await - before) / u64::from(SESSIONS);
    assert!(each < 1024, "{each}");
}

async fn used_memory(server: &RedisServer) -> u64 {
    let info = server.command(redis::cmd("INFO").arg("memory")).await;
    let info: String = redis::from_redis_value(info).unwrap();
    info.lines().find_map(|line| line.strip_prefix("used_memory:")).unwrap().trim().parse().unwrap()
}

#[tokio::test]
async fn a_wrong_password_is_told_without_repeating_it() {
    let server = RedisServer::with_options(&["--requirepass", "right-right-right"]).await;
    let address = format!("redis://:hunter2-hunter2@127.0.0.1:{}", server.port());
    let url = SessionStoreUrl::Redis(SecretText::new(address));
    let refusal = open(&url, &service_key()).await.err().unwrap().to_string();
    assert!(refusal.contains("password") && refusal.contains("stores.sessions"), "{refusal}");
    assert!(!refusal.contains("hunter2"), "{refusal}");
}

#[tokio::test]
async fn t93_a_redis_that_evicts_is_refused_unless_the_operator_accepts_it() {
    let options = ["--maxmemory", "100mb", "--maxmemory-policy", "volatile-lru"];
    let (server, service_key) = (RedisServer::with_options(&options).await, service_key());
    let refusal = open(&server.url(), &service_key).await.err().unwrap().to_string();
    assert!(refusal.contains("volatile-lru") && refusal.contains("noeviction"), "{refusal}");
    assert!(refusal.contains("stores.allow_eviction"), "{refusal}");
    let url = server.url();
    let accepted = SessionsSetup { allow_eviction: true, ..setup(&url, &service_key) };
    assert!(super::super::open(accepted).await.is_ok());

    let no_limit = RedisServer::with_options(&["--maxmemory-policy", "volatile-lru"]).await;
    assert!(open(&no_limit.url(), &service_key).await.is_ok());
    let by_cluster = RedisServer::cluster().await;
    by_cluster
        .command(redis::cmd("CONFIG").arg(&["SET", "maxmemory", "100mb", "maxmemory-policy", "allkeys-lru"]))
        .await;
    assert!(open(&by_cluster.cluster_url(), &service_key).await.is_err());
}
