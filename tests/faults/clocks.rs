//! Instances whose clocks disagree. What a clock that is stepped does to one instance is told in `tests/it`.

use std::time::Duration;

use serde_json::json;

use super::measure::{alone, figure};
use crate::harness::service::{CALLBACK, NOW, created};
use crate::harness::{HostilePlatform, Landing, Service, Setup};

#[tokio::test]
async fn f24_f25_flows_cross_instances_whose_clocks_are_60_seconds_apart_and_their_proofs_verify() {
    let _alone = alone().await;
    let platform = HostilePlatform::start().await;
    let right = Service::start(Setup::hostile(&platform).shared_stores()).await;
    let ahead = Service::start(Setup::hostile(&platform).beside(&right)).await;
    ahead.clock.advance(Duration::from_secs(60));
    let services = [&right, &ahead];
    let mut flows = 0;
    for steps in 0..8_usize {
        for n in 0..10 {
            let by = |step: usize| services[(steps >> step) & 1];
            let state = format!("state-{steps}-{n}");
            let body = json!({"platform": "acme", "callback_url": CALLBACK, "state": state});
            let link = created(&by(0).create_as(&right.key.api_key, &body).await);
            let browser = by(1).browser();
            let callback = browser.consent(&link, &platform).await;
            let (_, cookie) = browser.own_cookies().remove(0);
            let cookie_name = browser.own_cookies().remove(0).0;
            let finish =
                by(2).request(reqwest::Method::GET, callback.strip_prefix(&right.public_url).unwrap());
            let answer =
                crate::harness::Answer::of(finish.header("cookie", format!("{cookie_name}={cookie}"))).await;
            let landing = Landing::at(answer.location());
            // The caller's clock is the right one, and the verifier has its usual leeway.
            landing.proves(&right.key.secret, &state, NOW);
            let expires: u64 = landing.value("expires").parse().unwrap();
            assert_eq!(expires, if steps & 4 == 0 { NOW + 300 } else { NOW + 360 });
            flows += 1;
        }
    }
    figure(
        "F25",
        &format!("clocks 60 s apart, each step at either instance: {flows} of {flows} proofs verify"),
    );
}

#[tokio::test]
async fn t98_f24_a_clock_that_is_stepped_an_hour_moves_no_life_in_redis_and_proofs_follow_it() {
    let _alone = alone().await;
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform).shared_stores()).await;
    let (link, opened) = (service.session("acme").await, service.session("acme").await);
    let browser = service.browser();
    let callback = browser.consent(&opened, &platform).await;
    service.clock.advance(Duration::from_hours(1));
    let landing = Landing::at(browser.get(&callback).await.location());
    landing.proves(&service.key.secret, crate::harness::service::STATE, NOW + 3600);
    let browser = service.browser();
    let callback = browser.consent(&link, &platform).await;
    Landing::at(browser.get(&callback).await.location()).proves(
        &service.key.secret,
        crate::harness::service::STATE,
        NOW + 3600,
    );
    figure(
        "F24",
        "the wall clock stepped by an hour: links and flows in Redis live on, expires is 300 s after the new time",
    );
}
