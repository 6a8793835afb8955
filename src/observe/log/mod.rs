//! Where log lines go, how they look, and which of them are written.

mod json_line;
mod pipe;
mod pretty_line;

use tracing::Level;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use crate::config::{Log, LogFormat};

use json_line::JsonLine;
use pipe::LogPipe;
use pretty_line::PrettyLine;

/// The log of this process. Dropped, it writes what is still waiting.
#[must_use = "lines that wait are lost where it is dropped at once"]
pub struct OpenLog(LogPipe);

impl Drop for OpenLog {
    fn drop(&mut self) {
        self.0.flush();
    }
}

/// Installs the log: to standard error, in the chosen form.
///
/// Only our own lines follow the chosen level. Libraries below warnings print requests, queries and headers, which hold
/// secrets (`T74`), so they stay silent however fine the level is.
pub fn install(log: Log) -> OpenLog {
    let ours = Targets::new()
        .with_default(LevelFilter::from_level(Level::WARN))
        .with_target("handleproof", LevelFilter::from_level(log.level));
    let pipe = LogPipe::to(std::io::stderr());
    let lines = match log.format {
        LogFormat::Json => fmt::layer().event_format(JsonLine).with_writer(pipe.clone()).boxed(),
        LogFormat::Pretty => fmt::layer().event_format(PrettyLine::new()).with_writer(pipe.clone()).boxed(),
    };
    // A second installation, as in tests, changes nothing.
    let _already_there = tracing_subscriber::registry().with(lines.with_filter(ours)).try_init();
    OpenLog(pipe)
}
