//! Traces for a collector: what they tell, and what they never hold.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::harness::{Landing, until};
use crate::running::start;

/// An OTLP collector that takes everything: what it was sent, one after the other.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<u8>>>);

impl Collector {
    async fn start() -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1/traces", listener.local_addr().unwrap());
        let collector = Self::default();
        let sent = collector.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(sent.clone().take(stream));
            }
        });
        (collector, url)
    }

    async fn take(self, mut stream: TcpStream) {
        let (mut request, mut chunk) = (Vec::new(), [0; 4096]);
        while !is_whole(&request) {
            match stream.read(&mut chunk).await {
                Ok(0) | Err(_) => return,
                Ok(read) => request.extend_from_slice(&chunk[..read]),
            }
        }
        self.0.lock().unwrap().extend(request);
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        let _it_left = stream.write_all(answer).await;
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, _)) = text.split_once("\r\n\r\n") else { return false };
    let length =
        head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    request.len() >= head.len() + 4 + length.unwrap_or(0_usize)
}

#[tokio::test]
async fn t74_traces_tell_requests_and_calls_and_hold_no_secret() {
    let (collector, url) = Collector::start().await;
    let settings = format!("[traces]\notlp_endpoint = \"{url}\"\n[metrics]\nlisten = \"off\"\n");
    let running = start(&format!("drain_seconds = 0\n{settings}"), &[]).await;
    let (browser, callback) = running.consented().await;
    let cookie = browser.own_cookies()[0].1.clone();
    let landing = Landing::at(browser.get(&callback).await.location());
    running.proves(&landing);
    running.child.signal("TERM");
    until("the traces were sent", async || collector.text().contains("platform call")).await;
    let (code, said) = running.child.ended().await;
    assert_eq!(code, Some(0), "{said}");
    let sent = collector.text();
    for expected in ["POST /v1/traces", "handleproof", "/oauth/callback/{platform}", "identity", "success"] {
        assert!(sent.contains(expected), "{expected} is not in {sent}");
    }
    let query = url::Url::parse(&callback).unwrap();
    let mut secrets: Vec<String> = query.query_pairs().map(|(_, value)| value.into_owned()).collect();
    secrets.extend([landing.value("sig"), running.api_key.clone(), cookie]);
    for secret in secrets.iter().filter(|secret| secret.len() > 8) {
        assert!(!sent.contains(secret), "{secret} is in the traces");
    }
}
