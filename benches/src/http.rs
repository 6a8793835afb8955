//! One keep-alive connection to a server.

use std::net::{Ipv4Addr, SocketAddr};

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{HOST, HeaderMap, HeaderValue};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpSocket;

use crate::Fault;

pub type Body = Full<Bytes>;

pub struct Connection {
    sender: SendRequest<Body>,
    host: HeaderValue,
}

pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Connection {
    /// Connects as user number `user`, each from an address of its own, so that limits per address count as in life.
    pub async fn open(address: SocketAddr, user: usize) -> Result<Self, Fault> {
        let socket = TcpSocket::new_v4()?;
        let [_, _, high, low] = u32::try_from(user + 256)?.to_be_bytes();
        socket.bind((Ipv4Addr::new(127, 0, high, low), 0).into())?;
        let stream = socket.connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self { sender, host: HeaderValue::from_str(&address.to_string())? })
    }

    pub async fn send(&mut self, mut request: Request<Body>) -> Result<Reply, Fault> {
        request.headers_mut().insert(HOST, self.host.clone());
        self.sender.ready().await?;
        let (parts, body) = self.sender.send_request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Reply { status: parts.status, headers: parts.headers, body })
    }
}

/// As many connections as there are users.
pub async fn connections(address: SocketAddr, users: usize) -> Result<Vec<Connection>, Fault> {
    let mut connections = Vec::new();
    for user in 0..users {
        connections.push(Connection::open(address, user).await?);
    }
    Ok(connections)
}
