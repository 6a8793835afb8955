//! Recorded accounts in SQLite.

use async_trait::async_trait;
use sqlx::Row;

use super::{SqliteRegistry, timed};
use crate::session::{ApiKeyId, PlatformId, PlatformName, ProfileId, RecordId};
use crate::store::StoreFault;
use crate::store::registry::accounts::{self as sql, AccountQuery, AccountRow, AccountStatus, AccountTable};

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
        timed(query.execute(self.pool()?)).await.map(drop)
    }

    async fn accounts(&self, asked: &AccountQuery) -> Result<Vec<AccountRow>, StoreFault> {
        let query = sqlx::query(sql::LIST)
            .bind(asked.key.to_string())
            .bind(asked.before.to_string())
            .bind(asked.platform.as_ref().map_or("", PlatformName::as_str))
            .bind(asked.profile_id.as_ref().map_or("", ProfileId::as_str))
            .bind(i64::from(asked.limit));
        let rows = timed(query.fetch_all(self.pool()?)).await?;
        rows.iter().map(sql::read).collect()
    }

    async fn account(&self, key: ApiKeyId, id: RecordId) -> Result<Option<AccountRow>, StoreFault> {
        let query = sqlx::query(sql::SELECT).bind(key.to_string()).bind(id.to_string());
        let row = timed(query.fetch_optional(self.pool()?)).await?;
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
        timed(query.execute(self.pool()?)).await.map(drop)
    }

    async fn delete_account(
        &self,
        key: ApiKeyId,
        platform: &PlatformName,
        account_id: &PlatformId,
    ) -> Result<bool, StoreFault> {
        let query =
            sqlx::query(sql::DELETE).bind(key.to_string()).bind(platform.as_str()).bind(account_id.as_str());
        let done = timed(query.execute(self.pool()?)).await?;
        Ok(done.rows_affected() == 1)
    }

    /// `VACUUM` writes the whole database anew into the log and from there into the file; the checkpoint then cuts the
    /// log, which still holds every page as it was.
    async fn vacuum(&self) -> Result<(), StoreFault> {
        let pool = self.pool()?;
        let is_busy = timed(async {
            let mut connection = pool.acquire().await?;
            sqlx::query("VACUUM").execute(&mut *connection).await?;
            let row = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut *connection).await?;
            row.try_get::<i64, _>(0)
        });
        match is_busy.await? {
            0 => Ok(()),
            _ => Err(StoreFault::Unavailable("the database is in use; try again".to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::session::{ProfileId, Scopes};
    use crate::store::registry::{Registry, suite};

    #[tokio::test]
    async fn after_a_vacuum_neither_file_nor_log_holds_a_byte_of_a_deleted_account() {
        let path = std::env::temp_dir().join(format!("handleproof-{}.db", Uuid::now_v7()));
        let registry = SqliteRegistry::open(&path).await.unwrap();
        registry.insert_key(&suite::row(1)).await.unwrap();
        let platform = PlatformName::parse("acme").unwrap();
        let id = |n: u32| PlatformId::parse(&format!("platform-id-{n:05}")).unwrap();
        for n in 0..300 {
            let row = AccountRow {
                id: RecordId(Uuid::from_u128(u128::from(n))),
                key: ApiKeyId(1),
                platform: platform.clone(),
                account_id: id(n),
                username: format!("handle-{n:05}"),
                profile_id: ProfileId::parse(&format!("profile-{n:05}")),
                scopes: Scopes::of(["scope"]),
                status: AccountStatus::Active,
                connected_at: 1_900_000_000,
                verified_at: 1_900_000_000,
            };
            registry.keep_account(&row).await.unwrap();
            let renamed = AccountRow { username: format!("renamed-{n:05}"), ..row };
            registry.keep_account(&renamed).await.unwrap();
        }
        let places = || {
            ["", "-wal"]
                .map(|end| std::fs::read(format!("{}{end}", path.display())).unwrap_or_default())
                .concat()
        };
        let holds = |needle: &str| places().windows(needle.len()).any(|window| window == needle.as_bytes());
        assert!(holds("renamed-00007"), "the search finds what is there");
        for n in 0..299 {
            assert!(registry.delete_account(ApiKeyId(1), &platform, &id(n)).await.unwrap());
        }
        registry.vacuum().await.unwrap();
        let bytes = places();
        let text = String::from_utf8_lossy(&bytes);
        for n in 0..299 {
            for name in ["platform-id", "handle", "renamed", "profile"] {
                assert!(!text.contains(&format!("{name}-{n:05}")), "{name} {n}");
            }
        }
        assert!(!text.contains("handle-00299"), "an old name is gone as well");
        assert!(text.contains("renamed-00299"));
    }
}
