//! The registry in one SQLite file: for one machine.

mod statements;
mod vacuum;
mod watch;

use std::fs::OpenOptions;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Row, SqliteConnection, SqlitePool};
use tokio::sync::Mutex;

use super::key_rows::{self, read_key};
use super::{ApiKeyRow, Patience, Registry, migration};
use crate::session::{ApiKeyId, RegisteredCallback};
use crate::store::StoreFault;

use statements::timed;
use watch::Watch;

/// How long the start tries to have a connection.
const START_TIME: Duration = Duration::from_secs(20);

const MIGRATIONS: [(i64, &str, &str); 5] = [
    (1, "keys", include_str!("migrations/sqlite/0001_keys.sql")),
    (2, "signing keys", include_str!("migrations/sqlite/0002_signing_keys.sql")),
    (3, "service_keys", include_str!("migrations/sqlite/0003_service_keys.sql")),
    (4, "apps", include_str!("migrations/sqlite/0004_apps.sql")),
    (5, "accounts", include_str!("migrations/sqlite/0005_accounts.sql")),
];

/// The registry.
pub struct SqliteRegistry {
    file: OpenedFile,
    pool: SqlitePool,
    watch: Mutex<Watch>,
}

impl SqliteRegistry {
    /// Opens the file, making it (readable by its owner alone) where it is absent, and brings its tables up to date.
    ///
    /// # Errors
    /// Where the file cannot be used, is no database, or was written by a newer release.
    pub async fn open(path: &Path, patience: Patience) -> Result<Self, StoreFault> {
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path);
        drop(file.map_err(|error| StoreFault::Unavailable(format!("{}: {error}", path.display())))?);
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            // What is deleted is overwritten at once, in the pages that are written from then on.
            .pragma("secure_delete", "on")
            // Another process may hold the write lock; who waits longer than this is told so (`F9`).
            .busy_timeout(patience.time())
            .disable_statement_logging();
        // On a connection by itself, which a slow disk may keep waiting: the pool gives up early.
        let mut first = SqliteConnection::connect_with(&options).await?;
        refuse_damage(&mut first).await?;
        Migrator::with_migrations(MIGRATIONS.map(migration).to_vec()).run(&mut first).await?;
        let pool = SqlitePoolOptions::new().max_connections(4).acquire_timeout(patience.time());
        let pool = pool.connect_lazy_with(options);
        first_connection(&pool).await?;
        let watch = Mutex::new(Watch::new(path, first));
        Ok(Self { file: OpenedFile::at(path)?, pool, watch })
    }

    /// The connections, where the file they opened is still in its place: in a file that was taken away they would go
    /// on reading, and notice no revocation any more (`F10`).
    pub(super) fn pool(&self) -> Result<&SqlitePool, StoreFault> {
        self.file.check()?;
        Ok(&self.pool)
    }

    #[cfg(test)]
    pub(super) async fn close(self) {
        self.pool.close().await;
        self.watch.into_inner().into_connection().close().await.unwrap();
    }
}

/// So that the first work does not wait for a connection to be made. The pool gives each try its own time.
async fn first_connection(pool: &SqlitePool) -> Result<(), sqlx::Error> {
    let started = Instant::now();
    loop {
        match pool.acquire().await {
            Err(sqlx::Error::PoolTimedOut) if started.elapsed() < START_TIME => {}
            made => return made.map(drop),
        }
    }
}

/// Which file was opened.
struct OpenedFile {
    path: PathBuf,
    device_and_inode: (u64, u64),
}

impl OpenedFile {
    fn at(path: &Path) -> Result<Self, StoreFault> {
        Ok(Self { path: path.to_owned(), device_and_inode: device_and_inode(path)? })
    }

    fn check(&self) -> Result<(), StoreFault> {
        if device_and_inode(&self.path)? == self.device_and_inode {
            return Ok(());
        }
        let place = self.path.display();
        Err(StoreFault::Unavailable(format!("{place}: another file lies there now; restart to use it")))
    }
}

fn device_and_inode(path: &Path) -> Result<(u64, u64), StoreFault> {
    let metadata = std::fs::metadata(path);
    let metadata =
        metadata.map_err(|error| StoreFault::Unavailable(format!("{}: {error}", path.display())))?;
    Ok((metadata.dev(), metadata.ino()))
}

/// Looks at every page before anything is written: a damaged file is left for who repairs it (`F38`).
async fn refuse_damage(connection: &mut SqliteConnection) -> Result<(), StoreFault> {
    let told = sqlx::query("PRAGMA quick_check(1)").fetch_one(connection).await;
    let is_whole = told.and_then(|row| row.try_get::<String, _>(0)).map(|told| told == "ok");
    match is_whole {
        Ok(true) => Ok(()),
        Err(error) if !is_damage(&error) => Err(error.into()),
        Ok(false) | Err(_) => {
            Err(StoreFault::Corrupt("the database file is damaged; restore a backup".to_owned()))
        }
    }
}

/// Result codes `SQLITE_CORRUPT` and `SQLITE_NOTADB`.
fn is_damage(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| matches!(code.as_ref(), "11" | "26"))
}

#[async_trait]
impl Registry for SqliteRegistry {
    async fn insert_key(&self, row: &ApiKeyRow) -> Result<(), StoreFault> {
        let pool = self.pool()?;
        let insert = sqlx::query(key_rows::INSERT_KEY)
            .bind(row.id.to_string())
            .bind(&row.name)
            .bind(row.secret_hash.0.as_slice())
            .bind(row.first_party)
            .bind(row.any_callback)
            .bind(&row.signing_secret)
            .bind(row.created_at.cast_signed())
            .bind(row.record_accounts);
        timed(async {
            let mut transaction = pool.begin().await?;
            insert.execute(&mut *transaction).await?;
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
        let query = sqlx::query(key_rows::SELECT_LIVE_KEY);
        query.bind(id.to_string()).fetch_optional(self.pool()?).await?.as_ref().map(read_key).transpose()
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
        let pool = self.pool()?;
        timed(async {
            let mut transaction = pool.begin().await?;
            change_callbacks(key_rows::ADD_CALLBACK, &mut transaction, id, add).await?;
            change_callbacks(key_rows::REMOVE_CALLBACK, &mut transaction, id, remove).await?;
            transaction.commit().await
        })
        .await
    }

    async fn version(&self) -> Result<i64, StoreFault> {
        self.file.check()?;
        self.watch.lock().await.version().await
    }

    /// Sooner than the command that changed something has ended and its caller has sent a request.
    fn follow_every(&self) -> Duration {
        Duration::from_millis(10)
    }

    async fn check(&self) -> Result<(), StoreFault> {
        self.row(sqlx::query(key_rows::CHECK)).await.map(drop)
    }
}

async fn change_callbacks(
    sql: &'static str,
    connection: &mut SqliteConnection,
    id: ApiKeyId,
    urls: &[RegisteredCallback],
) -> Result<(), sqlx::Error> {
    for url in urls {
        sqlx::query(sql).bind(id.to_string()).bind(url.as_str()).execute(&mut *connection).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::suite;
    use super::*;

    fn file() -> std::path::PathBuf {
        std::env::temp_dir().join(format!("handleproof-{}.db", uuid::Uuid::now_v7()))
    }

    #[tokio::test]
    async fn keeps_what_every_registry_promises() {
        let path = file();
        let (one, two) = (
            SqliteRegistry::open(&path, Patience::Request).await.unwrap(),
            SqliteRegistry::open(&path, Patience::Request).await.unwrap(),
        );
        suite::run(&one, &two).await;
    }

    #[tokio::test]
    async fn t72_the_file_is_readable_by_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let path = file();
        SqliteRegistry::open(&path, Patience::Request).await.unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[tokio::test]
    async fn f38_a_file_that_is_no_database_or_of_a_newer_release_is_refused_and_left_as_it_is() {
        let path = file();
        std::fs::write(&path, "this is not a database, and long enough to be looked at as one").unwrap();
        assert!(SqliteRegistry::open(&path, Patience::Request).await.is_err());
        assert!(std::fs::read_to_string(&path).unwrap().starts_with("this is not"));

        let path = file();
        let registry = SqliteRegistry::open(&path, Patience::Request).await.unwrap();
        sqlx::query("UPDATE _sqlx_migrations SET version = version + 998 WHERE version = 1")
            .execute(&registry.pool)
            .await
            .unwrap();
        let refusal = SqliteRegistry::open(&path, Patience::Request).await.err().unwrap().to_string();
        assert!(refusal.contains("newer release"), "{refusal}");
    }
}
