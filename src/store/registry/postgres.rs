//! The registry in PostgreSQL: for many instances.
//!
//! Every operation ends as early as its [`Patience`] says, the wait for a connection included (`F10`).

use std::time::Duration;

use async_trait::async_trait;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgRow};
use sqlx::query::Query;
use sqlx::{ConnectOptions, Connection, PgConnection, Postgres, Row};
use tokio::time::timeout;

use super::bounded_pool::BoundedPool;
use super::key_rows::{self, read_key};
use super::{ApiKeyRow, Patience, Registry, migration};
use crate::crypto::secret::SecretText;
use crate::session::{ApiKeyId, RegisteredCallback};
use crate::store::StoreFault;

/// What the start may take: another instance may be migrating.
const START_TIME: Duration = Duration::from_secs(30);
/// How often the start tries to have a connection.
const START_TRIES: u32 = 20;

const MIGRATIONS: [(i64, &str, &str); 5] = [
    (1, "keys", include_str!("migrations/postgres/0001_keys.sql")),
    (2, "signing keys", include_str!("migrations/postgres/0002_signing_keys.sql")),
    (3, "service_keys", include_str!("migrations/postgres/0003_service_keys.sql")),
    (4, "apps", include_str!("migrations/postgres/0004_apps.sql")),
    (5, "accounts", include_str!("migrations/postgres/0005_accounts.sql")),
];

type Statement<'q> = Query<'q, Postgres, PgArguments>;

/// The registry.
pub struct PostgresRegistry {
    pool: BoundedPool,
}

impl PostgresRegistry {
    /// Connects and brings the tables up to date. TLS goes by the URL's `sslmode`.
    ///
    /// # Errors
    /// Where the server cannot be reached, does not let us in, or was used by a newer release. No password stands in it.
    pub async fn open(url: &SecretText, patience: Patience) -> Result<Self, StoreFault> {
        // The client panics without one; who built another client before has installed it already.
        let _already_there = rustls::crypto::ring::default_provider().install_default();
        let options: PgConnectOptions = url.expose().parse().map_err(told_remedy)?;
        let options = options.application_name("handleproof").disable_statement_logging();
        let opening = timeout(START_TIME, async {
            migrate(&options).await?;
            let registry = Self { pool: BoundedPool::new(options, patience.time()) };
            registry.first_connection().await?;
            Ok(registry)
        });
        let opened = opening.await;
        opened.map_err(|_| StoreFault::Unavailable("PostgreSQL: no answer at the start".to_owned()))?
    }

    /// So that the first work does not wait for a connection to be made. The pool gives each try its time.
    async fn first_connection(&self) -> Result<(), StoreFault> {
        for _ in 1..START_TRIES {
            if self.check().await.is_ok() {
                return Ok(());
            }
        }
        self.check().await
    }

    /// How many rows it wrote.
    pub(super) async fn execute(&self, query: Statement<'_>) -> Result<u64, StoreFault> {
        let done = self.pool.in_time(async |connection| query.execute(connection).await).await?;
        Ok(done.rows_affected())
    }

    pub(super) async fn row(&self, query: Statement<'_>) -> Result<Option<PgRow>, StoreFault> {
        self.pool.in_time(async |connection| query.fetch_optional(connection).await).await
    }

    pub(super) async fn rows(&self, query: Statement<'_>) -> Result<Vec<PgRow>, StoreFault> {
        self.pool.in_time(async |connection| query.fetch_all(connection).await).await
    }

    /// `FULL` writes the table anew and gives the old file back. What the server keeps besides (its log, replicas,
    /// backups) is its operator's.
    pub(super) async fn rewrite(&self) -> Result<(), StoreFault> {
        let mut connection = self.pool.unbounded_connection().await?;
        sqlx::query("VACUUM (FULL) accounts").execute(&mut connection).await?;
        Ok(connection.close().await?)
    }
}

async fn migrate(options: &PgConnectOptions) -> Result<(), StoreFault> {
    let mut connection = PgConnection::connect_with(options).await.map_err(told_remedy)?;
    // The migrator holds an advisory lock meanwhile: one instance migrates, the others wait.
    Migrator::with_migrations(MIGRATIONS.map(migration).to_vec()).run(&mut connection).await?;
    Ok(connection.close().await?)
}

fn told_remedy(error: sqlx::Error) -> StoreFault {
    let remedy = "check stores.registry: host, port, user, password, database, sslmode";
    StoreFault::Unavailable(format!("PostgreSQL: {error}; {remedy}"))
}

#[async_trait]
impl Registry for PostgresRegistry {
    async fn insert_key(&self, row: &ApiKeyRow) -> Result<(), StoreFault> {
        self.pool
            .in_time(async |connection| {
                let mut transaction = connection.begin().await?;
                sqlx::query(key_rows::INSERT_KEY)
                    .bind(row.id.to_string())
                    .bind(&row.name)
                    .bind(row.secret_hash.0.as_slice())
                    .bind(row.first_party)
                    .bind(row.any_callback)
                    .bind(&row.signing_secret)
                    .bind(row.created_at.cast_signed())
                    .bind(row.record_accounts)
                    .execute(&mut *transaction)
                    .await?;
                change_callbacks(key_rows::ADD_CALLBACK, &mut transaction, row.id, &row.callbacks).await?;
                transaction.commit().await
            })
            .await
    }

    async fn key(&self, id: ApiKeyId) -> Result<Option<ApiKeyRow>, StoreFault> {
        let query = sqlx::query(key_rows::SELECT_KEY).bind(id.to_string());
        self.row(query).await?.as_ref().map(read_key).transpose()
    }

    async fn live_key(&self, id: ApiKeyId) -> Result<Option<ApiKeyRow>, StoreFault> {
        let query = sqlx::query(key_rows::SELECT_LIVE_KEY).bind(id.to_string());
        self.row(query).await?.as_ref().map(read_key).transpose()
    }

    async fn keys(&self) -> Result<Vec<ApiKeyRow>, StoreFault> {
        self.rows(sqlx::query(key_rows::SELECT_KEYS)).await?.iter().map(read_key).collect()
    }

    async fn revoke_key(&self, id: ApiKeyId, at: u64) -> Result<bool, StoreFault> {
        let query = sqlx::query(key_rows::REVOKE_KEY).bind(id.to_string()).bind(at.cast_signed());
        Ok(self.execute(query).await? == 1)
    }

    async fn rename_key(&self, id: ApiKeyId, name: &str) -> Result<bool, StoreFault> {
        let query = sqlx::query(key_rows::RENAME).bind(id.to_string()).bind(name);
        Ok(self.execute(query).await? == 1)
    }

    async fn set_record_accounts(&self, id: ApiKeyId, records: bool) -> Result<bool, StoreFault> {
        let query = sqlx::query(key_rows::SET_RECORD_ACCOUNTS).bind(id.to_string()).bind(records);
        Ok(self.execute(query).await? == 1)
    }

    async fn set_signing_secret(&self, id: ApiKeyId, sealed: &[u8]) -> Result<bool, StoreFault> {
        let query = sqlx::query(key_rows::SET_SIGNING_SECRET).bind(id.to_string()).bind(sealed);
        Ok(self.execute(query).await? == 1)
    }

    async fn change_callbacks(
        &self,
        id: ApiKeyId,
        add: &[RegisteredCallback],
        remove: &[RegisteredCallback],
    ) -> Result<(), StoreFault> {
        self.pool
            .in_time(async |connection| {
                let mut transaction = connection.begin().await?;
                change_callbacks(key_rows::ADD_CALLBACK, &mut transaction, id, add).await?;
                change_callbacks(key_rows::REMOVE_CALLBACK, &mut transaction, id, remove).await?;
                transaction.commit().await
            })
            .await
    }

    async fn version(&self) -> Result<i64, StoreFault> {
        let query = sqlx::query("SELECT version FROM registry_version");
        let row = self.pool.in_time(async |connection| query.fetch_one(connection).await).await?;
        Ok(row.try_get(0)?)
    }

    /// Each time is a query over the network.
    fn follow_every(&self) -> Duration {
        Duration::from_millis(50)
    }

    async fn check(&self) -> Result<(), StoreFault> {
        self.row(sqlx::query(key_rows::CHECK)).await.map(drop)
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
