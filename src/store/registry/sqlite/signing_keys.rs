//! Signing keys in SQLite.

use async_trait::async_trait;

use super::{SqliteRegistry, timed};
use crate::store::StoreFault;
use crate::store::registry::signing_keys::{self as sql, SigningKeyRow, SigningKeyTable};

#[async_trait]
impl SigningKeyTable for SqliteRegistry {
    async fn signing_keys(&self) -> Result<Vec<SigningKeyRow>, StoreFault> {
        let query = sqlx::query(sql::SELECT);
        timed(query.fetch_all(self.pool()?)).await?.iter().map(sql::read).collect()
    }

    async fn insert_signing_key(&self, row: &SigningKeyRow) -> Result<bool, StoreFault> {
        let query = sqlx::query(sql::INSERT)
            .bind(&row.kid)
            .bind(row.follows.as_deref().unwrap_or_default())
            .bind(row.public_key.as_slice())
            .bind(&row.seed)
            .bind(row.created_at.cast_signed())
            .bind(row.active_from.cast_signed());
        let done = timed(query.execute(self.pool()?)).await?;
        Ok(done.rows_affected() == 1)
    }

    async fn forget_signing_seed(&self, kid: &str) -> Result<(), StoreFault> {
        let query = sqlx::query(sql::FORGET_SEED).bind(kid);
        timed(query.execute(self.pool()?)).await.map(drop)
    }

    async fn withdraw_signing_key(&self, kid: &str, at: u64) -> Result<bool, StoreFault> {
        let query = sqlx::query(sql::WITHDRAW).bind(kid).bind(at.cast_signed());
        let done = timed(query.execute(self.pool()?)).await?;
        Ok(done.rows_affected() == 1)
    }
}
