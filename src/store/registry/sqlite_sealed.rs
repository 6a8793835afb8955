//! Sealed values in SQLite.

use async_trait::async_trait;
use sqlx::Row;

use super::sealed_rows::{
    KEEP_SERVICE_KEY, SELECT_SEALED, SELECT_SERVICE_KEY, SealedRows, read_sealed, replace,
};
use super::sqlite::timed;
use super::{SealedPlace, SqliteRegistry};
use crate::store::StoreFault;

#[async_trait]
impl SealedRows for SqliteRegistry {
    async fn service_key(&self) -> Result<Option<Vec<u8>>, StoreFault> {
        let row = timed(sqlx::query(SELECT_SERVICE_KEY).fetch_optional(self.pool()?)).await?;
        Ok(row.map(|row| row.try_get("sealed")).transpose()?)
    }

    async fn keep_service_key(&self, sealed: &[u8]) -> Result<Vec<u8>, StoreFault> {
        timed(sqlx::query(KEEP_SERVICE_KEY).bind(sealed).execute(self.pool()?)).await?;
        let row = timed(sqlx::query(SELECT_SERVICE_KEY).fetch_one(self.pool()?)).await?;
        Ok(row.try_get("sealed")?)
    }

    async fn sealed_values(&self) -> Result<Vec<(SealedPlace, Vec<u8>)>, StoreFault> {
        let rows = timed(sqlx::query(SELECT_SEALED).fetch_all(self.pool()?)).await?;
        rows.iter().map(read_sealed).collect()
    }

    async fn replace_sealed(&self, place: SealedPlace, old: &[u8], new: &[u8]) -> Result<bool, StoreFault> {
        let (sql, id) = replace(place);
        let query = sqlx::query(sql).bind(old).bind(new).bind(id);
        let done = timed(query.execute(self.pool()?)).await?;
        Ok(done.rows_affected() == 1)
    }
}
