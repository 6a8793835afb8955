//! The JSON API as HTTP: keys, bodies, methods, headers, and what every answer has.

use reqwest::Method;
use serde_json::json;

use crate::harness::service::{CALLBACK, STATE};
use crate::harness::{Answer, Service, Setup, raw};

const SESSIONS: &str = "/api/oauth/delegate/sessions";

fn good() -> String {
    json!({"platform": "tiktok", "callback_url": CALLBACK, "state": STATE}).to_string()
}

#[tokio::test]
async fn t1_only_one_bearer_header_with_a_good_key_opens_the_api() {
    let service = Service::start(Setup::sandbox()).await;
    let key = service.key.api_key.clone();
    let other = service.another_key(true).await.api_key;
    let mixed = format!("{}{}", &key[..key.len() - 43], &other[other.len() - 43..]);
    let with = |values: Vec<String>| {
        let request =
            service.request(Method::POST, SESSIONS).header("content-type", "application/json").body(good());
        values.into_iter().fold(request, |request, value| request.header("authorization", value))
    };
    for values in [
        vec![],
        vec![format!("Basic {key}")],
        vec![key.clone()],
        vec!["Bearer".to_owned()],
        vec!["Bearer ".to_owned()],
        vec![format!("Bearer {key} x")],
        vec![format!("Bearer  {key}")],
        vec![format!("Bearer\t{key}")],
        vec![format!("Bearer {}", &key[..key.len() - 1])],
        vec![format!("Bearer {key}A")],
        vec![format!("Bearer {}", key.to_uppercase())],
        vec![format!("Bearer {mixed}")],
        vec!["Bearer hpk_".to_owned()],
        vec![format!("Bearer {}", "x".repeat(4000))],
        vec![format!("Bearer {key}"), format!("Bearer {key}")],
        vec![format!("Bearer {key}"), format!("Bearer {other}")],
    ] {
        let shown = values.len();
        let answer = Answer::of(with(values)).await;
        assert_eq!(answer.problem(401), "invalid_api_key", "{shown}");
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
        assert!(!answer.text().contains(&key));
    }
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        assert_eq!(Answer::of(with(vec![format!("{scheme} {key}")])).await.status, 201, "{scheme}");
    }
}

#[tokio::test]
async fn t1_a_key_outside_the_header_never_works_and_never_comes_back() {
    let service = Service::start(Setup::sandbox()).await;
    let key = &service.key.api_key;
    for path in [format!("{SESSIONS}?api_key={key}"), format!("{SESSIONS}?access_token={key}")] {
        let answer =
            Answer::of(service.request(Method::POST, &path).json(&json!({"access_token": key}))).await;
        assert_eq!(answer.problem(401), "invalid_api_key");
        assert!(!answer.text().contains(key.as_str()));
    }
    // RFC 6750, section 3.1: the error is named only where a token was sent.
    let none = Answer::of(service.request(Method::GET, "/api/oauth/delegate/platforms")).await;
    assert!(!none.header("www-authenticate").contains("error="));
    let wrong =
        Answer::of(service.request(Method::GET, "/api/oauth/delegate/platforms").bearer_auth("hpk_x")).await;
    assert!(wrong.header("www-authenticate").contains("error=\"invalid_token\""));
    assert_eq!(none.json()["detail"], wrong.json()["detail"]);
}

#[tokio::test]
async fn t3_a_revoked_key_is_refused_like_an_unknown_one() {
    let service = Service::start(Setup::sandbox()).await;
    let created = service.session("tiktok").await;
    service.changes().revoke(service.key.id).await.unwrap();
    assert_eq!(service.create(&json!({})).await.problem(401), "invalid_api_key");
    assert_eq!(service.show(&created.session_id).await.problem(401), "invalid_api_key");
    assert_eq!(service.platforms().await.problem(401), "invalid_api_key");
}

#[tokio::test]
async fn t11_wrong_methods_are_405_with_allow_and_no_override_is_heard() {
    let service = Service::start(Setup::sandbox()).await;
    let session = format!("{SESSIONS}/ses_x");
    let table = [
        (SESSIONS, "POST", ["GET", "PUT", "DELETE", "PATCH", "TRACE", "HEAD"]),
        (session.as_str(), "GET, DELETE", ["POST", "PUT", "PATCH", "TRACE", "OPTIONS", "HEAD"]),
        ("/api/oauth/delegate/platforms", "GET", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS"]),
        ("/oauth/delegate", "GET, HEAD, POST", ["PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "PROPFIND"]),
        ("/oauth/delegate/decline", "POST", ["GET", "PUT", "DELETE", "PATCH", "TRACE", "HEAD"]),
        ("/oauth/callback/tiktok", "GET", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "HEAD"]),
        ("/healthz", "GET, HEAD", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS"]),
        ("/readyz", "GET, HEAD", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS"]),
        ("/openapi.json", "GET, HEAD", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS"]),
        ("/docs", "GET, HEAD", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS"]),
        ("/assets/style.css", "GET, HEAD", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS"]),
    ];
    for (path, allow, methods) in table {
        for method in methods {
            let request = service.request(Method::from_bytes(method.as_bytes()).unwrap(), path);
            let answer = Answer::of(request.bearer_auth(&service.key.api_key)).await;
            assert_eq!((answer.status, answer.header("allow")), (405, allow), "{method} {path}");
            assert!(!answer.header("x-request-id").is_empty(), "{method} {path}");
        }
    }
    // RFC 9110, section 9.3.2: what GET gives of a document, HEAD gives without it.
    for path in ["/openapi.json", "/docs", "/.well-known/jwks.json", "/healthz"] {
        let [get, head] = [Method::GET, Method::HEAD].map(|method| service.request(method, path));
        let (get, head) = (Answer::of(get).await, Answer::of(head).await);
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        for name in ["content-type", "content-length", "cache-control"] {
            assert_eq!(head.header(name), get.header(name), "{path}");
        }
    }
    let created = service.session("tiktok").await;
    let path = format!("{SESSIONS}/{}", created.session_id);
    let request = service.request(Method::GET, &path).bearer_auth(&service.key.api_key);
    Answer::of(request.header("x-http-method-override", "DELETE").header("x-method-override", "DELETE"))
        .await;
    assert_eq!(service.status(&created.session_id).await.0, "created");
}

#[tokio::test]
async fn unknown_paths_are_404_as_a_problem_for_programs_and_as_a_page_for_browsers() {
    let service = Service::start(Setup::sandbox()).await;
    for path in [
        "/",
        "/api",
        "/api/",
        "/api/oauth/delegate/sessions/",
        "/API/oauth/delegate/sessions",
        "/metrics",
        "/admin/v1/keys",
        "/oauth/callback",
        "/oauth/callback/",
        "/.env",
        "/tester",
        "/console",
        "/sandbox",
        "/oauth/delegate/",
        "/%6fauth/delegatex",
        "//oauth/delegate",
        "/assets/none.css",
        "/assets/..%2fCargo.toml",
    ] {
        let answer = Answer::of(service.request(Method::GET, path)).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.header("x-request-id").is_empty(), "{path}");
        service.browser().get(&format!("{}{path}", service.public_url)).await.refuses(404);
    }
    assert_eq!(Answer::of(service.request(Method::GET, "/none")).await.problem(404), "not_found");
}

#[tokio::test]
async fn t10_no_header_decides_about_the_links_that_are_given_out() {
    let service = Service::start(Setup::sandbox()).await;
    let body = good();
    let key = &service.key.api_key;
    let tail = format!(
        "authorization: Bearer {key}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    for head in [
        format!("POST {SESSIONS} HTTP/1.1\r\nhost: evil.test\r\n"),
        format!(
            "POST {SESSIONS} HTTP/1.1\r\nhost: x\r\nx-forwarded-host: evil.test\r\nx-forwarded-proto: http\r\n"
        ),
        format!("POST {SESSIONS} HTTP/1.1\r\nhost: x\r\nforwarded: host=evil.test;proto=http\r\n"),
        format!(
            "POST {SESSIONS} HTTP/1.1\r\nhost: x\r\nx-original-host: evil.test\r\nx-original-url: /x\r\n"
        ),
        format!("POST http://evil.test{SESSIONS} HTTP/1.1\r\nhost: evil.test\r\n"),
        format!("POST {SESSIONS} HTTP/1.1\r\nhost: 127.0.0.1:1@evil.test\r\n"),
    ] {
        let answer = raw::exchange(service.address, format!("{head}{tail}").as_bytes()).await;
        if raw::status(&answer) == 201 {
            assert!(
                answer.contains(&format!("\"{}/oauth/delegate?request=psd_", service.public_url)),
                "{answer}"
            );
        }
        assert!(!answer.contains("evil.test"), "{answer}");
    }
    let created = service.session("tiktok").await;
    let poisoned = [("host", "evil.test"), ("x-forwarded-host", "evil.test")];
    let location = service.browser().get_with(&created.authorize_url, &poisoned).await.location();
    assert!(!location.contains("evil.test"));
    let redirect_uri = url::Url::parse(&location)
        .unwrap()
        .query_pairs()
        .find(|(name, _)| name == "redirect_uri")
        .unwrap()
        .1
        .into_owned();
    assert_eq!(redirect_uri, format!("{}/oauth/callback/tiktok", service.public_url));
}

#[tokio::test]
async fn every_answer_has_an_id_of_its_own_and_no_banner() {
    let service = Service::start(Setup::sandbox()).await;
    let mut ids = std::collections::HashSet::new();
    for (method, path) in [
        (Method::GET, "/healthz"),
        (Method::GET, "/readyz"),
        (Method::GET, "/none"),
        (Method::POST, SESSIONS),
        (Method::GET, "/oauth/delegate"),
        (Method::HEAD, "/oauth/delegate"),
        (Method::GET, "/oauth/callback/tiktok"),
        (Method::GET, "/assets/style.css"),
        (Method::TRACE, "/"),
        (Method::GET, "/oauth/callback/%FF"),
    ] {
        let request = service.request(method, path).header("x-request-id", "chosen-by-the-client");
        let answer = Answer::of(request).await;
        let id = answer.header("x-request-id").to_owned();
        assert!(!id.is_empty() && id != "chosen-by-the-client" && ids.insert(id), "{path}");
        for banner in ["server", "x-powered-by", "via"] {
            assert_eq!(answer.header(banner), "", "{path}");
        }
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert!(answer.status < 500, "{path}");
    }
}

#[tokio::test]
async fn the_platforms_are_listed_for_a_callers_buttons() {
    let service = Service::start(Setup::bare().platform(
        "tiktok",
        toml::toml! { client_id = "a"
        client_secret = "b" },
    ))
    .await;
    let document = service.platforms().await.json();
    let platforms = document["platforms"].as_array().unwrap();
    let names: Vec<_> = platforms.iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        ["facebook", "instagram", "linkedin", "pinterest", "threads", "tiktok", "twitter", "youtube"]
    );
    let tiktok = json!({"name": "tiktok", "display_name": "TikTok", "available": true, "id_kind": "open_id", "id_scope": "app"});
    assert_eq!(platforms[5], tiktok);
    assert_eq!(platforms.iter().filter(|one| one["available"] == true).count(), 1);
}

#[tokio::test]
async fn t2_limits_answer_429_with_the_time_to_wait() {
    let limited = Setup::sandbox()
        .set("limits.sessions_per_key_per_minute", 3)
        .set("limits.requests_per_ip_per_minute", 6);
    let service = Service::start(limited).await;
    for _ in 0..3 {
        service.session("tiktok").await;
    }
    let answer = service.create(&serde_json::from_str(&good()).unwrap()).await;
    assert_eq!(answer.problem(429), "rate_limited");
    assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1);
    // T87: another key is not affected.
    let other = service.another_key(true).await;
    assert_eq!(service.create_as(&other.api_key, &serde_json::from_str(&good()).unwrap()).await.status, 201);
    let mut last = 0;
    for _ in 0..8 {
        let answer = Answer::of(
            service.request(Method::GET, "/api/oauth/delegate/platforms").bearer_auth("hpk_wrong"),
        )
        .await;
        last = answer.status;
    }
    assert_eq!(last, 429);
    let page = service.browser().get(&format!("{}/oauth/delegate?request=psd_x", service.public_url)).await;
    page.refuses(429);
    assert!(page.header("retry-after").parse::<u64>().unwrap() >= 1);
}

#[tokio::test]
async fn t1_t11_requests_that_two_servers_could_read_differently_are_refused_and_the_connection_closed() {
    let service = Service::start(Setup::sandbox()).await;
    let key = &service.key.api_key;
    let line = format!("POST {SESSIONS} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n");
    let smuggled = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";
    for request in [
        format!("{line}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}"),
        format!("{line}content-length: 0\r\ncontent-length: 5\r\n\r\n{smuggled}"),
        format!("{line}transfer-encoding : chunked\r\n\r\n0\r\n\r\n{smuggled}"),
        format!("{line}transfer-encoding: xchunked\r\n\r\n0\r\n\r\n{smuggled}"),
        format!("{line}content-length: +4\r\n\r\n{smuggled}"),
        format!("{line}content-length: 4, 4\r\n\r\n{smuggled}"),
        format!("{line} folded: x\r\n\r\n{smuggled}"),
        format!("{line}x: a\u{0}b\r\n\r\n{smuggled}"),
        "GARBAGE\r\n\r\n".to_owned(),
    ] {
        let answer = raw::exchange_to_the_end(service.address, request.as_bytes()).await;
        assert_eq!(raw::status(&answer), 400, "{request:?}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{request:?}: {answer}");
    }
    let long =
        format!("GET /healthz HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n", "x".repeat(1 << 18));
    assert!(matches!(raw::status(&raw::exchange(service.address, long.as_bytes()).await), 400 | 413 | 431));
    assert_eq!(Answer::of(service.request(Method::GET, "/healthz")).await.status, 200);
}
