//! The stand-in platform: a token endpoint and an identity endpoint that answer constants. It checks nothing, so that it
//! is never the bottleneck.

use std::net::SocketAddr;

use actix_web::http::KeepAlive;
use actix_web::http::header::ContentType;
use actix_web::{App, HttpResponse, HttpServer, web};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const TOKEN: &str = r#"{"access_token":"at_0123456789abcdefghijklmnopqrstuvwxyz","token_type":"Bearer","expires_in":3600,"scope":"profile"}"#;
const IDENTITY: &str = r#"{"id":"17841400008460056","handle":"bench_user","name":"Bench User"}"#;

/// Takes the body: a server that answers without it closes the connection, and each flow would pay for a new one.
async fn token(_: web::Bytes) -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::json()).body(TOKEN)
}

async fn identity() -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::json()).body(IDENTITY)
}

/// Serves on the address in the first argument.
#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address: SocketAddr = std::env::args().nth(1).ok_or("usage: bench-upstream ADDRESS")?.parse()?;
    let routes =
        || App::new().route("/token", web::post().to(token)).route("/identity", web::get().to(identity));
    HttpServer::new(routes).workers(1).keep_alive(KeepAlive::Os).bind(address)?.run().await?;
    Ok(())
}
