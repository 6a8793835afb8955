//! What documents say that an answer, a proof or an example's environment has.

use handleproof_verify::Claims;
use serde_json::{Value, json};

use super::harness::service::{CALLBACK, STATE};
use super::harness::{Answer, Landing, Service, Setup};
use super::markdown::{Document, block};
use super::repository::{files, read};

/// Every name in backticks in the first cells of the table under these words.
fn first_cells(document: &str, head: &str) -> Vec<String> {
    let text = Document::read(document).text;
    let (_, table) =
        text.split_once(&format!("\n{head}\n")).unwrap_or_else(|| panic!("{document} has no table {head}"));
    let rows = table.lines().take_while(|line| line.starts_with('|')).skip(1);
    let cells = rows.map(|row| row.split('|').nth(1).unwrap().to_owned());
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>()).collect()
}

fn sorted<'a>(names: impl IntoIterator<Item = &'a String>) -> Vec<&'a str> {
    let mut names: Vec<&str> = names.into_iter().map(String::as_str).collect();
    names.sort_unstable();
    names
}

fn part(jws: &str, n: usize) -> Value {
    use base64::Engine;
    let text = jws.split('.').nth(n).unwrap();
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_proof_has_the_header_and_the_claims_of_its_page() {
    let service = Service::start(Setup::sandbox()).await;
    let session = json!({"platform": "tiktok", "callback_url": CALLBACK, "state": STATE, "jws": true});
    let created = service.session_with(&session).await;
    let jws = service.browser().land_as(&created, "ordinary").await.value("jws");
    let (header, claims) = (part(&jws, 0), part(&jws, 1));
    let shown = first_cells("docs/public-proofs.md", "| header | |");
    assert_eq!(sorted(header.as_object().unwrap().keys()), sorted(&shown));
    let text = Document::read("docs/public-proofs.md").text;
    for name in ["alg", "typ"] {
        assert!(
            text.contains(&format!("| `{name}` | always `{}`", header[name].as_str().unwrap())),
            "{name}"
        );
    }
    let shown = first_cells("docs/public-proofs.md", "| claim | |");
    // Only with an app of the caller's own.
    let shown: Vec<String> = shown.into_iter().filter(|name| name != "app_id").collect();
    assert_eq!(sorted(claims.as_object().unwrap().keys()), sorted(&shown));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recorded_account_has_the_members_of_its_table() {
    let service = Service::start(Setup::sandbox()).await;
    service.changes().start_recording(service.key.id).await.unwrap();
    let connected = service.connect_as("tiktok", "ordinary", &[("profile_id", "user-17")]).await;
    let list = service.request(reqwest::Method::GET, "/v1/accounts").bearer_auth(&service.key.api_key);
    let listed = Answer::of(list).await.json();
    let account = &listed["accounts"][0];
    assert_eq!(account["account_id"], connected["account_id"]);
    let shown = first_cells("docs/connect.md", "| kept | |");
    assert_eq!(sorted(account.as_object().unwrap().keys()), sorted(&shown));
}

#[test]
fn the_base_string_is_the_one_that_integrators_are_told() {
    let shown = block("docs/integrate.md", "base = platform=").text;
    let (base, rest) = shown.split_once('\n').unwrap();
    let base = base.trim_start_matches("base = ").split_whitespace().next().unwrap();
    let claims = Claims::new("p", "i", "h", "s", 1_900_000_000).unwrap();
    let names = |text: &str| {
        text.split('&').map(|pair| pair.split('=').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(base), names(&claims.base_string()));
    assert!(rest.contains("HMAC-SHA256(signing secret as shown, base)"));
    let words = Document::read("README.md").prose().split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(names(base).len(), 5);
    assert!(words.contains("an HMAC over five values"));
    let signed = Landing::at(format!("https://x/?{}", claims.to_query("")));
    assert_eq!(signed.base(), claims.base_string());
}

#[test]
fn every_variable_that_an_example_documents_is_read_by_it() {
    for name in ["giveaway-python", "kyc-node", "marketplace"] {
        let folder = format!("examples/{name}/");
        let code = |path: &String| path.starts_with(&folder) && !path.ends_with(".md");
        let source: String = files().iter().filter(|path| code(path)).map(|path| read(path)).collect();
        let readme = format!("{folder}README.md");
        for variable in first_cells(&readme, "| variable | |") {
            assert!(
                source.contains(&format!("\"{variable}\"")) || source.contains(&format!("env.{variable}")),
                "{readme}: {variable}"
            );
        }
        for default in ["3000", "http://127.0.0.1:8080"] {
            assert!(source.contains(default) && read(&readme).contains(default), "{readme}: {default}");
        }
        let text = read(&readme);
        let (_, copied) = text.split_once("## What to copy").unwrap();
        for place in
            copied.lines().filter(|line| line.starts_with('|')).filter_map(|line| line.split('|').nth(2))
        {
            for place in place.split('`').skip(1).step_by(2).filter(|place| !place.contains(['.', '/'])) {
                let function = place.rsplit("::").next().unwrap();
                let is_there = ["def ", "fn ", "function "]
                    .iter()
                    .any(|kind| source.contains(&format!("{kind}{function}(")));
                assert!(is_there, "{readme}: {place}");
            }
        }
    }
}
