//! What the operator does meanwhile: the admin API.

use std::time::Instant;

use super::measure::Times;
use super::site::Site;
use super::walk::{self, Reply};

const TOKEN: &str = "an-operator-token-of-more-than-32-characters";

/// What `Site` is to be started with.
pub fn settings() -> String {
    format!("[operator]\ntoken = \"{TOKEN}\"")
}

/// A change: one more key.
pub async fn new_key(site: &Site) -> Reply {
    let body = "{\"name\":\"Another\"}";
    let head = format!(
        "authorization: Bearer {TOKEN}\r\ncontent-type: application/json\r\ncontent-length: {}",
        body.len()
    );
    let request =
        format!("POST /admin/v1/keys HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{head}\r\n\r\n{body}");
    walk::ask(site.port, &request).await.unwrap()
}

/// How many keys there are.
pub async fn keys(site: &Site) -> usize {
    let ask = format!(
        "GET /admin/v1/keys HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {TOKEN}\r\nconnection: close\r\n\r\n"
    );
    let list = walk::ask(site.port, &ask).await.unwrap().json();
    list["keys"].as_array().unwrap().len()
}

/// Asserts that a change was refused as one that the registry does not take now.
#[track_caller]
pub fn refused(reply: &Reply) {
    assert_eq!((reply.status, reply.json()["code"].as_str()), (503, Some("store_unavailable")), "{reply:?}");
}

/// Fifty flows, each to its proof, while the registry takes no change, which it says after them too.
pub async fn flows_without_changes(site: &Site) -> Times {
    let mut times = Times::default();
    for _ in 0..50 {
        let started = Instant::now();
        walk::whole_if_served(site, site.port).await.unwrap();
        times.add(started.elapsed());
    }
    refused(&new_key(site).await);
    times
}
