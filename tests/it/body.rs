//! The bodies of requests: only whole, plain and small JSON objects are taken.

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
    // Told once, beside every other fault.
    for body in [
        r#"{"state":"a","state":"a","platform":"tiktok","x":1}"#,
        r#"{"state":"a","st\u0061te":"b","platform":"tiktok","x":1}"#,
        r#"{"state":"a","state":"a","state":"a","platform":"tiktok","x":1}"#,
    ] {
        let fields = post(&service, "application/json", body).await.bad_fields();
        assert_eq!(fields, ["state", "x"], "{body}");
    }
    let body = r#"{"state":"a","platform":"tiktok","callback_url":"https://app.example.com/","x":1,"x":2}"#;
    assert_eq!(post(&service, "application/json", body).await.bad_fields(), ["x"]);
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
        "application/json;",
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
