//! `GET /oauth/callback/{platform}`: whose browser may finish, which flow, and how often.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::harness::service::{CALLBACK, NOW, STATE};
use crate::harness::{Endpoint, HostilePlatform, Landing, Reply, Service, Setup};

/// A service with two platforms that are one hostile server.
async fn two_platforms(platform: &HostilePlatform) -> Service {
    Service::start(Setup::hostile(platform).platform("zenith", platform.own_entry())).await
}

fn with_param(url: &str, name: &str, value: &str) -> String {
    format!("{url}&{name}={value}")
}

fn replaced(url: &str, name: &str, value: &str) -> String {
    let mut url = url::Url::parse(url).unwrap();
    let pairs: Vec<(String, String)> =
        url.query_pairs().into_owned().filter(|(one, _)| one != name).collect();
    url.query_pairs_mut().clear().extend_pairs(pairs).append_pair(name, value);
    url.into()
}

#[tokio::test]
async fn t19_t37_a_state_that_is_no_open_flows_ends_on_a_page_and_asks_the_platform_nothing() {
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform)).await;
    let browser = service.browser();
    let created = service.session("acme").await;
    let callback = browser.consent(&created, &platform).await;
    let base = format!("{}/oauth/callback/acme", service.public_url);
    let code = callback.split("code=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let state = callback.split("state=").nth(1).unwrap().to_owned();
    let flipped = format!("{}{}", if state.starts_with('A') { "B" } else { "A" }, &state[1..]);
    for query in [
        String::new(),
        format!("?code={code}"),
        format!("?code={code}&state="),
        format!("?code={code}&state=x"),
        format!("?code={code}&state={flipped}"),
        format!("?code={code}&state={}", &state[..state.len() - 1]),
        format!("?code={code}&state={state}A"),
        format!("?code={code}&state={}", "A".repeat(20_000)),
        format!("?code={code}&state={STATE}"),
        format!("?code={code}&state[]={state}"),
        format!("?code={code}&state=https%3A%2F%2Fevil.test"),
        "?error=access_denied".to_owned(),
        format!("?error=access_denied&state={flipped}"),
        "?error=access_denied&error_uri=https%3A%2F%2Fevil.test&state=x".to_owned(),
    ] {
        browser.get(&format!("{base}{query}")).await.refuses(400);
    }
    assert_eq!(platform.count(Endpoint::Token), 0);
    Landing::at(browser.get(&callback).await.location()).proves(&service.key.secret, STATE, NOW);
}

#[tokio::test]
async fn t38_repeated_or_contradicting_parameters_and_other_methods_take_nothing() {
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform)).await;
    let browser = service.browser();
    let callback = browser.consent(&service.session("acme").await, &platform).await;
    for (name, value) in [
        ("code", "x"),
        ("state", "x"),
        ("%63ode", "x"),
        ("error", "access_denied"),
        ("iss", "a&iss=b"),
        ("foo", "1&foo=1"),
    ] {
        browser.get(&with_param(&callback, name, value)).await.refuses(400);
    }
    let state = callback.split("state=").nth(1).unwrap();
    for query in [
        format!("state={state}"),
        format!("state={state}&code="),
        format!("state={state}&access_token=tok&token_type=bearer"),
        format!("state={state}&id_token=a.b.c"),
        format!("state={state}&error="),
    ] {
        browser.get(&format!("{}/oauth/callback/acme?{query}", service.public_url)).await.refuses(400);
    }
    for method in [Method::POST, Method::HEAD, Method::PUT] {
        let answer = browser.send(method, &callback, &[], Some(String::new())).await;
        assert_eq!((answer.status, answer.header("allow")), (405, "GET"));
    }
    assert_eq!(platform.count(Endpoint::Token), 0);
    browser.get(&callback).await.location();
    assert_eq!(platform.count(Endpoint::Token), 1);
}

#[tokio::test]
async fn t29_the_platforms_url_forwarded_to_another_browser_leads_nowhere_and_the_right_one_can_still_finish()
{
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform)).await;
    let (attacker, victim) = (service.browser(), service.browser());
    let created = service.session("acme").await;
    let forwarded = attacker.open(&created).await;
    let callback = platform.consent(&forwarded);
    victim.get(&callback).await.refuses(403);
    assert_eq!(platform.count(Endpoint::Token), 0);
    assert_eq!(service.status(&created.session_id).await.0, "opened");
    Landing::at(attacker.get(&callback).await.location()).proves(&service.key.secret, STATE, NOW);
}

#[tokio::test]
async fn t30_a_finished_callback_forwarded_to_a_victim_is_refused_even_with_a_flow_of_its_own() {
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform)).await;
    let (attacker, victim) = (service.browser(), service.browser());
    let attackers = attacker.consent(&service.session("acme").await, &platform).await;
    let victims = victim.consent(&service.session("acme").await, &platform).await;
    victim.get(&attackers).await.refuses(403);
    attacker.get(&victims).await.refuses(403);
    // The victim's state with the attacker's code: the platform holds the code against another challenge.
    let code = attackers.split("code=").nth(1).unwrap().split('&').next().unwrap();
    Landing::at(victim.get(&replaced(&victims, "code", code)).await.location()).fails_with("platform_error");
}

#[tokio::test]
async fn t35_a_planted_stale_or_missing_cookie_is_403_and_the_cookie_is_gone_afterwards() {
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform)).await;
    let browser = service.browser();
    let callback = browser.consent(&service.session("acme").await, &platform).await;
    let [(name, value)] = &browser.own_cookies()[..] else { panic!("one cookie") };
    for planted in ["", "1", "true", &value.to_lowercase(), &format!("{value}x"), &value[..value.len() - 1]] {
        browser.replace_cookie(name, planted);
        browser.get(&callback).await.refuses(403);
    }
    assert_eq!(platform.count(Endpoint::Token), 0);
    browser.replace_cookie(name, value);
    browser.get(&callback).await.location();
    assert!(browser.own_cookies().is_empty());

    let failing = browser.consent(&service.session("acme").await, &platform).await;
    platform.next(Endpoint::Token, Reply::status(400, &json!({"error": "invalid_grant"})));
    Landing::at(browser.get(&failing).await.location()).fails_with("platform_error");
    assert!(browser.own_cookies().is_empty());
}

#[tokio::test]
async fn without_browser_binding_any_browser_may_finish() {
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform).set("sessions.browser_binding", false)).await;
    let callback = service.browser().consent(&service.session("acme").await, &platform).await;
    Landing::at(service.browser().get(&callback).await.location()).proves(&service.key.secret, STATE, NOW);
}

#[tokio::test]
async fn t39_of_many_concurrent_callbacks_one_wins_with_one_token_request() {
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform)).await;
    for round in 1..=3 {
        let browser = service.browser();
        let callback = browser.consent(&service.session("acme").await, &platform).await;
        let answers = join_all((0..100).map(|_| browser.get(&callback))).await;
        let proofs = answers.iter().filter(|answer| answer.status == 303).count();
        assert_eq!(proofs, 1);
        // Those that came late find no cookie of theirs any more, or no flow.
        assert!(answers.iter().all(|answer| matches!(answer.status, 303 | 400 | 403)));
        assert_eq!(platform.count(Endpoint::Token), round);
        browser.get(&callback).await.refuses(400);
        assert_eq!(platform.count(Endpoint::Token), round);
    }
}

#[tokio::test]
async fn t40_t41_a_state_of_one_platform_at_anothers_path_is_400_and_takes_nothing() {
    let platform = HostilePlatform::start().await;
    let service = two_platforms(&platform).await;
    let browser = service.browser();
    let callback = browser.consent(&service.session("acme").await, &platform).await;
    for path in [
        "zenith",
        "tiktok",
        "ACME",
        "acme%20",
        "none",
        "%FF",
        "acme/app_1",
        "acme/",
        "a".repeat(300).as_str(),
    ] {
        let crossed = callback.replace("/callback/acme", &format!("/callback/{path}"));
        let page = browser.get(&crossed).await;
        assert!(matches!(page.status, 400 | 404), "{path}: {}", page.status);
    }
    assert_eq!(platform.count(Endpoint::Token), 0);
    browser.get(&callback).await.location();
}

#[tokio::test]
async fn t42_an_iss_must_be_the_platforms_own_byte_for_byte() {
    let platform = HostilePlatform::start().await;
    let mut entry = platform.own_entry();
    entry.insert("issuer".into(), "https://id.acme.example".into());
    let service = Service::start(Setup::hostile(&platform).platform("zenith", entry)).await;
    let browser = service.browser();
    for wrong in
        ["https%3A%2F%2Fevil.test", "https%3A%2F%2Fid.acme.example%2F", "https%3A%2F%2FID.acme.example"]
    {
        let callback = browser.consent(&service.session("zenith").await, &platform).await;
        Landing::at(browser.get(&with_param(&callback, "iss", wrong)).await.location())
            .fails_with("platform_error");
    }
    // A platform that never names itself gets no say.
    let callback = browser.consent(&service.session("acme").await, &platform).await;
    let named = with_param(&callback, "iss", "https%3A%2F%2Fid.acme.example");
    Landing::at(browser.get(&named).await.location()).fails_with("platform_error");
    assert_eq!(platform.count(Endpoint::Token), 0);
    let callback = browser.consent(&service.session("zenith").await, &platform).await;
    let right = with_param(&callback, "iss", "https%3A%2F%2Fid.acme.example");
    Landing::at(browser.get(&right).await.location()).proves(&service.key.secret, STATE, NOW);
}

#[tokio::test]
async fn t45_a_platforms_error_becomes_one_of_ours_and_its_words_go_nowhere() {
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform)).await;
    let long = "d".repeat(20_000);
    for (error, ours) in [
        ("access_denied", "access_denied"),
        ("temporarily_unavailable", "temporarily_unavailable"),
        ("server_error", "platform_error"),
        ("invalid_scope", "platform_error"),
        ("<script>alert(1)</script>", "platform_error"),
        ("no_account", "platform_error"),
        ("https://evil.test/phish", "platform_error"),
        ("a\r\nset-cookie: x=1", "platform_error"),
    ] {
        let browser = service.browser();
        let created = service.session("acme").await;
        let state = url::Url::parse(&browser.open(&created).await).unwrap();
        let state = state.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
        let params = [("error", error), ("error_description", long.as_str()), ("state", state.as_str())];
        let url = format!("{}/oauth/callback/acme", service.public_url);
        let url = url::Url::parse_with_params(&url, params).unwrap();
        let answer = browser.get(url.as_str()).await;
        let landing = Landing::at(answer.location());
        landing.fails_with(ours);
        assert_eq!(
            (landing.value("platform"), landing.value("state")),
            ("acme".to_owned(), STATE.to_owned())
        );
        for word in ["ddd", "alert", "evil.test", "set-cookie"] {
            assert!(!landing.url.contains(word), "{}", landing.url);
        }
        assert!(answer.headers.get("x").is_none() && browser.own_cookies().is_empty());
        browser.get(url.as_str()).await.refuses(400);
    }
    assert_eq!(platform.count(Endpoint::Token), 0);
}

#[tokio::test]
async fn t28_the_proof_of_a_forwarded_link_reaches_the_browser_that_finished_and_is_foreign_there() {
    let service = Service::start(Setup::sandbox()).await;
    // The attacker starts with his own state and sends the victim his link.
    let body = json!({"platform": "tiktok", "callback_url": CALLBACK, "state": "attackers-state"});
    let created = service.session_with(&body).await;
    let victim = service.browser();
    let landing = victim.land_as(&created, "ordinary").await;
    // The caller's code compares with the state of the victim's own browser session.
    assert!(landing.verify(&service.key.secret, "victims-state", NOW).is_err());
    let shown = service.show(&created.session_id).await.text();
    assert!(!shown.contains(&landing.value("sig")) && !shown.contains(&landing.value("platform_id")));
    service.browser().get(&created.authorize_url).await.refuses(410);
}
