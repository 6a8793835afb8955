//! Recorded accounts in SQLite.

use async_trait::async_trait;
use sqlx::Row;

use super::SqliteRegistry;
use crate::platform::entry::PlatformName;
use crate::session::{ApiKeyId, PlatformId, ProfileId, RecordId};
use crate::store::StoreFault;
use crate::store::registry::accounts::{self as sql, AccountQuery, AccountRow, AccountTable};

#[async_trait]
impl AccountTable for SqliteRegistry {
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
        query.execute(self.pool()?).await?;
        Ok(())
    }

    async fn accounts(&self, asked: &AccountQuery) -> Result<Vec<AccountRow>, StoreFault> {
        let query = sqlx::query(sql::LIST)
            .bind(asked.key.to_string())
            .bind(asked.before.to_string())
            .bind(asked.platform.as_ref().map_or("", PlatformName::as_str))
            .bind(asked.profile_id.as_ref().map_or("", ProfileId::as_str))
            .bind(i64::from(asked.limit));
        let rows = query.fetch_all(self.pool()?).await?;
        rows.iter().map(sql::read).collect()
    }

    async fn account(&self, key: ApiKeyId, id: RecordId) -> Result<Option<AccountRow>, StoreFault> {
        let query = sqlx::query(sql::SELECT).bind(key.to_string()).bind(id.to_string());
        let row = query.fetch_optional(self.pool()?).await?;
        row.as_ref().map(sql::read).transpose()
    }

    async fn delete_account(
        &self,
        key: ApiKeyId,
        platform: &PlatformName,
        account_id: &PlatformId,
    ) -> Result<bool, StoreFault> {
        let query =
            sqlx::query(sql::DELETE).bind(key.to_string()).bind(platform.as_str()).bind(account_id.as_str());
        let done = query.execute(self.pool()?).await?;
        Ok(done.rows_affected() == 1)
    }

    /// `VACUUM` writes the whole database anew into the log and from there into the file; the checkpoint then cuts the
    /// log, which still holds every page as it was.
    async fn vacuum(&self) -> Result<(), StoreFault> {
        let mut connection = self.pool()?.acquire().await?;
        sqlx::query("VACUUM").execute(&mut *connection).await?;
        let row = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut *connection).await?;
        match row.try_get::<i64, _>(0)? {
            0 => Ok(()),
            _ => Err(StoreFault::Unavailable("the database is in use; try again".to_owned())),
        }
    }
}
