//! The time of each call to SQLite, for the metrics.

use std::time::Instant;

use crate::observe::metrics;
use crate::store::StoreFault;

/// Result code `SQLITE_BUSY`, whatever stands in its extended part.
const BUSY: i64 = 5;

/// Awaits a call and tells how long it took. Who waited for a lock or a connection in vain got no answer.
pub(in crate::store::registry) async fn timed<T>(
    call: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, StoreFault> {
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
