//! The registry in PostgreSQL: for many instances.
//!
//! Every operation ends within a second, the wait for a connection included. One that did not end takes its connection
//! with it, so that a server that hangs, or is gone without a word, does not use the pool up (`F10`).

use std::time::Duration;

use async_trait::async_trait;
use sqlx::migrate::Migrator;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, Executor, PgConnection, PgPool, Postgres, Row};
use tokio::time::timeout;

use super::key_rows::{self, read_key};
use super::{ApiKeyRow, Registry, migration};
use crate::crypto::secret::SecretText;
use crate::session::{ApiKeyId, RegisteredCallback};
use crate::store::StoreFault;

/// What an operation may take.
const TIME: Duration = Duration::from_secs(1);
/// What the start may take: another instance may be migrating.
const START_TIME: Duration = Duration::from_secs(30);
const MAX_CONNECTIONS: u32 = 8;

const MIGRATIONS: [(i64, &str, &str); 1] = [(1, "keys", include_str!("migrations/postgres/0001_keys.sql"))];

/// The registry.
pub struct PostgresRegistry {
    pool: PgPool,
}

impl PostgresRegistry {
    /// Connects and brings the tables up to date. TLS goes by the URL's `sslmode`.
    ///
    /// # Errors
    /// Where the server cannot be reached, does not let us in, or was used by a newer release. No password stands in it.
    pub async fn open(url: &SecretText) -> Result<Self, StoreFault> {
        // The client panics without one; who built another client before has installed it already.
        let _already_there = rustls::crypto::ring::default_provider().install_default();
        let options: PgConnectOptions = url.expose().parse().map_err(told_remedy)?;
        let options = options.application_name("handleproof").disable_statement_logging();
        let migrated = timeout(START_TIME, migrate(&options)).await;
        migrated.map_err(|_| StoreFault::Unavailable("PostgreSQL: no answer at the start".to_owned()))??;
        let pool = PgPoolOptions::new()
            .max_connections(MAX_CONNECTIONS)
            .acquire_timeout(TIME)
            .after_connect(|connection, _| Box::pin(bound_statements(connection)))
            .connect_lazy_with(options);
        Ok(Self { pool })
    }

    #[cfg(test)]
    pub(super) fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Does `work` on a connection, in time or not at all.
    async fn in_time<T>(
        &self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, sqlx::Error>,
    ) -> Result<T, StoreFault> {
        let whole = async {
            let mut lease = Lease(Some(self.pool.acquire().await?));
            let Some(connection) = &mut lease.0 else { return Err(sqlx::Error::PoolClosed) };
            let result = work(connection).await;
            lease.give_back();
            result
        };
        let result = timeout(TIME, whole).await;
        Ok(result
            .map_err(|_| StoreFault::Unavailable("PostgreSQL: no answer within a second".to_owned()))??)
    }
}

/// A connection in use. It goes back to the pool only from work that came to its end.
struct Lease(Option<PoolConnection<Postgres>>);

impl Lease {
    fn give_back(mut self) {
        drop(self.0.take());
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        drop(self.0.take().map(PoolConnection::detach));
    }
}

async fn migrate(options: &PgConnectOptions) -> Result<(), StoreFault> {
    let mut connection = PgConnection::connect_with(options).await.map_err(told_remedy)?;
    // The migrator holds an advisory lock meanwhile: one instance migrates, the others wait.
    Migrator::with_migrations(MIGRATIONS.map(migration).to_vec()).run(&mut connection).await?;
    Ok(connection.close().await?)
}

/// So that the server gives up as well.
async fn bound_statements(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    connection.execute("SET statement_timeout = '1s'").await.map(drop)
}

fn told_remedy(error: sqlx::Error) -> StoreFault {
    let remedy = "check stores.registry: host, port, user, password, database, sslmode";
    StoreFault::Unavailable(format!("PostgreSQL: {error}; {remedy}"))
}

#[async_trait]
impl Registry for PostgresRegistry {
    async fn insert_key(&self, row: &ApiKeyRow) -> Result<(), StoreFault> {
        self.in_time(async |connection| {
            let mut transaction = connection.begin().await?;
            sqlx::query(key_rows::INSERT_KEY)
                .bind(row.id.to_string())
                .bind(&row.name)
                .bind(row.secret_hash.0.as_slice())
                .bind(row.first_party)
                .bind(row.any_callback)
                .bind(&row.signing_secret)
                .bind(row.created_at.cast_signed())
                .execute(&mut *transaction)
                .await?;
            change_callbacks(key_rows::ADD_CALLBACK, &mut transaction, row.id, &row.callbacks).await?;
            transaction.commit().await
        })
        .await
    }

    async fn key(&self, id: ApiKeyId) -> Result<Option<ApiKeyRow>, StoreFault> {
        let query = sqlx::query(key_rows::SELECT_KEY).bind(id.to_string());
        let row = self.in_time(async |connection| query.fetch_optional(connection).await).await?;
        row.as_ref().map(read_key).transpose()
    }

    async fn keys(&self) -> Result<Vec<ApiKeyRow>, StoreFault> {
        let query = sqlx::query(key_rows::SELECT_KEYS);
        let rows = self.in_time(async |connection| query.fetch_all(connection).await).await?;
        rows.iter().map(read_key).collect()
    }

    async fn revoke_key(&self, id: ApiKeyId, at: u64) -> Result<bool, StoreFault> {
        let query = sqlx::query(key_rows::REVOKE_KEY).bind(id.to_string()).bind(at.cast_signed());
        let done = self.in_time(async |connection| query.execute(connection).await).await?;
        Ok(done.rows_affected() == 1)
    }

    async fn set_signing_secret(&self, id: ApiKeyId, sealed: &[u8]) -> Result<bool, StoreFault> {
        let query = sqlx::query(key_rows::SET_SIGNING_SECRET).bind(id.to_string()).bind(sealed);
        let done = self.in_time(async |connection| query.execute(connection).await).await?;
        Ok(done.rows_affected() == 1)
    }

    async fn change_callbacks(
        &self,
        id: ApiKeyId,
        add: &[RegisteredCallback],
        remove: &[RegisteredCallback],
    ) -> Result<(), StoreFault> {
        self.in_time(async |connection| {
            let mut transaction = connection.begin().await?;
            change_callbacks(key_rows::ADD_CALLBACK, &mut transaction, id, add).await?;
            change_callbacks(key_rows::REMOVE_CALLBACK, &mut transaction, id, remove).await?;
            transaction.commit().await
        })
        .await
    }

    async fn version(&self) -> Result<i64, StoreFault> {
        let query = sqlx::query("SELECT version FROM registry_version");
        let row = self.in_time(async |connection| query.fetch_one(connection).await).await?;
        Ok(row.try_get(0)?)
    }

    async fn check(&self) -> Result<(), StoreFault> {
        let query = sqlx::query(key_rows::CHECK);
        self.in_time(async |connection| query.fetch_optional(connection).await).await.map(drop)
    }
}

async fn change_callbacks(
    sql: &'static str,
    connection: &mut PgConnection,
    id: ApiKeyId,
    urls: &[RegisteredCallback],
) -> Result<(), sqlx::Error> {
    for url in urls {
        sqlx::query(sql).bind(id.to_string()).bind(url.as_str()).execute(&mut *connection).await?;
    }
    Ok(())
}
