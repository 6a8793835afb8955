//! Recorded accounts in PostgreSQL.

use async_trait::async_trait;
use sqlx::Connection;

use super::PostgresRegistry;
use crate::session::{ApiKeyId, PlatformId, PlatformName, ProfileId, RecordId};
use crate::store::StoreFault;
use crate::store::registry::accounts::{self as sql, AccountQuery, AccountRow, AccountStatus, AccountTable};

#[async_trait]
impl AccountTable for PostgresRegistry {
    async fn keep_account(&self, row: &AccountRow) -> Result<(), StoreFault> {
        let query = sqlx::query(sql::KEEP)
            .bind(row.id.to_string())
            .bind(row.key.to_string())
            .bind(row.platform.as_str())
            .bind(row.account_id.as_str())
            .bind(&row.username)
            .bind(row.profile_id.as_ref().map(ProfileId::as_str))
            .bind(row.scopes.as_str())
            .bind(row.status.as_str())
            .bind(row.connected_at.cast_signed())
            .bind(row.verified_at.cast_signed());
        self.pool.in_time(async |connection| query.execute(connection).await).await?;
        Ok(())
    }

    async fn accounts(&self, asked: &AccountQuery) -> Result<Vec<AccountRow>, StoreFault> {
        let query = sqlx::query(sql::LIST)
            .bind(asked.key.to_string())
            .bind(asked.before.to_string())
            .bind(asked.platform.as_ref().map_or("", PlatformName::as_str))
            .bind(asked.profile_id.as_ref().map_or("", ProfileId::as_str))
            .bind(i64::from(asked.limit));
        let rows = self.pool.in_time(async |connection| query.fetch_all(connection).await).await?;
        rows.iter().map(sql::read).collect()
    }

    async fn account(&self, key: ApiKeyId, id: RecordId) -> Result<Option<AccountRow>, StoreFault> {
        let query = sqlx::query(sql::SELECT).bind(key.to_string()).bind(id.to_string());
        let row = self.pool.in_time(async |connection| query.fetch_optional(connection).await).await?;
        row.as_ref().map(sql::read).transpose()
    }

    async fn set_account_status(
        &self,
        key: ApiKeyId,
        (platform, account_id): (&PlatformName, &PlatformId),
        status: AccountStatus,
    ) -> Result<(), StoreFault> {
        let query = sqlx::query(sql::SET_STATUS)
            .bind(key.to_string())
            .bind(platform.as_str())
            .bind(account_id.as_str())
            .bind(status.as_str());
        self.pool.in_time(async |connection| query.execute(connection).await).await?;
        Ok(())
    }

    async fn delete_account(
        &self,
        key: ApiKeyId,
        platform: &PlatformName,
        account_id: &PlatformId,
    ) -> Result<bool, StoreFault> {
        let query =
            sqlx::query(sql::DELETE).bind(key.to_string()).bind(platform.as_str()).bind(account_id.as_str());
        let done = self.pool.in_time(async |connection| query.execute(connection).await).await?;
        Ok(done.rows_affected() == 1)
    }

    /// `FULL` writes the table anew and gives the old file back. What the server keeps besides (its log, replicas,
    /// backups) is its operator's.
    async fn vacuum(&self) -> Result<(), StoreFault> {
        let mut connection = self.pool.unbounded_connection().await?;
        sqlx::query("VACUUM (FULL) accounts").execute(&mut connection).await?;
        Ok(connection.close().await?)
    }
}
