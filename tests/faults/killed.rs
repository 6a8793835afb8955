//! `kill -9`, and starts that cannot go well.

use std::collections::HashSet;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use serde_json::json;

use super::measure::{beside_others, figure, ms, until};
use super::site::Site;
use super::walk::{self, Ended, Link, Opened, served};
use crate::harness::child::{Deployment, ServerChild, free_port};
use crate::harness::hostile::Call;
use crate::harness::{Endpoint, Reply};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f18_with_sessions_in_memory_a_killed_process_forgets_its_flows_and_says_so_on_pages() {
    let _turn = beside_others().await;
    let site = Site::alone("").await;
    let instance = site.instance().await;
    let (mut links, mut flows) = (Vec::new(), Vec::new());
    for _ in 0..50 {
        links.push(served!(walk::create(&site, site.port, "acme")).unwrap());
        flows.push(walk::opened_if_served(&site, site.port, site.port).await);
    }
    instance.kill().await;
    let again = site.instance().await;
    for link in &links {
        assert_eq!(served!(walk::open(site.port, link, &site.platform)).unwrap_err().status, 410);
    }
    for flow in &flows {
        assert_eq!(served!(walk::come_back(site.port, flow)).unwrap_err().status, 400);
    }
    walk::whole_if_served(&site, site.port).await.unwrap();
    assert_eq!(site.platform.count(Endpoint::Token), 1);
    figure(
        "F18",
        &format!(
            "memory: 50 links 410, 50 callbacks 400, none 500; ready {} after the restart",
            ms(again.started_in)
        ),
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f18_with_redis_every_open_flow_of_a_killed_instance_finishes_on_the_others_and_on_itself_restarted()
{
    let _turn = beside_others().await;
    let site = Site::shared("").await;
    let [one, two, three] = site.instances().await;
    let ports = [one.port, two.port, three.port];
    let (mut links, mut flows): (Vec<Link>, Vec<Opened>) = Default::default();
    for n in 0..300 {
        if n % 2 == 0 {
            links.push(served!(walk::create(&site, ports[n % 3], "acme")).unwrap());
        } else {
            // Opened by another instance than the one that made it.
            flows.push(walk::opened_if_served(&site, ports[n % 3], ports[(n + 1) % 3]).await);
        }
    }
    one.kill().await;
    let (early_links, late_links) = links.split_at(75);
    let (early_flows, late_flows) = flows.split_at(75);
    let mut lost = finish(&site, &ports[1..], early_links, early_flows).await;
    let one = site.instance_at(ports[0], &[]).await;
    lost += finish(&site, &ports[..1], late_links, late_flows).await;
    let codes: HashSet<String> = site.platform.calls(Endpoint::Token).iter().map(code).collect();
    assert_eq!(site.platform.count(Endpoint::Token), codes.len(), "no code twice");
    assert!((300 - lost..=300).contains(&codes.len()), "{}", codes.len());
    figure(
        "F18",
        &format!(
            "Redis: {} of 300 open flows finished, 150 on the others and 150 on the restarted one; {lost} lost by a Redis that answered late; ready {} after the restart",
            300 - lost,
            ms(one.started_in)
        ),
    );
}

/// All of them end with a proof, but for so many that Redis lost by an answer that came too late.
pub async fn finish(site: &Site, ports: &[u16], links: &[Link], flows: &[Opened]) -> usize {
    let opened = stream::iter(links.iter().enumerate())
        .map(|(n, link)| async move { served!(walk::open(ports[n % ports.len()], link, &site.platform)) });
    let opened: Vec<Result<Opened, Ended>> = opened.buffer_unordered(8).collect().await;
    let flows = opened.into_iter().chain(flows.iter().cloned().map(Ok));
    let ends = stream::iter(flows.enumerate()).map(|(n, flow)| async move {
        match flow {
            Ok(flow) => served!(walk::prove(site, ports[n % ports.len()], &flow)),
            Err(ended) => Err(ended),
        }
    });
    let ends: Vec<Result<(), Ended>> = ends.buffer_unordered(8).collect().await;
    let failed: Vec<Ended> = ends.into_iter().filter_map(Result::err).collect();
    assert!(failed.iter().all(Ended::is_lost_by_the_store), "{failed:?}");
    failed.len()
}

pub fn code(call: &Call) -> String {
    call.body.split("code=").nth(1).unwrap().split('&').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f18_the_death_of_either_of_two_instances_between_any_two_steps_of_a_flow_goes_unnoticed() {
    let _turn = beside_others().await;
    let site = Site::shared("").await;
    let [one, two] = site.instances().await;
    let ports = [one.port, two.port];
    let mut running = [Some(one), Some(two)];
    let (mut deaths, mut lost) = (0, 0);
    for victim in [0, 1] {
        for maker in [0, 1] {
            for steps_before in [1, 2] {
                let survivor = [ports[1 - victim]];
                let (mut links, mut flows) = (Vec::new(), Vec::new());
                if steps_before == 2 {
                    flows.push(walk::opened_if_served(&site, ports[maker], ports[maker]).await);
                } else {
                    links.push(served!(walk::create(&site, ports[maker], "acme")).unwrap());
                }
                running[victim].take().unwrap().kill().await;
                deaths += 1;
                lost += finish(&site, &survivor, &links, &flows).await;
                running[victim] = Some(site.instance_at(ports[victim], &[]).await);
            }
        }
    }
    assert!((deaths - lost..=deaths).contains(&site.platform.count(Endpoint::Token)));
    figure(
        "F18",
        &format!(
            "{deaths} deaths of either of two instances after each step: {} flows finished on the other, {lost} lost by a Redis that answered late",
            deaths - lost
        ),
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f19_a_flow_in_flight_when_its_instance_is_killed_is_lost_and_its_code_is_never_sent_twice() {
    let _turn = beside_others().await;
    let site = Site::shared("").await;
    let survivor = site.instance_at(free_port(), &[]).await;
    let port = free_port();
    let points = [
        ("before the token request is answered", Endpoint::Token, Reply::Hang),
        ("before the identity is asked for", Endpoint::Identity, Reply::Hang),
        (
            "while the identity is on its way",
            Endpoint::Identity,
            Reply::json(&json!({"id": "u-1"})).after(Duration::from_secs(4)),
        ),
    ];
    let mut lost = 0;
    for (point, endpoint, reply) in points {
        for round in 0..4 {
            let victim = site.instance_at(port, &[]).await;
            let flow = walk::opened_if_served(&site, port, port).await;
            let other = served!(walk::create(&site, port, "acme")).unwrap();
            site.platform.forget_calls();
            site.platform.next(endpoint, reply.clone());
            let come_back = async { served!(walk::come_back(port, &flow)) };
            let die = async {
                until(point, async || site.platform.count(endpoint) == 1).await;
                victim.kill().await;
            };
            let (answer, ()) = tokio::join!(come_back, die);
            assert_eq!(answer.unwrap_err().status, 0, "{point}: no answer can have come");
            let reload = served!(walk::come_back(survivor.port, &flow));
            assert_eq!(reload.unwrap_err().status, 400, "{point}, round {round}");
            assert_eq!(site.platform.count(Endpoint::Token), 1, "{point}");
            finish(&site, &[survivor.port], &[other], &[]).await;
            lost += 1;
        }
    }
    figure(
        "F19",
        &format!(
            "{lost} kills in flight: {lost} flows lost, 0 second exchanges, 0 proofs without an identity, all other flows fine"
        ),
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f19_a_flow_taken_whose_token_request_nobody_heard_is_lost_and_its_code_never_sent() {
    let _turn = beside_others().await;
    let site = Site::shared("").await;
    // A listener that takes no connection: the request waits on this side.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let deaf = format!("http://{}/token", listener.local_addr().unwrap());
    let environment = [("HANDLEPROOF_PLATFORMS__ACME__TOKEN_ENDPOINT", deaf.as_str())];
    let port = free_port();
    let mut victim = site.instance_at(port, &environment).await;
    let survivor = site.instance_at(free_port(), &[]).await;
    for _ in 0..4 {
        let flow = walk::opened_if_served(&site, port, port).await;
        let (path, cookie) = (flow.path.clone(), flow.cookie.clone());
        let pending = tokio::spawn(async move { walk::ask(port, &walk::get(&path, &cookie)).await });
        until("the flow is taken", async || stages(&site).await.contains(&b'T')).await;
        victim.kill().await;
        assert!(pending.await.unwrap().is_err());
        assert_eq!(served!(walk::come_back(survivor.port, &flow)).unwrap_err().status, 400);
        let mut connection = site.stores.redis_connection().await;
        redis::cmd("FLUSHDB").exec_async(&mut connection).await.unwrap();
        victim = site.instance_at(port, &environment).await;
    }
    assert_eq!(site.platform.count(Endpoint::Token), 0);
    figure(
        "F19",
        "4 kills after the take and before the token request: 0 token requests, reloads get the 400 page",
    );
}

/// The letters of the stages of all sessions in Redis.
async fn stages(site: &Site) -> Vec<u8> {
    let mut connection = site.stores.redis_connection().await;
    let keys: Vec<String> = redis::cmd("KEYS").arg("hp:*").query_async(&mut connection).await.unwrap();
    let mut stages = Vec::new();
    for key in keys {
        let letter: Vec<u8> =
            redis::cmd("GETRANGE").arg(key).arg(1).arg(1).query_async(&mut connection).await.unwrap();
        stages.extend(letter);
    }
    stages
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f20_a_process_killed_while_it_makes_its_tables_leaves_a_whole_file() {
    use sqlx::{Connection, SqliteConnection};
    let _turn = beside_others().await;
    let master_key = Site::alone("").await;
    let mut unfinished = 0;
    for round in 0..20 {
        let deployment = Deployment::new("[stores]\n[metrics]\nlisten = \"off\"\n");
        std::fs::copy(
            master_key.folder.path().join("master.key"),
            deployment.folder.path().join("master.key"),
        )
        .unwrap();
        let file = deployment.folder.path().join("handleproof.db");
        let config = deployment.config();
        let mut serve = crate::harness::child::command(&["serve", "--config", config.to_str().unwrap()]);
        let child = ServerChild::spawn(&mut serve);
        let started = Instant::now();
        while !file.exists() {
            assert!(started.elapsed() < Duration::from_mins(1), "no file: {}", child.said());
        }
        let appeared = Instant::now();
        while appeared.elapsed() < Duration::from_micros(700) * round {
            std::hint::spin_loop();
        }
        child.signal("KILL");
        child.ended().await;
        let url = format!("sqlite:{}", file.display());
        let mut database = SqliteConnection::connect(&url).await.unwrap();
        let integrity: String =
            sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut database).await.unwrap();
        assert_eq!(integrity, "ok", "round {round}");
        let tables: i64 =
            sqlx::query_scalar("SELECT count(*) FROM sqlite_master WHERE name = 'service_keys'")
                .fetch_one(&mut database)
                .await
                .unwrap();
        unfinished += usize::from(tables == 0);
        database.close().await.unwrap();
        starts_well(&deployment).await;
        assert_eq!(deployment.run(&["keys", "list", "--json"]).code, 0);
    }
    figure(
        "F20",
        &format!(
            "20 kills, {unfinished} of them before the last table was there: 0 damaged files, every next start was ready"
        ),
    );
}

/// It is ready in the end. A start has a second for its database; where a busy machine does not make that, the supervisor
/// starts it again.
async fn starts_well(deployment: &Deployment) {
    let config = deployment.config();
    for _ in 0..3 {
        let mut serve = crate::harness::child::command(&["serve", "--config", config.to_str().unwrap()]);
        let mut child = ServerChild::spawn(&mut serve);
        while child.child.try_wait().unwrap().is_none() {
            if walk::is_ready(deployment.port).await {
                return;
            }
        }
        let (_, said) = child.ended().await;
        assert!(said.contains("timed out"), "{said}");
    }
    panic!("it does not start");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f21_a_configuration_that_cannot_work_ends_the_process_soon_with_one_line_and_no_listener() {
    let _turn = beside_others().await;
    let site = Site::alone("").await;
    let good = std::fs::read_to_string(site.config()).unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (nobody, port) = (free_port(), free_port());
    let taken = taken.local_addr().unwrap().to_string();
    let redis = format!("redis://127.0.0.1:{nobody}");
    let postgres = format!("postgres://x@127.0.0.1:{nobody}/x");
    let cases: [(&str, String, Vec<(&str, &str)>); 7] = [
        ("an unknown key", format!("typo = 1\n{good}"), vec![]),
        ("no TOML", format!("{good}\n[[["), vec![]),
        ("an address in use", good.clone(), vec![("HANDLEPROOF_LISTEN", taken.as_str())]),
        ("no such master key", good.clone(), vec![("HANDLEPROOF_SECRETS__MASTER_KEY_FILE", "absent.key")]),
        ("no Redis", good.clone(), vec![("HANDLEPROOF_STORES__SESSIONS", &redis)]),
        ("no PostgreSQL", good.clone(), vec![("HANDLEPROOF_STORES__REGISTRY", &postgres)]),
        (
            "no folder for the database",
            good.clone(),
            vec![("HANDLEPROOF_STORES__REGISTRY", "sqlite:absent/x.db")],
        ),
    ];
    let mut longest = Duration::ZERO;
    let count = cases.len();
    for (what, text, environment) in cases {
        std::fs::write(site.config(), text).unwrap();
        let mut serve = site.serve(port, free_port());
        let started = Instant::now();
        let child = ServerChild::spawn(serve.envs(environment));
        let (code, said) = child.ended().await;
        let took = started.elapsed();
        assert!(code.is_some_and(|code| code != 0), "{what}: {said}");
        let lines: Vec<&str> = said.lines().filter(|line| line.starts_with("handleproof: ")).collect();
        assert_eq!((lines.len(), said.lines().count()), (1, 1), "{what}: {said}");
        assert!(TcpStream::connect(("127.0.0.1", port)).is_err(), "{what}");
        longest = longest.max(took);
    }
    figure(
        "F21",
        &format!("{count} kinds: exit 1 and one line each, at most {} after the start", ms(longest)),
    );
}
