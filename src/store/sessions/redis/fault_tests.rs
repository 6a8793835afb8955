//! What comes of a Redis that hangs, dies, fills up or changes its role: an error in time, and recovery by itself.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::super::suite;
use super::tests::{open, service_key};
use super::*;
use crate::config::SessionStoreUrl;
use crate::crypto::secret::SecretText;
use crate::store::test_servers::{Proxy, RedisServer, eventually, given_up_within, recovers};

const LIFE: Duration = Duration::from_secs(900);
/// What a command may take, as it is documented.
const BUDGET: Duration = Duration::from_millis(500);
/// What has not come true by then never will.
const NEVER: Duration = Duration::from_mins(1);

async fn instance() -> (RedisServer, Arc<dyn SessionStore>) {
    let server = RedisServer::start().await;
    let store = open(&server.url(), &service_key()).await.unwrap();
    (server, store)
}

async fn fails_in_time(store: &dyn SessionStore) {
    given_up_within(BUDGET, 1, async || {
        let answer = store.read(suite::key(1)).await;
        assert!(matches!(answer, Err(StoreFault::Unavailable(_))), "{:?}", answer.map(|_| ()));
    })
    .await;
}

async fn recovers_in_time(server: &RedisServer, store: &dyn SessionStore) {
    recovers(server.command(&redis::cmd("PING")), async || store.check().await.is_ok()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f5_a_hanging_redis_is_given_up_in_time_and_used_again_by_itself() {
    let (server, store) = instance().await;
    store.insert(suite::key(1), suite::session(), LIFE).await.unwrap();
    server.pause();
    for _ in 0..4 {
        fails_in_time(&*store).await;
    }
    server.go_on();
    recovers_in_time(&server, &*store).await;
    assert!(store.read(suite::key(1)).await.unwrap().unwrap().is_live);
}

#[tokio::test(flavor = "multi_thread")]
async fn f2_a_link_that_is_opened_while_redis_hangs_works_afterwards() {
    let (server, store) = instance().await;
    store.insert(suite::key(1), suite::session(), LIFE).await.unwrap();
    // Redis knows the script already, so that a step that reaches it is made.
    store.cancel(suite::key(2)).await.unwrap();
    server.pause();
    // The first commands find out; the store sends nothing from then on that could burn the link later.
    for _ in 0..3 {
        assert!(store.check().await.is_err());
    }
    for _ in 0..3 {
        assert!(store.take_request(suite::key(1), suite::pending(b"state"), LIFE).await.is_err());
    }
    server.go_on();
    recovers_in_time(&server, &*store).await;
    assert!(store.take_request(suite::key(1), suite::pending(b"state"), LIFE).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn f5_a_thousand_waiters_on_a_hanging_redis_are_all_answered_in_time() {
    let (server, store) = instance().await;
    server.pause();
    // In turns, 1,024 at a time, the last of them would wait for five budgets.
    given_up_within(BUDGET, 5000, async || {
        let waiters = (0..5000).map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.read(suite::key(1)).await.is_err() })
        });
        for waiter in waiters.collect::<Vec<_>>() {
            assert!(waiter.await.unwrap());
        }
    })
    .await;
    server.go_on();
    recovers_in_time(&server, &*store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f7_a_cluster_that_hangs_or_dies_is_given_up_in_time_and_used_again_by_itself() {
    let mut server = RedisServer::cluster().await;
    let store = open(&server.cluster_url(), &service_key()).await.unwrap();
    store.insert(suite::key(1), suite::session(), LIFE).await.unwrap();
    server.pause();
    for _ in 0..3 {
        fails_in_time(&*store).await;
    }
    server.go_on();
    recovers_in_time(&server, &*store).await;
    assert!(store.read(suite::key(1)).await.unwrap().unwrap().is_live);
    server.kill();
    for _ in 0..3 {
        fails_in_time(&*store).await;
    }
    server.start_again().await;
    server.cluster_is_ok().await;
    recovers(server.command(&redis::cmd("PING")), async || {
        store.insert(suite::key(2), suite::session(), LIFE).await.is_ok()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f5_a_connection_that_went_silent_for_good_is_replaced() {
    let server = RedisServer::start().await;
    let network = Proxy::before(server.port()).await;
    let url = SessionStoreUrl::Redis(SecretText::new(format!("redis://127.0.0.1:{}", network.port())));
    let store = open(&url, &service_key()).await.unwrap();
    for _ in 0..3 {
        store.check().await.unwrap();
        network.cut_silently();
        recovers_in_time(&server, &*store).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f4_a_take_whose_answer_is_lost_is_an_error_and_is_never_made_again() {
    let server = RedisServer::start().await;
    let network = Proxy::before(server.port()).await;
    let url = SessionStoreUrl::Redis(SecretText::new(format!("redis://127.0.0.1:{}", network.port())));
    let store = open(&url, &service_key()).await.unwrap();
    for n in 1..=3 {
        store.insert(suite::key(n), suite::session(), LIFE).await.unwrap();
        assert!(store.take_request(suite::key(n), suite::pending(b"state"), LIFE).await.unwrap());
        network.lose_answers(true);
        let lost = store.take_pending(suite::key(n), Digest::of(b"state")).await;
        assert!(matches!(lost, Err(StoreFault::Unavailable(_))), "{lost:?}");
        network.lose_answers(false);
        recovers_in_time(&server, &*store).await;
        assert!(store.take_pending(suite::key(n), Digest::of(b"state")).await.unwrap().is_none());
        assert!(matches!(store.read(suite::key(n)).await.unwrap().unwrap().stage, Stage::Taken));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f1_f3_a_redis_that_died_is_used_again_when_it_is_back() {
    let (mut server, store) = instance().await;
    store.check().await.unwrap();
    server.kill();
    for _ in 0..10 {
        fails_in_time(&*store).await;
    }
    server.start_again().await;
    recovers_in_time(&server, &*store).await;
    // It forgot the scripts as well.
    store.insert(suite::key(1), suite::session(), LIFE).await.unwrap();
    assert!(store.take_request(suite::key(1), suite::pending(b"state"), LIFE).await.unwrap());
}

#[tokio::test]
async fn f1_a_redis_that_is_not_there_at_the_start_is_told_with_the_setting_to_look_at() {
    let mut server = RedisServer::start().await;
    server.kill();
    let refusal = open(&server.url(), &service_key()).await.err().unwrap().to_string();
    assert!(refusal.contains("refused") && refusal.contains("stores.sessions"), "{refusal}");
}

#[tokio::test]
async fn t93_f8_a_full_redis_refuses_new_sessions_and_drops_none() {
    let (server, store) = instance().await;
    store.insert(suite::key(1), suite::session(), LIFE).await.unwrap();
    server.command(redis::cmd("CONFIG").arg(&["SET", "maxmemory", "1"])).await;
    let refusal = store.insert(suite::key(2), suite::session(), LIFE).await.unwrap_err();
    assert!(matches!(&refusal, InsertFault::Store(StoreFault::Unavailable(cause)) if cause.contains("OOM")));
    let refused = store.take_request(suite::key(1), suite::pending(b"state"), LIFE).await;
    assert!(matches!(refused, Err(StoreFault::Unavailable(_))));
    assert!(store.read(suite::key(1)).await.unwrap().unwrap().is_live);
    server.command(redis::cmd("CONFIG").arg(&["SET", "maxmemory", "0"])).await;
    assert!(store.take_request(suite::key(1), suite::pending(b"state"), LIFE).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn f8_a_redis_that_became_a_replica_refuses_and_takes_again_when_it_is_promoted() {
    let (server, store) = instance().await;
    server.command(redis::cmd("REPLICAOF").arg("127.0.0.1").arg(1)).await;
    let refused = store.insert(suite::key(1), suite::session(), LIFE).await.unwrap_err();
    let InsertFault::Store(StoreFault::Unavailable(cause)) = refused else { panic!("{refused}") };
    assert!(cause.contains("read only replica"), "{cause}");
    server.command(redis::cmd("REPLICAOF").arg("NO").arg("ONE")).await;
    recovers(server.command(&redis::cmd("PING")), async || {
        store.insert(suite::key(1), suite::session(), LIFE).await.is_ok()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f8_a_password_that_is_changed_and_changed_back_needs_no_restart() {
    let server = RedisServer::with_options(&["--requirepass", "right"]).await;
    let address = format!("redis://:right@127.0.0.1:{}", server.port());
    let url = SessionStoreUrl::Redis(SecretText::new(address.clone()));
    let store = open(&url, &service_key()).await.unwrap();
    let operator = redis::Client::open(address).unwrap();
    let mut operator = operator.get_multiplexed_async_connection().await.unwrap();
    let mut operate = async |command: &mut redis::Cmd| command.exec_async(&mut operator).await.unwrap();
    operate(redis::cmd("CONFIG").arg(&["SET", "requirepass", "other"])).await;
    operate(redis::cmd("CLIENT").arg(&["KILL", "SKIPME", "yes"])).await;
    eventually(NEVER, async || {
        store.check().await.err().is_some_and(|fault| fault.to_string().contains("assword"))
    })
    .await;
    operate(redis::cmd("CONFIG").arg(&["SET", "requirepass", "right"])).await;
    let control = async { operate(&mut redis::cmd("PING")).await };
    recovers(control, async || store.check().await.is_ok()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f8_a_dead_redis_is_not_hammered() {
    let (mut server, store) = instance().await;
    server.kill();
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", server.port())).await.unwrap();
    let attempts = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&attempts);
    // Each connection is closed at once, so that every attempt fails at once.
    let deaf = tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            count.fetch_add(1, Ordering::Relaxed);
        }
    });
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(2) {
        let (_, _) = tokio::join!(store.check(), store.check());
    }
    deaf.abort();
    let attempts = attempts.load(Ordering::Relaxed);
    assert!((1..=20).contains(&attempts), "{attempts}");
}
