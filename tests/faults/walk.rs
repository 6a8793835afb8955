//! Flows by hand: each step at the instance of the test's choice, over a bare socket, and no step fails the test by itself.

use std::time::Duration;

use handleproof_verify::Verifier;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::service::CALLBACK;
use crate::harness::{HostilePlatform, raw};

use super::site::Site;

/// Who has no answer by then has none: a hang. How soon answers come is told by figures.
const PATIENCE: Duration = Duration::from_mins(1);

/// The answer to a step, which is taken once more where a busy machine's store did not answer in its half second: nothing
/// was done then, says the page, and users try again.
macro_rules! served {
    ($step:expr) => {{
        let mut answer = $step.await;
        for _ in 0..50 {
            if !answer.as_ref().is_err_and($crate::walk::Ended::is_unserved) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            answer = $step.await.map_err(|ended| $crate::walk::Ended { is_after_503: true, ..ended });
        }
        answer
    }};
}
pub(crate) use served;

/// An HTTP answer.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: String,
}

/// What went wrong on the way: no answer, or one that ends it.
#[derive(Clone, Debug)]
pub struct Ended {
    /// 0 where there was no answer.
    pub status: u16,
    pub text: String,
    /// Whether a 503 told to try again before.
    pub is_after_503: bool,
}

/// A session that was made.
#[derive(Clone, Debug)]
pub struct Link {
    pub session_id: String,
    pub state: String,
    pub path: String,
}

/// A link that was opened and agreed to at the platform: the browser's cookie and the way back.
#[derive(Clone, Debug)]
pub struct Opened {
    pub link: Link,
    pub cookie: String,
    pub path: String,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(one, _)| one.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    fn ended(self) -> Ended {
        Ended { status: self.status, text: format!("{}\n{}", self.head, self.body), is_after_503: false }
    }
}

impl Ended {
    fn without_answer(cause: impl std::fmt::Display) -> Self {
        Self { status: 0, text: cause.to_string(), is_after_503: false }
    }

    /// Nothing was done, says the answer, and it is worth trying again.
    pub fn is_unserved(&self) -> bool {
        self.status == 503 && self.text.contains("retry-after")
    }

    /// A flow that a store lost: its answer to the step did not come in time, and when the step was tried again it turned
    /// out that the store had carried it out (`F4`). The page tells to start again.
    pub fn is_lost_by_the_store(&self) -> bool {
        self.is_after_503 && [400, 410].contains(&self.status)
    }
}

/// One request on a connection of its own.
pub async fn ask(port: u16, request: &str) -> Result<Reply, Ended> {
    let exchange = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
        // Where nobody listens yet, the system may choose that very port for our end, and connect it to itself.
        if stream.local_addr()? == stream.peer_addr()? {
            return Err(std::io::ErrorKind::ConnectionRefused.into());
        }
        stream.write_all(request.as_bytes()).await?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await?;
        Ok::<_, std::io::Error>(bytes)
    };
    let bytes = tokio::time::timeout(PATIENCE, exchange).await;
    let bytes = bytes.map_err(|_| Ended::without_answer("no answer in time"))?;
    parse(&String::from_utf8_lossy(&bytes.map_err(Ended::without_answer)?))
}

fn parse(text: &str) -> Result<Reply, Ended> {
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(|| Ended::without_answer("no whole answer"))?;
    Ok(Reply { status: raw::status(head), head: head.to_owned(), body: body.to_owned() })
}

/// An answer to the same request, where it is not that nothing was done.
pub async fn ask_if_served(port: u16, request: &str) -> Reply {
    let served = async || match ask(port, request).await? {
        reply if reply.status == 503 => Err(reply.ended()),
        reply => Ok(reply),
    };
    served!(served()).unwrap()
}

/// A connection that is kept.
pub struct Kept(TcpStream);

impl Kept {
    pub async fn open(port: u16) -> Self {
        Self(TcpStream::connect(("127.0.0.1", port)).await.unwrap())
    }

    /// The request must not ask for the end of the connection.
    pub async fn ask(&mut self, request: &str) -> Result<Reply, Ended> {
        self.0.write_all(request.as_bytes()).await.map_err(Ended::without_answer)?;
        let answer = tokio::time::timeout(PATIENCE, raw::read_answer(&mut self.0)).await;
        parse(&answer.map_err(|_| Ended::without_answer("no answer in time"))?)
    }
}

pub fn get(path: &str, cookie: &str) -> String {
    let cookie = if cookie.is_empty() { String::new() } else { format!("cookie: {cookie}\r\n") };
    format!("GET {path} HTTP/1.1\r\nhost: x\r\naccept: text/html\r\n{cookie}connection: close\r\n\r\n")
}

pub async fn is_ready(port: u16) -> bool {
    let answer = tokio::time::timeout(Duration::from_secs(10), ask(port, &get("/readyz", ""))).await;
    answer.is_ok_and(|answer| answer.is_ok_and(|reply| reply.status == 200))
}

/// The request that makes a session.
pub fn creation(api_key: &str, platform: &str, state: &str) -> String {
    let body = json!({"platform": platform, "callback_url": CALLBACK, "state": state}).to_string();
    format!(
        "POST /api/oauth/delegate/sessions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {api_key}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

pub async fn create(site: &Site, port: u16, platform: &str) -> Result<Link, Ended> {
    create_with(&site.api_key, port, platform, site.fresh_state()).await
}

pub async fn create_with(api_key: &str, port: u16, platform: &str, state: String) -> Result<Link, Ended> {
    let request = creation(api_key, platform, &state).replacen("host: x", "host: x\r\nconnection: close", 1);
    link(ask(port, &request).await?, state)
}

pub fn link(reply: Reply, state: String) -> Result<Link, Ended> {
    if reply.status != 201 {
        return Err(reply.ended());
    }
    let document = reply.json();
    let text = |name: &str| document[name].as_str().unwrap().to_owned();
    let path = path_of(&text("authorize_url"));
    Ok(Link { session_id: text("session_id"), state, path })
}

/// Opens the link, and agrees at the platform.
pub async fn open(port: u16, link: &Link, platform: &HostilePlatform) -> Result<Opened, Ended> {
    let reply = ask(port, &get(&link.path, "")).await?;
    let (Some(location), Some(cookie)) = (reply.header("location"), reply.header("set-cookie")) else {
        return Err(reply.ended());
    };
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let path = path_of(&platform.consent(location));
    Ok(Opened { link: link.clone(), cookie, path })
}

/// Comes back from the platform: the caller's callback.
pub async fn come_back(port: u16, opened: &Opened) -> Result<String, Ended> {
    let reply = ask(port, &get(&opened.path, &opened.cookie)).await?;
    match reply.header("location") {
        Some(location) => Ok(location.to_owned()),
        None => Err(reply.ended()),
    }
}

/// Comes back with a proof that the verifier takes now.
pub async fn prove(site: &Site, port: u16, opened: &Opened) -> Result<(), Ended> {
    let location = come_back(port, opened).await?;
    let verifier = Verifier::new(&site.secret).unwrap();
    let proof = verifier.verify_url(&location, &opened.link.state);
    let not_proven = |error| Ended { status: 302, text: format!("{error}: {location}"), is_after_503: false };
    proof.map(drop).map_err(not_proven)
}

/// A whole flow of somebody who tries again where he is told to, and starts again where he is told to.
pub async fn whole_if_served(site: &Site, port: u16) -> Result<(), Ended> {
    for _ in 0..10 {
        match once_if_served(site, port).await {
            Err(ended) if ended.is_lost_by_the_store() => {}
            end => return end,
        }
    }
    once_if_served(site, port).await
}

async fn once_if_served(site: &Site, port: u16) -> Result<(), Ended> {
    let link = served!(create(site, port, "acme"))?;
    let opened = served!(open(port, &link, &site.platform))?;
    served!(prove(site, port, &opened))
}

/// A flow that was opened, by way of a link that the store did not lose.
pub async fn opened_if_served(site: &Site, maker: u16, opener: u16) -> Opened {
    loop {
        let link = served!(create(site, maker, "acme")).unwrap();
        match served!(open(opener, &link, &site.platform)) {
            Err(ended) if ended.is_lost_by_the_store() => {}
            opened => return opened.unwrap(),
        }
    }
}

/// A whole flow.
pub async fn whole(site: &Site, port: u16) -> Result<(), Ended> {
    let link = create(site, port, "acme").await?;
    let opened = open(port, &link, &site.platform).await?;
    prove(site, port, &opened).await
}

pub fn path_of(url: &str) -> String {
    let url = url::Url::parse(url).unwrap();
    format!("{}?{}", url.path(), url.query().unwrap_or_default())
}
