//! A marketplace that pays creators for their channels, and asks for proof of all three before it pays.
//!
//! The whole integration: one form that starts a verification, one address that takes the proof, and a session behind a
//! cookie, which ties the two together. Read `callback.rs` first: that is where integrations go wrong.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod callback;
mod channels;
mod home;
mod security;
mod service;
mod session;
mod settings;

use std::net::TcpListener;

use actix_web::middleware::from_fn;
use actix_web::web::{self, Data};
use actix_web::{App, HttpServer};

use channels::Channels;
use service::Service;
use session::Sessions;
use settings::Settings;

/// The channels that a creator has to prove before a payout.
const PLATFORMS: [(&str, &str); 3] =
    [("tiktok", "TikTok"), ("youtube", "YouTube"), ("instagram", "Instagram")];

/// What the handlers share.
struct Marketplace {
    settings: Settings,
    service: Service,
    sessions: Sessions,
    channels: Channels,
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // reqwest was built without a choice of its own.
    rustls::crypto::ring::default_provider()
        .install_default()
        .map_err(|_| "a TLS provider is installed already")?;
    let listener = TcpListener::bind(("127.0.0.1", settings::port()?))?;
    let settings = Settings::read(listener.local_addr()?)?;
    println!("marketplace at {}", settings.public_url);
    let shared = Data::new(Marketplace {
        service: Service::new(&settings)?,
        sessions: Sessions::new(settings.is_https()),
        channels: Channels::default(),
        settings,
    });
    let app = move || {
        App::new()
            .app_data(shared.clone())
            .wrap(from_fn(security::headers))
            .route("/", web::get().to(home::show))
            .route("/style.css", web::get().to(home::style))
            .route("/connect", web::post().to(home::connect))
            .route("/payout", web::post().to(home::payout))
            .route("/callback/{platform}", web::get().to(callback::take))
    };
    HttpServer::new(app).workers(1).listen(listener)?.run().await?;
    Ok(())
}
