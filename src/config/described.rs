//! Every setting with what it is for and what holds where the file is silent: the table behind the commented configuration.

use toml::Value;

use super::{Config, Interstitial, MasterKeySource, RegistryUrl, SessionStoreUrl};
use crate::observe::LogFormat;

/// One setting, as the text describes it.
pub(super) struct Setting {
    pub(super) section: &'static str,
    pub(super) key: &'static str,
    pub(super) about: &'static str,
    pub(super) value: Shown,
}

/// Its value in the text.
pub(super) enum Shown {
    /// Has to be set.
    Required,
    /// What holds where the file is silent.
    Default(fn(&Config) -> Value),
    /// Nothing holds where the file is silent; this is what a value looks like.
    Example(&'static str),
}

/// All of them, in the order of the text.
pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        section: "",
        key: "public_url",
        about: "Where browsers and callers reach the service: https, or http on this machine alone. Scheme, host and port.",
        value: Shown::Required,
    },
    setting("", "listen", "Where the service listens: behind a proxy with TLS.", |config| {
        Value::from(config.listen.to_string())
    }),
    setting(
        "",
        "drain_seconds",
        "After SIGTERM: for so long not ready, but still serving, 0 to 60. Then requests in flight end, within 15 s.",
        |config| seconds(config.drain),
    ),
    setting(
        "stores",
        "sessions",
        "What lives minutes: \"memory\" for one instance; \"redis://…\", \"rediss://…\" (TLS) or \"redis+cluster://…\" for many.",
        |config| match &config.stores.sessions {
            SessionStoreUrl::Memory => Value::from("memory"),
            SessionStoreUrl::Redis(url) | SessionStoreUrl::RedisCluster(url) => Value::from(url.expose()),
        },
    ),
    example(
        "stores",
        "sessions_file",
        "The same from a file, where the address holds a password.",
        "\"/run/secrets/redis\"",
    ),
    setting(
        "stores",
        "allow_eviction",
        "Start even with a Redis that drops live sessions when it is full.",
        |config| Value::from(config.stores.allow_eviction),
    ),
    example(
        "stores",
        "sessions_ca_file",
        "Authorities that a rediss:// server's certificate may be from (PEM), instead of the system's.",
        "\"redis-ca.pem\"",
    ),
    setting(
        "stores",
        "registry",
        "What lasts, such as API keys: \"sqlite:PATH\" for one machine, \"postgres://…\" for many.",
        |config| match &config.stores.registry {
            RegistryUrl::Sqlite(path) => Value::from(format!("sqlite:{}", path.display())),
            RegistryUrl::Postgres(url) => Value::from(url.expose()),
        },
    ),
    example(
        "stores",
        "registry_file",
        "The same from a file, where the address holds a password.",
        "\"/run/secrets/postgres\"",
    ),
    setting(
        "secrets",
        "master_key_file",
        "The key under which everything at rest is sealed: 32 bytes, base64. `handleproof keys create` makes the file.\n\
         Back it up apart from the registry.",
        |config| match &config.master_key {
            MasterKeySource::File(path) => Value::from(path.display().to_string()),
            MasterKeySource::Inline(_) => Value::from(""),
        },
    ),
    example(
        "secrets",
        "master_key",
        "The key itself, in place of the file: better in the environment than here.",
        "\"openssl rand -base64 32\"",
    ),
    setting("sessions", "ttl_seconds", "How long an unopened link works, 1 to 3600.", |config| {
        seconds(config.sessions.ttl)
    }),
    setting(
        "sessions",
        "proof_ttl_seconds",
        "How long a proof is fresh, 1 to 300: verifiers refuse a longer life.",
        |config| seconds(config.sessions.proof_ttl),
    ),
    setting(
        "sessions",
        "browser_binding",
        "The browser that opens the link must be the one that comes back. Off, a link can be finished by another one.",
        |config| Value::from(config.sessions.browser_binding),
    ),
    setting(
        "sessions",
        "max_live",
        "Sessions that the memory store takes before it answers 503.",
        |config| count(config.sessions.max_live),
    ),
    setting(
        "limits",
        "sessions_per_key_per_minute",
        "Sessions that an API key may make in a minute; 0 is no limit.",
        |config| Value::from(config.limits.sessions_per_key_per_minute),
    ),
    setting(
        "limits",
        "requests_per_ip_per_minute",
        "Requests that one address may send in a minute; 0 is no limit.",
        |config| Value::from(config.limits.requests_per_ip_per_minute),
    ),
    setting(
        "limits",
        "live_share_per_key_percent",
        "How much of sessions.max_live one API key may hold, where it is not the only one; 0 to 100.",
        |config| Value::from(config.limits.live_share_per_key_percent),
    ),
    setting(
        "limits",
        "trusted_proxies",
        "The networks of your own proxies: their Forwarded or X-Forwarded-For says who the client is.",
        |config| {
            let networks = config.limits.trusted_proxies.iter();
            Value::Array(networks.map(|network| Value::from(network.to_string())).collect())
        },
    ),
    setting(
        "consent",
        "interstitial",
        "When a page of ours names the caller before the platform's does: \"shared_apps\", \"always\", \"never\".",
        |config| {
            Value::from(match config.interstitial {
                Interstitial::SharedApps => "shared_apps",
                Interstitial::Always => "always",
                Interstitial::Never => "never",
            })
        },
    ),
    setting("tester", "enabled", "Whether /tester exists, where developers try flows.", |config| {
        Value::from(config.tester_enabled)
    }),
    setting(
        "metrics",
        "listen",
        "Where /metrics is served, never the public port; \"off\" for nowhere.",
        |config| {
            Value::from(config.metrics_listen.map_or_else(|| "off".to_owned(), |address| address.to_string()))
        },
    ),
    example(
        "operator",
        "password_hash",
        "The way into /console: what `handleproof operator password` prints. Without it the console is closed.",
        "\"$argon2id$…\"",
    ),
    example("operator", "password_hash_file", "The same from a file.", "\"/run/secrets/operator-password\""),
    example(
        "operator",
        "token",
        "The bearer token of /admin/v1, 32 characters or more. Without it the admin API is closed.",
        "\"openssl rand -hex 32\"",
    ),
    example("operator", "token_file", "The same from a file.", "\"/run/secrets/operator-token\""),
    setting("log", "format", "\"json\", an object a line, or \"pretty\", for people.", |config| {
        Value::from(match config.log.format {
            LogFormat::Json => "json",
            LogFormat::Pretty => "pretty",
        })
    }),
    setting(
        "log",
        "level",
        "\"error\", \"warn\", \"info\", \"debug\" or \"trace\": nothing finer is written, and never a secret.",
        |config| Value::from(config.log.level.as_str().to_ascii_lowercase()),
    ),
    example(
        "traces",
        "otlp_endpoint",
        "Where an OpenTelemetry collector takes traces over HTTP, its path included. None are made without it.",
        "\"http://127.0.0.1:4318/v1/traces\"",
    ),
];

const fn setting(
    section: &'static str,
    key: &'static str,
    about: &'static str,
    of: fn(&Config) -> Value,
) -> Setting {
    Setting { section, key, about, value: Shown::Default(of) }
}

const fn example(
    section: &'static str,
    key: &'static str,
    about: &'static str,
    value: &'static str,
) -> Setting {
    Setting { section, key, about, value: Shown::Example(value) }
}

fn seconds(duration: std::time::Duration) -> Value {
    count(duration.as_secs())
}

fn count(number: u64) -> Value {
    Value::from(i64::try_from(number).unwrap_or(i64::MAX))
}
