//! Statements, run on the registry's file and timed for the metrics.

use std::time::Instant;

use sqlx::Sqlite;
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteRow};

use super::SqliteRegistry;
use crate::observe::metrics;
use crate::store::StoreFault;

type Statement<'q> = Query<'q, Sqlite, SqliteArguments>;

impl SqliteRegistry {
    /// How many rows it wrote.
    pub(in crate::store::registry) async fn execute(&self, query: Statement<'_>) -> Result<u64, StoreFault> {
        Ok(timed(query.execute(self.pool()?)).await?.rows_affected())
    }

    pub(in crate::store::registry) async fn row(
        &self,
        query: Statement<'_>,
    ) -> Result<Option<SqliteRow>, StoreFault> {
        timed(query.fetch_optional(self.pool()?)).await
    }

    pub(in crate::store::registry) async fn rows(
        &self,
        query: Statement<'_>,
    ) -> Result<Vec<SqliteRow>, StoreFault> {
        timed(query.fetch_all(self.pool()?)).await
    }
}

/// Result code `SQLITE_BUSY`, whatever stands in its extended part.
const BUSY: i64 = 5;

/// Awaits a call and tells how long it took. Who waited for a lock or a connection in vain got no answer.
pub(super) async fn timed<T>(call: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, StoreFault> {
    let started = Instant::now();
    let result = call.await;
    metrics::store_call("sqlite", result.as_ref().err().is_none_or(is_answer), started.elapsed());
    Ok(result?)
}

fn is_answer(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    let is_busy = code.and_then(|code| code.parse::<i64>().ok()).is_some_and(|code| code & 0xff == BUSY);
    !is_busy && !matches!(error, sqlx::Error::PoolTimedOut)
}
