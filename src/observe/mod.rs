//! What the operator sees: request ids, logs, traces, metrics and counts. Nothing secret passes through here at any level.

mod log;
pub mod metrics;
pub mod outcomes;
pub mod request_id;
mod settings;
#[cfg(feature = "otel")]
mod traces;

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

pub use settings::{Log, LogFormat, Traces};

/// The log of this process, and its traces. Dropped, they write and send what is still waiting.
#[must_use = "what waits is lost where it is dropped at once"]
pub struct Observing {
    lines: log::LogPipe,
    #[cfg(feature = "otel")]
    _traces: Option<traces::Traces>,
}

/// Nothing can be observed as configured.
#[derive(Debug, thiserror::Error)]
pub enum ObserveFault {
    /// No traces.
    #[cfg(feature = "otel")]
    #[error(transparent)]
    Traces(#[from] traces::NoTraces),
}

impl Drop for Observing {
    fn drop(&mut self) {
        self.lines.flush();
    }
}

/// Installs the log, to standard error, and the traces. A second installation in one process, as in tests, changes
/// nothing.
///
/// # Errors
/// Where traces are asked for and cannot be sent.
pub fn install(log: Log, traces: &Traces) -> Result<Observing, ObserveFault> {
    #[cfg(not(feature = "otel"))]
    let _never_made = traces;
    let lines = log::LogPipe::to(std::io::stderr());
    #[cfg(feature = "otel")]
    let traces = traces.otlp_endpoint.as_ref().map(traces::Traces::to).transpose()?;
    #[cfg(feature = "otel")]
    let spans = traces.as_ref().map(traces::Traces::layer);
    #[cfg(not(feature = "otel"))]
    let spans = None;
    let layers: Vec<_> = [Some(log::layer(log, &lines)), spans].into_iter().flatten().collect();
    let _already_there = tracing_subscriber::registry().with(layers).try_init();
    Ok(Observing {
        lines,
        #[cfg(feature = "otel")]
        _traces: traces,
    })
}
