//! `callback_url`: one reading, registered, and the rules about leaving it out.

use handleproof::keys::NewKey;
use serde_json::{Value, json};

use crate::harness::service::{CALLBACK, STATE};
use crate::harness::{Service, Setup};

fn good() -> Value {
    json!({"platform": "tiktok", "callback_url": CALLBACK, "state": STATE})
}

fn with(name: &str, value: impl Into<Value>) -> Value {
    let mut body = good();
    body[name] = value.into();
    body
}

fn without(name: &str) -> Value {
    let mut body = good();
    body.as_object_mut().unwrap().remove(name);
    body
}

#[tokio::test]
async fn t16_a_callback_is_never_fetched() {
    let canary = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    canary.set_nonblocking(true).unwrap();
    let origin = format!("http://{}", canary.local_addr().unwrap());
    let service = Service::start(Setup::sandbox().third_party().callbacks(&[origin.as_str()])).await;
    for persona in ["ordinary", "denies"] {
        let body = json!({"platform": "tiktok", "callback_url": format!("{origin}/cb"), "state": STATE});
        let landing = service.browser().land_as(&service.session_with(&body).await, persona).await;
        assert!(landing.url.starts_with(&format!("{origin}/cb?")), "{}", landing.url);
    }
    let nobody_came = canary.accept().map(|(_, from)| from).unwrap_err();
    assert_eq!(nobody_came.kind(), std::io::ErrorKind::WouldBlock);
}

#[tokio::test]
async fn t12_t13_t15_t16_a_callback_that_could_be_read_in_two_ways_is_refused() {
    let service = Service::start(
        Setup::bare().public_url("https://verify.example.com").callbacks(&["https://app.example.com"]),
    )
    .await;
    let long = format!("https://app.example.com/{}", "a".repeat(2048));
    let shapes = [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "//app.example.com/cb",
        "/cb",
        "app:cb",
        "http://app.example.com/cb",
        " https://app.example.com/cb",
        "https://app.example.com/cb ",
        "https://app.example.com/c\tb",
        "https://app.example.com/c\nb",
        "https:\\\\app.example.com\\cb",
        "https://app.example.com\\@evil.test/",
        "https://user@app.example.com/",
        "https://u:p@app.example.com/",
        "https://a@b@app.example.com/",
        "https://app.example.com/a/../cb",
        "https://app.example.com/%2e%2e/cb",
        "https://app.example.com",
        "https://APP.example.com/cb",
        "https://app.example.com./cb",
        "https://app.example.com:443/cb",
        "https://app.example.com:0/cb",
        "https://app.example.com:65536/cb",
        "https://bücher.example/cb",
        "https://%61pp.example.com/cb",
        "https://[::1]/cb",
        "https://[fe80::1%25eth0]/cb",
        "https://127.0.0.1/cb",
        "https://0x7f.1/cb",
        "https://2130706433/cb",
        "https://10.0.0.1/cb",
        "https://localhost/cb",
        "https://app.localhost/cb",
        "https://intranet/cb",
        "https://verify.example.com/cb",
        "https://verify.example.com:8443/cb",
        "https://app.example.com/cb#",
        "https://app.example.com/cb#x",
        long.as_str(),
    ];
    for bad in shapes {
        assert_eq!(
            service.create(&with("callback_url", bad)).await.bad_fields(),
            ["callback_url"],
            "{bad:?}"
        );
    }
    let names = [
        "platform",
        "platform_id",
        "handle",
        "state",
        "expires",
        "sig",
        "jws",
        "error",
        "error_description",
        "code",
        "iss",
        "STATE",
        "st%61te",
        "%73ig",
        "state[]",
        "state[0][a]",
        "sig.x",
        "State%5B%5D",
    ];
    for name in names {
        for query in [format!("{name}=1"), format!("a=b&{name}"), format!("{name}=&x=y")] {
            let url = format!("https://app.example.com/cb?{query}");
            assert_eq!(
                service.create(&with("callback_url", url.as_str())).await.bad_fields(),
                ["callback_url"],
                "{url}"
            );
        }
    }
}

#[tokio::test]
async fn t14_only_registered_callbacks_are_served_by_origin_or_by_exact_path() {
    let service = Service::start(
        Setup::sandbox().callbacks(&["https://app.example.com/cb", "https://open.example.com"]),
    )
    .await;
    for foreign in [
        "https://app.example.com.evil.test/cb",
        "https://app.example.com:8443/cb",
        "https://app.example.com/cb2",
        "https://app.example.com/cb/",
        "https://app.example.com/CB",
        "https://app.example.com/cb/x",
        "https://app.example.com/",
        "https://www.app.example.com/cb",
        "https://example.com/cb",
        "https://open.example.com:444/",
        "http://127.0.0.1:9/cb",
    ] {
        let answer = service.create(&with("callback_url", foreign)).await;
        assert_eq!(answer.problem(403), "callback_not_registered", "{foreign}");
    }
    for own in
        ["https://app.example.com/cb", "https://app.example.com/cb?a=b", "https://open.example.com/any/where"]
    {
        assert_eq!(service.create(&with("callback_url", own)).await.status, 201, "{own}");
    }
}

#[tokio::test]
async fn the_callback_may_be_left_out_where_the_key_has_exactly_one() {
    let one = Service::start(Setup::sandbox().callbacks(&["https://app.example.com/only"])).await;
    let created = one.session_with(&without("callback_url")).await;
    let landing = one.browser().land_as(&created, "ordinary").await;
    assert!(landing.url.starts_with("https://app.example.com/only?platform="), "{}", landing.url);

    let two =
        Service::start(Setup::sandbox().callbacks(&["https://a.example.com/", "https://b.example.com/"]))
            .await;
    assert_eq!(two.create(&without("callback_url")).await.bad_fields(), ["callback_url"]);
    let none = Service::start(Setup::sandbox().callbacks(&[])).await;
    assert_eq!(none.create(&without("callback_url")).await.bad_fields(), ["callback_url"]);
    assert_eq!(none.create(&good()).await.problem(403), "callback_not_registered");
}

#[tokio::test]
async fn a_key_that_may_name_any_callback_still_keeps_the_rules() {
    let service = Service::start(Setup::sandbox()).await;
    let new =
        NewKey { name: "Any".into(), any_callback: true, with_signing_secret: true, ..NewKey::default() };
    let key = service.changes().create(new).await.unwrap();
    let any =
        service.create_as(key.api_key.expose(), &with("callback_url", "https://elsewhere.example/x")).await;
    assert_eq!(any.status, 201);
    let bad =
        service.create_as(key.api_key.expose(), &with("callback_url", "https://elsewhere.example/x#y")).await;
    assert_eq!(bad.bad_fields(), ["callback_url"]);
}
