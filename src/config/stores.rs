//! Where sessions and the registry are kept. Addresses of servers can hold passwords and are secrets.

use std::path::{Path, PathBuf};

use url::Url;

use crate::crypto::secret::SecretText;
use crate::settings::{Complaint, Reader};

/// `[stores]`.
#[derive(Clone, Debug)]
pub struct Stores {
    /// `sessions`, `"memory"` unless set.
    pub sessions: SessionStoreUrl,
    /// `registry`, `"sqlite:handleproof.db"` unless set.
    pub registry: RegistryUrl,
    /// `allow_eviction`, off unless set: start even with a Redis that drops live sessions when it is full.
    pub allow_eviction: bool,
    /// `sessions_ca_file`: PEM of the authorities that a `rediss://` server's certificate may be from, instead of the
    /// system's; a relative path starts at the configuration file's folder. (PostgreSQL has `sslrootcert` in its URL.)
    pub sessions_ca_file: Option<PathBuf>,
}

/// What lives minutes: sessions and pending authorizations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionStoreUrl {
    /// `memory`: serves one instance, and a restart ends every open flow.
    Memory,
    /// `redis://` or `rediss://` (TLS), as written.
    Redis(SecretText),
    /// `redis+cluster://` or `rediss+cluster://`, as written: the client library may want it without `+cluster`.
    RedisCluster(SecretText),
}

/// What lasts: API keys, apps, accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistryUrl {
    /// `sqlite:PATH`; a relative path starts at the configuration file's folder, wherever the service was started.
    Sqlite(PathBuf),
    /// `postgres://` or `postgresql://`, as written.
    Postgres(SecretText),
}

pub(super) fn read(reader: &Reader<'_>, folder: &Path) -> Stores {
    let section = reader.section("stores");
    let stores = Stores {
        sessions: section.parsed_secret("sessions", session_store).unwrap_or(SessionStoreUrl::Memory),
        registry: section
            .parsed_secret("registry", |text| registry(text, folder))
            .unwrap_or_else(|| RegistryUrl::Sqlite(folder.join("handleproof.db"))),
        allow_eviction: section.flag("allow_eviction").unwrap_or(false),
        sessions_ca_file: section.text("sessions_ca_file").map(|file| folder.join(file)),
    };
    section.finish();
    stores
}

fn session_store(text: SecretText) -> Result<SessionStoreUrl, Complaint> {
    if text.expose() == "memory" {
        return Ok(SessionStoreUrl::Memory);
    }
    let url =
        Url::parse(text.expose()).ok().filter(|url| url.host_str().is_some_and(|host| !host.is_empty()));
    match url.as_ref().map(Url::scheme) {
        Some("redis" | "rediss") => Ok(SessionStoreUrl::Redis(text)),
        Some("redis+cluster" | "rediss+cluster") => Ok(SessionStoreUrl::RedisCluster(text)),
        _ => Err(Complaint::new(
            "is no session store",
            "use \"memory\", \"redis://host:6379\", \"rediss://…\" or \"redis+cluster://…\"",
        )),
    }
}

fn registry(text: SecretText, folder: &Path) -> Result<RegistryUrl, Complaint> {
    if let Some(path) = text.expose().strip_prefix("sqlite:") {
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.is_empty() || path == ":memory:" || path.contains('?') {
            let remedy = "name a file: \"sqlite:handleproof.db\" or \"sqlite:/var/lib/handleproof.db\"";
            return Err(Complaint::new("names no database file", remedy));
        }
        return Ok(RegistryUrl::Sqlite(folder.join(path)));
    }
    let url = Url::parse(text.expose()).ok();
    match url.as_ref().map(Url::scheme) {
        Some("postgres" | "postgresql") => Ok(RegistryUrl::Postgres(text)),
        _ => {
            Err(Complaint::new("is no registry", "use \"sqlite:PATH\" or \"postgres://user@host/database\""))
        }
    }
}
