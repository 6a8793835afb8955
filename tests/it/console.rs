//! `/console`: the operator's pages.

use std::time::Duration;

use handleproof::crypto::entropy::SystemEntropy;
use handleproof::crypto::secret::SecretText;
use handleproof::operator::password::{Cost, hash};
use reqwest::Method;
use serde_json::json;

use crate::harness::{Answer, Browser, Endpoint, Form, HostilePlatform, Reply, Service, Setup};

const PASSWORD: &str = "correct horse battery staple";
const OUR_PAGE: [(&str, &str); 2] = [("origin", "null"), ("sec-fetch-site", "same-origin")];

/// A console, and a browser of the operator's.
struct Desk {
    service: Service,
    browser: Browser,
}

fn with_password(setup: Setup) -> Setup {
    let hash = hash(&SecretText::new(PASSWORD.to_owned()), Cost::Random, &SystemEntropy).unwrap();
    setup.set("operator.password_hash", hash.expose())
}

impl Desk {
    async fn closed(setup: Setup) -> Self {
        let service = Service::start(with_password(setup)).await;
        let browser = service.browser();
        Self { service, browser }
    }

    async fn open() -> Self {
        let desk = Self::closed(Setup::bare()).await;
        assert_eq!(desk.log_in(PASSWORD).await.location(), "/console");
        desk
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.service.public_url)
    }

    async fn get(&self, path: &str) -> Answer {
        self.browser.get(&self.url(path)).await
    }

    async fn log_in(&self, password: &str) -> Answer {
        self.log_in_from("/console/login", password).await
    }

    async fn log_in_from(&self, path: &str, password: &str) -> Answer {
        let form = self.get(path).await.forms().remove(0);
        self.browser.submit(&self.url(path), &form, &[("password", password)]).await
    }

    /// The form of the page at `path` that leads to `action`.
    async fn form(&self, path: &str, action: &str) -> Form {
        let page = self.get(path).await;
        assert_eq!(page.status, 200, "{}", page.text());
        page.forms().into_iter().find(|form| form.action == action).unwrap()
    }

    async fn submit(&self, path: &str, action: &str, chosen: &[(&str, &str)]) -> Answer {
        let form = self.form(path, action).await;
        self.browser.submit(&self.url(path), &form, chosen).await
    }

    /// The form of a new key, with these fields and no boxes ticked but those.
    async fn create(&self, chosen: &[(&str, &str)]) -> Answer {
        let mut form = self.form("/console/keys/new", "/console/keys").await;
        form.fields.retain(|(name, _)| name == "form");
        self.browser.submit(&self.url("/console/keys/new"), &form, chosen).await
    }

    /// The path of the key that the service was started with.
    fn key(&self) -> String {
        format!("/console/keys/{}", self.service.key.id)
    }
}

/// The value of a field that shows a secret.
fn shown(page: &Answer, id: &str) -> String {
    let text = page.text();
    let (_, rest) = text.split_once(&format!("id=\"{id}\" value=\"")).unwrap_or_else(|| panic!("{text}"));
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn t86_without_a_password_no_page_of_the_console_exists() {
    let service = Service::start(Setup::bare()).await;
    let browser = service.browser();
    let url = |path: &str| format!("{}{path}", service.public_url);
    let unknown = browser.get(&url("/no-such-page")).await;
    for path in
        ["/console", "/console/login", "/console/keys", "/console/platforms", "/console/enter?ticket=x"]
    {
        for method in [Method::GET, Method::POST] {
            let answer = browser.send(method, &url(path), &[], None).await;
            answer.refuses(404);
            assert!(answer.set_cookies().is_empty(), "{path}");
            let same = |answer: &Answer| answer.text().replace(answer.header("x-request-id"), "");
            assert_eq!(same(&answer), same(&unknown), "{path}");
        }
    }
}

#[tokio::test]
async fn t86_without_a_ticket_there_is_no_way_past_the_password() {
    let desk = Desk::closed(Setup::bare()).await;
    desk.get("/console/enter?ticket=").await.refuses(404);
}

#[tokio::test]
async fn t84_nobody_who_is_not_logged_in_sees_a_page_or_changes_anything() {
    let desk = Desk::closed(Setup::bare()).await;
    let key = desk.key();
    let pages = ["", "/keys", "/keys/new", "/platforms", "/sessions"].map(|path| format!("/console{path}"));
    let ways = ["/signing-secret", "/revoke", ""].map(|way| format!("{key}{way}"));
    for path in pages.iter().chain(&ways) {
        let answer = desk.get(path).await;
        assert_eq!(answer.status, 401, "{path}");
        assert!(
            !answer.text().contains(&desk.service.key.id.to_string()) || path.starts_with(&key),
            "{path}"
        );
        assert!(!answer.text().contains("Demo shop"), "{path}");
    }
    for way in ["/signing-secret", "/revoke", "/name", "/callbacks", "/callbacks/remove"] {
        let answer = desk.browser.post(&desk.url(&format!("{key}{way}")), &[], &OUR_PAGE).await;
        assert_eq!(answer.status, 401, "{way}");
    }
    assert!(desk.service.keys.find(desk.service.key.id).await.unwrap().is_some());
}

#[tokio::test]
async fn after_the_login_the_page_that_was_asked_for_is_shown() {
    let desk = Desk::closed(Setup::bare()).await;
    assert_eq!(desk.log_in_from("/console/platforms", PASSWORD).await.location(), "/console/platforms");
    assert_eq!(desk.get("/console/login").await.location(), "/console");
}

#[tokio::test]
async fn t78_t84_the_sessions_cookie_is_locked_down_and_new_at_each_login() {
    let setup = Setup::bare().public_url("https://verify.example.com");
    let desk = Desk::closed(setup).await;
    let page = desk.get("/console/login").await;
    let login = desk.log_in(PASSWORD).await;
    for (cookie, name) in
        [(&page.set_cookies()[0], "__Host-hp_login="), (&login.set_cookies()[0], "__Host-hp_operator=")]
    {
        assert!(cookie.starts_with(name), "{cookie}");
        let attributes: Vec<_> = cookie.split("; ").skip(1).collect();
        for wanted in ["HttpOnly", "SameSite=Strict", "Secure", "Path=/"] {
            assert!(attributes.contains(&wanted), "{cookie}");
        }
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
    let value = |answer: &Answer| answer.set_cookies()[0].split([';', '=']).nth(1).unwrap().to_owned();
    let first = value(&login);
    assert_eq!(first.len(), 43);
    desk.submit("/console", "/console/logout", &[]).await;
    assert_ne!(value(&desk.log_in(PASSWORD).await), first);
}

#[tokio::test]
async fn t84_a_session_ends_by_logging_out_by_idleness_and_by_age() {
    let desk = Desk::open().await;
    let (name, cookie) = desk.browser.own_cookies().remove(0);
    let replay = async || {
        let header = format!("{name}={cookie}");
        let request = desk.service.request(Method::GET, "/console").header("cookie", header);
        Answer::of(request.header("accept", "text/html")).await.status
    };
    assert_eq!(replay().await, 200);
    assert_eq!(desk.submit("/console", "/console/logout", &[]).await.location(), "/console/login");
    assert_eq!(replay().await, 401);

    desk.log_in(PASSWORD).await;
    desk.service.clock.advance(Duration::from_mins(30));
    assert_eq!(desk.get("/console").await.status, 401);
    desk.log_in(PASSWORD).await;
    for _ in 0..35 {
        desk.service.clock.advance(Duration::from_mins(20));
        assert_eq!(desk.get("/console").await.status, 200);
    }
    desk.service.clock.advance(Duration::from_mins(20));
    assert_eq!(desk.get("/console").await.status, 401);
}

#[tokio::test]
async fn t84_twenty_wrong_passwords_lock_the_network_out_and_the_right_one_too() {
    let desk = Desk::closed(Setup::bare()).await;
    let mut statuses = Vec::new();
    for n in 0..20 {
        statuses.push(desk.log_in(&format!("{PASSWORD}{n}")).await.status);
    }
    assert_eq!((statuses[0], statuses[19]), (401, 429), "{statuses:?}");
    let locked = desk.log_in(PASSWORD).await;
    assert_eq!(locked.status, 429);
    assert!(locked.header("retry-after").parse::<u64>().unwrap() <= 901);
    desk.service.clock.advance(Duration::from_mins(15));
    assert_eq!(desk.log_in(PASSWORD).await.location(), "/console");
}

#[tokio::test]
async fn t84_a_form_of_another_site_another_session_or_nobody_is_403_and_changes_nothing() {
    let desk = Desk::open().await;
    let action = format!("{}/revoke", desk.key());
    let form = desk.form(&action, &action).await;
    let other = desk.service.browser();
    let others_form = {
        let page = other.get(&desk.url("/console/login")).await.forms().remove(0);
        other.submit(&desk.url("/console/login"), &page, &[("password", PASSWORD)]).await;
        other.get(&desk.url(&action)).await.forms().into_iter().find(|form| form.action == action).unwrap()
    };
    let url = desk.url(&action);
    for headers in [
        [("origin", "https://evil.test"), ("sec-fetch-site", "cross-site")],
        [("origin", "null"), ("sec-fetch-site", "cross-site")],
        [("origin", "null"), ("sec-fetch-site", "same-site")],
        [("origin", "https://evil.test"), ("accept", "*/*")],
    ] {
        desk.browser.post(&url, &form.fields, &headers).await.refuses(403);
    }
    let without: Vec<_> = form.fields.iter().filter(|(name, _)| name != "form").cloned().collect();
    let mut changed = form.fields.clone();
    changed.iter_mut().filter(|(name, _)| name == "form").for_each(|(_, value)| value.push('A'));
    for fields in [&without, &changed, &others_form.fields] {
        desk.browser.post(&url, fields, &OUR_PAGE).await.refuses(403);
    }
    assert!(desk.service.keys.find(desk.service.key.id).await.unwrap().is_some());
    assert_eq!(desk.browser.post(&url, &form.fields, &OUR_PAGE).await.location(), "/console?done=revoked");
}

#[tokio::test]
async fn t84_a_login_form_is_bound_to_the_browser_that_was_shown_it() {
    let desk = Desk::closed(Setup::bare()).await;
    let form = desk.get("/console/login").await.forms().remove(0);
    let other = desk.service.browser();
    let chosen = [("password", PASSWORD)];
    other.submit(&desk.url("/console/login"), &form, &chosen).await.refuses(403);
    other.get(&desk.url("/console/login")).await;
    other.submit(&desk.url("/console/login"), &form, &chosen).await.refuses(403);
}

#[tokio::test]
async fn a_key_is_made_shown_once_and_makes_a_session() {
    let desk = Desk::open().await;
    let chosen = [
        ("name", "Harbour Market"),
        ("callbacks", "https://harbour.example.com\n"),
        ("signing_secret", "yes"),
    ];
    let form = {
        let mut form = desk.form("/console/keys/new", "/console/keys").await;
        form.fields.retain(|(name, _)| name == "form");
        form
    };
    let page = desk.browser.submit(&desk.url("/console/keys/new"), &form, &chosen).await;
    assert_eq!((page.status, page.header("cache-control")), (200, "no-store"));
    let (api_key, secret) = (shown(&page, "api-key"), shown(&page, "signing-secret"));
    assert!(api_key.starts_with("hpk_") && secret.starts_with("pss_"));

    // A reload sends the form again: nothing is made twice, and nothing is shown twice.
    let again = desk.browser.submit(&desk.url("/console/keys/new"), &form, &chosen).await;
    again.refuses(409);
    let list = desk.get("/console").await;
    assert_eq!(list.text().matches("<bdi>Harbour Market</bdi>").count(), 1);
    let id = handleproof::keys::ApiKeyText::id_of(&api_key).unwrap();
    let detail = desk.get(&format!("/console/keys/{id}")).await;
    for page in [&again, &list, &detail] {
        assert!(!page.text().contains(&api_key) && !page.text().contains(&secret));
    }
    let body = json!({"platform": "tiktok", "state": "s", "callback_url": "https://harbour.example.com/a"});
    // The key is good; the platform has no credentials here.
    assert_eq!(desk.service.create_as(&api_key, &body).await.problem(403), "platform_not_available");
}

#[tokio::test]
async fn every_fault_of_the_form_is_at_its_field_and_nothing_typed_is_lost() {
    let desk = Desk::open().await;
    let (name, lines) =
        ("x".repeat(61), "https://good.example.com\nhttp://bad.example.com\nhttps://intranet/");
    let page = desk.create(&[("name", &name), ("callbacks", lines), ("first_party", "yes")]).await;
    assert_eq!(page.status, 422);
    let text = page.text();
    assert!(text.contains("id=\"name-fault\"") && text.contains("id=\"callbacks-fault\""), "{text}");
    assert!(text.contains("Line 2 must begin with https://.") && text.contains("Line 3 "), "{text}");
    assert!(text.contains(&name) && text.contains(lines), "{text}");
    assert!(text.contains("name=\"first_party\" value=\"yes\" checked"), "{text}");
    assert!(!text.contains("name=\"signing_secret\" value=\"yes\" checked"), "{text}");
    assert_eq!(desk.service.keys.list().await.unwrap().len(), 1);
}

#[tokio::test]
async fn t85_html_and_sql_in_names_and_urls_are_text_on_every_page() {
    let desk = Desk::open().await;
    let name = "<script>alert(1)</script>'); DROP TABLE--";
    let page = desk.create(&[("name", name), ("any_callback", "yes")]).await;
    let id = handleproof::keys::ApiKeyText::id_of(&shown(&page, "api-key")).unwrap();
    let path = format!("/console/keys/{id}");
    let typed = "\"><script>alert(2)</script>";
    let faulty = desk.submit(&path, &format!("{path}/callbacks"), &[("callback_url", typed)]).await;
    assert_eq!(faulty.status, 422);
    let pages = [page, faulty, desk.get("/console").await, desk.get(&path).await];
    for page in pages {
        assert!(!page.text().contains("<script"), "{}", page.text());
        assert!(page.text().contains("alert(1)"));
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    }
    for id in ["key_ffffffffffffffff", "'%20OR%201=1", "new'"] {
        desk.get(&format!("/console/keys/{id}")).await.refuses(404);
    }
    assert_eq!(desk.service.keys.list().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_key_is_renamed_and_its_callbacks_are_changed() {
    let desk = Desk::open().await;
    let key = desk.key();
    let renamed = desk.submit(&key, &format!("{key}/name"), &[("name", " Harbour ")]).await;
    assert_eq!(renamed.location(), format!("{key}?done=renamed"));
    assert!(desk.get(&renamed.location()).await.text().contains("<h1><bdi>Harbour</bdi></h1>"));
    let bad = desk.submit(&key, &format!("{key}/name"), &[("name", "a\u{202e}b")]).await;
    assert_eq!(bad.status, 422);

    let url = "https://second.example.com/cb?a=b&c=d";
    let added = desk.submit(&key, &format!("{key}/callbacks"), &[("callback_url", url)]).await;
    assert_eq!(added.location(), format!("{key}?done=added"));
    let first = "https://app.example.com";
    let removed = desk.submit(&key, &format!("{key}/callbacks/remove"), &[("callback_url", first)]).await;
    assert_eq!(removed.location(), format!("{key}?done=removed"));
    let left = desk.service.keys.find(desk.service.key.id).await.unwrap().unwrap();
    assert_eq!(
        left.callbacks.iter().map(handleproof::session::RegisteredCallback::as_str).collect::<Vec<_>>(),
        [url]
    );
}

#[tokio::test]
async fn t3_a_revoked_key_is_nobodys_for_callers_at_once() {
    let desk = Desk::closed(Setup::sandbox()).await;
    desk.log_in(PASSWORD).await;
    let session = desk.service.session("tiktok").await;
    let action = format!("{}/revoke", desk.key());
    assert_eq!(desk.submit(&action, &action, &[]).await.location(), "/console?done=revoked");
    let body = json!({"platform": "tiktok", "state": "s"});
    assert_eq!(desk.service.create(&body).await.problem(401), "invalid_api_key");
    desk.service.browser().get(&session.authorize_url).await.refuses(410);
    desk.get(&action).await.refuses(404);
    assert!(desk.get("/console").await.text().contains("Revoked keys (1)"));
}

#[tokio::test]
async fn t84_replacing_a_secret_and_revoking_want_a_recent_password() {
    let desk = Desk::open().await;
    let before = desk.service.key.secret.clone();
    let action = format!("{}/signing-secret", desk.key());
    desk.service.clock.advance(Duration::from_mins(10));
    let secret = async || {
        let key = desk.service.keys.find(desk.service.key.id).await.unwrap().unwrap();
        key.signing_secret.as_ref().unwrap().expose().to_owned()
    };
    for path in [&action, &format!("{}/revoke", desk.key())] {
        let asked = desk.submit(path, path, &[("password", "")]).await;
        assert_eq!(asked.status, 200);
        assert!(asked.text().contains("id=\"password\""));
        desk.submit(path, path, &[("password", "wrong")]).await.refuses(403);
    }
    assert_eq!(secret().await, before);
    let page = desk.submit(&action, &action, &[("password", PASSWORD)]).await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert_ne!(shown(&page, "signing-secret"), before);
    assert_eq!(secret().await, shown(&page, "signing-secret"));
    // And from then on it is recent again.
    assert!(!desk.get(&action).await.text().contains("id=\"password\""));
}

#[tokio::test]
async fn a_signing_key_is_generated_on_the_keys_row_and_replaced_only_after_a_question() {
    let desk = Desk::open().await;
    let page = desk.create(&[("name", "Young"), ("any_callback", "yes")]).await;
    assert!(page.text().contains("no signing key yet"));
    let id = handleproof::keys::ApiKeyText::id_of(&shown(&page, "api-key")).unwrap();
    let action = format!("/console/keys/{id}/signing-secret");
    let row = desk.form("/console", &action).await;
    let first = desk.browser.submit(&desk.url("/console"), &row, &[]).await;
    let secret = shown(&first, "signing-secret");
    // The same button of a page that was loaded before: a question, not another secret.
    let stale = desk.browser.submit(&desk.url("/console"), &row, &[]).await;
    assert!(stale.text().contains("Replace the signing key?"));
    let kept = desk.service.keys.find(id).await.unwrap().unwrap();
    assert_eq!(kept.signing_secret.as_ref().unwrap().expose(), secret);
}

#[tokio::test]
async fn platforms_and_counts_have_pages() {
    let desk = Desk::closed(Setup::sandbox()).await;
    desk.log_in(PASSWORD).await;
    let session = desk.service.session("tiktok").await;
    desk.service.browser().finish_as(&session, "ordinary").await;
    let counts = desk.get("/console/sessions").await.text();
    let line = counts.split("<tr>").find(|line| line.contains(">verified<")).unwrap();
    assert_eq!(line.matches("<td class=\"number\">1</td>").count(), 2, "{line}");
    let platforms = desk.get("/console/platforms").await.text();
    assert!(platforms.contains("/oauth/callback/tiktok") && platforms.contains("Ready"));
}

#[tokio::test]
async fn wrong_methods_are_405_with_allow() {
    let desk = Desk::open().await;
    for (path, method, allow) in [
        ("/console", Method::DELETE, "GET"),
        ("/console/login", Method::PUT, "GET, POST"),
        ("/console/logout", Method::GET, "POST"),
        ("/console/keys/key_0000000000000000/name", Method::GET, "POST"),
        ("/console/keys/key_0000000000000000/revoke", Method::PUT, "GET, POST"),
    ] {
        let answer = desk.browser.send(method, &desk.url(path), &[], None).await;
        assert_eq!((answer.status, answer.header("allow")), (405, allow), "{path}");
    }
}

#[tokio::test]
async fn t34_the_operators_cookies_are_none_of_a_flows() {
    let desk = Desk::closed(Setup::sandbox()).await;
    desk.log_in(PASSWORD).await;
    for _ in 0..9 {
        let session = desk.service.session("tiktok").await;
        desk.browser.get(&session.authorize_url).await;
    }
    assert_eq!(desk.get("/console").await.status, 200);
    assert!(desk.browser.own_cookies().len() <= 8);
}

#[tokio::test]
async fn own_apps_are_added_and_shown_without_their_secret() {
    let desk = Desk::open().await;
    let (key, action) = (desk.key(), format!("{}/apps", desk.key()));
    let bad = [("platform", "myspace"), ("name", ""), ("client_id", "a b"), ("client_secret", "")];
    let faulty = desk.submit(&key, &action, &bad).await;
    assert_eq!(faulty.status, 422);
    for field in ["app-platform-fault", "app-name-fault", "app-client-id-fault", "app-client-secret-fault"] {
        assert!(faulty.text().contains(field), "{field}");
    }
    let secret = "marker-of-a-client-secret";
    let good = [("platform", "tiktok"), ("name", "<b>Mine"), ("client_id", "aw1"), ("client_secret", secret)];
    let half = desk.submit(&key, &action, &[good[0], good[1], good[3]]).await;
    assert!(half.status == 422 && !half.text().contains(secret));
    let form = desk.form(&key, &action).await;
    let added = desk.browser.submit(&desk.url(&key), &form, &good).await;
    assert_eq!(added.location(), format!("{key}?done=app-added"));
    desk.browser.submit(&desk.url(&key), &form, &good).await.refuses(409);
    let page = desk.get(&key).await.text();
    assert!(
        page.contains("/oauth/callback/tiktok/app_") && page.contains("aw1") && !page.contains("<b>Mine")
    );
    assert!(!page.contains(secret));
    assert_eq!(page.matches("Replace secret").count(), 1);
}

#[tokio::test]
async fn t84_replacing_an_apps_secret_and_deleting_it_want_a_recent_password() {
    let desk = Desk::open().await;
    let key = desk.key();
    let fields = [("platform", "tiktok"), ("name", "Mine"), ("client_id", "aw1"), ("client_secret", "one")];
    desk.submit(&key, &format!("{key}/apps"), &fields).await;
    let page = desk.get(&key).await.text();
    let app = format!("app_{}", page.split("/apps/app_").nth(1).unwrap().split('/').next().unwrap());
    let (secret, delete) = (format!("{key}/apps/{app}/secret"), format!("{key}/apps/{app}/delete"));
    desk.service.clock.advance(Duration::from_mins(10));
    for path in [&secret, &delete] {
        let asked = desk.submit(path, path, &[("client_secret", "two"), ("password", "")]).await;
        assert!(asked.status == 200 && asked.text().contains("id=\"password\""), "{}", asked.text());
        let wrong = [("client_secret", "two"), ("password", "wrong")];
        desk.submit(path, path, &wrong).await.refuses(403);
        let forged = desk.browser.post(&desk.url(path), &[("form".into(), "x".into())], &OUR_PAGE).await;
        forged.refuses(403);
    }
    let replaced = desk.submit(&secret, &secret, &[("client_secret", "two"), ("password", PASSWORD)]).await;
    assert_eq!(replaced.location(), format!("{key}?done=app-secret"));
    let empty = desk.submit(&secret, &secret, &[("client_secret", "")]).await;
    assert_eq!(empty.status, 422);
    let other = desk.service.another_key(true).await;
    desk.get(&delete.replace(&desk.service.key.id.to_string(), &other.id.to_string())).await.refuses(404);
    assert_eq!(desk.submit(&delete, &delete, &[]).await.location(), format!("{key}?done=app-deleted"));
    desk.get(&delete).await.refuses(404);
    assert!(!desk.get(&key).await.text().contains(&app));
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_recorded_by_a_checkbox_and_deleted_after_a_question() {
    let platform = HostilePlatform::start().await;
    let desk = Desk::closed(Setup::hostile(&platform)).await;
    assert_eq!(desk.log_in(PASSWORD).await.location(), "/console");
    let (key, switch) = (desk.key(), format!("{}/accounts", desk.key()));
    let done = desk.submit(&key, &switch, &[("record_accounts", "yes")]).await;
    assert_eq!(done.location(), format!("{key}?done=recording"));
    platform.next(Endpoint::Identity, Reply::json(&json!({"id": "u-1", "username": "<b>jane"})));
    let begun = desk.service.start_connect("acme").await;
    let connected = desk.service.finish_connect(&begun, &begun.code_at(&platform)).await;
    assert_eq!(connected.status, 201, "{}", connected.text());
    let page = desk.get(&key).await.text();
    assert!(page.contains("&#60;b&#62;jane") && !page.contains("<b>jane"), "{page}");
    let (_, rest) = page.split_once("/accounts/acc_").unwrap();
    let delete = format!("{key}/accounts/acc_{}", rest.split('"').next().unwrap());
    assert!(desk.get(&delete).await.text().contains("u-1"));
    assert_eq!(desk.submit(&delete, &delete, &[]).await.location(), format!("{key}?done=deleted"));
    assert!(desk.get(&key).await.text().contains("None is recorded"));
    desk.get(&delete).await.refuses(404);

    let mut form = desk.form(&key, &switch).await;
    form.fields.retain(|(name, _)| name == "form");
    let done = desk.browser.submit(&desk.url(&key), &form, &[]).await;
    assert_eq!(done.location(), format!("{key}?done=not-recording"));
    assert!(!desk.service.keys.row(desk.service.key.id).await.unwrap().unwrap().record_accounts);
}
