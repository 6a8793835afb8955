//! Where log lines go, how they look, and which of them are written.

mod json_line;
mod pipe;
mod pretty_line;

use tracing::Subscriber;
use tracing_subscriber::filter::{FilterExt, LevelFilter, Targets, filter_fn};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, fmt};

use crate::observe::{Log, LogFormat};

use json_line::JsonLine;
use pretty_line::PrettyLine;

pub(in crate::observe) use pipe::LogPipe;

/// Writes the chosen lines, in the chosen form, into `pipe`.
///
/// Only our own lines follow the chosen level. Libraries below warnings print requests, queries and headers, which hold
/// secrets (`T74`), so they stay silent however fine the level is. Spans are no lines; where nothing else wants them they
/// are not even made.
pub(super) fn layer<S>(log: Log, pipe: &LogPipe) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'s> LookupSpan<'s> + Send + Sync,
{
    let ours = Targets::new()
        .with_default(LevelFilter::WARN)
        .with_target("handleproof", LevelFilter::from_level(log.level))
        // It calls it an error where a stranger sends what is no request: nobody else may write into the log.
        .with_target("actix_http::h1::dispatcher", LevelFilter::OFF)
        .and(filter_fn(|about| !about.is_span()));
    match log.format {
        LogFormat::Json => {
            fmt::layer().event_format(JsonLine).with_writer(pipe.clone()).with_filter(ours).boxed()
        }
        LogFormat::Pretty => {
            fmt::layer().event_format(PrettyLine::new()).with_writer(pipe.clone()).with_filter(ours).boxed()
        }
    }
}
