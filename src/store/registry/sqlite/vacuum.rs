//! The file rewritten, so that nothing of what was deleted is left.

use sqlx::Row;

use super::SqliteRegistry;
use super::statements::timed;
use crate::store::StoreFault;

impl SqliteRegistry {
    /// `VACUUM` writes the whole database anew into the log and from there into the file; the checkpoint then cuts the
    /// log, which still holds every page as it was.
    pub(in crate::store::registry) async fn rewrite(&self) -> Result<(), StoreFault> {
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
    use crate::session::{ApiKeyId, PlatformId, PlatformName, ProfileId, RecordId, Scopes};
    use crate::store::registry::{AccountRow, AccountStatus, AccountTable, Patience, Registry, suite};

    #[tokio::test]
    async fn after_a_vacuum_neither_file_nor_log_holds_a_byte_of_a_deleted_account() {
        let path = std::env::temp_dir().join(format!("handleproof-{}.db", Uuid::now_v7()));
        let registry = SqliteRegistry::open(&path, Patience::Request).await.unwrap();
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
