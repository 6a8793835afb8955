//! A handler that panics, by a clock and a generator that panic when they are told to: time and randomness are arguments.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use handleproof::clock::{Clock, ManualClock};
use handleproof::crypto::entropy::{Entropy, NoEntropy, SystemEntropy};

use super::measure::{beside_others, figure};
use super::walk::{self, Kept};
use crate::harness::service::{CALLBACK, STATE};
use crate::harness::{Endpoint, HostilePlatform, Landing, Service, Setup};

const MARK: &str = "told to panic";
const PANICS: usize = 300;

#[derive(Default)]
struct Fuse {
    clock: ManualClock,
    clock_panics: AtomicBool,
    entropy_panics: AtomicBool,
}

impl Clock for Fuse {
    fn unix_seconds(&self) -> u64 {
        assert!(!self.clock_panics.load(Ordering::SeqCst), "{MARK}");
        self.clock.unix_seconds()
    }

    fn monotonic(&self) -> Duration {
        self.clock.monotonic()
    }
}

impl Entropy for Fuse {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        assert!(!self.entropy_panics.load(Ordering::SeqCst), "{MARK}");
        SystemEntropy.fill(bytes)
    }
}

/// Panics that were asked for are not printed.
fn be_quiet() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if info.payload_as_str() != Some(MARK) {
            usual(info);
        }
    }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f31_a_handler_that_panics_is_a_500_for_its_request_alone() {
    let _turn = beside_others().await;
    be_quiet();
    let fuse = Arc::new(Fuse::default());
    let platform = HostilePlatform::start().await;
    let setup = Setup::hostile(&platform).sources(Arc::<Fuse>::clone(&fuse), Arc::<Fuse>::clone(&fuse));
    let service = Service::start(setup).await;
    let port = service.address.port();

    let link = service.session("acme").await;
    fuse.entropy_panics.store(true, Ordering::SeqCst);
    let body = serde_json::json!({"platform": "acme", "callback_url": CALLBACK, "state": STATE});
    assert_eq!(service.create(&body).await.problem(500), "server_error");
    let page = service.browser().get(&link.authorize_url).await;
    page.refuses(500);
    assert!(!page.header("x-request-id").is_empty() && !page.text().contains(MARK));
    assert_eq!(page.header("cache-control"), "no-store");

    // On one connection: a panic, then something else, and again; another connection goes on all the while.
    let mut kept = Kept::open(port).await;
    let creation = walk::creation(&service.key.api_key, "acme", STATE);
    let health = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";
    let others = tokio::spawn(async move {
        let mut other = Kept::open(port).await;
        for _ in 0..PANICS {
            assert_eq!(other.ask(health).await.unwrap().status, 200);
        }
    });
    for _ in 0..PANICS {
        let answer = kept.ask(&creation).await.unwrap();
        assert_eq!((answer.status, answer.json()["code"].as_str()), (500, Some("server_error")));
        assert_eq!(kept.ask(health).await.unwrap().status, 200);
    }
    others.await.unwrap();
    fuse.entropy_panics.store(false, Ordering::SeqCst);

    // In the task that finishes a flow, after the take.
    let mut lost = Vec::new();
    for _ in 0..20 {
        let browser = service.browser();
        lost.push((browser.consent(&service.session("acme").await, &platform).await, browser));
    }
    let good = service.browser();
    let good_callback = good.consent(&service.session("acme").await, &platform).await;
    fuse.clock_panics.store(true, Ordering::SeqCst);
    for (callback, browser) in &lost {
        let page = browser.get(callback).await;
        page.refuses(500);
        assert!(!page.header("x-request-id").is_empty() && !page.text().contains(MARK));
    }
    fuse.clock_panics.store(false, Ordering::SeqCst);
    for (callback, browser) in &lost {
        browser.get(callback).await.refuses(400);
    }
    assert_eq!(platform.count(Endpoint::Token), 0);
    let now = fuse.unix_seconds();
    Landing::at(good.get(&good_callback).await.location()).proves(&service.key.secret, STATE, now);
    assert_eq!(service.create(&body).await.status, 201);
    figure(
        "F31",
        &format!(
            "{} panics: that many 500 with a request id, 0 other requests failed, their connections went on; 20 panics after the take: 20 flows lost, 0 token requests",
            PANICS + 2
        ),
    );
}
