//! The floor: a bare actix-web app that does the unavoidable work of a flow and nothing else, with the crates of the
//! service. It validates nothing, limits nothing, logs nothing and binds no browser: it is what the service is measured
//! against, not an example to follow.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use actix_web::http::header::LOCATION;
use actix_web::web::{self, Data, Json, Query};
use actix_web::{App, HttpResponse, HttpServer};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use moka::sync::Cache;
use rand::TryRng;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thread_local::ThreadLocal;
use url::form_urlencoded;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Fault = Box<dyn std::error::Error>;

const LIFE: Duration = Duration::from_secs(900);

struct Floor {
    origin: String,
    upstream: String,
    signing_secret: String,
    /// A connection is driven by the thread that opened it, so each thread has its own.
    clients: ThreadLocal<Client<HttpConnector, Full<Bytes>>>,
    created: Cache<[u8; 32], Session>,
    pending: Cache<[u8; 32], Pending>,
}

#[derive(Clone, Deserialize)]
struct Session {
    platform: String,
    callback_url: String,
    state: String,
}

#[derive(Clone)]
struct Pending {
    session: Session,
    code_verifier: String,
}

#[derive(Serialize)]
struct Created {
    authorize_url: String,
    expires_in: u64,
}

#[derive(Deserialize)]
struct Link {
    request: String,
}

#[derive(Deserialize)]
struct Response {
    code: String,
    state: String,
}

#[derive(Deserialize)]
struct Token {
    access_token: String,
}

#[derive(Deserialize)]
struct Identity {
    id: String,
    handle: String,
}

impl Floor {
    async fn answer<T: DeserializeOwned>(&self, request: Request<Full<Bytes>>) -> Result<T, Fault> {
        let client = self.clients.get_or(|| Client::builder(TokioExecutor::new()).build_http());
        let answer = client.request(request).await?.into_body().collect().await?;
        Ok(serde_json::from_slice(&answer.to_bytes())?)
    }
}

async fn create(floor: Data<Arc<Floor>>, Json(session): Json<Session>) -> Result<HttpResponse, Fault> {
    let token = format!("psd_{}", URL_SAFE_NO_PAD.encode(random::<32>()?));
    floor.created.insert(digest(&token), session);
    let authorize_url = format!("{}/oauth/delegate?request={token}", floor.origin);
    Ok(HttpResponse::Created().json(Created { authorize_url, expires_in: LIFE.as_secs() }))
}

async fn authorize(floor: Data<Arc<Floor>>, Query(link): Query<Link>) -> Result<HttpResponse, Fault> {
    let Some(session) = floor.created.remove(&digest(&link.request)) else {
        return Ok(HttpResponse::Gone().finish());
    };
    let random = random::<64>()?;
    let (for_state, for_verifier) = random.split_at(32);
    let state = URL_SAFE_NO_PAD.encode(for_state);
    let code_verifier = URL_SAFE_NO_PAD.encode(for_verifier);
    let challenge = URL_SAFE_NO_PAD.encode(digest(&code_verifier));
    let location = format!(
        "{}/authorize?response_type=code&client_id=bench&redirect_uri={}%2Foauth%2Fcallback%2F{}&scope=profile\
         &state={state}&code_challenge={challenge}&code_challenge_method=S256",
        floor.upstream, floor.origin, session.platform
    );
    floor.pending.insert(digest(&state), Pending { session, code_verifier });
    Ok(redirect(&location))
}

async fn callback(floor: Data<Arc<Floor>>, Query(response): Query<Response>) -> Result<HttpResponse, Fault> {
    let Some(pending) = floor.pending.remove(&digest(&response.state)) else {
        return Ok(HttpResponse::BadRequest().finish());
    };
    let Session { platform, callback_url, state } = pending.session;
    let redirect_uri = format!("{}/oauth/callback/{platform}", floor.origin);
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "authorization_code")
        .append_pair("code", &response.code)
        .append_pair("redirect_uri", &redirect_uri)
        .append_pair("code_verifier", &pending.code_verifier)
        .append_pair("client_id", "bench")
        .append_pair("client_secret", "bench-secret")
        .finish();
    let token = Request::post(format!("{}/token", floor.upstream))
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Full::from(form))?;
    let Token { access_token } = floor.answer(token).await?;
    let identity = Request::get(format!("{}/identity", floor.upstream))
        .header(AUTHORIZATION, format!("Bearer {access_token}"))
        .body(Full::default())?;
    let Identity { id, handle } = floor.answer(identity).await?;
    let expires = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() + 300;
    let base =
        format!("platform={platform}&platform_id={id}&handle={handle}&state={state}&expires={expires}");
    let mac = Hmac::<Sha256>::new_from_slice(floor.signing_secret.as_bytes())?;
    let sig = hex::encode(mac.chain_update(&base).finalize().into_bytes());
    Ok(redirect(&format!("{callback_url}?{base}&sig={sig}")))
}

fn redirect(location: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, location)).finish()
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

fn random<const N: usize>() -> Result<[u8; N], rand::rngs::SysError> {
    let mut bytes = [0; N];
    rand::rngs::SysRng.try_fill_bytes(&mut bytes)?;
    Ok(bytes)
}

/// Arguments: the address to serve on, the stand-in platform's origin, the signing secret.
#[actix_web::main]
async fn main() -> Result<(), Fault> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, address, upstream, signing_secret] = arguments.as_slice() else {
        return Err("usage: bench-floor ADDRESS UPSTREAM SIGNING_SECRET".into());
    };
    let address: SocketAddr = address.parse()?;
    let floor = Arc::new(Floor {
        origin: format!("http://{address}"),
        upstream: upstream.clone(),
        signing_secret: signing_secret.clone(),
        clients: ThreadLocal::new(),
        created: Cache::builder().time_to_live(LIFE).build(),
        pending: Cache::builder().time_to_live(LIFE).build(),
    });
    let routes = move || {
        App::new()
            .app_data(Data::new(Arc::clone(&floor)))
            .route("/api/oauth/delegate/sessions", web::post().to(create))
            .route("/oauth/delegate", web::get().to(authorize))
            .route("/oauth/callback/{platform}", web::get().to(callback))
    };
    HttpServer::new(routes).bind(address)?.run().await?;
    Ok(())
}
