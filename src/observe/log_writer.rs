//! Log lines leave by a thread of their own, so that no request waits for whoever reads them (`F33`).
//!
//! What waits to be written is bounded. Beyond it lines are dropped, which is counted, and never a request held up.

use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

use super::metrics;

/// Some four thousand lines.
const MAX_WAITING_BYTES: usize = 1024 * 1024;
/// At the end of the process: a reader that takes longer does not read.
const TIME_TO_FINISH: Duration = Duration::from_secs(1);

/// Takes lines for the thread that writes them.
#[derive(Clone)]
pub struct LogWriter(Arc<Queue>);

/// Lets what was logged be written out when it is dropped, for a second at most.
pub struct LastLines(Arc<Queue>);

#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: Vec<u8>,
    is_writing: bool,
}

/// Starts the thread that writes to `output`, for as long as the process runs.
///
/// # Errors
/// Where the operating system gives no thread.
pub fn start(output: impl Write + Send + 'static) -> std::io::Result<(LogWriter, LastLines)> {
    let queue: Arc<Queue> = Arc::default();
    let thread = std::thread::Builder::new().name("log".to_owned());
    let taken = Arc::clone(&queue);
    thread.spawn(move || write_out(&taken, output))?;
    Ok((LogWriter(Arc::clone(&queue)), LastLines(queue)))
}

fn write_out(queue: &Queue, mut output: impl Write) {
    let mut lines = Vec::new();
    loop {
        lines.clear();
        queue.next(&mut lines);
        // Nobody is left who could be told that the log is gone.
        let _is_gone = output.write_all(&lines).and_then(|()| output.flush());
    }
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        // No code panics while it holds the state.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for lines; those taken before count as written.
    fn next(&self, lines: &mut Vec<u8>) {
        let mut state = self.state();
        state.is_writing = false;
        if state.waiting.is_empty() {
            self.changed.notify_all();
        }
        while state.waiting.is_empty() {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        std::mem::swap(&mut state.waiting, lines);
        state.is_writing = true;
    }
}

impl Write for LogWriter {
    /// A whole line.
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        let mut state = self.0.state();
        if state.waiting.len() + line.len() > MAX_WAITING_BYTES {
            drop(state);
            metrics::log_line_dropped();
            return Ok(line.len());
        }
        let is_first = state.waiting.is_empty();
        state.waiting.extend_from_slice(line);
        drop(state);
        if is_first {
            self.0.changed.notify_all();
        }
        Ok(line.len())
    }

    /// The thread does.
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for LogWriter {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Drop for LastLines {
    fn drop(&mut self) {
        let is_unwritten = |state: &mut State| state.is_writing || !state.waiting.is_empty();
        let waited = self.0.changed.wait_timeout_while(self.0.state(), TIME_TO_FINISH, is_unwritten);
        drop(waited);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
    use std::time::Instant;

    use super::*;

    /// A reader that takes one write whenever the test lets it.
    struct Reader {
        go: Receiver<()>,
        written: SyncSender<Vec<u8>>,
    }

    impl Write for Reader {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.go.recv().map_err(std::io::Error::other)?;
            self.written.send(bytes.to_vec()).map_err(std::io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn reader() -> (SyncSender<()>, Receiver<Vec<u8>>, Reader) {
        let ((let_go, go), (written, read)) = (sync_channel(100), sync_channel(100));
        (let_go, read, Reader { go, written })
    }

    #[test]
    fn lines_arrive_whole_and_in_their_order_and_the_last_ones_are_waited_for() {
        let (let_go, read, reader) = reader();
        for _ in 0..50 {
            let_go.send(()).unwrap();
        }
        let (mut log, last) = start(reader).unwrap();
        for n in 0..50 {
            log.write_all(format!("line {n}\n").as_bytes()).unwrap();
        }
        drop(last);
        let text: Vec<u8> = read.try_iter().flatten().collect();
        let expected: String = (0..50).map(|n| format!("line {n}\n")).collect();
        assert_eq!(String::from_utf8(text).unwrap(), expected);
    }

    #[test]
    fn f33_a_reader_that_does_not_read_holds_nobody_up_and_what_is_over_the_bound_is_dropped() {
        let (let_go, read, reader) = reader();
        let (mut log, last) = start(reader).unwrap();
        log.write_all(b"first\n").unwrap();
        let line = [b'x'; 1023].iter().chain(b"\n").copied().collect::<Vec<_>>();
        let started = Instant::now();
        for _ in 0..10_000 {
            log.write_all(&line).unwrap();
        }
        assert!(started.elapsed() < Duration::from_secs(1));
        let started = Instant::now();
        drop(last);
        assert!(started.elapsed() < 3 * TIME_TO_FINISH, "the end of the process waits for a second");
        let mut bytes = 0;
        while bytes < MAX_WAITING_BYTES - 2 * line.len() {
            let_go.send(()).unwrap();
            bytes += read.recv().unwrap().len();
        }
        assert!(bytes <= MAX_WAITING_BYTES + line.len(), "{bytes}");
    }
}
