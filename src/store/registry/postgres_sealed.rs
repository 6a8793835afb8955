//! Sealed values in PostgreSQL.

use async_trait::async_trait;
use sqlx::Row;

use super::sealed_rows::{
    KEEP_SERVICE_KEY, SELECT_SEALED, SELECT_SERVICE_KEY, SealedRows, read_sealed, replace,
};
use super::{PostgresRegistry, SealedPlace};
use crate::store::StoreFault;

#[async_trait]
impl SealedRows for PostgresRegistry {
    async fn service_key(&self) -> Result<Option<Vec<u8>>, StoreFault> {
        let query = sqlx::query(SELECT_SERVICE_KEY);
        let row = self.pool.in_time(async |connection| query.fetch_optional(connection).await).await?;
        Ok(row.map(|row| row.try_get("sealed")).transpose()?)
    }

    async fn keep_service_key(&self, sealed: &[u8]) -> Result<Vec<u8>, StoreFault> {
        let keep = sqlx::query(KEEP_SERVICE_KEY).bind(sealed);
        self.pool.in_time(async |connection| keep.execute(connection).await).await?;
        let query = sqlx::query(SELECT_SERVICE_KEY);
        let row = self.pool.in_time(async |connection| query.fetch_one(connection).await).await?;
        Ok(row.try_get("sealed")?)
    }

    async fn sealed_values(&self) -> Result<Vec<(SealedPlace, Vec<u8>)>, StoreFault> {
        let query = sqlx::query(SELECT_SEALED);
        let rows = self.pool.in_time(async |connection| query.fetch_all(connection).await).await?;
        rows.iter().map(read_sealed).collect()
    }

    async fn replace_sealed(&self, place: SealedPlace, old: &[u8], new: &[u8]) -> Result<bool, StoreFault> {
        let (sql, id) = replace(place);
        let query = sqlx::query(sql).bind(old).bind(new).bind(id);
        let done = self.pool.in_time(async |connection| query.execute(connection).await).await?;
        Ok(done.rows_affected() == 1)
    }
}
