//! A network between an instance and one of its servers, that can go away.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weather {
    /// Everything passes.
    Fine,
    /// Each piece takes 150 ms, so that an answer comes after 300 ms.
    Slow,
    /// Connections break and new ones are closed at once.
    Broken,
    /// Nothing passes, and nobody is told.
    Silent,
}

pub struct Network {
    pub port: u16,
    weather: Arc<watch::Sender<Weather>>,
    to: Arc<AtomicU16>,
    task: JoinHandle<()>,
}

impl Network {
    /// In front of the server at `to`.
    pub async fn before(to: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let weather = Arc::new(watch::Sender::new(Weather::Fine));
        let to = Arc::new(AtomicU16::new(to));
        let (told, leads_to) = (Arc::clone(&weather), Arc::clone(&to));
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(connect(client, leads_to.load(Ordering::SeqCst), told.subscribe()));
            }
        });
        Self { port, weather, to, task }
    }

    /// New connections go to another server, as a managed Redis' name does after a failover.
    pub fn leads_to(&self, port: u16) {
        self.to.store(port, Ordering::SeqCst);
    }

    pub fn becomes(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn connect(client: TcpStream, to: u16, mut weather: watch::Receiver<Weather>) {
    // What was silent once stays dead, as after a cable was pulled for longer than anybody remembers.
    if *weather.borrow() == Weather::Silent {
        let _until_it_changes = weather.wait_for(|weather| *weather != Weather::Silent).await;
        return;
    }
    if *weather.borrow() == Weather::Broken {
        return;
    }
    let Ok(server) = TcpStream::connect(("127.0.0.1", to)).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let mut forecast = weather.clone();
    let broken = async {
        let _sender_gone = forecast.wait_for(|weather| *weather == Weather::Broken).await;
    };
    tokio::select! {
        () = pass(from_client, to_server, weather.clone()) => {}
        () = pass(from_server, to_client, weather.clone()) => {}
        () = broken => {}
    }
}

async fn pass(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    mut weather: watch::Receiver<Weather>,
) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        if *weather.borrow() == Weather::Silent {
            let _until_it_changes = weather.wait_for(|weather| *weather != Weather::Silent).await;
            return;
        }
        if *weather.borrow() == Weather::Slow {
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}
