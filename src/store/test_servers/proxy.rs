//! A network between a store and its server that fails in ways a server alone cannot.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Passes everything on, until it is told otherwise.
pub(crate) struct Proxy {
    port: u16,
    network: Arc<Network>,
}

#[derive(Default)]
struct Network {
    /// Connections of an earlier era are as if their cable were cut.
    era: AtomicU32,
    loses_answers: AtomicBool,
}

impl Proxy {
    /// A network in front of the server at `to`.
    pub(crate) async fn before(to: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self { port: listener.local_addr().unwrap().port(), network: Arc::default() };
        let network = Arc::clone(&proxy.network);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                tokio::spawn(pass(from_client, to_server, Arc::clone(&network), false));
                tokio::spawn(pass(from_server, to_client, Arc::clone(&network), true));
            }
        });
        proxy
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Nothing passes on the connections made so far, and nobody is told; new ones work.
    pub(crate) fn cut_silently(&self) {
        self.network.era.fetch_add(1, Ordering::SeqCst);
    }

    /// What is asked arrives; instead of the answer the connection breaks.
    pub(crate) fn lose_answers(&self, loses: bool) {
        self.network.loses_answers.store(loses, Ordering::SeqCst);
    }
}

async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    network: Arc<Network>,
    is_answer: bool,
) {
    let era = network.era.load(Ordering::SeqCst);
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        if network.era.load(Ordering::SeqCst) != era {
            std::future::pending::<()>().await;
        }
        let is_lost = is_answer && network.loses_answers.load(Ordering::SeqCst);
        if is_lost || to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}
