//! A load balancer as an operator has one: round robin, out of the rotation while `/readyz` is not 200, and another
//! instance where a connection is refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::walk;

pub struct Balancer {
    tasks: Vec<JoinHandle<()>>,
}

struct Backend {
    port: u16,
    is_ready: AtomicBool,
}

impl Balancer {
    /// Listens on `port`.
    pub async fn start(port: u16, backends: &[u16]) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let backends: Arc<Vec<Backend>> =
            Arc::new(backends.iter().map(|&port| Backend { port, is_ready: true.into() }).collect());
        let mut tasks: Vec<_> = (0..backends.len())
            .map(|n| {
                let backends = Arc::clone(&backends);
                tokio::spawn(async move {
                    loop {
                        let is_ready = walk::is_ready(backends[n].port).await;
                        backends[n].is_ready.store(is_ready, Ordering::SeqCst);
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                })
            })
            .collect();
        tasks.push(tokio::spawn(async move {
            let turn = Arc::new(AtomicUsize::new(0));
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, Arc::clone(&backends), Arc::clone(&turn)));
            }
        }));
        Self { tasks }
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

async fn carry(mut client: TcpStream, backends: Arc<Vec<Backend>>, turn: Arc<AtomicUsize>) {
    for n in 1..=100 * backends.len() {
        // Where all are out of the rotation at once, requests wait for a while.
        if n % (2 * backends.len()) == 0 {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let backend = &backends[turn.fetch_add(1, Ordering::SeqCst) % backends.len()];
        if !backend.is_ready.load(Ordering::SeqCst) {
            continue;
        }
        if let Ok(mut server) = TcpStream::connect(("127.0.0.1", backend.port)).await {
            let _either_may_break_off = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            return;
        }
    }
}
