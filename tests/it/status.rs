//! Reading and cancelling a session: its whole life, seen by its own key and by others.

use std::time::Duration;

use serde_json::json;

use crate::harness::service::{CALLBACK, STATE};
use crate::harness::stores::only_in_memory;
use crate::harness::{Endpoint, HostilePlatform, Reply, Service, Setup, until};

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn is(status: &str) -> (String, Option<String>) {
    (status.to_owned(), None)
}

#[tokio::test]
async fn a_session_says_how_far_it_came_and_never_what_came_out() {
    let service = Service::start(Setup::sandbox()).await;
    let body = json!({"platform": "tiktok", "callback_url": CALLBACK, "state": STATE, "profile_id": "p:1"});
    let created = service.session_with(&body).await;
    let document = service.show(&created.session_id).await.json();
    assert_eq!(
        document,
        json!({
            "session_id": created.session_id, "platform": "tiktok", "state": STATE, "profile_id": "p:1", "status": "created",
            "created_at": "2030-03-17T17:46:40Z", "expires_at": "2030-03-17T18:01:40Z",
        })
    );
    let browser = service.browser();
    service.pass_time(seconds(60)).await;
    let platform = browser.open(&created).await;
    let opened = service.show(&created.session_id).await.json();
    // The pending authorization lives 900 s from its opening.
    assert_eq!(
        (&opened["status"], &opened["expires_at"]),
        (&json!("opened"), &json!("2030-03-17T18:02:40Z"))
    );
    let callback = browser.answer_as(&platform, "ordinary").await;
    browser.get(&callback).await.location();
    let done = service.show(&created.session_id).await;
    assert_eq!(done.json()["status"], "verified");
    // T28: nothing that the starter can fetch is the proof or a part of it.
    for secret in ["sig", "platform_id", "handle", "sandbox_ordinary", CALLBACK] {
        assert!(!done.text().contains(secret), "{secret}");
    }
    assert_eq!(done.json().as_object().unwrap().len(), 7);
}

#[tokio::test]
async fn t23_a_link_lives_900_seconds_and_its_session_can_be_read_for_300_more() {
    if only_in_memory(
        "its edges are a second wide, which Redis' own clock passes meanwhile; the store's suite has them",
    ) {
        return;
    }
    let service = Service::start(Setup::sandbox()).await;
    let (used, late) = (service.session("tiktok").await, service.session("tiktok").await);
    service.pass_time(seconds(890)).await;
    service.browser().open(&used).await;
    service.pass_time(seconds(11)).await;
    service.browser().get(&late.authorize_url).await.refuses(410);
    assert_eq!(service.status(&late.session_id).await, is("expired"));
    assert_eq!(service.status(&used.session_id).await, is("opened"));
    service.pass_time(seconds(298)).await;
    assert_eq!(service.status(&late.session_id).await, is("expired"));
    service.pass_time(seconds(2)).await;
    assert_eq!(service.show(&late.session_id).await.problem(404), "not_found");
    assert_eq!(service.status(&used.session_id).await, is("opened"));
}

#[tokio::test]
async fn t23_a_pending_authorization_lives_900_seconds_from_its_opening() {
    if only_in_memory(
        "its edges are a second wide, which Redis' own clock passes meanwhile; the store's suite has them",
    ) {
        return;
    }
    let service = Service::start(Setup::sandbox()).await;
    let created = service.session("tiktok").await;
    let browser = service.browser();
    service.pass_time(seconds(899)).await;
    let platform = browser.open(&created).await;
    service.pass_time(seconds(899)).await;
    let callback = browser.answer_as(&platform, "ordinary").await;
    service.pass_time(seconds(2)).await;
    browser.get(&callback).await.refuses(400);
    assert_eq!(service.status(&created.session_id).await, is("expired"));
    assert_eq!(service.sandbox.as_ref().unwrap().calls(&tiktok()).token, 0);
    service.pass_time(seconds(300)).await;
    assert_eq!(service.show(&created.session_id).await.problem(404), "not_found");
}

#[tokio::test]
async fn a_session_that_ended_is_forgotten_after_300_seconds() {
    if only_in_memory(
        "its edges are a second wide, which Redis' own clock passes meanwhile; the store's suite has them",
    ) {
        return;
    }
    let service = Service::start(Setup::sandbox()).await;
    let created = service.session("tiktok").await;
    service.browser().land_as(&created, "denies").await.fails_with("access_denied");
    assert_eq!(service.status(&created.session_id).await, ("failed".into(), Some("access_denied".into())));
    service.pass_time(seconds(299)).await;
    assert_eq!(service.show(&created.session_id).await.status, 200);
    service.pass_time(seconds(2)).await;
    assert_eq!(service.show(&created.session_id).await.problem(404), "not_found");
}

#[tokio::test]
async fn cancelling_kills_the_link_and_the_pending_authorization_at_once() {
    let service = Service::start(Setup::sandbox()).await;
    let (link, opened) = (service.session("tiktok").await, service.session("tiktok").await);
    let browser = service.browser();
    let platform = browser.open(&opened).await;
    let callback = browser.answer_as(&platform, "ordinary").await;
    for session in [&link, &opened] {
        let answer = service.cancel(&session.session_id).await;
        assert_eq!((answer.status, answer.body.len()), (204, 0));
        assert_eq!(service.status(&session.session_id).await, is("cancelled"));
        assert_eq!(service.cancel(&session.session_id).await.status, 204, "cancelling twice is cancelling");
    }
    browser.get(&link.authorize_url).await.refuses(410);
    browser.get(&callback).await.refuses(400);
    assert_eq!(service.sandbox.as_ref().unwrap().calls(&tiktok()).token, 0);
}

#[tokio::test]
async fn cancelling_while_the_platform_answers_sends_nothing_to_the_callback() {
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform)).await;
    for answer in [json!({"id": "u-1"}), json!({"no": "id"})] {
        let created = service.session("acme").await;
        let browser = service.browser();
        let callback = browser.consent(&created, &platform).await;
        platform.forget_calls();
        platform.always(Endpoint::Identity, Reply::json(&answer).after(Duration::from_millis(400)));
        let cancel = async {
            until("the identity is asked for", async || platform.count(Endpoint::Identity) == 1).await;
            assert_eq!(service.cancel(&created.session_id).await.status, 204);
            assert_eq!(service.status(&created.session_id).await, is("cancelled"));
        };
        let (answer, ()) = tokio::join!(browser.get(&callback), cancel);
        answer.refuses(400);
        assert_eq!(service.status(&created.session_id).await, is("cancelled"));
        until("the token is given back", async || platform.count(Endpoint::Revoke) == 1).await;
    }
}

#[tokio::test]
async fn cancelling_what_is_over_leaves_its_end_as_it_was() {
    let service = Service::start(Setup::sandbox()).await;
    let created = service.session("tiktok").await;
    service.browser().land_as(&created, "ordinary").await;
    service.cancel(&created.session_id).await;
    assert_eq!(service.status(&created.session_id).await, is("verified"));
}

#[tokio::test]
async fn t85_another_keys_session_is_not_there() {
    let service = Service::start(Setup::sandbox()).await;
    let created = service.session("tiktok").await;
    let other = service.another_key(true).await.api_key;
    let foreign = service.show_as(&other, &created.session_id).await;
    let unknown = service.show_as(&other, "ses_0000000000000000000000000000000000000000000").await;
    assert_eq!((foreign.problem(404), unknown.problem(404)), ("not_found".into(), "not_found".into()));
    assert_eq!(foreign.json()["detail"], unknown.json()["detail"]);
    assert_eq!(service.cancel_as(&other, &created.session_id).await.problem(404), "not_found");
    assert_eq!(service.status(&created.session_id).await, is("created"));
}

#[tokio::test]
async fn t27_tokens_of_one_kind_open_nothing_of_another() {
    let service = Service::start(Setup::sandbox()).await;
    let created = service.session("tiktok").await;
    let token = created.authorize_url.split("request=").nth(1).unwrap();
    assert_eq!(service.show(token).await.problem(404), "not_found");
    assert_eq!(service.show_as(token, &created.session_id).await.problem(401), "invalid_api_key");
    for id in ["x", "ses_", "ses_%00", "ses_..%2f", "%FF", &"a".repeat(3000)] {
        assert_eq!(service.show(id).await.problem(404), "not_found", "{id}");
    }
    let browser = service.browser();
    let as_link = format!("{}/oauth/delegate?request={}", service.public_url, created.session_id);
    browser.get(&as_link).await.refuses(400);
    let as_state = format!("{}/oauth/callback/tiktok?code=x&state={token}", service.public_url);
    browser.get(&as_state).await.refuses(400);
    let platform = browser.open(&created).await;
    let state = url::Url::parse(&platform)
        .unwrap()
        .query_pairs()
        .find(|(name, _)| name == "state")
        .unwrap()
        .1
        .into_owned();
    assert_eq!(service.show(&state).await.problem(404), "not_found");
    assert_eq!(
        browser.get(&format!("{}/oauth/delegate?request={state}", service.public_url)).await.status,
        400
    );
}

fn tiktok() -> handleproof::session::PlatformName {
    handleproof::session::PlatformName::parse("tiktok").unwrap()
}
