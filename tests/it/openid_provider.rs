//! The certified OpenID provider `oidc-provider`, driven through its own login and consent pages.

use serde_json::{Value, json};
use toml::Table;

use crate::harness::node::OpenIdProvider;
use crate::harness::service::STATE;
use crate::harness::{Browser, Landing, Service, Setup};

/// From the provider's authorization endpoint, through login and consent, to our callback.
async fn log_in(browser: &Browser, authorization_url: &str, issuer: &str, login: &str) -> String {
    let mut url = authorization_url.to_owned();
    for _ in 0..4 {
        match browser.follow(url, issuer).await {
            Err(callback) => return callback,
            Ok((page_url, page)) => {
                assert_eq!(page.status, 200, "{}", page.text());
                let form = page.forms().remove(0);
                let chosen = [("login", login), ("password", "any")];
                let is_login = form.fields.iter().any(|(name, _)| name == "login");
                let answer = browser.submit(&page_url, &form, if is_login { &chosen[..] } else { &[] }).await;
                url = answer.location();
            }
        }
    }
    panic!("the provider asks without end");
}

fn acme(issuer: &str, method: &str) -> Table {
    let mut entry = toml::toml! {
        kind = "oidc"
        display_name = "Acme ID"
        client_id = "handleproof"
        client_secret = "a secret of more than thirty-two characters"
    };
    entry.insert("issuer".into(), issuer.into());
    entry.insert("token_endpoint_auth_method".into(), method.into());
    entry
}

/// The service, with the provider as `[platforms.acme]`. The provider must know the redirect URI first.
async fn start(method: &str) -> (Service, OpenIdProvider) {
    let port = crate::harness::child::free_port();
    let public_url = format!("http://127.0.0.1:{port}");
    let provider = OpenIdProvider::start(&client(&public_url, method));
    let setup =
        Setup::bare().platform("acme", acme(&provider.issuer, method)).public_url(&public_url).real_clock();
    (Service::start(setup).await, provider)
}

fn client(public_url: &str, method: &str) -> Value {
    json!({
        "client_id": "handleproof", "client_secret": "a secret of more than thirty-two characters",
        "redirect_uris": [format!("{public_url}/oauth/callback/acme")], "token_endpoint_auth_method": method,
        "response_types": ["code"], "grant_types": ["authorization_code"],
    })
}

#[tokio::test]
async fn a_certified_provider_is_a_platform_by_five_lines_of_configuration() {
    for method in ["client_secret_basic", "client_secret_post"] {
        let (service, provider) = start(method).await;
        let browser = service.browser();
        let created = service.session("acme").await;
        let authorization_url = browser.open(&created).await;
        for part in ["code_challenge_method=S256", "nonce=", "scope=openid%20profile", "response_type=code"] {
            assert!(authorization_url.contains(part), "{authorization_url}");
        }
        let callback = log_in(&browser, &authorization_url, &provider.issuer, "jane").await;
        assert!(callback.contains("iss="), "{callback}");
        let landing = Landing::at(browser.get(&callback).await.location());
        let now = landing.value("expires").parse::<u64>().unwrap() - 300;
        let proof = landing.proof(&service.key.secret, STATE, now);
        assert_eq!((proof.platform(), proof.platform_id(), proof.handle()), ("acme", "jane", "jane %26 co"));
        assert_eq!(service.status(&created.session_id).await.0, "verified");
        // The code was used, and so was the flow.
        browser.get(&callback).await.refuses(400);
    }
}

#[tokio::test]
async fn t30_t42_the_providers_answer_counts_in_the_browser_that_asked_and_with_its_own_issuer() {
    let (service, provider) = start("client_secret_basic").await;
    let browser = service.browser();
    let authorization_url = browser.open(&service.session("acme").await).await;
    let callback = log_in(&browser, &authorization_url, &provider.issuer, "jane").await;
    service.browser().get(&callback).await.refuses(403);
    let (before, _) = callback.split_once("iss=").unwrap();
    let mixed = format!("{before}iss=https%3A%2F%2Fevil.test");
    Landing::at(browser.get(&mixed).await.location()).fails_with("platform_error");
}

#[tokio::test]
async fn a_user_who_says_no_at_the_provider_is_a_user_who_said_no() {
    let (service, provider) = start("client_secret_basic").await;
    let browser = service.browser();
    let created = service.session("acme").await;
    let authorization_url = browser.open(&created).await;
    let (page_url, page) = browser.follow(authorization_url, &provider.issuer).await.unwrap();
    // The page's own link for cancelling.
    let text = page.text();
    let abort =
        text.split("href=\"").find(|rest| rest.contains("/abort\"")).unwrap().split('"').next().unwrap();
    let abort = url::Url::parse(&page_url).unwrap().join(abort).unwrap();
    let callback = browser.follow(abort.into(), &provider.issuer).await.unwrap_err();
    let landing = Landing::at(browser.get(&callback).await.location());
    landing.fails_with("access_denied");
    assert!(!landing.url.contains("End-User"), "the provider's words stay away");
}

#[tokio::test]
async fn a_wrong_client_secret_is_the_platforms_refusal() {
    let (service, provider) = start("client_secret_basic").await;
    let port = crate::harness::child::free_port();
    let public_url = format!("http://127.0.0.1:{port}");
    let other = OpenIdProvider::start(&client(&public_url, "client_secret_basic"));
    let mut entry = acme(&other.issuer, "client_secret_basic");
    entry.insert("client_secret".into(), "wrong".into());
    let wrong =
        Service::start(Setup::bare().platform("acme", entry).public_url(&public_url).real_clock()).await;
    drop((service, provider));
    let browser = wrong.browser();
    let authorization_url = browser.open(&wrong.session("acme").await).await;
    let callback = log_in(&browser, &authorization_url, &other.issuer, "jane").await;
    Landing::at(browser.get(&callback).await.location()).fails_with("platform_error");
}
