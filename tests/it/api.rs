//! The JSON API as HTTP: keys, bodies, methods, headers, and what every answer has.

use reqwest::Method;
use serde_json::json;

use crate::harness::service::{CALLBACK, STATE};
use crate::harness::{Answer, Service, Setup, raw};

const SESSIONS: &str = "/api/oauth/delegate/sessions";

fn good() -> String {
    json!({"platform": "tiktok", "callback_url": CALLBACK, "state": STATE}).to_string()
}

async fn post(service: &Service, content_type: &str, body: impl Into<reqwest::Body>) -> Answer {
    let request = service.request(Method::POST, SESSIONS).bearer_auth(&service.key.api_key);
    Answer::of(request.header("content-type", content_type).body(body)).await
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
    service.keys.revoke(service.key.id).await.unwrap();
    assert_eq!(service.create(&json!({})).await.problem(401), "invalid_api_key");
    assert_eq!(service.show(&created.session_id).await.problem(401), "invalid_api_key");
    assert_eq!(service.platforms().await.problem(401), "invalid_api_key");
}

#[tokio::test]
async fn t4_whatever_is_no_json_gets_an_answer_and_never_a_500() {
    let service = Service::start(Setup::sandbox()).await;
    let nested = format!("{}{}", "[".repeat(8000), "]".repeat(8000));
    let malformed: [&[u8]; 12] = [
        b"",
        b"{",
        b"{\"platform\":",
        b"\xef\xbb\xbf{}",
        b"{\"state\":NaN}",
        b"{\"state\":\"\xff\"}",
        b"{\"state\":\"\\ud800\"}",
        b"{} x",
        b"{}{}",
        b"{'a':1}",
        b"{\"a\":1,}",
        b"\x00",
    ];
    for body in malformed {
        let answer = post(&service, "application/json", body.to_vec()).await;
        assert_eq!(answer.problem(400), "malformed_json", "{}", String::from_utf8_lossy(body));
    }
    let answer = post(&service, "application/json", nested).await;
    assert!(matches!(answer.status, 400 | 422), "{}", answer.text());
    for body in ["[]", "null", "5", "\"x\"", "true"] {
        assert_eq!(post(&service, "application/json", body).await.problem(422), "invalid_request", "{body}");
    }
    for body in [r#"{"state":"a","state":"a"}"#, r#"{"state":"a","st\u0061te":"b"}"#] {
        assert_eq!(post(&service, "application/json", body).await.bad_fields(), ["state"], "{body}");
    }
}

#[tokio::test]
async fn t4_mutated_bodies_never_break_the_service() {
    let service = Service::start(Setup::sandbox()).await;
    let good = good().into_bytes();
    for at in 0..good.len() {
        for byte in [b'"', b'{', 0, 0xff] {
            let mut body = good.clone();
            body[at] = byte;
            let answer = post(&service, "application/json", body).await;
            assert!(matches!(answer.status, 201 | 400 | 403 | 422), "{}", answer.text());
        }
    }
}

#[tokio::test]
async fn t5_only_json_in_utf_8_is_taken_and_nothing_is_shared_with_other_origins() {
    let service = Service::start(Setup::sandbox()).await;
    for bad in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "text/json",
        "application/jsonp",
        "application/json; charset=latin1",
        "application/json;charset=utf-16",
        "multipart/form-data",
        "application/problem+json",
    ] {
        assert_eq!(post(&service, bad, good()).await.problem(415), "unsupported_media_type", "{bad}");
    }
    for ok in [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        "application/json;charset=\"UTF-8\"",
    ] {
        assert_eq!(post(&service, ok, good()).await.status, 201, "{ok}");
    }
    let preflight = service
        .request(Method::OPTIONS, SESSIONS)
        .header("origin", "https://evil.test")
        .header("access-control-request-method", "POST");
    let answer = Answer::of(preflight).await;
    assert_eq!(answer.status, 405);
    assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control")));
}

#[tokio::test]
async fn t6_a_body_may_have_16384_bytes_however_it_is_sent() {
    let service = Service::start(Setup::sandbox()).await;
    let padded = |length: usize| {
        let body = good();
        format!("{}{}", body, " ".repeat(length - body.len()))
    };
    assert_eq!(post(&service, "application/json", padded(16_384)).await.status, 201);
    assert_eq!(post(&service, "application/json", padded(16_385)).await.problem(413), "payload_too_large");
    assert_eq!(chunked(&service, &padded(16_384)).await, 201);
    assert_eq!(chunked(&service, &padded(16_385)).await, 413);
    for encoding in ["gzip", "br", "deflate", "gzip, gzip"] {
        let request = service.request(Method::POST, SESSIONS).bearer_auth(&service.key.api_key);
        let request = request.header("content-type", "application/json").header("content-encoding", encoding);
        assert_eq!(Answer::of(request.body(good())).await.problem(415), "unsupported_media_type");
    }
}

async fn chunked(service: &Service, body: &str) -> u16 {
    let head = format!(
        "POST {SESSIONS} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         transfer-encoding: chunked\r\n\r\n",
        service.key.api_key
    );
    let chunks: String = body.as_bytes().chunks(1000).fold(String::new(), |all, chunk| {
        all + &format!("{:x}\r\n{}\r\n", chunk.len(), String::from_utf8_lossy(chunk))
    });
    raw::status(&raw::exchange(service.address, format!("{head}{chunks}0\r\n\r\n").as_bytes()).await)
}

#[tokio::test]
async fn t6_an_endless_body_is_cut_off_at_the_limit() {
    let service = Service::start(Setup::sandbox()).await;
    let head = format!(
        "POST {SESSIONS} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n",
        service.key.api_key
    );
    let announced = format!("{head}content-length: 10000000000\r\n\r\n");
    assert_eq!(raw::status(&raw::exchange(service.address, announced.as_bytes()).await), 413);
    let chunk = format!("8000\r\n{}\r\n", " ".repeat(0x8000));
    let endless = format!("{head}transfer-encoding: chunked\r\n\r\n{}", chunk.repeat(50));
    assert_eq!(raw::status(&raw::exchange(service.address, endless.as_bytes()).await), 413);
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
        ("/assets/style.css", "GET", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS"]),
    ];
    for (path, allow, methods) in table {
        for method in methods {
            let request = service.request(Method::from_bytes(method.as_bytes()).unwrap(), path);
            let answer = Answer::of(request.bearer_auth(&service.key.api_key)).await;
            assert_eq!((answer.status, answer.header("allow")), (405, allow), "{method} {path}");
            assert!(!answer.header("x-request-id").is_empty(), "{method} {path}");
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
        "/oauth/callback/tiktok/app_x",
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
