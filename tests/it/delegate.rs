//! `GET /oauth/delegate`: the link is opened, once.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::join_all;
use handleproof::clock::ManualClock;
use handleproof::crypto::entropy::{Entropy, NoEntropy, SystemEntropy};
use reqwest::Method;
use serde_json::json;
use url::Url;

use crate::harness::service::{CALLBACK, STATE};
use crate::harness::{Answer, HostilePlatform, Service, Setup};

fn redacted(page: &Answer) -> (u16, String, Vec<(String, String)>) {
    let id = page.header("x-request-id").to_owned();
    let headers = page.headers.iter().filter(|(name, _)| !matches!(name.as_str(), "x-request-id" | "date"));
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    let mut headers: Vec<_> = headers.collect();
    headers.sort();
    (page.status, page.text().replace(&id, "ID"), headers)
}

#[tokio::test]
async fn t21_a_used_an_unknown_an_expired_a_revoked_and_a_cancelled_link_get_the_same_page() {
    let service = Service::start(Setup::sandbox()).await;
    let expired = service.session("tiktok").await;
    service.pass_time(Duration::from_secs(901)).await;
    let (used, cancelled) = (service.session("tiktok").await, service.session("tiktok").await);
    service.browser().open(&used).await;
    service.cancel(&cancelled.session_id).await;
    let unknown = format!("{}/oauth/delegate?request=psd_{}", service.public_url, "A".repeat(43));
    let revoked = service.session("tiktok").await;
    let browser = service.browser();
    service.changes().revoke(service.key.id).await.unwrap();
    let first = browser.get(&unknown).await;
    first.refuses(410);
    assert!(first.text().contains("start again"));
    for link in [&used, &expired, &cancelled, &revoked] {
        let page = browser.get(&link.authorize_url).await;
        assert_eq!(redacted(&page), redacted(&first));
    }
}

#[tokio::test]
async fn t27_a_malformed_or_repeated_request_is_400_and_takes_nothing() {
    let service = Service::start(Setup::sandbox()).await;
    let created = service.session("tiktok").await;
    let token = created.authorize_url.split("request=").nth(1).unwrap();
    let base = format!("{}/oauth/delegate", service.public_url);
    let browser = service.browser();
    for query in [
        String::new(),
        "?".to_owned(),
        "?request=".to_owned(),
        "?request=psd_".to_owned(),
        "?request=x".to_owned(),
        format!("?request[]={token}"),
        format!("?request={token}&request={token}"),
        format!("?request={token}&%72equest=x"),
        format!("?request={token}%20"),
        format!("?request={}", &token[..token.len() - 1]),
        format!("?request={token}{}", "A".repeat(200)),
        format!("?request={}", token.to_uppercase()),
        format!("?REQUEST={token}"),
        format!("?request=psd_{}", "é".repeat(30)),
    ] {
        browser.get(&format!("{base}{query}")).await.refuses(400);
    }
    browser.get(&created.authorize_url).await.location();
}

#[tokio::test]
async fn t24_of_hundreds_of_concurrent_openings_exactly_one_wins() {
    let service = Service::start(Setup::sandbox()).await;
    for _ in 0..4 {
        let created = service.session("tiktok").await;
        let browsers: Vec<_> = (0..150).map(|_| service.browser()).collect();
        let answers = join_all(browsers.iter().map(|browser| browser.get(&created.authorize_url))).await;
        let won = answers.iter().filter(|answer| answer.status == 303).count();
        let lost = answers.iter().filter(|answer| answer.status == 410).count();
        assert_eq!((won, lost), (1, 149));
    }
}

#[tokio::test]
async fn t25_heads_prefetches_and_link_scanners_take_nothing() {
    let service = Service::start(Setup::sandbox()).await;
    let created = service.session("tiktok").await;
    let browser = service.browser();
    let head = browser.send(Method::HEAD, &created.authorize_url, &[], None).await;
    assert!(head.headers.get("location").is_none() && head.set_cookies().is_empty());
    for header in [
        ("sec-purpose", "prefetch"),
        ("sec-purpose", "prefetch;prerender"),
        ("sec-purpose", "Prefetch;anonymous-client-ip"),
        ("purpose", "prefetch"),
        ("purpose", "preview"),
        ("x-moz", "prefetch"),
    ] {
        let answer = browser.get_with(&created.authorize_url, &[header]).await;
        assert!(!(200..400).contains(&answer.status), "{header:?}: {}", answer.status);
        assert!(answer.set_cookies().is_empty());
    }
    assert_eq!(service.status(&created.session_id).await.0, "created");
    browser.get(&created.authorize_url).await.location();

    // Where users are asked first, scanners that only send GET take nothing either.
    let asking = Service::start(Setup::sandbox().third_party()).await;
    let created = asking.session("tiktok").await;
    for agent in ["Slackbot-LinkExpanding 1.0", "TelegramBot", "Mozilla/5.0 SafeLinks"] {
        let scanner = asking.browser();
        assert_eq!(scanner.get_with(&created.authorize_url, &[("user-agent", agent)]).await.status, 200);
    }
    asking.browser().open(&created).await;
}

#[tokio::test]
async fn t26_where_the_redirect_cannot_be_built_nothing_is_taken_and_the_link_works_later() {
    let platform = HostilePlatform::start().await;
    let entry = toml::toml! {
        kind = "oidc"
        client_id = "c"
        client_secret = "s"
    };
    let mut entry = entry;
    entry.insert("issuer".into(), platform.url("").into());
    let service = Service::start(Setup::bare().platform("acme", entry)).await;
    let created = service.session("acme").await;
    let browser = service.browser();
    // The discovery document is not there yet.
    let page = browser.get(&created.authorize_url).await;
    page.refuses(503);
    assert!(page.header("retry-after").parse::<u64>().unwrap() >= 1);
    assert_eq!(service.status(&created.session_id).await.0, "created");
    platform.document(
        "/.well-known/openid-configuration",
        &json!({
            "issuer": platform.url(""), "authorization_endpoint": platform.url("/authorize"),
            "token_endpoint": platform.url("/token"), "jwks_uri": platform.url("/jwks"),
        }),
    );
    assert!(browser.get(&created.authorize_url).await.location().starts_with(&platform.url("/authorize")));
}

#[tokio::test]
async fn t43_t44_the_platform_sees_our_state_and_a_fresh_challenge_and_nothing_of_the_callers() {
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform)).await;
    let mut seen = std::collections::HashSet::new();
    for _ in 0..20 {
        let body =
            json!({"platform": "acme", "callback_url": CALLBACK, "state": STATE, "profile_id": "profile-7"});
        let created = service.session_with(&body).await;
        let url = Url::parse(&service.browser().open(&created).await).unwrap();
        let query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let names: Vec<_> = query.iter().map(|(name, _)| name.as_str()).collect();
        let expected = [
            "response_type",
            "client_id",
            "redirect_uri",
            "scope",
            "state",
            "code_challenge",
            "code_challenge_method",
        ];
        assert_eq!(names, expected);
        let value = |name: &str| query.iter().find(|(one, _)| one == name).unwrap().1.clone();
        assert_eq!(value("code_challenge_method"), "S256");
        assert_eq!(value("redirect_uri"), format!("{}/oauth/callback/acme", service.public_url));
        assert!(value("state").len() >= 43 && value("code_challenge").len() == 43);
        assert!(seen.insert(value("state")) && seen.insert(value("code_challenge")));
        for own in [STATE, "app.example.com", "psd_", "profile-7", created.session_id.as_str()] {
            assert!(!url.as_str().contains(own), "{own}");
        }
    }
}

/// Every header that an answer to a browser has, on https.
#[track_caller]
fn locked_down(answer: &Answer) {
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("x-frame-options"), "DENY");
    // Programs open no windows.
    if !answer.header("content-type").starts_with("application/") {
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
    }
    if answer.header("content-type").starts_with("text/html") {
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
        assert!(!answer.header("permissions-policy").is_empty());
    }
    assert!(answer.header("strict-transport-security").starts_with("max-age=31536000"));
    let policy = answer.header("content-security-policy");
    for part in ["default-src 'none'", "frame-ancestors 'none'"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    for line in answer.set_cookies() {
        assert!(line.starts_with("__Host-"), "{line}");
        let attributes: Vec<_> = line.split("; ").skip(1).collect();
        for attribute in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
            assert!(attributes.contains(&attribute), "{line}");
        }
        assert!(!line.contains("Domain"), "{line}");
        let age = attributes.iter().find_map(|one| one.strip_prefix("Max-Age=")).unwrap();
        assert!((0..=900).contains(&age.parse::<i64>().unwrap()), "{line}");
    }
}

#[tokio::test]
async fn t77_t78_t79_on_https_every_browser_answer_is_locked_down() {
    let platform = HostilePlatform::start().await;
    let setup = Setup::hostile(&platform).public_url("https://verify.example.com").third_party();
    let service = Service::start(setup).await;
    let browser = service.browser();
    let created = service.session("acme").await;
    assert!(created.authorize_url.starts_with("https://verify.example.com/oauth/delegate?request=psd_"));
    let asked = browser.get(&created.authorize_url).await;
    let went = browser.submit(&created.authorize_url, &asked.forms()[0], &[]).await;
    let callback = platform.consent(&went.location());
    let gone = browser.get(&created.authorize_url).await;
    let landed = browser.get(&callback).await;
    assert!(landed.location().starts_with(CALLBACK));
    let lost = browser.get("https://verify.example.com/nothing").await;
    let unusable = browser.get(&callback).await;
    [&asked, &went, &gone, &landed, &lost, &unusable].into_iter().for_each(locked_down);
    for page in [&asked, &gone, &lost] {
        let policy = page.header("content-security-policy");
        assert!(policy.contains("base-uri 'none'") && policy.contains("form-action 'self'"), "{policy}");
    }
    // The browsers that hold the redirect after a form against `form-action` must let both through.
    let policy = asked.header("content-security-policy");
    for origin in [platform.url(""), "https://app.example.com".to_owned()] {
        assert!(policy.split([' ', ';']).any(|one| one == origin), "{policy}");
    }
    assert!(!asked.text().contains("<script") && !asked.text().contains("style="));
}

/// Gives random bytes (0), none (1), or panics (2).
#[derive(Default)]
struct Well(AtomicU8);

impl Entropy for Well {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        match self.0.load(Ordering::SeqCst) {
            0 => SystemEntropy.fill(bytes),
            1 => Err(NoEntropy),
            _ => panic!("told to panic"),
        }
    }
}

#[tokio::test]
async fn t77_answers_to_what_is_too_large_and_of_a_service_that_fails_are_locked_down_too() {
    let platform = HostilePlatform::start().await;
    let well = Arc::new(Well::default());
    let setup = Setup::hostile(&platform)
        .public_url("https://verify.example.com")
        .sources(Arc::new(ManualClock::default()), Arc::<Well>::clone(&well));
    let service = Service::start(setup).await;
    let browser = service.browser();
    let link = service.session("acme").await.authorize_url;

    let too_large = "x".repeat(100_000);
    let answer = service.create(&json!({"state": too_large})).await;
    assert_eq!(answer.problem(413), "payload_too_large");
    locked_down(&answer);
    let answer = browser.send(Method::POST, &link, &[], Some(too_large)).await;
    answer.refuses(400);
    locked_down(&answer);

    for failing in [1, 2] {
        well.0.store(failing, Ordering::SeqCst);
        let answer = browser.get(&link).await;
        answer.refuses(500);
        locked_down(&answer);
        assert!(answer.text().contains(answer.header("x-request-id")));
        let answer =
            service.create(&json!({"platform": "acme", "callback_url": CALLBACK, "state": STATE})).await;
        assert_eq!(answer.problem(500), "server_error");
        locked_down(&answer);
    }
    well.0.store(0, Ordering::SeqCst);
    // Nothing was taken meanwhile.
    assert!(browser.get(&link).await.location().starts_with(&platform.url("/authorize")));
}

#[tokio::test]
async fn t22_after_a_thousand_links_no_store_holds_one_or_a_state_or_a_cookie() {
    let platform = HostilePlatform::start().await;
    let service = Service::start(Setup::hostile(&platform).shared_stores()).await;
    let mut secrets = Vec::new();
    for n in 0..1000 {
        let created = service.session("acme").await;
        secrets.push(created.authorize_url.split("psd_").nth(1).unwrap().to_owned());
        if n % 4 == 0 {
            let browser = service.browser();
            let asked = url::Url::parse(&browser.open(&created).await).unwrap();
            let of_flow = |name: &str| {
                asked.query_pairs().find(|(one, _)| one == name).map(|(_, value)| value.into_owned())
            };
            secrets.extend(["state", "code_challenge"].map(|name| of_flow(name).unwrap()));
            secrets.push(browser.own_cookies()[0].1.clone());
        }
    }
    let kept = service.kept_bytes().await;
    let text = String::from_utf8_lossy(&kept);
    assert!(text.matches("hp:").count() >= 1000, "the search finds what is there");
    for secret in &secrets {
        assert!(!text.contains(secret.as_str()) && !text.contains(&hex::encode(secret)), "{secret}");
    }
    // The same as bytes: no sixteen of them stand anywhere.
    let bytes = secrets.iter().filter_map(|secret| URL_SAFE_NO_PAD.decode(secret).ok());
    let sixteens: HashSet<[u8; 16]> = bytes.flat_map(|bytes| bytes.as_chunks().0.to_vec()).collect();
    assert!(sixteens.len() > 2500 && !kept.windows(16).any(|window| sixteens.contains(window)));
}

#[tokio::test]
async fn t46_t78_on_loopback_the_cookie_has_no_prefix_and_no_secure() {
    let service = Service::start(Setup::sandbox()).await;
    let answer = service.browser().get(&service.session("tiktok").await.authorize_url).await;
    let [line] = &answer.set_cookies()[..] else { panic!("one cookie") };
    assert!(line.starts_with("hp_") && !line.contains("Secure"), "{line}");
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=900"] {
        assert!(line.contains(attribute), "{line}");
    }
    assert!(answer.header("strict-transport-security").is_empty());
    // T35: 256 bits, fresh each time.
    let value = line.split(['=', ';']).nth(1).unwrap();
    assert!(value.len() >= 43);
}

#[tokio::test]
async fn t34_flows_in_tabs_of_one_browser_go_side_by_side_and_never_leave_more_than_eight_cookies() {
    let service = Service::start(Setup::sandbox()).await;
    let browser = service.browser();
    let mut tabs = Vec::new();
    for n in 0..20 {
        service.pass_time(Duration::from_secs(1)).await;
        let body = json!({"platform": "tiktok", "callback_url": CALLBACK, "state": format!("tab-{n}")});
        let created = service.session_with(&body).await;
        tabs.push((browser.open(&created).await, format!("tab-{n}")));
        assert!(browser.own_cookies().len() <= 8);
    }
    let (dropped, kept) = tabs.split_at(12);
    for (platform, _) in dropped {
        let callback = browser.answer_as(platform, "ordinary").await;
        browser.get(&callback).await.refuses(403);
    }
    // In another order than they began in.
    for (platform, state) in kept.iter().rev() {
        let callback = browser.answer_as(platform, "ordinary").await;
        let location = browser.get(&callback).await.location();
        assert!(location.contains(&format!("&state={state}&")), "{location}");
    }
    assert!(browser.own_cookies().is_empty(), "a cookie outlived its flow");
}
