//! A platform that does what the test says: answers late, byte by byte, without end, with nonsense, or not at all.
//!
//! It speaks HTTP over bare sockets, since no server library would misbehave enough. Where the test says nothing it is a
//! strict OAuth platform: client authentication, redirect URI, PKCE and the single use of codes are enforced.

mod script;
mod strict;

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use toml::Table;

pub use script::{Reply, http};
use strict::Grant;

pub const CLIENT_ID: &str = "hostile-client";
pub const CLIENT_SECRET: &str = "hostile secret: with + odd & signs";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    Token,
    Identity,
    Revoke,
    /// Where redirects of the others lead: nobody must ever come here.
    Canary,
    /// Discovery and keys.
    Other,
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Call {
    pub endpoint: Endpoint,
    pub method: String,
    pub target: String,
    pub head: String,
    pub body: String,
}

pub struct HostilePlatform {
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct State {
    calls: Vec<Call>,
    queued: HashMap<Endpoint, VecDeque<Reply>>,
    always: HashMap<Endpoint, Reply>,
    documents: HashMap<String, String>,
    /// Registered besides the one that everybody knows.
    clients: Vec<(String, String)>,
    grants: HashMap<String, Grant>,
    tokens: Vec<String>,
    token_members: serde_json::Map<String, serde_json::Value>,
    made: usize,
}

impl HostilePlatform {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state: Arc<Mutex<State>> = Arc::default();
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        let platform = Self { address, state, task };
        platform.always(Endpoint::Identity, Reply::json(&json!({"id": "u-1", "username": "jane"})));
        platform.always(Endpoint::Revoke, Reply::json(&json!({})));
        platform
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// `[platforms.acme]`: plain OAuth 2, with revocation.
    pub fn own_entry(&self) -> Table {
        let mut entry = self.endpoints();
        entry.extend(toml::toml! {
            kind = "oauth2"
            display_name = "Acme ID"
            scopes = ["profile"]
            [identity]
            platform_id = "/id"
            handle = "/username"
        });
        entry
    }

    /// What makes a platform of the catalogue be this one.
    pub fn endpoints(&self) -> Table {
        let mut entry = Table::new();
        for (key, path) in [
            ("authorization_endpoint", "/authorize"),
            ("token_endpoint", "/token"),
            ("identity_endpoint", "/identity"),
            ("revocation_endpoint", "/revoke"),
        ] {
            entry.insert(key.to_owned(), self.url(path).into());
        }
        entry.insert("client_id".to_owned(), CLIENT_ID.into());
        entry.insert("client_secret".to_owned(), CLIENT_SECRET.into());
        entry
    }

    /// The same for an entry that revokes nothing.
    pub fn endpoints_without_revocation(&self) -> Table {
        let mut entry = self.endpoints();
        entry.remove("revocation_endpoint");
        entry
    }

    /// One more client is registered here, or an old one has another secret.
    pub fn register(&self, client_id: &str, client_secret: &str) {
        let clients = &mut self.state().clients;
        clients.retain(|(id, _)| id != client_id);
        clients.push((client_id.to_owned(), client_secret.to_owned()));
    }

    /// Every call of the endpoint is answered so.
    pub fn always(&self, endpoint: Endpoint, reply: Reply) {
        self.state().always.insert(endpoint, reply);
    }

    /// The next call of the endpoint is answered so, before what is always answered.
    pub fn next(&self, endpoint: Endpoint, reply: Reply) {
        self.state().queued.entry(endpoint).or_default().push_back(reply);
    }

    /// The token endpoint is strict again.
    pub fn strict_tokens(&self) {
        self.state().always.remove(&Endpoint::Token);
    }

    /// Members of good token answers besides the usual ones; `null` takes one out.
    pub fn token_member(&self, name: &str, value: serde_json::Value) {
        self.state().token_members.insert(name.to_owned(), value);
    }

    /// What `GET` of another path answers.
    pub fn document(&self, path: &str, document: &serde_json::Value) {
        self.state().documents.insert(path.to_owned(), document.to_string());
    }

    /// The user agrees: the address that the platform sends the browser to.
    pub fn consent(&self, authorization_url: &str) -> String {
        strict::consent(&mut self.state(), authorization_url)
    }

    /// The access tokens that were given out.
    pub fn tokens(&self) -> Vec<String> {
        self.state().tokens.clone()
    }

    pub fn calls(&self, endpoint: Endpoint) -> Vec<Call> {
        self.state().calls.iter().filter(|call| call.endpoint == endpoint).cloned().collect()
    }

    pub fn count(&self, endpoint: Endpoint) -> usize {
        self.calls(endpoint).len()
    }

    pub fn forget_calls(&self) {
        self.state().calls.clear();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl Drop for HostilePlatform {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let Some(call) = read(&mut stream).await else { return };
    let reply = {
        let mut state = state.lock().unwrap();
        state.calls.push(call.clone());
        let queued = state.queued.get_mut(&call.endpoint).and_then(VecDeque::pop_front);
        queued.or_else(|| state.always.get(&call.endpoint).cloned()).unwrap_or_else(|| match call.endpoint {
            Endpoint::Token => strict::token(&mut state, &call),
            _ => strict::document(&state, &call),
        })
    };
    reply.play(stream).await;
}

async fn read(stream: &mut TcpStream) -> Option<Call> {
    let mut bytes = Vec::new();
    let head_ends = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..head_ends].to_vec()).ok()?;
    let length = header(&head, "content-length").map_or(0, |value| value.parse().unwrap());
    while bytes.len() < head_ends + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8(bytes[head_ends..].to_vec()).ok()?;
    let mut words = head.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let endpoint = match target.split('?').next()? {
        "/token" => Endpoint::Token,
        "/identity" => Endpoint::Identity,
        "/revoke" => Endpoint::Revoke,
        "/canary" => Endpoint::Canary,
        _ => Endpoint::Other,
    };
    Some(Call { endpoint, method, target, head, body })
}

/// A header of a request's head.
pub fn header(head: &str, name: &str) -> Option<String> {
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    lines
        .into_iter()
        .find(|(one, _)| one.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim().to_owned())
}

async fn send(stream: &mut TcpStream, bytes: &[u8]) -> bool {
    stream.write_all(bytes).await.is_ok() && stream.flush().await.is_ok()
}
