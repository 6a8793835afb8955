//! Several instances on one Redis and one PostgreSQL: races, a partition, entries of another release.

use std::time::Duration;

use futures_util::future::join_all;

use super::measure::{alone, figure, ms, within};
use super::network::{Network, Weather};
use super::site::Site;
use super::walk::{self, Opened};
use crate::harness::child::free_port;
use crate::harness::{Endpoint, stores};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f36_of_openings_and_of_callbacks_at_once_on_three_instances_exactly_one_wins() {
    const ROUNDS: usize = 30;
    let _alone = alone().await;
    let site = Site::shared("").await;
    let [one, two, three] = site.instances().await;
    let ports = [one.port, two.port, three.port];
    for round in 0..ROUNDS {
        let link = walk::create(&site, ports[round % 3], "acme").await.unwrap();
        let openings = (0..30).map(|n| walk::open(ports[n % 3], &link, &site.platform));
        let (won, lost): (Vec<_>, Vec<_>) = join_all(openings).await.into_iter().partition(Result::is_ok);
        assert!(lost.iter().all(|one| one.as_ref().unwrap_err().status == 410), "{lost:?}");
        let [Ok(opened)] = &won[..] else { panic!("{} openings won", won.len()) };
        let callbacks = (0..21).map(|n| walk::prove(&site, ports[n % 3], opened));
        let (won, lost): (Vec<_>, Vec<_>) = join_all(callbacks).await.into_iter().partition(Result::is_ok);
        assert!(lost.iter().all(|one| one.as_ref().unwrap_err().status == 400), "{lost:?}");
        assert_eq!(won.len(), 1);
    }
    assert_eq!(site.platform.count(Endpoint::Token), ROUNDS);
    figure(
        "F36",
        &format!(
            "{ROUNDS} rounds of 30 openings and 21 callbacks at once on 3 instances: one winner each, {ROUNDS} token requests"
        ),
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f35_an_instance_cut_off_from_redis_says_so_and_the_others_serve() {
    let _alone = alone().await;
    let site = Site::shared("").await;
    let network = Network::before(stores::redis().port).await;
    let by_network = site.stores.by_way_of(Some(network.port), None).settings();
    let redis = by_network["sessions"].as_str().unwrap();
    let cut_off = site.instance_at(free_port(), &[("HANDLEPROOF_STORES__SESSIONS", redis)]).await;
    let well = site.instance_at(free_port(), &[]).await;
    let mut told = Vec::new();
    for weather in [Weather::Silent, Weather::Broken] {
        let link = walk::create(&site, cut_off.port, "acme").await.unwrap();
        let flow = walk::open(cut_off.port, &link, &site.platform).await.unwrap();
        let unopened = walk::create(&site, cut_off.port, "acme").await.unwrap();
        network.becomes(weather);
        let noticed =
            within(Duration::from_secs(2), "it is not ready", async || !walk::is_ready(cut_off.port).await)
                .await;
        for _ in 0..20 {
            assert_eq!(walk::create(&site, cut_off.port, "acme").await.unwrap_err().status, 503);
            assert_eq!(walk::open(cut_off.port, &unopened, &site.platform).await.unwrap_err().status, 503);
            assert_eq!(walk::come_back(cut_off.port, &flow).await.unwrap_err().status, 503);
            if weather == Weather::Silent {
                break;
            }
        }
        assert!(walk::is_ready(well.port).await);
        walk::prove(&site, well.port, &flow).await.unwrap();
        for _ in 0..20 {
            walk::whole(&site, well.port).await.unwrap();
        }
        network.becomes(Weather::Fine);
        let back =
            within(Duration::from_secs(2), "it is ready again", async || walk::is_ready(cut_off.port).await)
                .await;
        let flow = walk::open(cut_off.port, &unopened, &site.platform).await.unwrap();
        walk::prove(&site, cut_off.port, &flow).await.unwrap();
        told.push(format!("{weather:?}: not ready after {}, ready {} after the end", ms(noticed), ms(back)));
    }
    assert_eq!(site.platform.count(Endpoint::Token), 2 * (1 + 20 + 1));
    figure("F35", &format!("{}; the other instance: 0 errors", told.join("; ")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t97_t73_an_entry_of_an_unknown_version_or_of_nobody_counts_as_absent() {
    let _alone = alone().await;
    let site = Site::shared("").await;
    let _instance = site.instance().await;
    let mut connection = site.stores.redis_connection().await;
    let whole_garbage: [&[u8]; 4] = [b"", b"\x02", b"garbage", &[0xff; 300]];
    let mut damaged = 0;
    for n in 0..=whole_garbage.len() {
        redis::cmd("FLUSHDB").exec_async(&mut connection).await.unwrap();
        let link = walk::create(&site, site.port, "acme").await.unwrap();
        let made = walk::create(&site, site.port, "acme").await.unwrap();
        let flow: Opened = walk::open(site.port, &made, &site.platform).await.unwrap();
        let keys: Vec<String> = redis::cmd("KEYS").arg("hp:*").query_async(&mut connection).await.unwrap();
        assert_eq!(keys.len(), 2);
        for key in &keys {
            let command = match whole_garbage.get(n) {
                Some(garbage) => redis::cmd("SET").arg(key).arg(*garbage).arg("KEEPTTL").to_owned(),
                // The next version, all else as it was.
                None => redis::cmd("SETRANGE").arg(key).arg(0).arg(&[2_u8]).to_owned(),
            };
            command.exec_async(&mut connection).await.unwrap();
            damaged += 1;
        }
        assert_eq!(walk::open(site.port, &link, &site.platform).await.unwrap_err().status, 410);
        assert_eq!(walk::come_back(site.port, &flow).await.unwrap_err().status, 400);
        let path = format!("/api/oauth/delegate/sessions/{}", link.session_id);
        let show = format!(
            "GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\nconnection: close\r\n\r\n",
            site.api_key
        );
        assert_eq!(walk::ask(site.port, &show).await.unwrap().status, 404);
    }
    assert_eq!(site.platform.count(Endpoint::Token), 0);
    walk::whole(&site, site.port).await.unwrap();
    figure(
        "T97",
        &format!(
            "{damaged} entries of another version or of nobody: pages 410 and 400, 404 for the caller, never 500"
        ),
    );
}
