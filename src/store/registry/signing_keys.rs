//! The keys that sign publicly verifiable proofs: the table, and what SQLite and PostgreSQL share of it.

use async_trait::async_trait;
use sqlx::{ColumnIndex, Row};

use super::key_rows::Column;
use crate::store::StoreFault;

/// A signing key as it is kept. Nothing of it changes but that its seed is forgotten and that it is withdrawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKeyRow {
    /// The thumbprint of its public half (RFC 7638).
    pub kid: String,
    /// The key it was made to follow; `None` for the first.
    pub follows: Option<String>,
    /// Ed25519.
    pub public_key: [u8; 32],
    /// The private half, sealed; `None` once it is not needed any more.
    pub seed: Option<Vec<u8>>,
    /// Unix seconds: published from then on.
    pub created_at: u64,
    /// Unix seconds: signs from then on, until the next key does.
    pub active_from: u64,
    /// Unix seconds: neither signs nor is published from then on.
    pub withdrawn_at: Option<u64>,
}

/// The table of signing keys.
#[async_trait]
pub trait SigningKeyTable: Send + Sync {
    /// Every key that ever was, in the order in which they sign.
    ///
    /// # Errors
    /// The store's fault.
    async fn signing_keys(&self) -> Result<Vec<SigningKeyRow>, StoreFault>;

    /// Keeps a new key; `false`, and nothing kept, where another one follows the same key already.
    ///
    /// # Errors
    /// The store's fault.
    async fn insert_signing_key(&self, row: &SigningKeyRow) -> Result<bool, StoreFault>;

    /// Forgets the private half of a key.
    ///
    /// # Errors
    /// The store's fault.
    async fn forget_signing_seed(&self, kid: &str) -> Result<(), StoreFault>;

    /// Withdraws a key for good and forgets its private half; `false` where there is none that is good.
    ///
    /// # Errors
    /// The store's fault.
    async fn withdraw_signing_key(&self, kid: &str, at: u64) -> Result<bool, StoreFault>;
}

pub(super) const SELECT: &str = "\
    SELECT kid, follows, public_key, seed, created_at, active_from, withdrawn_at FROM signing_keys \
    ORDER BY active_from, kid";

pub(super) const INSERT: &str = "\
    INSERT INTO signing_keys (kid, follows, public_key, seed, created_at, active_from) \
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";

pub(super) const FORGET_SEED: &str = "UPDATE signing_keys SET seed = NULL WHERE kid = $1";

pub(super) const WITHDRAW: &str =
    "UPDATE signing_keys SET seed = NULL, withdrawn_at = $2 WHERE kid = $1 AND withdrawn_at IS NULL";

/// Reads a row of [`SELECT`].
///
/// # Errors
/// [`StoreFault::Corrupt`], with the column.
pub(super) fn read<'r, R>(row: &'r R) -> Result<SigningKeyRow, StoreFault>
where
    R: Row,
    &'static str: ColumnIndex<R>,
    i64: Column<'r, R::Database>,
    String: Column<'r, R::Database>,
    Vec<u8>: Column<'r, R::Database>,
{
    let (public_key, follows): (Vec<u8>, String) = (row.try_get("public_key")?, row.try_get("follows")?);
    let corrupt = |_| StoreFault::Corrupt("signing_keys.public_key".to_owned());
    Ok(SigningKeyRow {
        kid: row.try_get("kid")?,
        follows: Some(follows).filter(|kid| !kid.is_empty()),
        public_key: public_key.as_slice().try_into().map_err(corrupt)?,
        seed: row.try_get("seed")?,
        created_at: row.try_get::<i64, _>("created_at")?.cast_unsigned(),
        active_from: row.try_get::<i64, _>("active_from")?.cast_unsigned(),
        withdrawn_at: row.try_get::<Option<i64>, _>("withdrawn_at")?.map(i64::cast_unsigned),
    })
}
