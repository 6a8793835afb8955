//! What SQLite and PostgreSQL share: the SQL of API keys, and the way a row of theirs is read.
//!
//! The texts run on both unchanged. Column types differ and are each migration's own affair.

use sqlx::{ColumnIndex, Database, Decode, Row, Type};

use super::ApiKeyRow;
use crate::crypto::locator::Digest;
use crate::session::{ApiKeyId, RegisteredCallback};
use crate::store::StoreFault;

pub(super) const INSERT_KEY: &str = "\
    INSERT INTO keys (id, name, secret_hash, first_party, any_callback, signing_secret, created_at, record_accounts) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

/// The one way a key is read, so that every query gives the columns that [`read_key`] expects.
macro_rules! select_keys {
    ($tail:literal) => {
        concat!(
            "SELECT id, name, secret_hash, first_party, any_callback, signing_secret, created_at, revoked_at, ",
            "record_accounts, (SELECT string_agg(url, ' ' ORDER BY url) FROM callbacks WHERE key_id = id) AS urls FROM keys ",
            $tail
        )
    };
}
pub(super) const SELECT_KEY: &str = select_keys!("WHERE id = $1");
pub(super) const SELECT_LIVE_KEY: &str = select_keys!("WHERE id = $1 AND revoked_at IS NULL");
pub(super) const SELECT_KEYS: &str = select_keys!("ORDER BY created_at, id");

pub(super) const REVOKE_KEY: &str = "UPDATE keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";

pub(super) const RENAME: &str = "UPDATE keys SET name = $2 WHERE id = $1 AND revoked_at IS NULL";

pub(super) const SET_RECORD_ACCOUNTS: &str =
    "UPDATE keys SET record_accounts = $2 WHERE id = $1 AND revoked_at IS NULL";

pub(super) const SET_SIGNING_SECRET: &str =
    "UPDATE keys SET signing_secret = $2 WHERE id = $1 AND revoked_at IS NULL";

pub(super) const ADD_CALLBACK: &str =
    "INSERT INTO callbacks (key_id, url) VALUES ($1, $2) ON CONFLICT DO NOTHING";

pub(super) const REMOVE_CALLBACK: &str = "DELETE FROM callbacks WHERE key_id = $1 AND url = $2";

pub(super) const CHECK: &str = "SELECT 1 FROM keys LIMIT 1";

/// Reads a row of [`SELECT_KEY`], [`SELECT_LIVE_KEY`] or [`SELECT_KEYS`].
///
/// # Errors
/// [`StoreFault::Corrupt`], with the column.
pub(super) fn read_key<'r, R>(row: &'r R) -> Result<ApiKeyRow, StoreFault>
where
    R: Row,
    &'static str: ColumnIndex<R>,
    bool: Column<'r, R::Database>,
    i64: Column<'r, R::Database>,
    String: Column<'r, R::Database>,
    Vec<u8>: Column<'r, R::Database>,
{
    let id: String = row.try_get("id")?;
    let hash: Vec<u8> = row.try_get("secret_hash")?;
    // A URL has no blanks, so blanks part them.
    let urls: Option<String> = row.try_get("urls")?;
    Ok(ApiKeyRow {
        id: ApiKeyId::parse(&id).ok_or_else(|| corrupt("id"))?,
        name: row.try_get("name")?,
        secret_hash: Digest(hash.as_slice().try_into().map_err(|_| corrupt("secret_hash"))?),
        first_party: row.try_get("first_party")?,
        any_callback: row.try_get("any_callback")?,
        record_accounts: row.try_get("record_accounts")?,
        signing_secret: row.try_get("signing_secret")?,
        callbacks: urls
            .as_deref()
            .unwrap_or_default()
            .split(' ')
            .filter(|url| !url.is_empty())
            .map(RegisteredCallback::from_store)
            .collect(),
        created_at: row.try_get::<i64, _>("created_at")?.cast_unsigned(),
        revoked_at: row.try_get::<Option<i64>, _>("revoked_at")?.map(i64::cast_unsigned),
    })
}

/// What a database can give as the value of a column.
pub(super) trait Column<'r, D: Database>: Decode<'r, D> + Type<D> {}

impl<'r, D: Database, T: Decode<'r, D> + Type<D>> Column<'r, D> for T {}

fn corrupt(column: &str) -> StoreFault {
    StoreFault::Corrupt(format!("keys.{column}"))
}
