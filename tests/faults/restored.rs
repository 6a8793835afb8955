//! A registry that was copied while the service ran, started elsewhere.

use sqlx::{Connection, SqliteConnection};

use super::measure::{beside_others, figure, ms};
use super::site::Site;
use super::walk::{self, Ended, served};
use crate::harness::child::{ServerChild, free_port, run};

const KEYS: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f39_a_backup_taken_while_running_serves_with_its_master_key_and_is_refused_without() {
    let _turn = beside_others().await;
    let site = Site::alone("").await;
    let instance = site.instance().await;
    let config = site.config();
    let mut keys = vec![(site.api_key.clone(), site.secret.clone())];
    let mut copied = false;
    for _ in 0..KEYS {
        // Keys are made and flows go on before and after the copy.
        let make = ["keys", "create", "Shop", "--callback", "https://app.example.com", "--first-party"];
        let more = ["--signing-secret", "--json", "--config", config.to_str().unwrap()];
        if copied {
            run(&[&make[..], &more[..]].concat()).json();
        } else {
            let key = run(&[&make[..], &more[..]].concat()).json();
            keys.push(
                ["api_key", "signing_secret"].map(|name| key[name].as_str().unwrap().to_owned()).into(),
            );
        }
        walk::whole_if_served(&site, site.port).await.unwrap();
        if keys.len() == KEYS / 2 && !copied {
            let url = format!("sqlite:{}", site.folder.path().join("handleproof.db").display());
            let mut database = SqliteConnection::connect(&url).await.unwrap();
            let copy = site.folder.path().join("copy.db").display().to_string();
            sqlx::query("VACUUM INTO ?").bind(copy).execute(&mut database).await.unwrap();
            database.close().await.unwrap();
            copied = true;
        }
    }
    instance.kill().await;

    let mut site = site;
    let environment = [("HANDLEPROOF_STORES__REGISTRY", "sqlite:copy.db")];
    let port = site.port;
    let instance = site.instance_at(port, &environment).await;
    let verified = keys.len();
    for (api_key, secret) in keys {
        (site.api_key, site.secret) = (api_key, secret);
        walk::whole_if_served(&site, port).await.unwrap();
    }
    let started_in = instance.started_in;
    instance.kill().await;

    let other = Site::alone("").await;
    let other_key = other.folder.path().join("master.key").display().to_string();
    let mut serve = site.serve(port, free_port());
    let serve = serve.envs(environment).env("HANDLEPROOF_SECRETS__MASTER_KEY_FILE", other_key);
    let (code, said) = ServerChild::spawn(serve).ended().await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("secrets.master_key_file") && said.contains("sealed under"), "{said}");
    figure(
        "F39",
        &format!(
            "a copy taken while running: {verified} of {verified} keys made before it verify, ready after {}; with another master key: exit 1 and the reason",
            ms(started_in)
        ),
    );
}

/// Every key of a Redis with its value and what is left of its life.
async fn snapshot(connection: &mut redis::aio::MultiplexedConnection) -> Vec<(String, Vec<u8>, i64)> {
    let keys: Vec<String> = redis::cmd("KEYS").arg("*").query_async(connection).await.unwrap();
    let mut all = Vec::new();
    for key in keys {
        let value: Vec<u8> = redis::cmd("DUMP").arg(&key).query_async(connection).await.unwrap();
        let left: i64 = redis::cmd("PTTL").arg(&key).query_async(connection).await.unwrap();
        all.push((key, value, left));
    }
    all
}

async fn put_back(connection: &mut redis::aio::MultiplexedConnection, all: &[(String, Vec<u8>, i64)]) {
    for (key, value, left) in all {
        let mut restore = redis::cmd("RESTORE");
        restore.arg(key).arg(*left).arg(value).arg("REPLACE");
        restore.query_async::<()>(connection).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t92_a_redis_put_back_to_before_gives_no_second_proof_of_a_code_and_at_worst_a_second_flow_with_the_same_state()
 {
    let _turn = beside_others().await;
    let site = Site::shared("").await;
    let _instance = site.instance().await;
    let mut connection = site.stores.redis_connection().await;
    let finishing = walk::opened_if_served(&site, site.port, site.port).await;
    let link = served!(walk::create(&site, site.port, "acme")).unwrap();
    let before = snapshot(&mut connection).await;
    let first = served!(walk::prove(&site, site.port, &finishing));
    let opened = served!(walk::open(site.port, &link, &site.platform));
    let second = match &opened {
        Ok(opened) => served!(walk::prove(&site, site.port, opened)),
        Err(ended) => Err(ended.clone()),
    };
    put_back(&mut connection, &before).await;
    if first.as_ref().is_err_and(Ended::is_lost_by_the_store)
        || second.as_ref().is_err_and(Ended::is_lost_by_the_store)
    {
        return figure("T92", "not measured: Redis answered too late on this machine");
    }
    first.unwrap();
    second.unwrap();

    // The platform takes a code once, whoever asks.
    let location = served!(walk::come_back(site.port, &finishing)).unwrap();
    assert!(location.contains("error=platform_error") && !location.contains("sig="), "{location}");
    // The link opens a second flow at worst. Its proof has the same state, which its caller took out of the browser's
    // session with the first one.
    let again = served!(walk::open(site.port, &link, &site.platform)).unwrap();
    let proof = served!(walk::come_back(site.port, &again)).unwrap();
    assert!(proof.contains(&format!("state={}", link.state)));
    figure(
        "T92",
        "Redis put back to before two flows: 0 second proofs of a code, 1 second flow of a link, with the state that its caller has used up",
    );
}
