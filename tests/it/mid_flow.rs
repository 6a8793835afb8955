//! What changes while a flow is open: the key, its callbacks, its secret. Checked again at the end.

use serde_json::json;

use crate::harness::service::{NOW, STATE};
use crate::harness::stores::only_with_sqlite;
use crate::harness::{Endpoint, HostilePlatform, Landing, Reply, Service, Setup};

#[tokio::test]
async fn t3_a_key_revoked_meanwhile_ends_on_a_403_page_and_its_code_goes_nowhere() {
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform)).await;
    let browser = service.browser();
    let callback = browser.consent(&service.session("acme").await, &platform).await;
    service.changes().revoke(service.key.id).await.unwrap();
    browser.get(&callback).await.refuses(403);
    let denied = callback.replace("code=", "error=");
    browser.get(&denied).await.refuses(403);
    assert_eq!(platform.count(Endpoint::Token), 0);
}

#[tokio::test]
async fn t17_a_callback_withdrawn_meanwhile_ends_on_a_403_page() {
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform).callbacks(&["https://app.example.com"])).await;
    let browser = service.browser();
    let callback = browser.consent(&service.session("acme").await, &platform).await;
    let key = service.keys.find(service.key.id).await.unwrap().unwrap();
    service.changes().change_callbacks(service.key.id, &[], &key.callbacks).await.unwrap();
    browser.get(&callback).await.refuses(403);
    assert_eq!(platform.count(Endpoint::Token), 0);
}

#[tokio::test]
async fn t17_a_callback_withdrawn_while_the_platform_answers_gets_no_proof() {
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform)).await;
    let browser = service.browser();
    let callback = browser.consent(&service.session("acme").await, &platform).await;
    let slow = Reply::json(&json!({"id": "u-1"})).after(std::time::Duration::from_millis(400));
    platform.always(Endpoint::Identity, slow);
    let withdraw = async {
        crate::harness::until("the identity is asked for", async || platform.count(Endpoint::Identity) == 1)
            .await;
        let key = service.keys.find(service.key.id).await.unwrap().unwrap();
        service.changes().change_callbacks(service.key.id, &[], &key.callbacks).await.unwrap();
    };
    let (answer, ()) = tokio::join!(browser.get(&callback), withdraw);
    answer.refuses(403);
}

#[tokio::test]
async fn f10_a_registry_that_goes_away_while_the_platform_answers_ends_on_a_page_that_does_not_tell_to_try_again()
 {
    if only_with_sqlite("the file is moved away; a PostgreSQL that is gone is tests/faults' subject") {
        return;
    }
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform)).await;
    let browser = service.browser();
    let callback = browser.consent(&service.session("acme").await, &platform).await;
    let slow = Reply::json(&json!({"id": "u-1"})).after(std::time::Duration::from_secs(2));
    platform.always(Endpoint::Identity, slow);
    let (file, away) = (service.folder.path().join("handleproof.db"), service.folder.path().join("away.db"));
    let take_away = async {
        crate::harness::until("the identity is asked for", async || platform.count(Endpoint::Identity) == 1)
            .await;
        // A change empties what is cached.
        service.changes().rename(service.key.id, "Two").await.unwrap();
        std::fs::rename(&file, &away).unwrap();
    };
    let (answer, ()) = tokio::join!(browser.get(&callback), take_away);
    answer.refuses(500);
    assert!(answer.header("retry-after").is_empty());
    std::fs::rename(&away, &file).unwrap();
    browser.get(&callback).await.refuses(400);
    assert_eq!(platform.count(Endpoint::Token), 1);
}

#[tokio::test]
async fn t69_a_signing_secret_rotated_mid_flow_signs_the_open_flow() {
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform)).await;
    let browser = service.browser();
    let callback = browser.consent(&service.session("acme").await, &platform).await;
    let fresh = service.changes().generate_signing_secret(service.key.id).await.unwrap();
    let landing = Landing::at(browser.get(&callback).await.location());
    landing.proves(fresh.expose(), STATE, NOW);
    assert!(landing.verify(&service.key.secret, STATE, NOW).is_err());
}
