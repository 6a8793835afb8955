//! Where log lines go and which of them are written.

use tracing::Level;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use super::{Failed, fail};
use crate::config::{Log, LogFormat};
use crate::observe::log_line::{JsonLine, PrettyLine};
use crate::observe::log_writer::{self, LastLines};

/// Installs the log: to standard error, in the chosen form. What is given back writes out the last lines, so it must
/// outlive the work.
///
/// Only our own lines follow the chosen level. Libraries below warnings print requests, queries and headers, which hold
/// secrets (`T74`), so they stay silent however fine the level is.
pub(super) fn install(log: Log) -> Result<LastLines, Failed> {
    let (writer, last_lines) = log_writer::start(std::io::stderr()).map_err(fail)?;
    let ours = Targets::new()
        .with_default(LevelFilter::from_level(Level::WARN))
        .with_target("handleproof", LevelFilter::from_level(log.level));
    let lines = match log.format {
        LogFormat::Json => fmt::layer().json().event_format(JsonLine::new()).with_writer(writer).boxed(),
        LogFormat::Pretty => fmt::layer().event_format(PrettyLine::new()).with_writer(writer).boxed(),
    };
    // A second installation, as in tests, changes nothing.
    let _already_there = tracing_subscriber::registry().with(lines.with_filter(ours)).try_init();
    Ok(last_lines)
}
