//! The smaller sections: what they hold, what holds where they are silent, and which values are refused.

use std::time::Duration;

use ipnet::IpNet;
use url::Url;

use crate::observe::{Log, LogFormat, Traces};
use crate::settings::{Complaint, Reader};

/// `[sessions]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sessions {
    /// `ttl_seconds`: how long an unopened link works; 1 to 3600 s.
    pub ttl: Duration,
    /// `proof_ttl_seconds`: how long a proof is fresh; 1 to 300 s, since verifiers refuse a longer life.
    pub proof_ttl: Duration,
    /// `browser_binding`: the browser that opens the link must be the one that comes back.
    pub browser_binding: bool,
    /// `max_live`: sessions the memory store takes before it answers 503.
    pub max_live: u64,
}

impl Default for Sessions {
    fn default() -> Self {
        let (ttl, proof_ttl) = (Duration::from_mins(15), Duration::from_mins(5));
        Self { ttl, proof_ttl, browser_binding: true, max_live: 1_000_000 }
    }
}

/// `[limits]`; 0 switches a limit off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// `sessions_per_key_per_minute`.
    pub sessions_per_key_per_minute: u32,
    /// `requests_per_ip_per_minute`.
    pub requests_per_ip_per_minute: u32,
    /// `live_share_per_key_percent`: how much of `sessions.max_live` one key may hold where it is not the only one.
    pub live_share_per_key_percent: u32,
    /// `trusted_proxies`: networks whose `Forwarded` and `X-Forwarded-For` are believed.
    pub trusted_proxies: Vec<IpNet>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sessions_per_key_per_minute: 600,
            requests_per_ip_per_minute: 300,
            live_share_per_key_percent: 25,
            trusted_proxies: Vec::new(),
        }
    }
}

/// `[consent] interstitial`: when a page names the caller before the platform's own does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Interstitial {
    /// `shared_apps`: where several callers share the operator's OAuth app.
    #[default]
    SharedApps,
    /// `always`.
    Always,
    /// `never`: a user who approved the app once may then be passed through silently for another caller.
    Never,
}

pub(super) fn sessions(reader: &Reader<'_>) -> Sessions {
    let section = reader.section("sessions");
    let usual = Sessions::default();
    let sessions = Sessions {
        ttl: section.integer("ttl_seconds", &(1..=3600)).map_or(usual.ttl, Duration::from_secs),
        proof_ttl: section
            .integer("proof_ttl_seconds", &(1..=300))
            .map_or(usual.proof_ttl, Duration::from_secs),
        browser_binding: section.flag("browser_binding").unwrap_or(usual.browser_binding),
        max_live: section.integer("max_live", &(1..=100_000_000)).unwrap_or(usual.max_live),
    };
    section.finish();
    sessions
}

pub(super) fn limits(reader: &Reader<'_>) -> Limits {
    let section = reader.section("limits");
    let usual = Limits::default();
    let limit = |key, usual| {
        let given = section.integer(key, &(0..=1_000_000)).and_then(|number| u32::try_from(number).ok());
        given.unwrap_or(usual)
    };
    let percent = section.integer("live_share_per_key_percent", &(0..=100));
    let limits = Limits {
        live_share_per_key_percent: percent
            .and_then(|percent| u32::try_from(percent).ok())
            .unwrap_or(usual.live_share_per_key_percent),
        sessions_per_key_per_minute: limit("sessions_per_key_per_minute", usual.sessions_per_key_per_minute),
        requests_per_ip_per_minute: limit("requests_per_ip_per_minute", usual.requests_per_ip_per_minute),
        trusted_proxies: section.parsed_list("trusted_proxies", network).unwrap_or_default(),
    };
    section.finish();
    limits
}

/// A network, or one address.
fn network(text: &str) -> Result<IpNet, Complaint> {
    let single = || text.parse::<std::net::IpAddr>().map(IpNet::from);
    text.parse::<IpNet>()
        .or_else(|_| single())
        .map_err(|_| Complaint::new("has an item that is no network", "write each as 10.0.0.0/8 or 10.0.0.7"))
}

pub(super) fn interstitial(reader: &Reader<'_>) -> Interstitial {
    let section = reader.section("consent");
    let choices = [
        ("shared_apps", Interstitial::SharedApps),
        ("always", Interstitial::Always),
        ("never", Interstitial::Never),
    ];
    let interstitial = section.choice("interstitial", &choices).unwrap_or_default();
    section.finish();
    interstitial
}

pub(super) fn tester_enabled(reader: &Reader<'_>) -> bool {
    let section = reader.section("tester");
    let enabled = section.flag("enabled").unwrap_or(false);
    section.finish();
    enabled
}

pub(super) fn log(reader: &Reader<'_>) -> Log {
    use tracing::Level;
    let section = reader.section("log");
    let usual = Log::default();
    let levels = [
        ("error", Level::ERROR),
        ("warn", Level::WARN),
        ("info", Level::INFO),
        ("debug", Level::DEBUG),
        ("trace", Level::TRACE),
    ];
    let formats = [("json", LogFormat::Json), ("pretty", LogFormat::Pretty)];
    let log = Log {
        format: section.choice("format", &formats).unwrap_or(usual.format),
        level: section.choice("level", &levels).unwrap_or(usual.level),
    };
    section.finish();
    log
}

pub(super) fn traces(reader: &Reader<'_>) -> Traces {
    let section = reader.section("traces");
    let traces = Traces { otlp_endpoint: section.parsed("otlp_endpoint", collector) };
    section.finish();
    traces
}

fn collector(text: &str) -> Result<Url, Complaint> {
    if cfg!(not(feature = "otel")) {
        return Err(Complaint::new(
            "cannot be used",
            "build handleproof with its feature otel, or remove it",
        ));
    }
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.ok_or(Complaint::new("is no http or https URL", "write it as http://127.0.0.1:4318/v1/traces"))
}
