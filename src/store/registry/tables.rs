//! The tables whose every operation is a statement: written once, for SQLite and for PostgreSQL.
//!
//! What differs is how a statement is run: each registry's own `execute`, `row` and `rows`. A macro, since what can be bound
//! to a statement is another type in each.

use async_trait::async_trait;
use sqlx::Row;

use super::accounts::{self, AccountQuery, AccountRow, AccountStatus, AccountTable};
use super::apps::{self, AppRow, AppRowChange, AppTable};
use super::sealed_rows::{self, SealedRows};
use super::signing_keys::{self, SigningKeyRow, SigningKeyTable};
use super::{PostgresRegistry, SealedPlace, SqliteRegistry};
use crate::session::{ApiKeyId, AppId, PlatformId, PlatformName, ProfileId, RecordId};
use crate::store::StoreFault;

macro_rules! tables {
    ($registry:ty) => {
        #[async_trait]
        impl AccountTable for $registry {
            async fn keep_account(&self, row: &AccountRow) -> Result<(), StoreFault> {
                let query = sqlx::query(accounts::KEEP)
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
                self.execute(query).await.map(drop)
            }

            async fn accounts(&self, asked: &AccountQuery) -> Result<Vec<AccountRow>, StoreFault> {
                let query = sqlx::query(accounts::LIST)
                    .bind(asked.key.to_string())
                    .bind(asked.before.to_string())
                    .bind(asked.platform.as_ref().map_or("", PlatformName::as_str))
                    .bind(asked.profile_id.as_ref().map_or("", ProfileId::as_str))
                    .bind(i64::from(asked.limit));
                self.rows(query).await?.iter().map(accounts::read).collect()
            }

            async fn account(&self, key: ApiKeyId, id: RecordId) -> Result<Option<AccountRow>, StoreFault> {
                let query = sqlx::query(accounts::SELECT).bind(key.to_string()).bind(id.to_string());
                self.row(query).await?.as_ref().map(accounts::read).transpose()
            }

            async fn set_account_status(
                &self,
                key: ApiKeyId,
                (platform, account_id): (&PlatformName, &PlatformId),
                status: AccountStatus,
            ) -> Result<(), StoreFault> {
                let query = sqlx::query(accounts::SET_STATUS)
                    .bind(key.to_string())
                    .bind(platform.as_str())
                    .bind(account_id.as_str())
                    .bind(status.as_str());
                self.execute(query).await.map(drop)
            }

            async fn delete_account(
                &self,
                key: ApiKeyId,
                platform: &PlatformName,
                account_id: &PlatformId,
            ) -> Result<bool, StoreFault> {
                let query = sqlx::query(accounts::DELETE)
                    .bind(key.to_string())
                    .bind(platform.as_str())
                    .bind(account_id.as_str());
                Ok(self.execute(query).await? == 1)
            }

            async fn vacuum(&self) -> Result<(), StoreFault> {
                self.rewrite().await
            }
        }

        #[async_trait]
        impl AppTable for $registry {
            async fn insert_app(&self, row: &AppRow, at_most: u32) -> Result<bool, StoreFault> {
                let query = sqlx::query(apps::INSERT)
                    .bind(row.id.to_string())
                    .bind(row.api_key.to_string())
                    .bind(row.platform.as_str())
                    .bind(&row.name)
                    .bind(&row.client_id)
                    .bind(&row.client_secret)
                    .bind(row.created_at.cast_signed())
                    .bind(i64::from(at_most));
                Ok(self.execute(query).await? == 1)
            }

            async fn app(&self, id: AppId) -> Result<Option<AppRow>, StoreFault> {
                let query = sqlx::query(apps::SELECT_ONE).bind(id.to_string());
                self.row(query).await?.as_ref().map(apps::read).transpose()
            }

            async fn apps_of(&self, key: ApiKeyId) -> Result<Vec<AppRow>, StoreFault> {
                let query = sqlx::query(apps::SELECT_OF_KEY).bind(key.to_string());
                self.rows(query).await?.iter().map(apps::read).collect()
            }

            async fn apps(&self) -> Result<Vec<AppRow>, StoreFault> {
                self.rows(sqlx::query(apps::SELECT_ALL)).await?.iter().map(apps::read).collect()
            }

            async fn change_app(
                &self,
                key: ApiKeyId,
                id: AppId,
                change: AppRowChange<'_>,
            ) -> Result<bool, StoreFault> {
                let query = sqlx::query(apps::CHANGE)
                    .bind(id.to_string())
                    .bind(key.to_string())
                    .bind(change.name)
                    .bind(change.client_secret);
                Ok(self.execute(query).await? == 1)
            }

            async fn delete_app(&self, key: ApiKeyId, id: AppId) -> Result<bool, StoreFault> {
                let query = sqlx::query(apps::DELETE).bind(id.to_string()).bind(key.to_string());
                Ok(self.execute(query).await? == 1)
            }
        }

        #[async_trait]
        impl SigningKeyTable for $registry {
            async fn signing_keys(&self) -> Result<Vec<SigningKeyRow>, StoreFault> {
                self.rows(sqlx::query(signing_keys::SELECT)).await?.iter().map(signing_keys::read).collect()
            }

            async fn insert_signing_key(&self, row: &SigningKeyRow) -> Result<bool, StoreFault> {
                let query = sqlx::query(signing_keys::INSERT)
                    .bind(&row.kid)
                    .bind(row.follows.as_deref().unwrap_or_default())
                    .bind(row.public_key.as_slice())
                    .bind(&row.seed)
                    .bind(row.created_at.cast_signed())
                    .bind(row.active_from.cast_signed());
                Ok(self.execute(query).await? == 1)
            }

            async fn forget_signing_seed(&self, kid: &str) -> Result<(), StoreFault> {
                self.execute(sqlx::query(signing_keys::FORGET_SEED).bind(kid)).await.map(drop)
            }

            async fn withdraw_signing_key(&self, kid: &str, at: u64) -> Result<bool, StoreFault> {
                let query = sqlx::query(signing_keys::WITHDRAW).bind(kid).bind(at.cast_signed());
                Ok(self.execute(query).await? == 1)
            }
        }

        #[async_trait]
        impl SealedRows for $registry {
            async fn service_key(&self) -> Result<Option<Vec<u8>>, StoreFault> {
                let row = self.row(sqlx::query(sealed_rows::SELECT_SERVICE_KEY)).await?;
                Ok(row.map(|row| row.try_get("sealed")).transpose()?)
            }

            async fn keep_service_key(&self, sealed: &[u8]) -> Result<Vec<u8>, StoreFault> {
                self.execute(sqlx::query(sealed_rows::KEEP_SERVICE_KEY).bind(sealed)).await?;
                let kept = self.service_key().await?;
                kept.ok_or_else(|| StoreFault::Corrupt("the service key was deleted".to_owned()))
            }

            async fn sealed_values(&self) -> Result<Vec<(SealedPlace, Vec<u8>)>, StoreFault> {
                let rows = self.rows(sqlx::query(sealed_rows::SELECT_SEALED)).await?;
                rows.iter().map(sealed_rows::read_sealed).collect()
            }

            async fn replace_sealed(
                &self,
                place: SealedPlace,
                old: &[u8],
                new: &[u8],
            ) -> Result<bool, StoreFault> {
                let (sql, id) = sealed_rows::replace(place);
                let query = sqlx::query(sql).bind(old).bind(new).bind(id);
                Ok(self.execute(query).await? == 1)
            }
        }
    };
}

tables!(SqliteRegistry);
tables!(PostgresRegistry);
