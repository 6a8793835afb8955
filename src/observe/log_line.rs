//! A log line: as `tracing-subscriber` writes it, with the id of the request at hand in front.
//!
//! The id is no span's field, since those are kept as JSON that is parsed and printed anew for each line.

use std::fmt;

use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{Format, Full, Json, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::request_id::RequestId;

/// One JSON object, with `request_id` first where there is one.
pub struct JsonLine(Format<Json>);

/// For people.
pub struct PrettyLine(Format<Full>);

impl JsonLine {
    /// Fields stand beside level and time, not in an object of their own.
    pub fn new() -> Self {
        Self(Format::default().json().flatten_event(true).with_current_span(false).with_span_list(false))
    }
}

impl PrettyLine {
    /// As usual.
    pub fn new() -> Self {
        Self(Format::default())
    }
}

impl<S, N> FormatEvent<S, N> for JsonLine
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
        let Some(id) = RequestId::of_this_task() else {
            return self.0.format_event(context, writer, event);
        };
        let mut line = String::with_capacity(512);
        self.0.format_event(context, Writer::new(&mut line), event)?;
        let members = line.strip_prefix('{').ok_or(fmt::Error)?;
        write!(writer, r#"{{"request_id":"{id}",{members}"#)
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
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::layer::SubscriberExt;
    use tracing_subscriber::{Layer, Registry, fmt::MakeWriter};

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Written {
        type Writer = Self;

        fn make_writer(&'a self) -> Self {
            self.clone()
        }
    }

    /// The lines of one event inside a request and one outside of any.
    fn lines(
        layer: impl FnOnce(Written) -> Box<dyn Layer<Registry> + Send + Sync>,
    ) -> (RequestId, Vec<String>) {
        let (written, id) = (Written::default(), RequestId::fresh());
        tracing::subscriber::with_default(Registry::default().with(layer(written.clone())), || {
            id.scope_now(|| tracing::info!(status = 201, "inside \"it\""));
            tracing::info!("outside");
        });
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        (id, text.lines().map(str::to_owned).collect())
    }

    #[test]
    fn a_json_line_is_one_object_with_the_request_id_where_there_is_one() {
        let layer = |to| {
            tracing_subscriber::fmt::layer().json().event_format(JsonLine::new()).with_writer(to).boxed()
        };
        let (id, lines) = lines(layer);
        let [inside, outside] = lines.as_slice() else { panic!("{lines:?}") };
        let inside: serde_json::Value = serde_json::from_str(inside).unwrap();
        assert_eq!(inside["request_id"], id.to_string());
        assert_eq!((&inside["message"], &inside["status"]), (&"inside \"it\"".into(), &201.into()));
        let outside: serde_json::Value = serde_json::from_str(outside).unwrap();
        assert_eq!((&outside["message"], outside.get("request_id")), (&"outside".into(), None));
    }

    #[test]
    fn a_pretty_line_begins_with_the_request_id_where_there_is_one() {
        let layer =
            |to| tracing_subscriber::fmt::layer().event_format(PrettyLine::new()).with_writer(to).boxed();
        let (id, lines) = lines(layer);
        assert!(lines[0].starts_with(&format!("{id} ")) && lines[0].contains("status"), "{lines:?}");
        assert!(!lines[1].contains(&id.to_string()) && lines[1].contains("outside"), "{lines:?}");
    }
}
