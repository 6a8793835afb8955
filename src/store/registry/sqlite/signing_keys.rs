//! Signing keys in SQLite.

use async_trait::async_trait;

use super::SqliteRegistry;
use crate::store::StoreFault;
use crate::store::registry::signing_keys::{self as sql, SigningKeyRow, SigningKeyTable};

#[async_trait]
impl SigningKeyTable for SqliteRegistry {
    async fn signing_keys(&self) -> Result<Vec<SigningKeyRow>, StoreFault> {
        sqlx::query(sql::SELECT).fetch_all(&self.pool).await?.iter().map(sql::read).collect()
    }

    async fn insert_signing_key(&self, row: &SigningKeyRow) -> Result<bool, StoreFault> {
        let done = sqlx::query(sql::INSERT)
            .bind(&row.kid)
            .bind(row.follows.as_deref().unwrap_or_default())
            .bind(row.public_key.as_slice())
            .bind(&row.seed)
            .bind(row.created_at.cast_signed())
            .bind(row.active_from.cast_signed())
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    async fn forget_signing_seed(&self, kid: &str) -> Result<(), StoreFault> {
        sqlx::query(sql::FORGET_SEED).bind(kid).execute(&self.pool).await?;
        Ok(())
    }

    async fn withdraw_signing_key(&self, kid: &str, at: u64) -> Result<bool, StoreFault> {
        let done = sqlx::query(sql::WITHDRAW).bind(kid).bind(at.cast_signed()).execute(&self.pool).await?;
        Ok(done.rows_affected() == 1)
    }
}
