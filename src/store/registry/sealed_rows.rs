//! Sealed values as a whole: what a rotation of the master key needs, and the service key.

use async_trait::async_trait;
use sqlx::{ColumnIndex, Row};

use super::SealedPlace;
use super::key_rows::Column;
use crate::session::{ApiKeyId, AppId};
use crate::store::StoreFault;

/// The sealed values of a registry.
#[async_trait]
pub trait SealedRows: Send + Sync {
    /// The sealed service key; `None` before the first start.
    ///
    /// # Errors
    /// The store's fault.
    async fn service_key(&self) -> Result<Option<Vec<u8>>, StoreFault>;

    /// Keeps a sealed service key where there is none, in one atomic step, and gives the one that is kept.
    ///
    /// # Errors
    /// The store's fault.
    async fn keep_service_key(&self, sealed: &[u8]) -> Result<Vec<u8>, StoreFault>;

    /// Every sealed value there is.
    ///
    /// # Errors
    /// The store's fault.
    async fn sealed_values(&self) -> Result<Vec<(SealedPlace, Vec<u8>)>, StoreFault>;

    /// Puts `new` in the place of `old`; `false` where something else stands there meanwhile.
    ///
    /// # Errors
    /// The store's fault.
    async fn replace_sealed(&self, place: SealedPlace, old: &[u8], new: &[u8]) -> Result<bool, StoreFault>;
}

pub(super) const SELECT_SERVICE_KEY: &str = "SELECT sealed FROM service_keys WHERE name = 'service'";

pub(super) const KEEP_SERVICE_KEY: &str =
    "INSERT INTO service_keys (name, sealed) VALUES ('service', $1) ON CONFLICT DO NOTHING";

/// The kind of the place, the row's id, and the value.
pub(super) const SELECT_SEALED: &str = "\
    SELECT 'signing_secret' AS kind, id, signing_secret AS sealed FROM keys WHERE signing_secret IS NOT NULL \
    UNION ALL SELECT 'app_secret', id, client_secret FROM apps \
    UNION ALL SELECT 'service_key', name, sealed FROM service_keys \
    UNION ALL SELECT 'signing_seed', kid, seed FROM signing_keys WHERE seed IS NOT NULL";

/// The statement that replaces a value ($1 old, $2 new, $3 the row's id), and that id.
pub(super) fn replace(place: SealedPlace) -> (&'static str, String) {
    let sql = match place {
        SealedPlace::SigningSecret(_) => {
            "UPDATE keys SET signing_secret = $2 WHERE signing_secret = $1 AND id = $3"
        }
        SealedPlace::AppSecret(_) => {
            "UPDATE apps SET client_secret = $2 WHERE client_secret = $1 AND id = $3"
        }
        SealedPlace::ServiceKey => "UPDATE service_keys SET sealed = $2 WHERE sealed = $1 AND name = $3",
        SealedPlace::SigningSeed(_) => "UPDATE signing_keys SET seed = $2 WHERE seed = $1 AND kid = $3",
    };
    (sql, place.row())
}

/// Reads a row of [`SELECT_SEALED`].
///
/// # Errors
/// [`StoreFault::Corrupt`] for a place that this release does not know.
pub(super) fn read_sealed<'r, R>(row: &'r R) -> Result<(SealedPlace, Vec<u8>), StoreFault>
where
    R: Row,
    &'static str: ColumnIndex<R>,
    String: Column<'r, R::Database>,
    Vec<u8>: Column<'r, R::Database>,
{
    let (kind, id): (String, String) = (row.try_get("kind")?, row.try_get("id")?);
    let place = match kind.as_str() {
        "signing_secret" => ApiKeyId::parse(&id).map(SealedPlace::SigningSecret),
        "app_secret" => AppId::parse(&id).map(SealedPlace::AppSecret),
        "signing_seed" => SealedPlace::of_signing_key(&id),
        _ => Some(SealedPlace::ServiceKey),
    };
    let place = place.ok_or_else(|| StoreFault::Corrupt(format!("the id of a sealed {kind}")))?;
    Ok((place, row.try_get("sealed")?))
}
