//! A front before a platform that keeps its connections, which the misbehaving platform never does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::harness::raw;

pub struct Front {
    pub port: u16,
    requests: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Front {
    /// At the address, before the port of a platform on this machine. None where the address is taken.
    pub async fn at(address: (&str, u16), to: u16) -> Option<Self> {
        let listener = TcpListener::bind(address).await.ok()?;
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&requests);
        let task = tokio::spawn(async move {
            let mut clients = tokio::task::JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                clients.spawn(keep(client, to, Arc::clone(&counted)));
            }
        });
        Some(Self { port, requests, task })
    }

    /// How many came so far.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    /// The address is nobody's from now on, and its connections break.
    pub async fn leaves(mut self) {
        self.task.abort();
        let _cancelled = (&mut self.task).await;
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn keep(mut client: TcpStream, to: u16, counted: Arc<AtomicUsize>) {
    while let Some(request) = read_request(&mut client).await {
        counted.fetch_add(1, Ordering::SeqCst);
        let Ok(mut platform) = TcpStream::connect(("127.0.0.1", to)).await else { return };
        if platform.write_all(&request).await.is_err() {
            return;
        }
        let answer = raw::read_answer(&mut platform).await.replacen("connection: close\r\n", "", 1);
        if client.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// The next request, whole.
async fn read_request(client: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        if client.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let head = head.to_ascii_lowercase();
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
        if body.len() >= length.unwrap_or(0) {
            return Some(bytes);
        }
    }
}
