//! The one client for outbound HTTP. It follows no redirect (`T49`) and knows no proxy (`T50`), and it sends a request again
//! only where a kept connection turned out closed before a byte of it was written (`T59`).

use std::sync::Arc;

use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response, Uri};
use hyper_util::client::legacy::connect::HttpConnector;
use reqwest::Body;
use rustls_platform_verifier::ConfigVerifierExt;
use url::Position;

use super::connections::{Connections, NotConnected};

/// The client of the process.
#[derive(Clone)]
pub struct HttpClient(Arc<Connections>);

/// The client could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the machine's root certificates cannot be read: {0}")]
pub struct ClientFault(#[from] rustls::Error);

/// No head of an answer came.
#[derive(Debug)]
pub(super) enum SendFault {
    /// The URL is longer than a request may name.
    TooLong,
    /// Nothing was sent.
    NotConnected,
    /// The connection broke, or what came is no HTTP.
    Broken(hyper::Error),
}

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
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        Ok(Self(Arc::new(Connections::new(tcp, tls))))
    }

    /// Sends a request; the body of the answer is still to be read.
    pub(super) async fn send(&self, mut request: reqwest::Request) -> Result<Response<Incoming>, SendFault> {
        let mut outgoing = as_written(&mut request)?;
        let url = request.url();
        while let Some(mut connection) = self.0.take(url) {
            match connection.sender.try_send_request(outgoing).await {
                Ok(answer) => {
                    self.0.keep(url, connection);
                    return Ok(answer);
                }
                Err(mut closed) => match closed.take_message() {
                    Some(unsent) => outgoing = unsent,
                    None => return Err(SendFault::Broken(closed.into_error())),
                },
            }
        }
        let mut connection = self.0.open(url).await?;
        let answer = connection.sender.send_request(outgoing).await.map_err(SendFault::Broken)?;
        self.0.keep(url, connection);
        Ok(answer)
    }
}

/// The request as it is written to a connection, which knows already where it leads.
fn as_written(request: &mut reqwest::Request) -> Result<Request<Body>, SendFault> {
    let path = &request.url()[Position::BeforePath..Position::AfterQuery];
    let path = Uri::from_maybe_shared(Bytes::copy_from_slice(path.as_bytes()));
    let mut written = Request::new(request.body_mut().take().unwrap_or_default());
    *written.uri_mut() = path.map_err(|_| SendFault::TooLong)?;
    written.method_mut().clone_from(request.method());
    *written.headers_mut() = std::mem::take(request.headers_mut());
    Ok(written)
}

impl From<NotConnected> for SendFault {
    fn from(NotConnected: NotConnected) -> Self {
        Self::NotConnected
    }
}

#[cfg(test)]
#[path = "http_client_tests.rs"]
mod tests;
