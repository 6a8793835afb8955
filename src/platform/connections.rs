//! Connections to platforms, kept to be used again.
//!
//! Each thread keeps connections of its own: one is driven by the thread that opened it, so a call over another thread's
//! would wake that thread twice.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use foldhash::HashMap;
use hyper::Uri;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use reqwest::Body;
use rustls::ClientConfig;
use thread_local::ThreadLocal;
use tokio::time::{Instant, sleep, timeout};
use tower_service::Service;
use url::{Position, Url};

/// The name, the connection and its encryption together (`T47`).
const CONNECT_LIMIT: Duration = Duration::from_secs(2);
/// A connection leads where the platform's name led when it was made, and one in constant use would for ever: so old it
/// takes no more requests (`F40`).
pub(super) const LIFE: Duration = Duration::from_secs(20);
/// The head of an answer, and what is read of it at once (`T48`).
const MAX_BUFFER: usize = 64 * 1024;

/// The connections of the process.
pub(super) struct Connections {
    connector: HttpsConnector<HttpConnector>,
    of_threads: ThreadLocal<Mutex<Kept>>,
}

/// By scheme and authority.
type Kept = HashMap<String, Vec<Connection>>;

/// One connection; it ends with its sender.
pub(super) struct Connection {
    /// Takes one request at a time.
    pub(super) sender: SendRequest<Body>,
    since: Instant,
}

/// No connection within its time.
#[derive(Debug)]
pub(super) struct NotConnected;

impl Connections {
    /// None yet; new ones are made by `tcp` and encrypted by `tls`.
    pub(super) fn new(tcp: HttpConnector, tls: ClientConfig) -> Self {
        let connector = HttpsConnector::from((tcp, tls));
        Self { connector, of_threads: ThreadLocal::new() }
    }

    /// A kept connection that waits for a request: the one used last, so that those not needed grow old.
    pub(super) fn take(&self, url: &Url) -> Option<Connection> {
        let mut kept = self.of_this_thread();
        let connections = kept.get_mut(origin(url))?;
        let now = Instant::now();
        connections.retain(|connection| connection.is_good(now));
        let waiting = connections.iter().rposition(|connection| connection.sender.is_ready())?;
        Some(connections.remove(waiting))
    }

    /// Keeps a connection, whose answer may still be under way. One that grew old meanwhile ends with its answer.
    pub(super) fn keep(&self, url: &Url, connection: Connection) {
        if !connection.is_good(Instant::now()) {
            return;
        }
        let (mut kept, origin) = (self.of_this_thread(), origin(url));
        match kept.get_mut(origin) {
            Some(connections) => connections.push(connection),
            None => drop(kept.insert(origin.to_owned(), vec![connection])),
        }
    }

    /// A new connection.
    ///
    /// # Errors
    /// [`NotConnected`] where none can be made in time.
    pub(super) async fn open(self: &Arc<Self>, url: &Url) -> Result<Connection, NotConnected> {
        let to = Uri::try_from(url.as_str()).map_err(|_| NotConnected)?;
        let connecting = self.connector.clone().call(to);
        let stream = timeout(CONNECT_LIMIT, connecting).await.map_err(|_| NotConnected)?;
        let stream = stream.map_err(|_| NotConnected)?;
        let handshake = http1::Builder::new().max_buf_size(MAX_BUFFER).handshake(stream).await;
        let (sender, driver) = handshake.map_err(|_| NotConnected)?;
        // It ends with the sender, or where the platform closes it; a call that is under way learns of it by itself.
        tokio::spawn(async { drop(driver.await) });
        // Before the wait for its end begins, so that it is old when that is over.
        let connection = Connection { sender, since: Instant::now() };
        tokio::spawn(forget_old_later(Arc::downgrade(self)));
        Ok(connection)
    }

    fn of_this_thread(&self) -> MutexGuard<'_, Kept> {
        lock(self.of_threads.get_or_default())
    }

    fn forget_old(&self) {
        let now = Instant::now();
        for kept in &self.of_threads {
            lock(kept).retain(|_, connections| {
                connections.retain(|connection| connection.is_good(now));
                !connections.is_empty()
            });
        }
    }
}

impl Connection {
    fn is_good(&self, now: Instant) -> bool {
        !self.sender.is_closed() && now.duration_since(self.since) < LIFE
    }
}

/// What nobody asks for any more is closed all the same.
async fn forget_old_later(connections: Weak<Connections>) {
    sleep(LIFE).await;
    if let Some(connections) = connections.upgrade() {
        connections.forget_old();
    }
}

fn origin(url: &Url) -> &str {
    &url[..Position::BeforePath]
}

/// A panic elsewhere leaves the map whole.
fn lock(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}
