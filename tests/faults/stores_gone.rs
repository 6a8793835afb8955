//! Redis and PostgreSQL go away under a running instance and come back: pages and 503 meanwhile, nothing burned, no restart.

use std::time::{Duration, Instant};

use super::measure::{Times, alone, figure, ms, within};
use super::site::{Instance, Site};
use super::walk::{self, Ended, Link, Opened};
use crate::harness::Endpoint;
use crate::harness::child::free_port;
use crate::harness::servers::Server;
use crate::harness::stores;

use super::network::{Network, Weather};

const FLOWS: usize = 40;

struct Bench {
    site: Site,
    network: Network,
    instance: Instance,
    links: Vec<Link>,
    flows: Vec<Opened>,
}

#[derive(Clone, Copy, PartialEq)]
enum Store {
    Redis,
    Postgres,
}

async fn bench(store: Store) -> Bench {
    let site = Site::shared("").await;
    let to = if store == Store::Redis { stores::redis().port } else { stores::postgres().port };
    let network = Network::before(to).await;
    let moved = match store {
        Store::Redis => site.stores.by_way_of(Some(network.port), None),
        Store::Postgres => site.stores.by_way_of(None, Some(network.port)),
    };
    let settings = moved.settings();
    let url = |name: &str| settings[name].as_str().unwrap().to_owned();
    let (sessions, registry) = (url("sessions"), url("registry"));
    let environment = [
        ("HANDLEPROOF_STORES__SESSIONS", sessions.as_str()),
        ("HANDLEPROOF_STORES__REGISTRY", registry.as_str()),
    ];
    let instance = site.instance_at(free_port(), &environment).await;
    let (mut links, mut flows) = (Vec::new(), Vec::new());
    for _ in 0..FLOWS {
        links.push(walk::create(&site, instance.port, "acme").await.unwrap());
        let link = walk::create(&site, instance.port, "acme").await.unwrap();
        flows.push(walk::open(instance.port, &link, &site.platform).await.unwrap());
    }
    Bench { site, network, instance, links, flows }
}

impl Bench {
    /// What the three steps answer while the store is away; each in time, and none a 500.
    async fn ask_all(&self, times: &mut Times) {
        let port = self.instance.port;
        let mut check = |started: Instant, result: Result<(), Ended>| {
            times.add(started.elapsed());
            let status = result.map_or_else(|ended| ended.status, |()| 200);
            assert_eq!(status, 503);
        };
        for n in 0..5 {
            let started = Instant::now();
            let created = walk::create(&self.site, port, "acme").await;
            if let Err(ended) = &created {
                assert!(
                    ended.text.contains("retry-after") && ended.text.contains("store_unavailable"),
                    "{ended:?}"
                );
            }
            check(started, created.map(drop));
            let started = Instant::now();
            let page = walk::open(port, &self.links[n], &self.site.platform).await;
            assert!(page.as_ref().err().is_none_or(|page| page.text.contains("retry-after")), "{page:?}");
            check(started, page.map(drop));
            let started = Instant::now();
            let page = walk::come_back(port, &self.flows[n]).await;
            check(started, page.map(drop));
        }
    }

    async fn finish_all(&self) {
        let port = self.instance.port;
        for link in &self.links {
            let flow = walk::open(port, link, &self.site.platform).await.unwrap();
            walk::prove(&self.site, port, &flow).await.unwrap();
        }
        for flow in &self.flows {
            walk::prove(&self.site, port, flow).await.unwrap();
        }
    }
}

/// Waits until a caller is told. A key that was read a moment ago is good for a few seconds more, and never for ten.
async fn forgotten(site: &Site, port: u16) -> Duration {
    within(Duration::from_secs(10), "callers are told", async || {
        walk::create(site, port, "acme").await.is_err_and(|ended| ended.status == 503)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t95_f1_f2_f3_f5_while_redis_is_away_every_step_is_503_and_afterwards_every_flow_finishes() {
    let _alone = alone().await;
    for weather in [Weather::Broken, Weather::Silent] {
        let bench = bench(Store::Redis).await;
        let port = bench.instance.port;
        bench.network.becomes(weather);
        let noticed = within(Duration::from_secs(2), "not ready", async || !walk::is_ready(port).await).await;
        let alive = walk::ask(port, &walk::get("/healthz", "")).await.unwrap().status;
        assert_eq!(alive, 200);
        let mut times = Times::default();
        bench.ask_all(&mut times).await;
        assert_eq!(bench.site.platform.count(Endpoint::Token), 0);
        bench.network.becomes(Weather::Fine);
        let back = within(Duration::from_secs(2), "ready again", async || walk::is_ready(port).await).await;
        bench.finish_all().await;
        assert_eq!(bench.site.platform.count(Endpoint::Token), 2 * FLOWS);
        assert!(times.max() < Duration::from_millis(1500), "{:?}", times.max());
        figure(
            "F1–F3, F5",
            &format!(
                "Redis {weather:?}: not ready after {}, answers {times}, ready {} after its return, {} of {} flows finished",
                ms(noticed),
                ms(back),
                2 * FLOWS,
                2 * FLOWS
            ),
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f6_a_redis_that_takes_300_ms_for_each_command_slows_every_step_and_fails_none() {
    let _alone = alone().await;
    let bench = bench(Store::Redis).await;
    let port = bench.instance.port;
    bench.network.becomes(Weather::Slow);
    let mut times = Times::default();
    for (link, opened) in bench.links.iter().zip(&bench.flows).take(5) {
        let started = Instant::now();
        walk::create(&bench.site, port, "acme").await.unwrap();
        times.add(started.elapsed());
        let started = Instant::now();
        walk::open(port, link, &bench.site.platform).await.unwrap();
        times.add(started.elapsed());
        let started = Instant::now();
        walk::prove(&bench.site, port, opened).await.unwrap();
        times.add(started.elapsed());
    }
    figure("F6", &format!("300 ms for each command: 0 errors, a step takes {times}"));
    assert!(times.max() < Duration::from_millis(2500), "{:?}", times.max());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f10_while_postgres_is_away_nothing_is_burned_and_afterwards_every_flow_finishes() {
    let _alone = alone().await;
    for weather in [Weather::Broken, Weather::Silent] {
        let bench = bench(Store::Postgres).await;
        let port = bench.instance.port;
        bench.network.becomes(weather);
        let noticed = within(Duration::from_secs(3), "not ready", async || !walk::is_ready(port).await).await;
        let known = forgotten(&bench.site, port).await;
        let mut times = Times::default();
        bench.ask_all(&mut times).await;
        assert_eq!(bench.site.platform.count(Endpoint::Token), 0);
        bench.network.becomes(Weather::Fine);
        let back = within(Duration::from_secs(4), "ready again", async || walk::is_ready(port).await).await;
        bench.finish_all().await;
        figure(
            "F10",
            &format!(
                "PostgreSQL {weather:?}: not ready after {}, keys known for {} more, then answers {times}, ready {} after its return, {} of {} flows finished",
                ms(noticed),
                ms(known),
                ms(back),
                2 * FLOWS,
                2 * FLOWS
            ),
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f1_f10_servers_that_die_and_come_back_need_no_restart_of_ours() {
    let _alone = alone().await;
    let site = Site::shared("").await;
    let (mut redis, mut postgres) = (Server::redis(), Server::postgres());
    postgres.new_database("own");
    let url = format!("redis://127.0.0.1:{}", redis.port);
    let registry = format!("postgres://postgres@127.0.0.1:{}/own?sslmode=disable", postgres.port);
    let text = std::fs::read_to_string(site.config()).unwrap();
    let settings = site.stores.settings();
    let text = text
        .replace(settings["sessions"].as_str().unwrap(), &url)
        .replace(settings["registry"].as_str().unwrap(), &registry);
    std::fs::write(site.config(), text).unwrap();
    let site = site.with_another_key();
    let instance = site.instance_at(free_port(), &[]).await;
    walk::whole(&site, instance.port).await.unwrap();
    let mut told = Vec::new();
    for (name, server) in [("Redis", &mut redis), ("PostgreSQL", &mut postgres)] {
        server.kill();
        let away =
            within(Duration::from_secs(3), "not ready", async || !walk::is_ready(instance.port).await).await;
        forgotten(&site, instance.port).await;
        server.start_again();
        let back =
            within(Duration::from_secs(5), "ready again", async || walk::is_ready(instance.port).await).await;
        walk::whole(&site, instance.port).await.unwrap();
        told.push(format!(
            "{name} killed: not ready after {}, ready {} after its restart",
            ms(away),
            ms(back)
        ));
    }
    figure("F1, F10", &told.join("; "));
}

async fn redis_at(port: u16) -> redis::aio::MultiplexedConnection {
    let client = redis::Client::open(format!("redis://127.0.0.1:{port}")).unwrap();
    client.get_multiplexed_async_connection().await.unwrap()
}

async fn replicate(replica: u16, of: Option<u16>) {
    let mut command = redis::cmd("REPLICAOF");
    match of {
        Some(primary) => command.arg("127.0.0.1").arg(primary),
        None => command.arg("NO").arg("ONE"),
    };
    command.query_async::<()>(&mut redis_at(replica).await).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f7_after_a_failover_every_flow_that_was_open_finishes_on_the_promoted_replica() {
    let _alone = alone().await;
    let (primary, replica) = (Server::redis(), Server::redis());
    let mut connection = redis_at(primary.port).await;
    let mut at_once = redis::cmd("CONFIG");
    at_once.arg("SET").arg("repl-diskless-sync-delay").arg(0);
    at_once.query_async::<()>(&mut connection).await.unwrap();
    replicate(replica.port, Some(primary.port)).await;
    let network = Network::before(primary.port).await;
    let site = Site::shared("").await;
    let sessions = site.stores.by_way_of(Some(network.port), None).settings();
    let sessions = sessions["sessions"].as_str().unwrap().to_owned();
    let instance = site.instance_at(free_port(), &[("HANDLEPROOF_STORES__SESSIONS", &sessions)]).await;
    let (mut links, mut flows) = (Vec::new(), Vec::new());
    for _ in 0..FLOWS {
        links.push(walk::create(&site, instance.port, "acme").await.unwrap());
        let link = walk::create(&site, instance.port, "acme").await.unwrap();
        flows.push(walk::open(instance.port, &link, &site.platform).await.unwrap());
    }
    // `WAIT` waits for what its own connection wrote; this is written after all of it.
    redis::cmd("SET").arg("last").arg(1).query_async::<()>(&mut connection).await.unwrap();
    within(Duration::from_secs(20), "the replica has everything", async || {
        redis::cmd("WAIT")
            .arg(1)
            .arg(100)
            .query_async::<u32>(&mut connection)
            .await
            .is_ok_and(|reached| reached == 1)
    })
    .await;

    primary.kill();
    let killed = Instant::now();
    replicate(replica.port, None).await;
    network.leads_to(replica.port);
    let promoted = killed.elapsed();
    within(Duration::from_secs(10), "a whole flow", async || walk::whole(&site, instance.port).await.is_ok())
        .await;
    let gap = killed.elapsed().saturating_sub(promoted);
    for link in &links {
        flows.push(walk::open(instance.port, link, &site.platform).await.unwrap());
    }
    for flow in &flows {
        walk::prove(&site, instance.port, flow).await.unwrap();
        assert_eq!(walk::come_back(instance.port, flow).await.unwrap_err().status, 400, "none twice");
    }
    figure(
        "F7",
        &format!(
            "the primary killed, its replica promoted {} later: a whole flow {} after that, all {} open flows finished, none twice",
            ms(promoted),
            ms(gap),
            flows.len()
        ),
    );
    assert!(gap < Duration::from_secs(5), "{gap:?}");
}
