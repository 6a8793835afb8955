//! Callers' own apps in PostgreSQL.

use async_trait::async_trait;

use super::PostgresRegistry;
use crate::session::{ApiKeyId, AppId};
use crate::store::StoreFault;
use crate::store::registry::apps::{self as sql, AppRow, AppRowChange, AppTable};

#[async_trait]
impl AppTable for PostgresRegistry {
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
        let done = self.pool.in_time(async |connection| query.execute(connection).await).await?;
        Ok(done.rows_affected() == 1)
    }

    async fn app(&self, id: AppId) -> Result<Option<AppRow>, StoreFault> {
        let query = sqlx::query(sql::SELECT_ONE).bind(id.to_string());
        let row = self.pool.in_time(async |connection| query.fetch_optional(connection).await).await?;
        row.as_ref().map(sql::read).transpose()
    }

    async fn apps_of(&self, key: ApiKeyId) -> Result<Vec<AppRow>, StoreFault> {
        let query = sqlx::query(sql::SELECT_OF_KEY).bind(key.to_string());
        let rows = self.pool.in_time(async |connection| query.fetch_all(connection).await).await?;
        rows.iter().map(sql::read).collect()
    }

    async fn apps(&self) -> Result<Vec<AppRow>, StoreFault> {
        let query = sqlx::query(sql::SELECT_ALL);
        let rows = self.pool.in_time(async |connection| query.fetch_all(connection).await).await?;
        rows.iter().map(sql::read).collect()
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
        let done = self.pool.in_time(async |connection| query.execute(connection).await).await?;
        Ok(done.rows_affected() == 1)
    }

    async fn delete_app(&self, key: ApiKeyId, id: AppId) -> Result<bool, StoreFault> {
        let query = sqlx::query(sql::DELETE).bind(id.to_string()).bind(key.to_string());
        let done = self.pool.in_time(async |connection| query.execute(connection).await).await?;
        Ok(done.rows_affected() == 1)
    }
}
