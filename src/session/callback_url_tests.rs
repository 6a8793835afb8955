//! The rules of callback URLs, spelling by spelling.

use super::*;

fn production() -> CallbackRules {
    CallbackRules::new(Url::parse("https://verify.example.com").unwrap(), false)
}

fn development() -> CallbackRules {
    CallbackRules::new(Url::parse("http://127.0.0.1:8080").unwrap(), true)
}

#[test]
fn good_urls_are_kept_byte_for_byte() {
    for good in [
        "https://app.example.com/",
        "https://app.example.com/cb?a=b&c=%2F",
        "https://app.example.com:8443/cb?",
        "https://xn--bcher-kva.example/cb;v=1?x=1&x=2",
        "https://app.example.com/cb?states=1&my_state=2",
    ] {
        assert_eq!(production().parse(good).unwrap().as_str(), good);
    }
}

#[test]
fn t12_t13_t16_whatever_parsers_could_read_differently_is_refused() {
    for bad in [
        "javascript:alert(1)",
        "data:text/html,x",
        "//app.example.com/cb",
        "/cb",
        "",
        "http://app.example.com/",
        "HTTPS://app.example.com/",
        "https://APP.example.com/",
        "https://app.example.com",
        "https:app.example.com/",
        "https://u@app.example.com/",
        "https://u:p@app.example.com/",
        "https://a@b@app.example.com/",
        "https://app.example.com\\@evil.test/",
        "https://app.example.com/a\tb",
        "https://app.example.com/a\r\nb",
        " https://app.example.com/",
        "https://app.example.com/ ",
        "https://app.example.com/a/../b",
        "https://app.example.com/%2e%2e/b",
        "https://app.example.com./",
        "https://app.example.com:443/",
        "https://app.example.com:0/",
        "https://app.example.com:65536/",
        "https://b\u{fc}cher.example/",
        "https://app.example.com/cb#x",
        "https://app.example.com/cb#",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://[::1]/",
        "https://localhost/",
        "https://a.localhost/",
        "https://intranet/",
        "https://0x7f.1/",
        "https://verify.example.com/x",
        "https://verify.example.com:8443/x",
        "https://%61pp.example.com/",
        "ftp://app.example.com/",
        "https:///app.example.com/",
        "https://app.example.com/\u{e9}",
    ] {
        assert!(production().parse(bad).is_err(), "{bad:?}");
    }
    assert!(production().parse(&format!("https://app.example.com/{}", "a".repeat(2025))).is_err());
}

#[test]
fn t15_no_spelling_of_a_reserved_name_passes() {
    for name in [
        "state",
        "STATE",
        "st%61te",
        "state[]",
        "state%5B%5D",
        "state[a][b]",
        "state.x",
        "%73%74ate",
        "+state",
        "state+",
        "platform_id",
        "platform%5Fid",
        "sig",
        "jws",
        "error",
        "error_description",
        "code",
        "iss",
        "expires",
        "handle",
        "platform",
        "\u{17f}tate",
        "%C5%BFtate",
        "state%00",
    ] {
        let url = format!("https://app.example.com/cb?a=1&{name}=x");
        assert!(production().parse(&url).is_err(), "{name}");
    }
    assert!(production().parse("https://app.example.com/cb?state").is_err());
}

#[test]
fn on_loopback_plain_http_and_other_ports_of_the_same_host_are_in_order() {
    for good in [
        "http://127.0.0.1:3000/cb",
        "http://localhost:3000/cb",
        "http://[::1]:3000/cb",
        "https://app.example.com/",
        "http://127.0.0.1:8080/tester/callback",
    ] {
        assert!(development().parse(good).is_ok(), "{good}");
    }
    for bad in ["http://127.0.0.1:8080/cb", "http://app.example.com/cb", "http://192.168.0.1/cb"] {
        assert!(development().parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn t14_a_registered_path_is_matched_exactly_and_a_bare_origin_by_its_origin() {
    let exact = production().parse_registered("https://app.example.com/cb").unwrap();
    let bare = production().parse_registered("https://app.example.com").unwrap();
    let cases = [
        ("https://app.example.com/cb", true, true),
        ("https://app.example.com/cb?x=1", true, true),
        ("https://app.example.com/cb2", false, true),
        ("https://app.example.com/cb/x", false, true),
        ("https://app.example.com/CB", false, true),
        ("https://app.example.com:8443/cb", false, false),
        ("https://app.example.com.evil.test/cb", false, false),
        ("https://sub.app.example.com/cb", false, false),
    ];
    for (url, by_path, by_origin) in cases {
        let url = production().parse(url).unwrap();
        assert_eq!((exact.allows(&url), bare.allows(&url)), (by_path, by_origin), "{url:?}");
    }
    assert_eq!(bare.as_callback(), "https://app.example.com/");
}
