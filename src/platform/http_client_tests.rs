//! Which connections requests take, at a platform that counts them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::Response;
use hyper::body::Incoming;
use reqwest::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore};
use tokio::time::timeout;
use url::Url;

use super::super::connections::LIFE;
use super::super::http::request;
use super::{HttpClient, SendFault};

/// What has not happened by then never will.
const SOON: Duration = Duration::from_mins(1);

/// What the platform does with a connection.
#[derive(Clone, Copy)]
enum Manner {
    /// Answers each request.
    Answers,
    /// Sends the head of each answer, and its body when it is told to.
    HoldsBodies,
    /// Answers the first request; of the others it sends the head, and then the body, when it is told to.
    HoldsAnswers,
    /// Closes the connection behind the first answer, without a word.
    Leaves,
    /// Closes the connection when it has read the second request.
    ReadsAndLeaves,
}

struct Platform {
    url: Url,
    seen: Arc<Seen>,
}

struct Seen {
    manner: Manner,
    connections: AtomicUsize,
    requests: AtomicUsize,
    told: Semaphore,
    ended: Notify,
}

impl Platform {
    async fn with(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url =
            Url::parse(&format!("http://{}/identity?fields=id", listener.local_addr().unwrap())).unwrap();
        let (connections, requests) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let (told, ended) = (Semaphore::new(0), Notify::new());
        let seen = Arc::new(Seen { manner, connections, requests, told, ended });
        let serving = Arc::clone(&seen);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                serving.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(Arc::clone(&serving).serve(stream));
            }
        });
        Self { url, seen }
    }

    async fn send(&self, client: &HttpClient) -> Result<Response<Incoming>, SendFault> {
        client.send(request(Method::GET, &self.url)).await
    }

    /// (connections, requests) so far.
    fn counts(&self) -> (usize, usize) {
        (self.seen.connections.load(Ordering::SeqCst), self.seen.requests.load(Ordering::SeqCst))
    }
}

impl Seen {
    async fn serve(self: Arc<Self>, mut stream: TcpStream) {
        let mut of_this_connection = 0;
        while read_head(&mut stream).await {
            self.requests.fetch_add(1, Ordering::SeqCst);
            of_this_connection += 1;
            if matches!(self.manner, Manner::ReadsAndLeaves) && of_this_connection == 2 {
                return;
            }
            let holds_all = matches!(self.manner, Manner::HoldsAnswers) && of_this_connection > 1;
            self.wait_if(holds_all).await;
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n").await.unwrap();
            self.wait_if(matches!(self.manner, Manner::HoldsBodies) || holds_all).await;
            stream.write_all(b"{}").await.unwrap();
            if matches!(self.manner, Manner::Leaves) {
                return;
            }
        }
        self.ended.notify_one();
    }

    async fn wait_if(&self, holds: bool) {
        if holds {
            self.told.acquire().await.unwrap().forget();
        }
    }
}

/// Whether a whole head came.
async fn read_head(stream: &mut TcpStream) -> bool {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return false,
        }
    }
    let head = String::from_utf8(head).unwrap();
    assert!(head.starts_with("GET /identity?fields=id HTTP/1.1\r\n"), "{head}");
    assert_eq!(head.matches("host: 127.0.0.1:").count(), 1, "{head}");
    true
}

async fn body_of(answer: Result<Response<Incoming>, SendFault>) -> Vec<u8> {
    answer.unwrap().into_body().collect().await.unwrap().to_bytes().to_vec()
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let (platform, client) = (Platform::with(Manner::Answers).await, HttpClient::new().unwrap());
    for _ in 0..3 {
        assert_eq!(body_of(platform.send(&client).await).await, b"{}");
    }
    assert_eq!(platform.counts(), (1, 3));
}

#[tokio::test]
async fn an_answer_that_is_still_read_has_its_connection_for_itself() {
    let (platform, client) = (Platform::with(Manner::HoldsBodies).await, HttpClient::new().unwrap());
    let first = platform.send(&client).await;
    let second = platform.send(&client).await;
    platform.seen.told.add_permits(2);
    assert_eq!(body_of(second).await, b"{}");
    assert_eq!(body_of(first).await, b"{}");
    assert_eq!(platform.counts(), (2, 2));
    platform.seen.told.add_permits(1);
    assert_eq!(body_of(platform.send(&client).await).await, b"{}");
    assert_eq!(platform.counts(), (2, 3));
}

#[tokio::test]
async fn an_answer_that_nobody_reads_to_its_end_takes_its_connection_with_it() {
    let (platform, client) = (Platform::with(Manner::HoldsBodies).await, HttpClient::new().unwrap());
    drop(platform.send(&client).await.unwrap());
    platform.seen.told.add_permits(2);
    assert_eq!(body_of(platform.send(&client).await).await, b"{}");
    assert_eq!(platform.counts(), (2, 2));
}

#[tokio::test]
async fn t59_a_platform_that_left_is_connected_to_again() {
    let (platform, client) = (Platform::with(Manner::Leaves).await, HttpClient::new().unwrap());
    for _ in 0..3 {
        assert_eq!(body_of(platform.send(&client).await).await, b"{}");
    }
    assert_eq!(platform.counts(), (3, 3));
}

#[tokio::test]
async fn t59_what_a_platform_has_read_is_not_sent_again() {
    let (platform, client) = (Platform::with(Manner::ReadsAndLeaves).await, HttpClient::new().unwrap());
    assert_eq!(body_of(platform.send(&client).await).await, b"{}");
    assert!(matches!(platform.send(&client).await, Err(SendFault::Broken(_))));
    assert_eq!(platform.counts(), (1, 2));
}

#[tokio::test]
async fn f40_an_old_connection_is_closed_though_nobody_asks_for_it() {
    let (platform, client) = (Platform::with(Manner::Answers).await, HttpClient::new().unwrap());
    assert_eq!(body_of(platform.send(&client).await).await, b"{}");
    tokio::time::pause();
    tokio::time::advance(LIFE).await;
    tokio::time::resume();
    timeout(SOON, platform.seen.ended.notified()).await.unwrap();
    assert_eq!(body_of(platform.send(&client).await).await, b"{}");
    assert_eq!(platform.counts(), (2, 2));
}

#[tokio::test]
async fn f40_a_connection_that_grew_old_in_use_ends_with_its_answer() {
    let (platform, client) = (Platform::with(Manner::HoldsAnswers).await, HttpClient::new().unwrap());
    assert_eq!(body_of(platform.send(&client).await).await, b"{}");
    tokio::time::pause();
    tokio::time::advance(LIFE - Duration::from_secs(1)).await;
    let (answer, ()) = tokio::join!(platform.send(&client), async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        platform.seen.told.add_permits(1);
    });
    platform.seen.told.add_permits(1);
    assert_eq!(body_of(answer).await, b"{}");
    tokio::time::resume();
    timeout(SOON, platform.seen.ended.notified()).await.unwrap();
    assert_eq!(platform.counts(), (1, 2));
}

#[tokio::test]
async fn nobody_at_an_address_is_no_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    drop(listener);
    let answer = HttpClient::new().unwrap().send(request(Method::GET, &url)).await;
    assert!(matches!(answer, Err(SendFault::NotConnected)));
}
