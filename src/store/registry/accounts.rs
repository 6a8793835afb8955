//! Recorded accounts: the table, what SQLite and PostgreSQL share of its SQL, and the way a row is read.
//!
//! Every statement names the API key that the rows belong to: a look-up that forgets it cannot be written (`T85`).

use async_trait::async_trait;
use sqlx::{ColumnIndex, Row};

use super::key_rows::Column;
use crate::session::{ApiKeyId, PlatformId, PlatformName, ProfileId, RecordId, Scopes};
use crate::store::StoreFault;

/// An account that a caller's server confirmed, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRow {
    /// Names the row.
    pub id: RecordId,
    /// Whose record it is.
    pub key: ApiKeyId,
    /// Where the account is.
    pub platform: PlatformName,
    /// Permanent; the id decides.
    pub account_id: PlatformId,
    /// As it was at `verified_at`; empty where the platform has none or the user withheld it.
    pub username: String,
    /// The caller's own reference, of the last verification.
    pub profile_id: Option<ProfileId>,
    /// What the user granted in the last verification.
    pub scopes: Scopes,
    /// What is known of it since.
    pub status: AccountStatus,
    /// Unix seconds of the first verification.
    pub connected_at: u64,
    /// Unix seconds: when the identity was read last.
    pub verified_at: u64,
}

/// What is known of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountStatus {
    /// It was proven, and nothing else was heard.
    Active,
    /// The platform's consent has run out.
    Expired,
    /// The user or the caller took the consent back.
    Revoked,
}

impl AccountStatus {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Active, Self::Expired, Self::Revoked];

    /// A stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

/// Which rows of a key are asked for, newest first.
#[derive(Clone, Debug)]
pub struct AccountQuery {
    /// Whose.
    pub key: ApiKeyId,
    /// Of this platform alone.
    pub platform: Option<PlatformName>,
    /// Of this profile alone.
    pub profile_id: Option<ProfileId>,
    /// Older than this row.
    pub before: RecordId,
    /// At most so many.
    pub limit: u32,
}

/// The table.
#[async_trait]
pub trait AccountTable: Send + Sync {
    /// Keeps a row, or, where the key has one of this account, brings it up to date and leaves its id and
    /// `connected_at`. A row that was verified later than this one stays as it is.
    ///
    /// # Errors
    /// The store's fault.
    async fn keep_account(&self, row: &AccountRow) -> Result<(), StoreFault>;

    /// The rows of a key, newest first.
    ///
    /// # Errors
    /// The store's fault.
    async fn accounts(&self, query: &AccountQuery) -> Result<Vec<AccountRow>, StoreFault>;

    /// One row of a key.
    ///
    /// # Errors
    /// The store's fault.
    async fn account(&self, key: ApiKeyId, id: RecordId) -> Result<Option<AccountRow>, StoreFault>;

    /// Notes what was heard of an account since it was verified, where the key has a row of it.
    ///
    /// # Errors
    /// The store's fault.
    async fn set_account_status(
        &self,
        key: ApiKeyId,
        (platform, account_id): (&PlatformName, &PlatformId),
        status: AccountStatus,
    ) -> Result<(), StoreFault>;

    /// Deletes a key's row of an account; `false` where there is none.
    ///
    /// # Errors
    /// The store's fault.
    async fn delete_account(
        &self,
        key: ApiKeyId,
        platform: &PlatformName,
        account_id: &PlatformId,
    ) -> Result<bool, StoreFault>;

    /// Rewrites what is stored, so that nothing that was deleted is left in the store's own files. It may take a while
    /// and hold up others.
    ///
    /// # Errors
    /// The store's fault, as where it is in use.
    async fn vacuum(&self) -> Result<(), StoreFault>;
}

pub(super) const KEEP: &str = "\
    INSERT INTO accounts \
    (id, key_id, platform, account_id, username, profile_id, scopes, status, connected_at, verified_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
    ON CONFLICT (key_id, platform, account_id) DO UPDATE SET \
    username = excluded.username, profile_id = excluded.profile_id, scopes = excluded.scopes, \
    status = excluded.status, verified_at = excluded.verified_at \
    WHERE accounts.verified_at <= excluded.verified_at";

/// The one way a row is read, so that every query gives the columns that [`read`] expects.
macro_rules! select_accounts {
    ($tail:literal) => {
        concat!(
            "SELECT id, key_id, platform, account_id, username, profile_id, scopes, status, connected_at, ",
            "verified_at FROM accounts WHERE key_id = $1 AND ",
            $tail
        )
    };
}
pub(super) const SELECT: &str = select_accounts!("id = $2");
/// An empty text asks for all: no platform and no profile has it.
pub(super) const LIST: &str = select_accounts!(
    "id < $2 AND ($3 = '' OR platform = $3) AND ($4 = '' OR profile_id = $4) ORDER BY id DESC LIMIT $5"
);

/// A status that is there already is not written again: each write makes every cache of the registry forget.
pub(super) const SET_STATUS: &str = "\
    UPDATE accounts SET status = $4 WHERE key_id = $1 AND platform = $2 AND account_id = $3 AND status <> $4";

pub(super) const DELETE: &str =
    "DELETE FROM accounts WHERE key_id = $1 AND platform = $2 AND account_id = $3";

/// Reads a row of [`SELECT`] or [`LIST`].
///
/// # Errors
/// [`StoreFault::Corrupt`], with the column.
pub(super) fn read<'r, R>(row: &'r R) -> Result<AccountRow, StoreFault>
where
    R: Row,
    &'static str: ColumnIndex<R>,
    i64: Column<'r, R::Database>,
    String: Column<'r, R::Database>,
{
    let text = |column: &'static str| row.try_get::<String, _>(column);
    let profile_id: Option<String> = row.try_get("profile_id")?;
    let status = text("status")?;
    let status = AccountStatus::ALL.into_iter().find(|one| one.as_str() == status);
    Ok(AccountRow {
        id: RecordId::parse(&text("id")?).ok_or_else(|| corrupt("id"))?,
        key: ApiKeyId::parse(&text("key_id")?).ok_or_else(|| corrupt("key_id"))?,
        platform: PlatformName::parse(&text("platform")?).ok_or_else(|| corrupt("platform"))?,
        account_id: PlatformId::parse(&text("account_id")?).ok_or_else(|| corrupt("account_id"))?,
        username: text("username")?,
        profile_id: profile_id
            .map(|id| ProfileId::parse(&id).ok_or_else(|| corrupt("profile_id")))
            .transpose()?,
        scopes: Scopes::parse(&text("scopes")?),
        status: status.ok_or_else(|| corrupt("status"))?,
        connected_at: row.try_get::<i64, _>("connected_at")?.cast_unsigned(),
        verified_at: row.try_get::<i64, _>("verified_at")?.cast_unsigned(),
    })
}

fn corrupt(column: &str) -> StoreFault {
    StoreFault::Corrupt(format!("accounts.{column}"))
}
