//! Connections to PostgreSQL, bounded in number and time, that come back by themselves.
//!
//! Work that does not end within a second takes its connection with it, and all idle ones as well: a server or a network
//! that went silent would otherwise keep them until the operating system gives them up, a quarter of an hour later.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Executor, PgConnection, PgPool, Postgres};
use tokio::time::{Instant, timeout};

use crate::store::StoreFault;

/// What work may take, the wait for a connection included.
const TIME: Duration = Duration::from_secs(1);
/// The connections are replaced no more often than this.
const RENEW_EVERY: Duration = Duration::from_secs(1);
const MAX_CONNECTIONS: u32 = 8;

/// The connections.
pub(super) struct BoundedPool {
    options: PgConnectOptions,
    current: Mutex<Current>,
}

struct Current {
    pool: PgPool,
    since: Instant,
}

impl BoundedPool {
    /// A pool that connects when there is work.
    pub(super) fn new(options: PgConnectOptions) -> Self {
        let current = Mutex::new(Current { pool: connect_lazily(&options), since: Instant::now() });
        Self { options, current }
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
        let whole = async {
            let mut lease = Lease(Some(pool.acquire().await?));
            let Some(connection) = &mut lease.0 else { return Err(sqlx::Error::PoolClosed) };
            let result = work(connection).await;
            lease.give_back();
            result
        };
        match timeout(TIME, whole).await {
            Err(_) | Ok(Err(sqlx::Error::PoolTimedOut)) => {
                self.renew();
                Err(StoreFault::Unavailable("PostgreSQL: no answer within a second".to_owned()))
            }
            Ok(result) => Ok(result?),
        }
    }

    fn renew(&self) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.since.elapsed() >= RENEW_EVERY {
            *current = Current { pool: connect_lazily(&self.options), since: Instant::now() };
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

fn connect_lazily(options: &PgConnectOptions) -> PgPool {
    PgPoolOptions::new()
        .max_connections(MAX_CONNECTIONS)
        .acquire_timeout(TIME)
        .after_connect(|connection, _| Box::pin(bound_statements(connection)))
        .connect_lazy_with(options.clone())
}

/// So that the server gives up as well.
async fn bound_statements(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    connection.execute("SET statement_timeout = '1s'").await.map(drop)
}
