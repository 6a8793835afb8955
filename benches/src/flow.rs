//! The three steps of a flow, as a caller's backend and a user's browser take them. Each checks its answer, the last one
//! the proof itself: a server that answers fast and wrong fails the run.

use handleproof_verify::Verifier;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use hyper::{Request, StatusCode};

use crate::Fault;
use crate::http::{Body, Connection, Reply};
use crate::servers::Target;

/// 59 characters, as callback URLs are.
const CALLBACK: &str = "https://marketplace.example.com/accounts/verified/callback1";

/// What the caller got: the path of the link.
pub struct Link {
    state: String,
    path: String,
}

/// What the browser got: where the platform will send it back, and the cookie.
pub struct Pending {
    state: String,
    path: String,
    cookie: Option<String>,
}

pub async fn create(to: &Target, connection: &mut Connection, n: usize) -> Result<Link, Fault> {
    let state = format!("state-{n:037}");
    let platform = to.platform(n);
    let body = format!(r#"{{"platform":"{platform}","callback_url":"{CALLBACK}","state":"{state}"}}"#);
    let request = Request::post("/api/oauth/delegate/sessions")
        .header(AUTHORIZATION, format!("Bearer {}", to.key(n).api_key))
        .header(CONTENT_TYPE, "application/json")
        .body(Body::from(body))?;
    let reply = connection.send(request).await?;
    if reply.status != StatusCode::CREATED {
        return Err(unexpected(&reply));
    }
    let created: serde_json::Value = serde_json::from_slice(&reply.body)?;
    let link = created.get("authorize_url").and_then(serde_json::Value::as_str).ok_or("no authorize_url")?;
    let path = link.strip_prefix(&to.origin).ok_or("a link to elsewhere")?.to_owned();
    Ok(Link { state, path })
}

pub async fn authorize(_: &Target, connection: &mut Connection, link: Link) -> Result<Pending, Fault> {
    let request = Request::get(link.path).body(Body::default())?;
    let reply = redirected(connection.send(request).await?)?;
    let location = header(&reply, LOCATION.as_str()).ok_or("no Location")?;
    let parameter = |name: &str| {
        let query = location.split_once('?')?.1;
        query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
    };
    let state = parameter("state").ok_or("no state")?;
    let redirect_uri = parameter("redirect_uri").ok_or("no redirect_uri")?;
    let platform = redirect_uri.rsplit("%2F").next().unwrap_or_default();
    let path = format!("/oauth/callback/{platform}?code=ac_0123456789abcdefghijklmn&state={state}");
    let cookie = header(&reply, SET_COOKIE.as_str()).and_then(|cookie| cookie.split(';').next());
    Ok(Pending { state: link.state, path, cookie: cookie.map(str::to_owned) })
}

pub async fn callback(to: &Target, connection: &mut Connection, pending: Pending) -> Result<(), Fault> {
    let mut request = Request::get(pending.path);
    if let Some(cookie) = pending.cookie {
        request = request.header(COOKIE, cookie);
    }
    let reply = redirected(connection.send(request.body(Body::default())?).await?)?;
    let location = header(&reply, LOCATION.as_str()).ok_or("no Location")?;
    let n: usize = pending.state.trim_start_matches("state-").parse()?;
    let proof = Verifier::new(&to.key(n).signing_secret)?.verify_url(location, &pending.state)?;
    if proof.platform_id() == "17841400008460056" { Ok(()) } else { Err("another account's proof".into()) }
}

pub async fn whole(to: &Target, connection: &mut Connection, n: usize) -> Result<(), Fault> {
    let link = create(to, connection, n).await?;
    let pending = authorize(to, connection, link).await?;
    callback(to, connection, pending).await
}

/// 302 and 303 alike.
fn redirected(reply: Reply) -> Result<Reply, Fault> {
    if reply.status.is_redirection() { Ok(reply) } else { Err(unexpected(&reply)) }
}

fn unexpected(reply: &Reply) -> Fault {
    format!("unexpected {}: {}", reply.status, String::from_utf8_lossy(&reply.body)).into()
}

fn header<'r>(reply: &'r Reply, name: &str) -> Option<&'r str> {
    reply.headers.get(name)?.to_str().ok()
}
