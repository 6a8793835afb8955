//! Callers' own OAuth apps: the table, and what SQLite and PostgreSQL share of it.

use async_trait::async_trait;
use sqlx::{ColumnIndex, Row};

use super::key_rows::Column;
use crate::session::{ApiKeyId, AppId, PlatformName};
use crate::store::StoreFault;

/// An app as it is kept. Its key, platform and client id never change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppRow {
    /// Public.
    pub id: AppId,
    /// Whose app it is.
    pub api_key: ApiKeyId,
    /// Where it is registered.
    pub platform: PlatformName,
    /// What its holder calls it.
    pub name: String,
    /// Public.
    pub client_id: String,
    /// Sealed.
    pub client_secret: Vec<u8>,
    /// Unix seconds.
    pub created_at: u64,
}

/// What is to be another of an app; `None` leaves it as it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct AppRowChange<'a> {
    /// What its holder calls it.
    pub name: Option<&'a str>,
    /// Sealed.
    pub client_secret: Option<&'a [u8]>,
}

/// The table of apps. A look-up for a caller goes by the key as well, so that no caller reaches another's (`T85`).
#[async_trait]
pub trait AppTable: Send + Sync {
    /// Keeps a new app; `false`, and nothing kept, where its key is not good or has `at_most` apps already. Requests at
    /// the same time may go over that by as many as they are.
    ///
    /// # Errors
    /// The store's fault.
    async fn insert_app(&self, row: &AppRow, at_most: u32) -> Result<bool, StoreFault>;

    /// One app.
    ///
    /// # Errors
    /// The store's fault.
    async fn app(&self, id: AppId) -> Result<Option<AppRow>, StoreFault>;

    /// The apps of a key, oldest first.
    ///
    /// # Errors
    /// The store's fault.
    async fn apps_of(&self, key: ApiKeyId) -> Result<Vec<AppRow>, StoreFault>;

    /// Every app, oldest first.
    ///
    /// # Errors
    /// The store's fault.
    async fn apps(&self) -> Result<Vec<AppRow>, StoreFault>;

    /// Changes an app of `key`, all or nothing; `false` where there is none.
    ///
    /// # Errors
    /// The store's fault.
    async fn change_app(
        &self,
        key: ApiKeyId,
        id: AppId,
        change: AppRowChange<'_>,
    ) -> Result<bool, StoreFault>;

    /// Deletes an app of `key` with its secret; `false` where there is none.
    ///
    /// # Errors
    /// The store's fault.
    async fn delete_app(&self, key: ApiKeyId, id: AppId) -> Result<bool, StoreFault>;
}

pub(super) const INSERT: &str = "\
    INSERT INTO apps (id, key_id, platform, name, client_id, client_secret, created_at) \
    SELECT $1, id, $3, $4, $5, $6, $7 FROM keys WHERE id = $2 AND revoked_at IS NULL \
    AND (SELECT count(*) FROM apps WHERE key_id = $2) < $8";

/// The one way an app is read, so that every query gives the columns that [`read`] expects.
macro_rules! select_apps {
    ($tail:literal) => {
        concat!("SELECT id, key_id, platform, name, client_id, client_secret, created_at FROM apps ", $tail)
    };
}
pub(super) const SELECT_ONE: &str = select_apps!("WHERE id = $1");
pub(super) const SELECT_OF_KEY: &str = select_apps!("WHERE key_id = $1 ORDER BY created_at, id");
pub(super) const SELECT_ALL: &str = select_apps!("ORDER BY created_at, id");

pub(super) const CHANGE: &str = "\
    UPDATE apps SET name = COALESCE($3, name), client_secret = COALESCE($4, client_secret) \
    WHERE id = $1 AND key_id = $2";

pub(super) const DELETE: &str = "DELETE FROM apps WHERE id = $1 AND key_id = $2";

/// Reads a row of the queries above.
///
/// # Errors
/// [`StoreFault::Corrupt`], with the column.
pub(super) fn read<'r, R>(row: &'r R) -> Result<AppRow, StoreFault>
where
    R: Row,
    &'static str: ColumnIndex<R>,
    i64: Column<'r, R::Database>,
    String: Column<'r, R::Database>,
    Vec<u8>: Column<'r, R::Database>,
{
    let text = |column: &'static str| row.try_get::<String, _>(column);
    Ok(AppRow {
        id: AppId::parse(&text("id")?).ok_or_else(|| corrupt("id"))?,
        api_key: ApiKeyId::parse(&text("key_id")?).ok_or_else(|| corrupt("key_id"))?,
        platform: PlatformName::parse(&text("platform")?).ok_or_else(|| corrupt("platform"))?,
        name: text("name")?,
        client_id: text("client_id")?,
        client_secret: row.try_get("client_secret")?,
        created_at: row.try_get::<i64, _>("created_at")?.cast_unsigned(),
    })
}

fn corrupt(column: &str) -> StoreFault {
    StoreFault::Corrupt(format!("apps.{column}"))
}
