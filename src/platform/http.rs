//! The one client for outbound HTTP: no redirects, hard limits on time and size, no proxy from the environment.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use reqwest::header::{ACCEPT, HeaderValue};
use rustls_platform_verifier::ConfigVerifierExt;
use thread_local::ThreadLocal;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};
use tracing::Instrument;
use tracing::field::Empty;
use url::Url;
use zeroize::Zeroizing;

use super::PlatformFault;
use crate::observe::metrics;
use crate::session::PlatformName;

/// Method, URL, headers and a body in memory.
pub type Request = reqwest::Request;

const CONNECT_LIMIT: Duration = Duration::from_secs(2);
const CALL_LIMIT: Duration = Duration::from_secs(5);
const FLOW_LIMIT: Duration = Duration::from_secs(10);
/// The connections lead where a platform's name led when they were made, and those in constant use would for ever: so old
/// they are all left behind (`F40`).
const RENEW_EVERY: Duration = Duration::from_secs(20);
const MAX_BODY: usize = 1024 * 1024;
/// A dead platform ties up this many requests and no more; others go on (`T90`).
const MAX_CALLS_AT_ONCE: usize = 64;

/// An answer, read to its end.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// At most 1 MiB, after decompression. It may hold a token, so it is wiped when dropped.
    pub body: Zeroizing<Vec<u8>>,
}

impl Answer {
    /// 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// 5xx and 429: trying later may help.
    pub fn is_unavailable(&self) -> bool {
        self.status >= 500 || self.status == 429
    }
}

/// Until when all calls of one flow must be over.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

impl Deadline {
    /// Ten seconds from now: what one callback may take (`T47`).
    pub fn of_a_flow() -> Self {
        Self(Instant::now() + FLOW_LIMIT)
    }

    fn of_a_call(self) -> Instant {
        self.0.min(Instant::now() + CALL_LIMIT)
    }
}

/// The client of the process.
///
/// Each thread keeps connections of its own: one is driven by the thread that opened it, so a call over another thread's
/// would wake that thread twice.
#[derive(Clone)]
pub struct Client(Arc<Clients>);

struct Clients {
    tls: rustls::ClientConfig,
    of_threads: ThreadLocal<RefCell<Current>>,
}

struct Current {
    client: reqwest::Client,
    since: Instant,
}

/// The client could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ClientFault {
    /// No roots to trust.
    #[error("the machine's root certificates cannot be read: {0}")]
    Roots(#[from] rustls::Error),
    /// No client.
    #[error("the outbound HTTP client cannot start: {0}")]
    Client(#[from] reqwest::Error),
}

impl Client {
    /// The client.
    ///
    /// # Errors
    /// Where the machine's root certificates cannot be read.
    pub fn new() -> Result<Self, ClientFault> {
        // A second call finds the provider installed, which is what is wanted.
        let _already_there = rustls::crypto::ring::default_provider().install_default();
        let mut tls = rustls::ClientConfig::with_platform_verifier()?;
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        let clients = Clients { tls, of_threads: ThreadLocal::new() };
        // What cannot be built is to be known at the start.
        clients.of_this_thread()?;
        Ok(Self(Arc::new(clients)))
    }
}

impl Clients {
    /// The client of this thread. Calls under way go on with the one that they have.
    fn of_this_thread(&self) -> Result<reqwest::Client, reqwest::Error> {
        let place = self.of_threads.get_or_try(|| self.build().map(RefCell::new))?;
        let mut current = place.borrow_mut();
        if current.since.elapsed() >= RENEW_EVERY {
            *current = self.build()?;
        }
        Ok(current.client.clone())
    }

    fn build(&self) -> Result<Current, reqwest::Error> {
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(self.tls.clone())
            .user_agent(concat!("handleproof/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none()) // T49: a redirect could carry the code or the token away.
            .retry(reqwest::retry::never()) // T59: a code is sent once.
            .no_proxy() // T50
            .referer(false)
            .connect_timeout(CONNECT_LIMIT)
            .pool_idle_timeout(Duration::from_secs(15))
            .build()?;
        Ok(Current { client, since: Instant::now() })
    }
}

/// The way to one platform.
pub struct Outbound {
    client: Client,
    platform: PlatformName,
    calls: Arc<Semaphore>,
}

/// What a call is for, as metrics name it.
#[derive(Clone, Copy, Debug)]
pub enum Call {
    /// The token endpoint.
    Token,
    /// The identity or userinfo endpoint.
    Identity,
    /// The revocation endpoint.
    Revocation,
    /// Discovery and keys.
    Discovery,
}

impl Call {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Identity => "identity",
            Self::Revocation => "revocation",
            Self::Discovery => "discovery",
        }
    }
}

impl Outbound {
    /// A way with its own bound of calls at once.
    pub fn new(client: Client, platform: PlatformName) -> Self {
        Self { client, platform, calls: Arc::new(Semaphore::new(MAX_CALLS_AT_ONCE)) }
    }

    /// Sends once and reads the answer to its end, within five seconds and the flow's deadline.
    ///
    /// # Errors
    /// [`PlatformFault::Unavailable`] or [`PlatformFault::TimedOut`] where no whole answer came in time, [`PlatformFault::Unusable`] where it was too
    /// large or no HTTP.
    pub async fn send(
        &self,
        call: Call,
        request: Request,
        deadline: Deadline,
    ) -> Result<Answer, PlatformFault> {
        let started = Instant::now();
        let (platform, kind) = (self.platform.as_str(), call.as_str());
        let span =
            tracing::info_span!("platform call", otel.kind = "client", platform, call = kind, result = Empty);
        let answer = self.exchange(request, deadline).instrument(span.clone()).await;
        let result = match &answer {
            Ok(answer) if answer.is_success() => "success",
            Ok(answer) if answer.is_unavailable() => "unavailable",
            Ok(_) => "refused",
            Err(_) => "no_answer",
        };
        span.record("result", result);
        metrics::platform_call(self.platform.label(), call.as_str(), result, started.elapsed());
        answer
    }

    async fn exchange(&self, request: Request, deadline: Deadline) -> Result<Answer, PlatformFault> {
        let Ok(_call) = self.calls.try_acquire() else {
            return Err(PlatformFault::Unavailable("too many calls to this platform are waiting already"));
        };
        let exchange = async {
            let client = self.client.0.of_this_thread().map_err(|error| fault_of(&error))?;
            let response = client.execute(request).await.map_err(|error| fault_of(&error))?;
            read(response).await
        };
        let answer = timeout_at(deadline.of_a_call(), exchange).await;
        answer.unwrap_or(Err(PlatformFault::TimedOut))
    }
}

/// A request for JSON, with no body yet.
pub(super) fn request(method: Method, url: &Url) -> Request {
    let mut request = Request::new(method, url.clone());
    request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
    request
}

/// The value of a header that no log may show.
///
/// # Errors
/// Where a control character makes it none.
pub(super) fn secret_value(text: &str) -> Result<HeaderValue, PlatformFault> {
    let mut value = HeaderValue::try_from(text)
        .map_err(|_| PlatformFault::Service("a credential has a character that no header may have"))?;
    value.set_sensitive(true);
    Ok(value)
}

async fn read(mut response: reqwest::Response) -> Result<Answer, PlatformFault> {
    let status = response.status().as_u16();
    // Large enough from the start, where the platform says how large, so that nothing is copied while it grows.
    let announced = response.content_length().and_then(|length| usize::try_from(length).ok());
    let mut body = Zeroizing::new(Vec::with_capacity(announced.unwrap_or_default().min(MAX_BODY)));
    while let Some(chunk) = response.chunk().await.map_err(|error| fault_of(&error))? {
        if body.len() + chunk.len() > MAX_BODY {
            return Err(PlatformFault::Unusable("its answer is over 1 MiB"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, body })
}

/// A reqwest error prints the URL, which may hold a secret: only its kind goes on.
fn fault_of(error: &reqwest::Error) -> PlatformFault {
    if error.is_timeout() {
        PlatformFault::TimedOut
    } else if error.is_decode() {
        PlatformFault::Unusable("its answer does not decompress")
    } else if error.is_connect() {
        PlatformFault::Unavailable("no connection")
    } else if is_no_http(error) {
        PlatformFault::Unusable("its answer is no HTTP, or its head is too large")
    } else {
        PlatformFault::Unavailable("the connection broke")
    }
}

fn is_no_http(error: &reqwest::Error) -> bool {
    let mut causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    causes.any(|cause| cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse))
}
