//! Callers' own apps in SQLite.

use async_trait::async_trait;

use super::{SqliteRegistry, timed};
use crate::session::{ApiKeyId, AppId};
use crate::store::StoreFault;
use crate::store::registry::apps::{self as sql, AppRow, AppRowChange, AppTable};

#[async_trait]
impl AppTable for SqliteRegistry {
    async fn insert_app(&self, row: &AppRow, at_most: u32) -> Result<bool, StoreFault> {
        let query = sqlx::query(sql::INSERT)
            .bind(row.id.to_string())
            .bind(row.api_key.to_string())
            .bind(row.platform.as_str())
            .bind(&row.name)
            .bind(&row.client_id)
            .bind(&row.client_secret)
            .bind(row.created_at.cast_signed())
            .bind(i64::from(at_most));
        let done = timed(query.execute(self.pool()?)).await?;
        Ok(done.rows_affected() == 1)
    }

    async fn app(&self, id: AppId) -> Result<Option<AppRow>, StoreFault> {
        let query = sqlx::query(sql::SELECT_ONE).bind(id.to_string());
        timed(query.fetch_optional(self.pool()?)).await?.as_ref().map(sql::read).transpose()
    }

    async fn apps_of(&self, key: ApiKeyId) -> Result<Vec<AppRow>, StoreFault> {
        let query = sqlx::query(sql::SELECT_OF_KEY).bind(key.to_string());
        timed(query.fetch_all(self.pool()?)).await?.iter().map(sql::read).collect()
    }

    async fn apps(&self) -> Result<Vec<AppRow>, StoreFault> {
        let query = sqlx::query(sql::SELECT_ALL);
        timed(query.fetch_all(self.pool()?)).await?.iter().map(sql::read).collect()
    }

    async fn change_app(
        &self,
        key: ApiKeyId,
        id: AppId,
        change: AppRowChange<'_>,
    ) -> Result<bool, StoreFault> {
        let query = sqlx::query(sql::CHANGE)
            .bind(id.to_string())
            .bind(key.to_string())
            .bind(change.name)
            .bind(change.client_secret);
        let done = timed(query.execute(self.pool()?)).await?;
        Ok(done.rows_affected() == 1)
    }

    async fn delete_app(&self, key: ApiKeyId, id: AppId) -> Result<bool, StoreFault> {
        let query = sqlx::query(sql::DELETE).bind(id.to_string()).bind(key.to_string());
        Ok(timed(query.execute(self.pool()?)).await?.rows_affected() == 1)
    }
}
