//! Calls to platforms: one request and its whole answer, within hard limits on time, size and number.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use flate2::read::GzDecoder;
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use hyper::header::{CONTENT_ENCODING, HeaderMap};
use reqwest::Method;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, HOST, HeaderValue, USER_AGENT};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};
use tracing::Instrument;
use tracing::field::Empty;
use url::{Position, Url};
use zeroize::Zeroizing;

use super::PlatformFault;
use super::http_client::{HttpClient, SendFault};
use crate::observe::metrics;
use crate::session::PlatformName;

/// Method, URL, headers and a body in memory.
pub type Request = reqwest::Request;

const CALL_LIMIT: Duration = Duration::from_secs(5);
const FLOW_LIMIT: Duration = Duration::from_secs(10);
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

/// The way to one platform.
pub struct Outbound {
    client: HttpClient,
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
    pub fn new(client: HttpClient, platform: PlatformName) -> Self {
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
        // On the heap: each layer around a future, and whoever awaits it, moves all of it.
        let exchange = Box::pin(self.exchange(request, deadline));
        let answer = exchange.instrument(span.clone()).await;
        let result = match &answer {
            Ok(answer) if answer.is_success() => "success",
            Ok(answer) if answer.is_unavailable() => "unavailable",
            Ok(_) => "refused",
            Err(_) => "no_answer",
        };
        if !span.is_disabled() {
            span.record("result", result);
        }
        metrics::platform_call(self.platform.label(), call.as_str(), result, started.elapsed());
        answer
    }

    async fn exchange(&self, request: Request, deadline: Deadline) -> Result<Answer, PlatformFault> {
        let Ok(_call) = self.calls.try_acquire() else {
            return Err(PlatformFault::Unavailable("too many calls to this platform are waiting already"));
        };
        let exchange = async { read(self.client.send(request).await?).await };
        let answer = timeout_at(deadline.of_a_call(), exchange).await;
        answer.unwrap_or(Err(PlatformFault::TimedOut))
    }
}

/// A request for JSON, with no body yet.
pub(super) fn request(method: Method, url: &Url) -> Request {
    const OURSELVES: &str = concat!("handleproof/", env!("CARGO_PKG_VERSION"));
    let mut request = Request::new(method, url.clone());
    let headers = request.headers_mut();
    // Put together from the URI, as it would be else, it costs more than all other headers.
    if let Ok(host) = HeaderValue::from_str(&url[Position::BeforeHost..Position::AfterPort]) {
        headers.insert(HOST, host);
    }
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    headers.insert(USER_AGENT, HeaderValue::from_static(OURSELVES));
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

async fn read(response: hyper::Response<Incoming>) -> Result<Answer, PlatformFault> {
    let (head, body) = response.into_parts();
    let body = read_body(body).await?;
    // An answer without a body may still name its encoding.
    let body = if is_gzip(&head.headers) && !body.is_empty() { decompress(&body)? } else { body };
    Ok(Answer { status: head.status.as_u16(), body })
}

async fn read_body(mut body: Incoming) -> Result<Zeroizing<Vec<u8>>, PlatformFault> {
    // Large enough from the start, where the platform says how large, so that nothing is copied while it grows.
    let announced = body.size_hint().exact().and_then(|length| usize::try_from(length).ok());
    let mut read = Zeroizing::new(Vec::with_capacity(announced.unwrap_or_default().min(MAX_BODY)));
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| broken(&error))?;
        // What is no data are trailers, which tell nothing.
        let Some(chunk) = frame.data_ref() else { continue };
        if read.len() + chunk.len() > MAX_BODY {
            return Err(too_large());
        }
        read.extend_from_slice(chunk);
    }
    Ok(read)
}

fn is_gzip(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"gzip"))
}

/// Stops at the limit, so that a bomb does not go off (`T48`).
fn decompress(body: &[u8]) -> Result<Zeroizing<Vec<u8>>, PlatformFault> {
    let mut text = Zeroizing::new(Vec::with_capacity(body.len().saturating_mul(4).min(MAX_BODY)));
    let one_too_many = u64::try_from(MAX_BODY).unwrap_or(u64::MAX).saturating_add(1);
    let read = GzDecoder::new(body).take(one_too_many).read_to_end(&mut text);
    read.map_err(|_| PlatformFault::Unusable("its answer does not decompress"))?;
    if text.len() > MAX_BODY { Err(too_large()) } else { Ok(text) }
}

fn too_large() -> PlatformFault {
    PlatformFault::Unusable("its answer is over 1 MiB")
}

/// An error of the client may print what was sent: only its kind goes on.
impl From<SendFault> for PlatformFault {
    fn from(fault: SendFault) -> Self {
        match fault {
            SendFault::TooLong => Self::Service("an endpoint's URL is too long"),
            SendFault::NotConnected => Self::Unavailable("no connection"),
            SendFault::Broken(error) => broken(&error),
        }
    }
}

fn broken(error: &hyper::Error) -> PlatformFault {
    if error.is_parse() {
        return PlatformFault::Unusable("its answer is no HTTP, or its head is too large");
    }
    PlatformFault::Unavailable("the connection broke")
}
