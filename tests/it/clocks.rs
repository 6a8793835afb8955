//! The wall clock is stepped, or cannot be right. Lives follow the monotonic clock and are not moved by either.

use std::time::Duration;

use reqwest::Method;

use crate::harness::service::{NOW, STATE};
use crate::harness::{Answer, Endpoint, HostilePlatform, Landing, Service, Setup};

const HOUR: i64 = 3600;
/// From the tests' time to 1970.
const TO_1970: i64 = -(NOW.cast_signed());

async fn readiness(service: &Service) -> u16 {
    Answer::of(service.request(Method::GET, "/readyz")).await.status
}

#[tokio::test]
async fn t98_f24_a_stepped_wall_clock_moves_no_life_and_a_proof_is_fresh_by_the_clock_as_it_is_then() {
    let platform = HostilePlatform::start().await;
    for step in [HOUR, -HOUR] {
        let service = Service::start(Setup::hostile(&platform)).await;
        let (link, late) = (service.session("acme").await, service.session("acme").await);
        service.clock.step_wall(step);
        service.pass_time(Duration::from_secs(800)).await;
        let browser = service.browser();
        let callback = browser.consent(&link, &platform).await;
        service.clock.step_wall(step);
        service.pass_time(Duration::from_secs(200)).await;
        service.browser().get(&late.authorize_url).await.refuses(410);
        let landing = Landing::at(browser.get(&callback).await.location());
        let now = NOW.checked_add_signed(2 * step).unwrap() + 1000;
        landing.proves(&service.key.secret, STATE, now);
        assert_eq!(landing.value("expires"), (now + 300).to_string());
    }
}

#[tokio::test]
async fn t99_nothing_is_signed_while_the_clock_is_before_the_release_and_all_is_well_once_it_is_right() {
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform)).await;
    assert_eq!(readiness(&service).await, 200);
    let browser = service.browser();
    let callback = browser.consent(&service.session("acme").await, &platform).await;
    service.clock.step_wall(TO_1970);
    assert_eq!(readiness(&service).await, 503);
    let landing = Landing::at(browser.get(&callback).await.location());
    landing.fails_with("server_error");
    assert!(landing.value("sig").is_empty());
    let begun = service.start_connect("acme").await;
    let code = begun.code_at(&platform);
    assert_eq!(service.finish_connect(&begun, &code).await.problem(500), "server_error");
    service.clock.step_wall(-TO_1970);
    assert_eq!(readiness(&service).await, 200);
    // Nothing was taken from the connect: it finishes now.
    assert_eq!(service.finish_connect(&begun, &code).await.status, 201);
}

#[tokio::test]
async fn t99_far_futures_overflow_nothing() {
    let platform = HostilePlatform::start().await;
    for year_start in [2_147_483_647_i64, 4_294_967_296, 253_402_300_000] {
        let service = Service::start(Setup::hostile(&platform)).await;
        service.clock.step_wall(year_start - NOW.cast_signed());
        let browser = service.browser();
        let callback = browser.consent(&service.session("acme").await, &platform).await;
        let landing = Landing::at(browser.get(&callback).await.location());
        let now = year_start.cast_unsigned();
        match now + 300 {
            ..=999_999_999_999 => landing.proves(&service.key.secret, STATE, now),
            _ => landing.fails_with("server_error"),
        }
    }
    assert!(platform.count(Endpoint::Token) >= 3);
}
