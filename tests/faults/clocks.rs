//! Instances whose clocks disagree. What a clock that is stepped does to one instance is told in `tests/it`.

use std::time::Duration;

use super::measure::{beside_others, figure};
use super::walk::{self, served};
use crate::harness::service::{NOW, TestKey};
use crate::harness::{HostilePlatform, Landing, Service, Setup};

#[tokio::test]
async fn f24_f25_flows_cross_instances_whose_clocks_are_60_seconds_apart_and_their_proofs_verify() {
    let _turn = beside_others().await;
    let platform = HostilePlatform::start().await;
    let right = Service::start(Setup::hostile(&platform).shared_stores()).await;
    let ahead = Service::start(Setup::hostile(&platform).beside(&right)).await;
    ahead.clock.advance(Duration::from_secs(60));
    let services = [&right, &ahead];
    let mut flows = 0;
    for steps in 0..8_usize {
        for n in 0..4 {
            let by = |step: usize| services[(steps >> step) & 1].address.port();
            let proof =
                flow(&right.key, [by(0), by(1), by(2)], &format!("state-{steps}-{n}"), &platform).await;
            let Some((landing, state)) = proof else { continue };
            // The caller's clock is the right one, and the verifier has its usual leeway.
            landing.proves(&right.key.secret, &state, NOW);
            let expires: u64 = landing.value("expires").parse().unwrap();
            assert_eq!(expires, if steps & 4 == 0 { NOW + 300 } else { NOW + 360 });
            flows += 1;
        }
    }
    assert!(flows > 0, "Redis lost every flow by answers that came too late");
    figure(
        "F25",
        &format!("clocks 60 s apart, each step at either instance: {flows} of {flows} proofs verify"),
    );
}

/// A flow with each step at a port of its own: the proof and its state; none where Redis lost it by a late answer.
async fn flow(
    key: &TestKey,
    [maker, opener, finisher]: [u16; 3],
    state: &str,
    platform: &HostilePlatform,
) -> Option<(Landing, String)> {
    let link = served!(walk::create_with(&key.api_key, maker, "acme", state.to_owned())).unwrap();
    let opened = match served!(walk::open(opener, &link, platform)) {
        Err(ended) if ended.is_lost_by_the_store() => return None,
        opened => opened.unwrap(),
    };
    match served!(walk::come_back(finisher, &opened)) {
        Err(ended) if ended.is_lost_by_the_store() => None,
        location => Some((Landing::at(location.unwrap()), link.state)),
    }
}

#[tokio::test]
async fn t98_f24_a_clock_that_is_stepped_an_hour_moves_no_life_in_redis_and_proofs_follow_it() {
    let _turn = beside_others().await;
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform).shared_stores()).await;
    let port = service.address.port();
    let session = async |state: &str| {
        served!(walk::create_with(&service.key.api_key, port, "acme", state.to_owned())).unwrap()
    };
    let (link, other) = (session("one").await, session("two").await);
    let opened = served!(walk::open(port, &other, &platform)).unwrap();
    service.clock.advance(Duration::from_hours(1));
    let landing = Landing::at(served!(walk::come_back(port, &opened)).unwrap());
    landing.proves(&service.key.secret, "two", NOW + 3600);
    let opened = served!(walk::open(port, &link, &platform)).unwrap();
    let landing = Landing::at(served!(walk::come_back(port, &opened)).unwrap());
    landing.proves(&service.key.secret, "one", NOW + 3600);
    figure(
        "F24",
        "the wall clock stepped by an hour: links and flows in Redis live on, expires is 300 s after the new time",
    );
}
