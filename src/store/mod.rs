//! What the service keeps: sessions, which are short-lived and many, and the registry, which is small and lasts.
//!
//! Leaves of the tree: they know the values they keep and nothing of flows, platforms' answers or HTTP.

pub mod registry;
pub mod sessions;
#[cfg(test)]
mod test_servers;

/// A store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreFault {
    /// It is out of reach, too slow, or refuses work. Whether a write happened may be unknown.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// It answered something that we never wrote.
    #[error("the store holds something unreadable: {0}")]
    Corrupt(String),
}

impl From<sqlx::Error> for StoreFault {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::ColumnNotFound(_) => {
                Self::Corrupt(error.to_string())
            }
            other => Self::Unavailable(other.to_string()),
        }
    }
}

impl From<sqlx::migrate::MigrateError> for StoreFault {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        match error {
            sqlx::migrate::MigrateError::VersionMissing(_) => Self::Corrupt(
                "it was written by a newer release of handleproof; start that release, or restore a backup"
                    .to_owned(),
            ),
            other => Self::Unavailable(other.to_string()),
        }
    }
}
