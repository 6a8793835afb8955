//! The interstitial: when it is shown, what it says, and that nobody but its reader can answer it.

use serde_json::json;

use crate::harness::service::{CALLBACK, NOW, STATE};
use crate::harness::{Landing, Service, Setup};

fn body(interstitial: bool) -> serde_json::Value {
    json!({"platform": "tiktok", "callback_url": CALLBACK, "state": STATE, "interstitial": interstitial})
}

#[tokio::test]
async fn t31_users_of_a_shared_app_are_asked_for_every_caller_unless_it_is_the_operators_own() {
    for (setting, third_party, asked_for, shown) in [
        ("shared_apps", true, false, true),
        ("shared_apps", true, true, true),
        ("shared_apps", false, false, false),
        ("shared_apps", false, true, true),
        ("always", false, false, true),
        ("always", true, false, true),
        ("never", true, false, false),
        ("never", true, true, true),
    ] {
        let setup = Setup::sandbox().set("consent.interstitial", setting);
        let setup = if third_party { setup.third_party() } else { setup };
        let service = Service::start(setup).await;
        let created = service.session_with(&body(asked_for)).await;
        let page = service.browser().get(&created.authorize_url).await;
        let status = if shown { 200 } else { 303 };
        assert_eq!(page.status, status, "{setting}, third party {third_party}, asked for {asked_for}");
    }
}

#[tokio::test]
async fn t31_consent_for_one_caller_is_not_consent_for_another() {
    let service = Service::start(Setup::sandbox().third_party()).await;
    let browser = service.browser();
    let landing = browser.land_as(&service.session("tiktok").await, "ordinary").await;
    landing.proves(&service.key.secret, STATE, NOW);
    let other = service.another_key(false).await;
    let created = crate::harness::service::created(&service.create_as(&other.api_key, &body(false)).await);
    let page = browser.get(&created.authorize_url).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("Another shop"));
}

#[tokio::test]
async fn t28_the_page_names_the_caller_the_callback_host_the_platform_and_what_is_read() {
    let service = Service::start(
        Setup::sandbox()
            .third_party()
            .key_name("Bücher & Söhne")
            .callbacks(&["https://xn--bcher-kva.example:8443"]),
    )
    .await;
    let created = service
        .session_with(&json!({"platform": "tiktok", "callback_url": "https://xn--bcher-kva.example:8443/cb", "state": STATE}))
        .await;
    let text = service.browser().get(&created.authorize_url).await.text();
    for part in ["Bücher &#38; Söhne", "xn--bcher-kva.example:8443", "TikTok", "What is read", "user name"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains(STATE));
}

#[tokio::test]
async fn t36_a_hostile_caller_name_is_refused_or_shown_as_text() {
    for name in [
        "<img src=x onerror=alert(1)>",
        "\"><script>alert(1)</script>",
        "{{7*7}}",
        "'; DROP TABLE api_keys;--",
    ] {
        let service = Service::start(Setup::sandbox().third_party().key_name(name)).await;
        let text = service.browser().get(&service.session("tiktok").await.authorize_url).await.text();
        for markup in ["<img", "<script", ">49<"] {
            assert!(!text.contains(markup), "{name}: {text}");
        }
        assert!(crate::harness::answer::unescape(&text).contains(name));
    }
    let service = Service::start(Setup::bare()).await;
    for name in ["", " ", "a\u{202e}b", "a\nb", "a\u{200b}b", "\u{feff}", " Google", &"n".repeat(61)] {
        let new = handleproof::keys::NewKey { name: name.to_owned(), ..Default::default() };
        assert!(service.changes().create(new).await.is_err(), "{name:?}");
    }
}

#[tokio::test]
async fn t32_the_form_needs_its_token_this_browsers_cookie_and_our_own_page() {
    let service = Service::start(Setup::sandbox().third_party()).await;
    let created = service.session("tiktok").await;
    let browser = service.browser();
    let page = browser.get(&created.authorize_url).await;
    let form = page.forms().remove(0);
    assert_eq!((form.method.as_str(), form.action.as_str()), ("post", "/oauth/delegate"));
    let url = format!("{}/oauth/delegate", service.public_url);

    let stranger = service.browser();
    stranger.submit(&url, &form, &[]).await.refuses(403);
    stranger.get(&created.authorize_url).await;
    stranger.submit(&url, &form, &[]).await.refuses(403);
    for consent in ["", "x", &form.fields[1].1.to_lowercase()] {
        browser.submit(&url, &form, &[("consent", consent)]).await.refuses(403);
    }
    // The token of another link of this browser.
    let other = service.session("tiktok").await;
    let other_form = browser.get(&other.authorize_url).await.forms().remove(0);
    browser.submit(&url, &form, &[("consent", &other_form.fields[1].1)]).await.refuses(403);
    for headers in [
        vec![("origin", "https://evil.test")],
        vec![("origin", "null"), ("sec-fetch-site", "cross-site")],
        vec![("sec-fetch-site", "same-site")],
        vec![("sec-fetch-site", "none")],
        vec![("origin", "https://evil.test"), ("sec-fetch-site", "same-origin")],
    ] {
        browser.post(&url, &form.fields, &headers).await.refuses(403);
    }
    let mut twice = form.fields.clone();
    twice.push(form.fields[0].clone());
    browser.post(&url, &twice, &[]).await.refuses(400);
    let long = vec![("request".to_owned(), "x".repeat(10_000))];
    browser.post(&url, &long, &[]).await.refuses(400);
    assert_eq!(service.status(&created.session_id).await.0, "created");

    let own = [("origin", service.public_url.as_str()), ("sec-fetch-site", "same-origin")];
    browser.post(&url, &form.fields, &own).await.location();
    // A replayed form is not the one that goes with the cookie of the opened flow, and the link is used.
    browser.post(&url, &form.fields, &own).await.refuses(403);
    browser.get(&created.authorize_url).await.refuses(410);
}

#[tokio::test]
async fn t32_a_get_never_approves_and_a_reload_keeps_the_form_of_the_other_tab_good() {
    let service = Service::start(Setup::sandbox().third_party()).await;
    let created = service.session("tiktok").await;
    let browser = service.browser();
    let first = browser.get(&created.authorize_url).await.forms().remove(0);
    let consent = &first.fields[1].1;
    for _ in 0..3 {
        assert_eq!(browser.get(&format!("{}&consent={consent}", created.authorize_url)).await.status, 200);
    }
    assert_eq!(service.status(&created.session_id).await.0, "created");
    browser.submit(&created.authorize_url, &first, &[]).await.location();
}

#[tokio::test]
async fn t36_declining_tells_the_caller_and_ends_the_session() {
    let service = Service::start(Setup::sandbox().third_party()).await;
    let created = service.session("tiktok").await;
    let browser = service.browser();
    let page = browser.get(&created.authorize_url).await;
    let decline = page.forms().remove(1);
    assert_eq!(decline.action, "/oauth/delegate/decline");
    service.browser().submit(&created.authorize_url, &decline, &[]).await.refuses(403);
    let answer = browser.submit(&created.authorize_url, &decline, &[]).await;
    let landing = Landing::at(answer.location());
    landing.fails_with("access_denied");
    assert_eq!(landing.value("state"), STATE);
    assert_eq!(service.status(&created.session_id).await, ("failed".into(), Some("access_denied".into())));
    assert!(browser.own_cookies().is_empty());
    browser.get(&created.authorize_url).await.refuses(410);
    browser.submit(&created.authorize_url, &page.forms()[0], &[]).await.refuses(403);
}
