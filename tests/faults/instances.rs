//! Several instances on one Redis and one PostgreSQL: races, a partition, entries of another release.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use futures_util::future::join_all;

use super::killed;
use super::measure::{beside_others, figure, ms, until, within};
use super::network::{Network, Weather};
use super::site::Site;
use super::walk::{self, Ended, Opened, served};
use crate::harness::child::free_port;
use crate::harness::{Endpoint, stores};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f36_of_openings_and_of_callbacks_at_once_on_three_instances_exactly_one_wins() {
    const ROUNDS: usize = 20;
    let _turn = beside_others().await;
    let site = Site::shared("").await;
    let [one, two, three] = site.instances().await;
    let ports = [one.port, two.port, three.port];
    let (mut decided, mut undecided) = (0, 0);
    while decided < ROUNDS && undecided < 3 * ROUNDS {
        let round = decided + undecided;
        let link = served!(walk::create(&site, ports[round % 3], "acme")).unwrap();
        let openings = (0..30).map(|n| walk::open(ports[n % 3], &link, &site.platform));
        let opened = one_winner(join_all(openings).await, 410);
        let proven = match &opened {
            Some(opened) => {
                let callbacks = (0..21).map(|n| walk::prove(&site, ports[n % 3], opened));
                one_winner(join_all(callbacks).await, 400)
            }
            None => None,
        };
        match proven {
            Some(()) => decided += 1,
            None => undecided += 1,
        }
    }
    let codes: HashSet<String> = site.platform.calls(Endpoint::Token).iter().map(killed::code).collect();
    let asked = site.platform.count(Endpoint::Token);
    assert_eq!(asked, codes.len(), "no code twice");
    assert!((decided..=decided + undecided).contains(&asked), "{asked} token requests");
    assert!(decided > 0, "in none of {undecided} rounds Redis and the platform answered in time");
    figure(
        "F36",
        &format!(
            "{decided} rounds of 30 openings and 21 callbacks at once on 3 instances: one winner each, {asked} token requests, no code twice; {undecided} rounds without a winner, since Redis or the platform did not answer in time"
        ),
    );
}

/// Who won, and it is one at most. The others lost: they are told that the flow is over, or that nothing was done. Nobody
/// wins where Redis carried the take out too late to say so (`F4`), or where the platform did not answer the winner in time.
fn one_winner<T>(ends: Vec<Result<T, Ended>>, lost: u16) -> Option<T> {
    let (won, others): (Vec<_>, Vec<_>) = ends.into_iter().partition(Result::is_ok);
    let mut others: Vec<Ended> = others.into_iter().filter_map(Result::err).collect();
    others.retain(|ended| ended.status != lost);
    let (unserved, late): (Vec<_>, Vec<_>) = others.into_iter().partition(Ended::is_unserved);
    // Or the key could not be read again in time, just before the redirect.
    let is_late = |ended: &Ended| {
        ended.status == 302 && ended.text.contains("error=temporarily_unavailable") || ended.status == 500
    };
    assert!(late.iter().all(is_late), "{late:?}");
    let winners = won.len() + late.len();
    assert!(
        winners == 1 || winners == 0 && !unserved.is_empty(),
        "{winners} winners, {} unserved",
        unserved.len()
    );
    won.into_iter().next()?.ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f35_an_instance_cut_off_from_redis_says_so_and_the_others_serve() {
    let _turn = beside_others().await;
    let site = Site::shared("").await;
    let network = Network::before(stores::redis().port).await;
    let by_network = site.stores.by_way_of(Some(network.port), None).settings();
    let redis = by_network["sessions"].as_str().unwrap();
    let cut_off = site.instance_at(free_port(), &[("HANDLEPROOF_STORES__SESSIONS", redis)]).await;
    let well = site.instance_at(free_port(), &[]).await;
    let (mut told, mut all_lost) = (Vec::new(), 0);
    for weather in [Weather::Silent, Weather::Broken] {
        let started = Instant::now();
        let flow = walk::opened_if_served(&site, cut_off.port, cut_off.port).await;
        let undisturbed = started.elapsed().into();
        let unopened = served!(walk::create(&site, cut_off.port, "acme")).unwrap();
        network.becomes(weather);
        let noticed = until("it is not ready", async || !walk::is_ready(cut_off.port).await).await;
        for _ in 0..5 {
            assert_eq!(walk::create(&site, cut_off.port, "acme").await.unwrap_err().status, 503);
            assert_eq!(walk::open(cut_off.port, &unopened, &site.platform).await.unwrap_err().status, 503);
            assert_eq!(walk::come_back(cut_off.port, &flow).await.unwrap_err().status, 503);
            if weather == Weather::Silent {
                break;
            }
        }
        until("the other is ready", async || walk::is_ready(well.port).await).await;
        let mut lost = killed::finish(&site, &[well.port], &[], &[flow]).await;
        for _ in 0..20 {
            walk::whole_if_served(&site, well.port).await.unwrap();
        }
        network.becomes(Weather::Fine);
        let back = until("it is ready again", async || walk::is_ready(cut_off.port).await).await;
        lost += killed::finish(&site, &[cut_off.port], &[unopened], &[]).await;
        all_lost += lost;
        within("not ready", Duration::from_millis(500), &undisturbed, &noticed.into());
        within("ready again", Duration::from_secs(2), &undisturbed, &back.into());
        told.push(format!("{weather:?}: not ready after {}, ready {} after the end", ms(noticed), ms(back)));
    }
    let codes: HashSet<String> = site.platform.calls(Endpoint::Token).iter().map(killed::code).collect();
    assert_eq!(site.platform.count(Endpoint::Token), codes.len(), "no code twice");
    assert!(codes.len() + all_lost >= 2 * (1 + 20 + 1));
    let late =
        if all_lost == 0 { String::new() } else { format!(", {all_lost} flows lost by a late answer") };
    figure("F35", &format!("{}; the other instance: 0 errors{late}", told.join("; ")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t97_t73_an_entry_of_an_unknown_version_or_of_nobody_counts_as_absent() {
    let _turn = beside_others().await;
    let site = Site::shared("").await;
    let _instance = site.instance().await;
    let mut connection = site.stores.redis_connection().await;
    let whole_garbage: [&[u8]; 4] = [b"", b"\x02", b"garbage", &[0xff; 300]];
    let mut damaged = 0;
    for n in 0..=whole_garbage.len() {
        redis::cmd("FLUSHDB").exec_async(&mut connection).await.unwrap();
        let link = served!(walk::create(&site, site.port, "acme")).unwrap();
        let flow: Opened = walk::opened_if_served(&site, site.port, site.port).await;
        let keys: Vec<String> = redis::cmd("KEYS").arg("hp:*").query_async(&mut connection).await.unwrap();
        assert!(keys.len() >= 2);
        for key in &keys {
            let command = match whole_garbage.get(n) {
                Some(garbage) => redis::cmd("SET").arg(key).arg(*garbage).arg("KEEPTTL").to_owned(),
                // The next version, all else as it was.
                None => redis::cmd("SETRANGE").arg(key).arg(0).arg(&[2_u8]).to_owned(),
            };
            command.exec_async(&mut connection).await.unwrap();
            damaged += 1;
        }
        assert_eq!(served!(walk::open(site.port, &link, &site.platform)).unwrap_err().status, 410);
        assert_eq!(served!(walk::come_back(site.port, &flow)).unwrap_err().status, 400);
        let path = format!("/api/oauth/delegate/sessions/{}", link.session_id);
        let show = format!(
            "GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\nconnection: close\r\n\r\n",
            site.api_key
        );
        assert_eq!(walk::ask_if_served(site.port, &show).await.status, 404);
    }
    assert_eq!(site.platform.count(Endpoint::Token), 0);
    walk::whole_if_served(&site, site.port).await.unwrap();
    figure(
        "T97",
        &format!(
            "{damaged} entries of another version or of nobody: pages 410 and 400, 404 for the caller, never 500"
        ),
    );
}
