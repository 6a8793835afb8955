//! What every test works with: the service in process or as a child, browsers, a platform that misbehaves on demand.
//!
//! Nothing here asserts anything about the product beyond what a test could not go on without.

pub mod answer;
pub mod browser;
pub mod child;
pub mod connecting;
pub mod folder;
pub mod hostile;
pub mod landing;
pub mod node;
pub mod raw;
pub mod samples;
pub mod servers;
pub mod service;
pub mod setup;
pub mod stores;
pub mod walk;

pub use answer::{Answer, Form};
pub use browser::Browser;
pub use hostile::{Endpoint, HostilePlatform, Reply};
pub use landing::Landing;
pub use service::{Created, Service};
pub use setup::Setup;

/// The client under all requests: no redirects, and no pool, since each test has a runtime of its own.
pub fn client() -> &'static reqwest::Client {
    static CLIENT: std::sync::OnceLock<reqwest::Client> = std::sync::OnceLock::new();
    CLIENT.get_or_init(|| {
        let _already_there = rustls::crypto::ring::default_provider().install_default();
        reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .pool_max_idle_per_host(0)
            .tls_certs_only([])
            .build()
            .unwrap()
    })
}

/// Waits until `holds`, and fails after ten seconds with `what`.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_mins(1);
    while !holds().await {
        assert!(tokio::time::Instant::now() < deadline, "never came true: {what}");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}
