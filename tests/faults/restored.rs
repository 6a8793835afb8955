//! A registry that was copied while the service ran, started elsewhere.

use std::time::Duration;

use sqlx::{Connection, SqliteConnection};

use super::measure::{alone, figure, ms};
use super::site::Site;
use super::walk;
use crate::harness::child::{ServerChild, free_port, run};

const KEYS: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f39_a_backup_taken_while_running_serves_with_its_master_key_and_is_refused_without() {
    let _alone = alone().await;
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
        walk::whole(&site, site.port).await.unwrap();
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
        walk::whole(&site, port).await.unwrap();
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
    assert!(started_in < Duration::from_secs(5));
    figure(
        "F39",
        &format!(
            "a copy taken while running: {verified} of {verified} keys made before it verify, ready after {}; with another master key: exit 1 and the reason",
            ms(started_in)
        ),
    );
}
