//! Noticing what other processes commit, a hundred times a second, for the price of looking at a file.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sqlx::{Row, SqliteConnection};

use crate::store::StoreFault;

/// File systems keep the time of a change in ticks, of ten milliseconds at most: what changed within the last ones may
/// change again and keep its time.
const SETTLED_AFTER: Duration = Duration::from_millis(100);

/// `PRAGMA data_version` tells a connection of commits by all others: it needs a connection that writes nothing after the start.
pub(super) struct Watch {
    connection: SqliteConnection,
    log: PathBuf,
    /// The last answer, and what the log looked like when it was given.
    known: Option<(LogState, i64)>,
}

/// Every commit writes to the write-ahead log.
#[derive(Clone, Copy, PartialEq, Eq)]
struct LogState {
    inode: u64,
    length: u64,
    changed_at: Duration,
}

impl Watch {
    /// Watches the database in `file` by `connection`.
    pub(super) fn new(file: &Path, connection: SqliteConnection) -> Self {
        let mut log = file.as_os_str().to_owned();
        log.push("-wal");
        Self { connection, log: log.into(), known: None }
    }

    /// A number that is another one after any commit by any other connection.
    pub(super) async fn version(&mut self) -> Result<i64, StoreFault> {
        // Looked at first: what is committed between the two looks is found at the next one.
        let log = LogState::of(&self.log);
        match self.known {
            Some((then, version)) if log == Some(then) => Ok(version),
            _ => self.ask(log).await,
        }
    }

    async fn ask(&mut self, log: Option<LogState>) -> Result<i64, StoreFault> {
        // Not timed: it reads a word of shared memory and would hide the calls that do more.
        let row = sqlx::query("PRAGMA data_version").fetch_one(&mut self.connection).await?;
        let version = row.try_get(0)?;
        self.known = log.filter(LogState::is_settled).map(|log| (log, version));
        Ok(version)
    }

    #[cfg(test)]
    pub(super) fn into_connection(self) -> SqliteConnection {
        self.connection
    }
}

impl LogState {
    /// `None` where it cannot be looked at.
    fn of(log: &Path) -> Option<Self> {
        let about = fs::metadata(log).ok()?;
        let seconds = Duration::from_secs(about.mtime().try_into().ok()?);
        let changed_at = seconds + Duration::from_nanos(about.mtime_nsec().try_into().ok()?);
        Some(Self { inode: about.ino(), length: about.size(), changed_at })
    }

    /// Whether the next change is sure to show. Where the clock was set back it is not, for as long as that.
    fn is_settled(&self) -> bool {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        now.checked_sub(self.changed_at).is_some_and(|age| age >= SETTLED_AFTER)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use sqlx::{Connection, Executor};

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_commit_is_noticed_however_long_nothing_was_committed_and_nothing_is_asked_meanwhile() {
        let folder = std::env::temp_dir().join(format!("handleproof-watch-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("watched.db");
        let url = format!("sqlite:{}?mode=rwc", file.display());
        let mut writer = SqliteConnection::connect(&url).await.unwrap();
        writer.execute("PRAGMA journal_mode = wal; CREATE TABLE t (n)").await.unwrap();
        let mut watch = Watch::new(&file, SqliteConnection::connect(&url).await.unwrap());

        let log = File::options().write(true).open(&watch.log).unwrap();
        log.set_modified(SystemTime::now() + Duration::from_hours(1)).unwrap();
        let before = watch.version().await.unwrap();
        assert!(watch.known.is_none(), "another change may keep the time of this one");
        log.set_modified(SystemTime::now() - Duration::from_hours(1)).unwrap();
        assert_eq!(watch.version().await.unwrap(), before);
        assert!(watch.known.is_some(), "nothing changed for a while");

        for n in 0..20 {
            let before = watch.version().await.unwrap();
            writer.execute("INSERT INTO t VALUES (1)").await.unwrap();
            assert_ne!(watch.version().await.unwrap(), before, "{n}");
        }
        // The log is written from its beginning again, so that it does not grow.
        writer.execute("PRAGMA wal_checkpoint(RESTART)").await.unwrap();
        let before = watch.version().await.unwrap();
        log.set_modified(SystemTime::now() - Duration::from_hours(1)).unwrap();
        assert_eq!(watch.version().await.unwrap(), before);
        writer.execute("INSERT INTO t VALUES (2)").await.unwrap();
        assert_ne!(watch.version().await.unwrap(), before);
        drop(fs::remove_dir_all(&folder));
    }
}
