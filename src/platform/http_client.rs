//! The one client for outbound HTTP. It follows no redirect (`T49`) and knows no proxy (`T50`), and it sends a request again
//! only where a kept connection turned out closed before a byte of it was written (`T59`).

use std::cell::RefCell;
use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::{Request, Response, Uri};
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::{self, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls_platform_verifier::ConfigVerifierExt;
use thread_local::ThreadLocal;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tower_service::Service;

/// The name, the connection and its encryption together (`T47`).
const CONNECT_LIMIT: Duration = Duration::from_secs(2);
const IDLE_LIMIT: Duration = Duration::from_secs(15);
/// The connections lead where a platform's name led when they were made, and those in constant use would for ever: so old
/// they are all left behind (`F40`).
const RENEW_EVERY: Duration = Duration::from_secs(20);
/// The head of an answer, and what is read of it at once (`T48`).
const MAX_BUFFER: usize = 64 * 1024;

/// The client of the process.
///
/// Each thread keeps connections of its own: one is driven by the thread that opened it, so a call over another thread's
/// would wake that thread twice.
#[derive(Clone)]
pub struct HttpClient(Arc<Clients>);

struct Clients {
    tls: Arc<rustls::ClientConfig>,
    of_threads: ThreadLocal<RefCell<Current>>,
}

type Pool = legacy::Client<Connector, reqwest::Body>;

struct Current {
    pool: Pool,
    since: Instant,
}

/// The client could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the machine's root certificates cannot be read: {0}")]
pub struct ClientFault(#[from] rustls::Error);

impl HttpClient {
    /// The client.
    ///
    /// # Errors
    /// Where the machine's root certificates cannot be read.
    pub fn new() -> Result<Self, ClientFault> {
        // A second call finds the provider installed, which is what is wanted.
        let _already_there = rustls::crypto::ring::default_provider().install_default();
        let mut tls = rustls::ClientConfig::with_platform_verifier()?;
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(Arc::new(Clients { tls: Arc::new(tls), of_threads: ThreadLocal::new() })))
    }

    /// Sends a request; the body of the answer is still to be read.
    pub(super) async fn send(
        &self,
        request: Request<reqwest::Body>,
    ) -> Result<Response<Incoming>, legacy::Error> {
        let answer = self.0.of_this_thread().request(request);
        answer.await
    }
}

impl Clients {
    /// The connections of this thread. Calls under way go on with those that they have.
    fn of_this_thread(&self) -> Pool {
        let place = self.of_threads.get_or(|| RefCell::new(self.fresh()));
        let mut current = place.borrow_mut();
        if current.since.elapsed() >= RENEW_EVERY {
            *current = self.fresh();
        }
        current.pool.clone()
    }

    fn fresh(&self) -> Current {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let connector = Connector(HttpsConnector::from((tcp, Arc::clone(&self.tls))));
        let pool = legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_LIMIT)
            .http1_max_buf_size(MAX_BUFFER)
            .build(connector);
        Current { pool, since: Instant::now() }
    }
}

/// Opens connections, each within its time.
#[derive(Clone)]
struct Connector(HttpsConnector<HttpConnector>);

type Fault = Box<dyn Error + Send + Sync>;

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<TokioIo<TcpStream>>;
    type Error = Fault;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Fault>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let connecting = self.0.call(to);
        Box::pin(async move { timeout(CONNECT_LIMIT, connecting).await? })
    }
}
