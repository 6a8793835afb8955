//! A log line for people: as the library writes it, with the id of the request at hand in front.

use std::fmt;

use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{Format, Full, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::observe::request_id::RequestId;

/// For people.
pub(super) struct PrettyLine(Format<Full>);

impl PrettyLine {
    /// As usual.
    pub(super) fn new() -> Self {
        Self(Format::default())
    }
}

impl<S, N> FormatEvent<S, N> for PrettyLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        if let Some(id) = RequestId::of_this_task() {
            write!(writer, "{id} ")?;
        }
        self.0.format_event(context, writer, event)
    }
}

#[cfg(test)]
mod tests {
    use super::super::pipe::tests::lines_of;
    use super::*;

    #[test]
    fn a_pretty_line_begins_with_the_request_id_where_there_is_one() {
        let id = RequestId::fresh();
        let lines = lines_of(PrettyLine::new(), || {
            id.scope_now(|| tracing::info!(status = 201, "inside"));
            tracing::info!("outside");
        });
        assert!(lines[0].starts_with(&format!("{id} ")) && lines[0].contains("status"), "{lines:?}");
        assert!(!lines[1].contains(&id.to_string()) && lines[1].contains("outside"), "{lines:?}");
    }
}
