//! A log line for programs: one flat JSON object, written straight into the line.
//!
//! The library's own form goes through a map of values for each line, which was the largest single cost of a request.

use std::cell::RefCell;
use std::fmt::{self, Write as _};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use time::UtcDateTime;
use time::format_description::StaticFormatDescription;
use time::macros::format_description;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::every_byte::every_byte;
use crate::observe::request_id::RequestId;

const SECONDS: StaticFormatDescription = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");

/// Most lines are shorter.
const LINE_LENGTH: usize = 320;

/// `timestamp`, `level`, `request_id` where there is one, the event's own fields, `target`.
pub(super) struct JsonLine;

impl<S, N> FormatEvent<S, N> for JsonLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let about = event.metadata();
        let mut line = String::with_capacity(LINE_LENGTH);
        line.push_str(r#"{"timestamp":""#);
        push_now(&mut line)?;
        line.push_str(r#"","level":""#);
        line.push_str(about.level().as_str());
        line.push('"');
        if let Some(id) = RequestId::of_this_task() {
            line.push_str(r#","request_id":""#);
            line.push_str(id.write_to(&mut [0; 32]));
            line.push('"');
        }
        let mut members = Members { line: &mut line, written: Ok(()) };
        event.record(&mut members);
        members.written?;
        line.push_str(r#","target":""#);
        line.push_str(about.target());
        line.push_str("\"}\n");
        writer.write_str(&line)
    }
}

thread_local! {
    /// The last second that this thread logged in, and how it is written.
    static SECOND: RefCell<(u64, String)> = RefCell::default();
}

/// RFC 3339, in microseconds. Writing a date costs as much as the rest of a line, and many lines share a second.
fn push_now(line: &mut String) -> fmt::Result {
    // A clock before 1970 reads as 1970.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    SECOND.with_borrow_mut(|(second, text)| -> fmt::Result {
        if *second != now.as_secs() || text.is_empty() {
            *second = now.as_secs();
            let date = UtcDateTime::UNIX_EPOCH + Duration::from_secs(*second);
            *text = date.format(SECONDS).map_err(|_| fmt::Error)?;
        }
        line.push_str(text);
        Ok(())
    })?;
    line.push('.');
    let micros = now.subsec_micros();
    for place in [100_000, 10_000, 1_000, 100, 10, 1] {
        line.push(char::from_digit(micros / place % 10, 10).unwrap_or('0'));
    }
    line.push('Z');
    Ok(())
}

/// Writes each field as a member.
struct Members<'l> {
    line: &'l mut String,
    written: fmt::Result,
}

impl Members<'_> {
    /// Fields are named by our own code: a name needs no escapes.
    fn name(&mut self, field: &Field) -> &mut String {
        self.line.push_str(",\"");
        self.line.push_str(field.name());
        self.line.push_str("\":");
        self.line
    }

    fn plain(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        let written = self.name(field).write_fmt(value);
        self.written = self.written.and(written);
    }

    fn escaped(&mut self, field: &Field, write: impl FnOnce(&mut Escaping<'_>) -> fmt::Result) {
        let line = self.name(field);
        line.push('"');
        let written = write(&mut Escaping(line));
        line.push('"');
        self.written = self.written.and(written);
    }
}

impl Visit for Members<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        match value.is_finite() {
            true => self.plain(field, format_args!("{value}")),
            false => self.plain(field, format_args!("null")),
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.name(field).push_str(itoa::Buffer::new().format(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.name(field).push_str(itoa::Buffer::new().format(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.plain(field, format_args!("{value}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.escaped(field, |line| line.write_str(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.escaped(field, |line| write!(line, "{value:?}"));
    }
}

/// Escapes what passes through (RFC 8259, section 7), so that nothing in a value can end its line or its member.
struct Escaping<'l>(&'l mut String);

impl fmt::Write for Escaping<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
        if every_byte(text, is_plain) {
            self.0.push_str(text);
            return Ok(());
        }
        let mut rest = text;
        while let Some(at) = rest.find(|c: char| c == '"' || c == '\\' || c.is_control()) {
            let (plain, odd) = rest.split_at(at);
            self.0.push_str(plain);
            let mut chars = odd.chars();
            match chars.next() {
                Some(c @ ('"' | '\\')) => write!(self.0, "\\{c}")?,
                Some(c) => write!(self.0, "\\u{:04x}", u32::from(c))?,
                None => {}
            }
            rest = chars.as_str();
        }
        self.0.push_str(rest);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::super::pipe::tests::lines_of;
    use super::*;

    #[test]
    fn a_json_line_is_one_object_with_the_request_id_where_there_is_one() {
        let id = RequestId::fresh();
        let lines = lines_of(JsonLine, || {
            id.scope_now(
                || tracing::info!(status = 201, good = true, cost = 1.5, shown = %"a\"b", "inside \"it\""),
            );
            tracing::warn!("outside\nof any");
        });
        let [inside, outside] = lines.as_slice() else { panic!("{lines:?}") };
        let inside: Value = serde_json::from_str(inside).unwrap();
        assert_eq!(inside["request_id"], id.to_string());
        assert_eq!(inside["message"], "inside \"it\"");
        assert_eq!(
            (&inside["status"], &inside["good"], &inside["cost"]),
            (&201.into(), &true.into(), &1.5.into())
        );
        assert_eq!((&inside["shown"], &inside["level"]), (&"a\"b".into(), &"INFO".into()));
        assert_eq!(inside["target"], module_path!());
        let outside: Value = serde_json::from_str(outside).unwrap();
        assert_eq!((&outside["message"], outside.get("request_id")), (&"outside\nof any".into(), None));
    }

    proptest! {
        #[test]
        fn every_text_reads_as_what_it_was_and_stays_on_its_line(text in ".*|\\PC*|[\\x00-\\x9f\"\\\\]*") {
            let mut written = String::new();
            Escaping(&mut written).write_str(&text).unwrap();
            let written = format!("\"{written}\"");
            prop_assert!(!written.contains('\n'));
            prop_assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
        }
    }
}
