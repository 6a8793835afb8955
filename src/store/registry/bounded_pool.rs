//! Connections to PostgreSQL, bounded in number and time, that come back by themselves.
//!
//! Work that does not end in time takes its connection with it, and all idle ones as well: a server or a network
//! that went silent would otherwise keep them until the operating system gives them up, a quarter of an hour later.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, Executor, PgConnection, PgPool, Postgres};
use tokio::time::{Instant, timeout};
use tracing::Instrument;

use crate::observe::metrics;
use crate::store::StoreFault;

/// The connections are replaced no more often than this.
const RENEW_EVERY: Duration = Duration::from_secs(1);
const MAX_CONNECTIONS: u32 = 8;

/// The connections.
pub(super) struct BoundedPool {
    options: PgConnectOptions,
    time: Duration,
    current: Mutex<Current>,
}

struct Current {
    pool: PgPool,
    since: Instant,
}

impl BoundedPool {
    /// A pool that connects when there is work. `time` is what work may take, the wait for a connection included.
    pub(super) fn new(options: PgConnectOptions, time: Duration) -> Self {
        let current = Mutex::new(Current { pool: connect_lazily(&options, time), since: Instant::now() });
        Self { options, time, current }
    }

    /// Does `work` on a connection, in time or not at all.
    ///
    /// # Errors
    /// [`StoreFault::Unavailable`] where it did not end in time, and what `work` failed with.
    pub(super) async fn in_time<T>(
        &self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, sqlx::Error>,
    ) -> Result<T, StoreFault> {
        let pool = self.current.lock().unwrap_or_else(PoisonError::into_inner).pool.clone();
        let had_connection = AtomicBool::new(false);
        let whole = async {
            let mut lease = well_connection(&pool, &had_connection).await?;
            let Some(connection) = &mut lease.0 else { return Err(sqlx::Error::PoolClosed) };
            let result = work(connection).await;
            lease.give_back();
            result
        };
        let started = Instant::now();
        let span = tracing::info_span!("store call", otel.kind = "client", store = "postgres");
        let result = timeout(self.time, whole).instrument(span).await;
        metrics::store_call("postgres", result.is_ok(), started.elapsed());
        if let Ok(result) = result {
            return Ok(result?);
        }
        // A server that only takes long to let us in gets its time: connections that were made are kept.
        if had_connection.into_inner() {
            self.renew();
        }
        Err(StoreFault::Unavailable(format!("PostgreSQL: no answer within {:?}", self.time)))
    }

    /// A connection of its own without a limit on time, for an operator who waits.
    ///
    /// # Errors
    /// Where the server does not let us in.
    pub(super) async fn unbounded_connection(&self) -> Result<PgConnection, StoreFault> {
        Ok(PgConnection::connect_with(&self.options).await?)
    }

    fn renew(&self) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.since.elapsed() >= RENEW_EVERY {
            *current = Current { pool: connect_lazily(&self.options, self.time), since: Instant::now() };
        }
    }
}

/// A connection in use. It goes back to the pool only from work that came to its end: to go back it would have to be asked
/// whether it is well, and could keep its place for as long as it does not answer.
struct Lease(Option<PoolConnection<Postgres>>);

impl Lease {
    fn give_back(mut self) {
        drop(self.0.take());
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        drop(self.0.take().map(PoolConnection::detach));
    }
}

/// A connection that answers; those that say that they broke meanwhile are passed over.
async fn well_connection(pool: &PgPool, had_connection: &AtomicBool) -> Result<Lease, sqlx::Error> {
    loop {
        let mut lease = Lease(None);
        let connection = lease.0.insert(pool.acquire().await?);
        had_connection.store(true, Ordering::Relaxed);
        if connection.ping().await.is_ok() {
            return Ok(lease);
        }
    }
}

fn connect_lazily(options: &PgConnectOptions, time: Duration) -> PgPool {
    PgPoolOptions::new()
        .max_connections(MAX_CONNECTIONS)
        .acquire_timeout(time)
        // Asked by `well_connection`, which can tell a connection that does not answer from one that is not made yet.
        .test_before_acquire(false)
        .after_connect(move |connection, _| Box::pin(bound_statements(connection, time)))
        .connect_lazy_with(options.clone())
}

/// So that the server gives up as well, a little later than who asked.
async fn bound_statements(connection: &mut PgConnection, time: Duration) -> Result<(), sqlx::Error> {
    let milliseconds = (time + Duration::from_millis(50)).as_millis();
    let statement = format!("SET statement_timeout = {milliseconds}");
    connection.execute(sqlx::AssertSqlSafe(statement)).await.map(drop)
}
