//! Which stores the services of this run use: `HANDLEPROOF_TEST_STORES=redis+postgres`, `memory+sqlite` unless set.
//!
//! One Redis and one PostgreSQL serve a test process; each service has a database of its own in both.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use toml::Table;

use super::servers::Server;

/// `[stores]` of one service; empty where the product's defaults are wanted.
#[derive(Clone, Debug, Default)]
pub struct Stores {
    /// The URL.
    redis: Option<String>,
    postgres: Option<String>,
}

impl Stores {
    /// Fresh ones, of the kinds chosen for this run.
    pub fn chosen() -> Self {
        let choice = choice();
        let (sessions, registry) = choice.split_once('+').unwrap_or((&choice, ""));
        let redis = match sessions {
            "memory" => None,
            "redis" => Some(fresh_redis()),
            _ => panic!("HANDLEPROOF_TEST_STORES={choice}: memory or redis, + sqlite or postgres"),
        };
        let postgres = match registry {
            "sqlite" => None,
            "postgres" => Some(fresh_postgres()),
            _ => panic!("HANDLEPROOF_TEST_STORES={choice}: memory or redis, + sqlite or postgres"),
        };
        Self { redis, postgres }
    }

    /// Both on servers, whatever was chosen: for several instances.
    pub fn shared() -> Self {
        Self { redis: Some(fresh_redis()), postgres: Some(fresh_postgres()) }
    }

    /// One of them at least.
    pub fn are_on_servers(&self) -> bool {
        self.redis.is_some() || self.postgres.is_some()
    }

    /// What they add to a configuration.
    pub fn settings(&self) -> Table {
        let mut settings = Table::new();
        if let Some(url) = &self.redis {
            settings.insert("sessions".to_owned(), url.as_str().into());
        }
        if let Some(url) = &self.postgres {
            settings.insert("registry".to_owned(), url.as_str().into());
        }
        settings
    }

    /// The Redis, where there is one.
    pub async fn redis_connection(&self) -> redis::aio::MultiplexedConnection {
        let client = redis::Client::open(self.redis.as_deref().unwrap()).unwrap();
        client.get_multiplexed_async_connection().await.unwrap()
    }

    /// Everything that the servers hold: keys and values of Redis, the database of PostgreSQL.
    pub async fn dump(&self) -> Vec<u8> {
        let mut held = Vec::new();
        if self.redis.is_some() {
            let mut connection = self.redis_connection().await;
            let keys: Vec<String> = redis::cmd("KEYS").arg("*").query_async(&mut connection).await.unwrap();
            for key in keys {
                held.extend_from_slice(key.as_bytes());
                let value =
                    redis::cmd("DUMP").arg(&key).query_async::<Option<Vec<u8>>>(&mut connection).await;
                held.extend(value.unwrap().unwrap_or_default());
            }
        }
        if let Some(url) = &self.postgres {
            let name = url::Url::parse(url).unwrap().path().trim_start_matches('/').to_owned();
            held.extend(postgres().dump(&name));
        }
        held
    }

    /// The same stores, each reached by another port where one is given.
    pub fn by_way_of(&self, redis_port: Option<u16>, postgres_port: Option<u16>) -> Self {
        let moved = |url: &Option<String>, port: Option<u16>, server: fn() -> &'static Server| {
            let url = url.clone()?;
            Some(port.map_or(url.clone(), |port| url.replace(&server().port.to_string(), &port.to_string())))
        };
        Self {
            redis: moved(&self.redis, redis_port, redis),
            postgres: moved(&self.postgres, postgres_port, postgres),
        }
    }

    /// Lets time pass as the session store sees it where its clock is not ours: every life in it gets shorter.
    pub async fn pass_time(&self, time: Duration) {
        if self.redis.is_none() {
            return;
        }
        let mut connection = self.redis_connection().await;
        let script = redis::Script::new(
            "for _, key in ipairs(redis.call('KEYS', '*')) do
                redis.call('PEXPIRE', key, redis.call('PTTL', key) - tonumber(ARGV[1]))
            end",
        );
        let time = u64::try_from(time.as_millis()).unwrap();
        script.arg(time).invoke_async::<()>(&mut connection).await.unwrap();
    }
}

/// Whether this test holds for the memory store alone, with the reason, which is said.
pub fn only_in_memory(reason: &str) -> bool {
    let is_skipped = !choice().starts_with("memory");
    if is_skipped {
        println!("skipped with Redis: {reason}");
    }
    is_skipped
}

/// Whether this test holds for SQLite alone, with the reason, which is said.
pub fn only_with_sqlite(reason: &str) -> bool {
    let is_skipped = !choice().ends_with("sqlite");
    if is_skipped {
        println!("skipped with PostgreSQL: {reason}");
    }
    is_skipped
}

/// The Redis of this test process.
pub fn redis() -> &'static Server {
    static REDIS: OnceLock<Server> = OnceLock::new();
    REDIS.get_or_init(Server::redis)
}

/// The PostgreSQL of this test process.
pub fn postgres() -> &'static Server {
    static POSTGRES: OnceLock<Server> = OnceLock::new();
    POSTGRES.get_or_init(Server::postgres)
}

fn choice() -> String {
    std::env::var("HANDLEPROOF_TEST_STORES").unwrap_or_else(|_| "memory+sqlite".to_owned())
}

fn fresh_redis() -> String {
    format!("redis://127.0.0.1:{}/{}", redis().port, fresh())
}

fn fresh_postgres() -> String {
    let name = format!("handleproof_{}", fresh());
    postgres().new_database(&name);
    format!("postgres://postgres@127.0.0.1:{}/{name}?sslmode=disable", postgres().port)
}

fn fresh() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
