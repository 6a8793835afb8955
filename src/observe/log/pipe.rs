//! Log lines on their way to standard error: gathered for a moment and written by a thread of their own.
//!
//! Whoever logs never waits for whoever reads the log (`F33`). Where the reader does not keep up, lines are dropped and
//! counted, and requests go on.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

use crate::observe::metrics;

/// What may wait to be written; some 4,000 lines.
const CAPACITY: usize = 1 << 20;
/// How long lines are gathered, so that many go out in one system call. A process that is killed loses as much.
const GATHERING: Duration = Duration::from_millis(20);
/// How long the end of the process waits for a reader who does not read.
const LAST_CALL: Duration = Duration::from_secs(1);

/// The way out. Clones are the same pipe.
#[derive(Clone)]
pub(in crate::observe) struct LogPipe(Arc<Shared>);

struct Shared {
    waiting: Mutex<Waiting>,
    is_filled: Condvar,
    is_written: Condvar,
}

#[derive(Default)]
struct Waiting {
    lines: Vec<u8>,
    /// Not to be held back.
    is_urgent: bool,
    is_being_written: bool,
}

impl LogPipe {
    /// A pipe that ends in `out`.
    pub(in crate::observe) fn to(out: impl Write + Send + 'static) -> Self {
        let shared =
            Shared { waiting: Mutex::default(), is_filled: Condvar::new(), is_written: Condvar::new() };
        let pipe = Self(Arc::new(shared));
        let shared = Arc::clone(&pipe.0);
        let writer = std::thread::Builder::new().name("log".to_owned());
        // Without a thread there is no log, and the service works on; so it does where the log is closed.
        let _no_thread = writer.spawn(move || shared.write_out(out));
        pipe
    }

    /// Waits until everything is written, but not for long.
    pub(in crate::observe) fn flush(&self) {
        let mut waiting = self.0.waiting();
        waiting.is_urgent = true;
        self.0.is_filled.notify_one();
        let is_left = |waiting: &mut Waiting| !waiting.lines.is_empty() || waiting.is_being_written;
        let _in_time_or_not = self.0.is_written.wait_timeout_while(waiting, LAST_CALL, is_left);
    }

    fn push(&self, line: &[u8], is_urgent: bool) {
        let mut waiting = self.0.waiting();
        if waiting.lines.len() + line.len() > CAPACITY {
            drop(waiting);
            metrics::log_lines_dropped(1);
            return;
        }
        let was_calm = waiting.lines.is_empty() || (is_urgent && !waiting.is_urgent);
        waiting.lines.extend_from_slice(line);
        waiting.is_urgent |= is_urgent;
        if was_calm {
            self.0.is_filled.notify_one();
        }
    }
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Nothing panics while it holds the lines, so they are whole even where a thread died.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_out(&self, mut out: impl Write) {
        let mut lines = Vec::new();
        loop {
            self.take(&mut lines);
            if out.write_all(&lines).and_then(|()| out.flush()).is_err() {
                metrics::log_lines_dropped(lines_in(&lines));
            }
            lines.clear();
            self.waiting().is_being_written = false;
            self.is_written.notify_all();
        }
    }

    /// Waits for lines, and a little longer for more of them.
    fn take(&self, lines: &mut Vec<u8>) {
        let is_empty = |waiting: &mut Waiting| waiting.lines.is_empty();
        let waiting = self.is_filled.wait_while(self.waiting(), is_empty);
        let waiting = waiting.unwrap_or_else(PoisonError::into_inner);
        let is_calm = |waiting: &mut Waiting| !waiting.is_urgent;
        let gathered = self.is_filled.wait_timeout_while(waiting, GATHERING, is_calm);
        let (mut waiting, _) = gathered.unwrap_or_else(PoisonError::into_inner);
        std::mem::swap(&mut waiting.lines, lines);
        waiting.is_urgent = false;
        waiting.is_being_written = true;
    }
}

fn lines_in(text: &[u8]) -> u64 {
    text.iter().map(|&byte| u64::from(byte == b'\n')).sum()
}

impl<'p> MakeWriter<'p> for LogPipe {
    type Writer = Line<'p>;

    fn make_writer(&'p self) -> Line<'p> {
        Line { pipe: self, is_urgent: false }
    }

    fn make_writer_for(&'p self, about: &Metadata<'_>) -> Line<'p> {
        Line { pipe: self, is_urgent: *about.level() <= Level::WARN }
    }
}

/// One line; it is given in one piece.
pub(in crate::observe) struct Line<'p> {
    pipe: &'p LogPipe,
    is_urgent: bool,
}

impl Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.pipe.push(line, self.is_urgent);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

    use tracing_subscriber::Registry;
    use tracing_subscriber::fmt::format::DefaultFields;
    use tracing_subscriber::fmt::{self, FormatEvent};
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What `work` logs, line by line, in the form of `format`.
    pub(in crate::observe::log) fn lines_of(
        format: impl FormatEvent<Registry, DefaultFields> + Send + Sync + 'static,
        work: impl FnOnce(),
    ) -> Vec<String> {
        let written = Written::default();
        let pipe = LogPipe::to(written.clone());
        let layer = fmt::layer().event_format(format).with_writer(pipe.clone());
        tracing::subscriber::with_default(Registry::default().with(layer), work);
        pipe.flush();
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// Passes a write on only when the test asks for it.
    struct Blocked(SyncSender<Vec<u8>>);

    impl Write for Blocked {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.send(bytes.to_vec()).map_err(io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn read(reader: &Receiver<Vec<u8>>, bytes: usize) -> Vec<u8> {
        let mut all = Vec::new();
        while all.len() < bytes {
            all.extend(reader.recv_timeout(Duration::from_secs(10)).unwrap());
        }
        all
    }

    #[test]
    fn f33_a_reader_who_does_not_read_holds_nobody_up_and_gets_whole_lines_later() {
        let (sender, reader) = sync_channel(0);
        let pipe = LogPipe::to(Blocked(sender));
        let line = [b"x".repeat(99).as_slice(), b"\n"].concat();
        let pushed = 3 * CAPACITY / line.len();
        for _ in 0..pushed {
            pipe.make_writer().write_all(&line).unwrap();
        }
        let kept = CAPACITY / line.len();
        let all = read(&reader, kept * line.len());
        assert!(all.chunks(line.len()).all(|one| one == line));
        pipe.make_writer().write_all(b"later\n").unwrap();
        let mut last = Vec::new();
        while !last.ends_with(b"later\n") {
            last = reader.recv_timeout(Duration::from_secs(10)).unwrap();
        }
    }
}
