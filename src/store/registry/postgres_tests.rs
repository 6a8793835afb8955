//! PostgreSQL keeps what every registry promises, and fails in time where it cannot.

use std::time::Duration;

use sqlx::{Connection, PgConnection};

use super::{Patience, PostgresRegistry, Registry, open, suite};
use crate::config::RegistryUrl;
use crate::crypto::secret::SecretText;
use crate::store::StoreFault;
use crate::store::test_servers::{PostgresServer, Proxy, eventually, given_up_within, recovers};

/// What an operation may take, as it is documented.
const BUDGET: Duration = Duration::from_secs(1);
/// What has not come true by then never will.
const NEVER: Duration = Duration::from_mins(1);

fn address(url: RegistryUrl) -> SecretText {
    let RegistryUrl::Postgres(address) = url else { panic!("not PostgreSQL") };
    address
}

async fn fails_in_time(registry: &PostgresRegistry) {
    given_up_within(BUDGET, 1, async || {
        let answer = registry.check().await;
        assert!(matches!(answer, Err(StoreFault::Unavailable(_))), "{answer:?}");
    })
    .await;
}

async fn recovers_in_time(server: &PostgresServer, registry: &PostgresRegistry) {
    recovers(server.lets_in(), async || registry.check().await.is_ok()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_instances_that_start_at_once_keep_what_every_registry_promises() {
    let server = PostgresServer::start().await;
    let address = address(server.url());
    let start = || PostgresRegistry::open(&address, Patience::Operator);
    let (one, two) = tokio::join!(start(), start());
    let (one, two) = (one.unwrap(), two.unwrap());
    suite::run(&one, &two).await;
    let third = start().await.unwrap();
    assert!(!third.keys().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn f10_a_postgresql_that_hangs_is_given_up_in_time_and_used_again_by_itself() {
    let server = PostgresServer::start().await;
    let registry = PostgresRegistry::open(&address(server.url()), Patience::Request).await.unwrap();
    recovers_in_time(&server, &registry).await;
    server.pause();
    for _ in 0..3 {
        fails_in_time(&registry).await;
    }
    // In a row, eight at a time, the last of them would wait for 25 budgets.
    given_up_within(BUDGET, 200, async || {
        let answers = futures_util::future::join_all((0..200).map(|_| registry.check())).await;
        assert!(answers.iter().all(Result::is_err));
    })
    .await;
    server.go_on();
    recovers_in_time(&server, &registry).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f10_connections_that_went_silent_for_good_are_replaced_all_at_once() {
    let server = PostgresServer::start().await;
    let network = Proxy::before(server.port()).await;
    let registry =
        PostgresRegistry::open(&address(PostgresServer::url_at(network.port())), Patience::Request)
            .await
            .unwrap();
    for _ in 0..2 {
        // One connection more at a time, since letting one in costs the server and us some work.
        for connections in 1..=8 {
            eventually(NEVER, async || {
                let at_once = futures_util::future::join_all((0..connections).map(|_| registry.keys())).await;
                at_once.iter().all(Result::is_ok)
            })
            .await;
        }
        network.cut_silently();
        // One by one they would take eight budgets.
        recovers_in_time(&server, &registry).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f10_a_postgresql_that_was_stopped_is_used_again_when_it_is_back() {
    let mut server = PostgresServer::start().await;
    let registry = PostgresRegistry::open(&address(server.url()), Patience::Request).await.unwrap();
    registry.check().await.unwrap();
    server.stop();
    for _ in 0..3 {
        fails_in_time(&registry).await;
    }
    server.start_again().await;
    recovers_in_time(&server, &registry).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f10_a_table_that_somebody_else_has_locked_is_not_waited_for() {
    let server = PostgresServer::start().await;
    let registry = PostgresRegistry::open(&address(server.url()), Patience::Request).await.unwrap();
    let mut other = PgConnection::connect(address(server.url()).expose()).await.unwrap();
    sqlx::query("BEGIN").execute(&mut other).await.unwrap();
    sqlx::query("LOCK TABLE keys IN ACCESS EXCLUSIVE MODE").execute(&mut other).await.unwrap();
    for _ in 0..2 {
        fails_in_time(&registry).await;
    }
    drop(other);
    recovers_in_time(&server, &registry).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f10_operations_that_are_given_up_do_not_use_the_pool_up() {
    let server = PostgresServer::start().await;
    let registry = PostgresRegistry::open(&address(server.url()), Patience::Request).await.unwrap();
    registry.check().await.unwrap();
    for microseconds in (0..2000).step_by(20) {
        // Dropped on its way, as by a request whose client went away.
        let _given_up = tokio::time::timeout(Duration::from_micros(microseconds), registry.keys()).await;
    }
    recovers_in_time(&server, &registry).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f38_a_registry_of_a_newer_release_is_refused() {
    let server = PostgresServer::start().await;
    drop(open(&server.url(), Patience::Request).await.unwrap());
    let mut operator = PgConnection::connect(address(server.url()).expose()).await.unwrap();
    sqlx::query("UPDATE _sqlx_migrations SET version = version + 998 WHERE version = 1")
        .execute(&mut operator)
        .await
        .unwrap();
    let refusal = open(&server.url(), Patience::Request).await.err().unwrap().to_string();
    assert!(refusal.contains("newer release"), "{refusal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_told_without_repeating_it() {
    let server = PostgresServer::with_password().await;
    let wrong = address(server.url()).expose().replace("hunter2", "hunter3");
    let refusal = open(&RegistryUrl::Postgres(SecretText::new(wrong)), Patience::Request)
        .await
        .err()
        .unwrap()
        .to_string();
    assert!(refusal.contains("password") && refusal.contains("stores.registry"), "{refusal}");
    assert!(!refusal.contains("hunter"), "{refusal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_goes_by_the_sslmode_of_the_url() {
    let server = PostgresServer::with_tls().await;
    let verified = format!("sslmode=verify-full&sslrootcert={}", server.authority().display());
    assert!(open(&server.url_with(&verified), Patience::Request).await.is_ok());
    assert!(open(&server.url_with("sslmode=verify-full"), Patience::Request).await.is_err());
    let plain = PostgresServer::start().await;
    assert!(open(&plain.url_with("sslmode=require"), Patience::Request).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operators_command_waits_for_what_a_request_gives_up() {
    let server = PostgresServer::start().await;
    let address = address(server.url());
    let of_request = PostgresRegistry::open(&address, Patience::Request).await.unwrap();
    let of_operator = PostgresRegistry::open(&address, Patience::Operator).await.unwrap();
    let mut other = PgConnection::connect(address.expose()).await.unwrap();
    sqlx::query("BEGIN").execute(&mut other).await.unwrap();
    sqlx::query("LOCK TABLE keys IN ACCESS EXCLUSIVE MODE").execute(&mut other).await.unwrap();
    let listed = async {
        let keys = of_operator.keys().await;
        keys.map(|keys| keys.len())
    };
    let given_up = async {
        let refused = of_request.keys().await.err();
        sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
        refused
    };
    let (listed, given_up) = tokio::join!(listed, given_up);
    assert!(matches!(given_up, Some(StoreFault::Unavailable(_))), "{given_up:?}");
    assert_eq!(listed.unwrap(), 0);
}
