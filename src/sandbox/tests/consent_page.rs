//! The page a person sees, its form, and what else a browser may send there.

use super::visitor::{request, returned};
use super::*;

#[tokio::test]
async fn the_page_says_that_it_is_the_sandbox_and_whom_it_plays_without_script_or_inline_style() {
    let bench = Bench::start();
    for entry in &bench.entries {
        let answer = bench.authorize(entry, &request(entry)).await;
        let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.starts_with("default-src 'none'; style-src 'self'; base-uri 'none';"));
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"));
        assert_eq!(answer.headers()["cache-control"], "no-store");
        let page = answer.text().await.unwrap();
        assert!(page.contains("<strong>Sandbox</strong>") && page.contains(&entry.display_name));
        assert!(!page.contains("<script") && !page.contains("style="));
        for persona in bench.sandbox.personas(&entry.name) {
            let name = persona.name();
            assert!(page.contains(&format!("<label for=\"{name}\">")), "{name} has a label");
        }
    }
    let style = bench.http.get(format!("http://{}/sandbox.css", bench.sandbox.address()));
    let style = style.send().await.unwrap();
    assert_eq!(style.headers()["content-type"], "text/css; charset=utf-8");
}

#[tokio::test]
async fn a_transaction_is_answered_once_and_only_by_a_persona_that_plays_there() {
    let bench = Bench::start();
    let threads = bench.entry("threads");
    let transaction = bench.transaction(threads, &request(threads)).await;
    for stranger in ["nobody", "no_account", ""] {
        assert_eq!(bench.consent(threads, &transaction, stranger).await.status(), 400, "{stranger}");
    }
    let elsewhere = bench.consent(bench.entry("tiktok"), &transaction, "ordinary").await;
    assert_eq!(elsewhere.status(), 400, "another platform's transaction");
    let answer = bench.consent(threads, &transaction, "ordinary").await;
    assert_eq!(answer.status(), 302);
    assert!(answer.headers()["location"].to_str().unwrap().ends_with("#_"));
    assert_eq!(bench.consent(threads, &transaction, "ordinary").await.status(), 400);
}

#[tokio::test]
async fn a_registered_client_gets_its_codes_at_its_own_redirect_uri_and_cannot_redeem_ours() {
    let bench = Bench::start();
    let plain = bench.entry("plain");
    let endpoint = format!("{}/register", bench.base(plain));
    let as_form = bench.http.post(&endpoint).body(r#"{"redirect_uris":["https://a.example/cb"]}"#);
    assert_eq!(as_form.send().await.unwrap().status(), 400, "JSON by content type only");
    let register = async |uri: &str| {
        let body = serde_json::json!({"redirect_uris": [uri]});
        bench.http.post(&endpoint).json(&body).send().await.unwrap()
    };
    for bad in ["javascript:alert(1)", "/cb", "https://a.example/#f"] {
        assert_eq!(register(bad).await.status(), 400, "{bad}");
    }
    let told: serde_json::Value = register("https://a.example/cb?x=1").await.json().await.unwrap();

    let mut params = request(plain);
    params.insert("client_id".into(), told["client_id"].as_str().unwrap().into());
    assert_eq!(
        bench.authorize(plain, &params).await.status(),
        400,
        "our redirect URI is not the new client's"
    );
    params.insert("redirect_uri".into(), "https://a.example/cb?x=1".into());
    let transaction = bench.transaction(plain, &params).await;
    let answer = bench.consent(plain, &transaction, "ordinary").await;
    let location = answer.headers()["location"].to_str().unwrap();
    assert!(location.starts_with("https://a.example/cb?x=1&code="), "{location}");

    let mut form = super::visitor::exchange(plain, &returned(&answer)["code"]);
    form.insert("redirect_uri".into(), "https://a.example/cb?x=1".into());
    assert_eq!(bench.exchange(plain, form).await.status(), 400, "the code is the other client's");
}
