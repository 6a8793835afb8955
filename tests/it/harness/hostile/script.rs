//! The ways to answer.

use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use super::send;

/// What one call gets.
#[derive(Clone, Debug)]
pub enum Reply {
    /// These bytes, then the end of the connection.
    Bytes(Vec<u8>),
    /// The same, after a while.
    Late(Duration, Vec<u8>),
    /// The same, one byte at a time with a pause after each.
    Drip(Duration, Vec<u8>),
    /// These bytes, and then the last of them for ever.
    Endless(Vec<u8>),
    /// Nothing, for as long as the other end waits.
    Hang,
    /// The connection is reset without a word.
    Reset,
    /// The connection is reset after these bytes.
    ResetAfter(Vec<u8>),
}

impl Reply {
    /// 200 with a JSON document.
    pub fn json(document: &serde_json::Value) -> Self {
        Self::with(200, "application/json", document.to_string().as_bytes())
    }

    /// Any status with a JSON document.
    pub fn status(status: u16, document: &serde_json::Value) -> Self {
        Self::with(status, "application/json", document.to_string().as_bytes())
    }

    /// 200 with these bytes, called JSON.
    pub fn raw(body: &[u8]) -> Self {
        Self::with(200, "application/json", body)
    }

    pub fn with(status: u16, content_type: &str, body: &[u8]) -> Self {
        Self::headed(status, &[("content-type", content_type)], body)
    }

    pub fn headed(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Self {
        Self::Bytes(http(status, headers, body))
    }

    /// The same answer, later.
    pub fn after(self, time: Duration) -> Self {
        match self {
            Self::Bytes(bytes) => Self::Late(time, bytes),
            other => other,
        }
    }

    pub(super) async fn play(self, mut stream: TcpStream) {
        match self {
            Self::Bytes(bytes) => {
                send(&mut stream, &bytes).await;
            }
            Self::Late(time, bytes) => {
                tokio::time::sleep(time).await;
                send(&mut stream, &bytes).await;
            }
            Self::Drip(pause, bytes) => {
                for byte in bytes {
                    if !send(&mut stream, &[byte]).await {
                        return;
                    }
                    tokio::time::sleep(pause).await;
                }
            }
            Self::Endless(bytes) => {
                let more = vec![*bytes.last().unwrap(); 64 * 1024];
                if send(&mut stream, &bytes).await {
                    while send(&mut stream, &more).await {}
                }
            }
            Self::Hang => {
                let _until_the_other_end_goes = stream.read(&mut [0; 16]).await;
            }
            Self::Reset => reset(&stream),
            Self::ResetAfter(bytes) => {
                send(&mut stream, &bytes).await;
                reset(&stream);
            }
        }
    }
}

/// A whole HTTP answer.
pub fn http(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut head =
        format!("HTTP/1.1 {status} Whatever\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    [head.as_bytes(), b"\r\n", body].concat()
}

/// Closing with data unsent and no lingering sends RST.
fn reset(stream: &TcpStream) {
    stream.set_zero_linger().unwrap();
}
