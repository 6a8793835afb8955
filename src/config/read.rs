//! From the merged table to a [`Config`]: the root's own keys, the sections in their order, and what must hold
//! between them.

use std::net::SocketAddr;
use std::time::Duration;

use toml::Table;

use super::{Config, PublicUrl, secrets, sections, stores};
use crate::platform::catalogue::{Catalogue, Overrides};
use crate::settings::{Complaint, Reader, Source};

const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8080);
/// Where metrics are served unless the operator says otherwise.
pub const METRICS_LISTEN: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 9090);

/// `None` where something without a default is missing; whether the rest was good is for the faults to say.
pub(super) fn config(reader: Reader<'_>, source: Source<'_>) -> Option<Config> {
    let public_url = reader.parsed("public_url", PublicUrl::parse);
    let remedy = "set it to the address that browsers use: https://verify.example.com";
    let public_url = reader.required("public_url", public_url, remedy);
    let listen = reader.parsed("listen", socket_address).unwrap_or(LISTEN);
    let drain = reader.integer("drain_seconds", &(0..=60)).unwrap_or(5);
    let stores = stores::read(&reader, source.folder);
    let master_key = secrets::master_key(&reader, source.folder);
    let sessions = sections::sessions(&reader);
    let limits = sections::limits(&reader);
    let interstitial = sections::interstitial(&reader);
    let tester_enabled = sections::tester_enabled(&reader);
    let metrics_listen = metrics_listen(&reader, listen);
    let operator = secrets::operator(&reader);
    let log = sections::log(&reader);
    let traces = sections::traces(&reader);
    let catalogue = catalogue(&reader, source);
    reader.finish();
    Some(Config {
        public_url: public_url?,
        listen,
        drain: Duration::from_secs(drain),
        stores,
        master_key,
        sessions,
        limits,
        interstitial,
        tester_enabled,
        metrics_listen,
        operator,
        log,
        traces,
        catalogue: catalogue?,
    })
}

fn metrics_listen(reader: &Reader<'_>, public: SocketAddr) -> Option<SocketAddr> {
    let section = reader.section("metrics");
    let given = section.parsed("listen", |text| match text {
        "" | "off" => Ok(None),
        address => socket_address(address).map(Some),
    });
    let metrics = given.unwrap_or(Some(METRICS_LISTEN));
    if metrics.is_some_and(|metrics| collide(metrics, public)) {
        let remedy = "give metrics a port of their own, or \"off\"";
        section.fault("listen", "is the public listener's address", remedy);
    }
    section.finish();
    metrics
}

/// Whether one listener would be in the other's place; port 0 is a free port each time.
fn collide(one: SocketAddr, other: SocketAddr) -> bool {
    let any = one.ip().is_unspecified() || other.ip().is_unspecified();
    one.port() == other.port() && one.port() != 0 && (any || one.ip() == other.ip())
}

fn catalogue(reader: &Reader<'_>, source: Source<'_>) -> Option<Catalogue> {
    let none = Table::new();
    let platforms = reader.raw_table("platforms").unwrap_or(&none);
    let overrides = Overrides { platforms, origins: source.origins, folder: source.folder };
    Catalogue::load(overrides).map_err(|faults| source.faults.extend(faults)).ok()
}

fn socket_address(text: &str) -> Result<SocketAddr, Complaint> {
    let remedy = "write an IP address and a port: 127.0.0.1:8080, [::]:8080";
    text.parse().map_err(|_| Complaint::new("is no socket address", remedy))
}
