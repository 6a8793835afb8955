//! Names in backticks: paths of the API, settings, variables, metrics, modules and tests, as the product has them.

use handleproof::crypto::entropy::SystemEntropy;
use handleproof::crypto::secret::SecretText;
use handleproof::operator::password::{self, Cost};
use reqwest::Method;

use super::harness::child::run;
use super::harness::{Answer, Service, Setup};
use super::markdown::{Document, block};
use super::repository::{everything_but_documents, files, has, read};

/// Paths that are none of the API's.
const OTHER_PATHS: [&str; 3] = ["/metrics", "/dev/full", "/proc"];
/// What several paths begin with.
const BEGINNINGS: [&str; 2] = ["/admin/v1", "/v1/connect"];

/// Methods that a path takes, from what it answers to one that it cannot know; none where there is no such path.
async fn methods(service: &Service, path: &str) -> Option<String> {
    let request = service.request(Method::from_bytes(b"PROPFIND").unwrap(), path);
    let answer = Answer::of(request.bearer_auth("x".repeat(32))).await;
    (answer.status == 405).then(|| answer.header("allow").to_owned())
}

/// Of a password, so that the console is open.
fn hash() -> String {
    let password = SecretText::new("correct horse battery".to_owned());
    password::hash(&password, Cost::Random, &SystemEntropy).unwrap().expose().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_path_of_the_api_that_is_named_is_served() {
    let setup = Setup::bare().set("tester.enabled", true).set("operator.token", "x".repeat(32));
    let setup = setup.set("operator.password_hash", hash());
    let service = Service::start(setup).await;
    let mut found = 0;
    for document in Document::all() {
        for span in document.spans() {
            let mut words = span.split(' ');
            let first = words.next().unwrap();
            let is_method = ["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&first);
            let path = if is_method { words.next().unwrap_or_default() } else { first };
            let path = path.split('?').next().unwrap();
            if !path.starts_with('/') || OTHER_PATHS.contains(&path) || BEGINNINGS.contains(&path) {
                continue;
            }
            let sent = path.replace(['{', '}'], "");
            let allowed = methods(&service, &sent).await;
            let allowed = allowed.unwrap_or_else(|| panic!("{}: nothing is at `{span}`", document.path));
            assert!(!is_method || allowed.contains(first), "{}: `{span}`, but {allowed}", document.path);
            found += 1;
        }
    }
    assert!(found > 20, "{found}");
    assert!(methods(&service, "/v1/nothing").await.is_none());
}

/// `section.key` of every setting, from the file that the program prints.
fn settings() -> Vec<String> {
    let mut section = String::new();
    let mut settings = Vec::new();
    for line in run(&["config"]).out.lines() {
        let line = line.trim_start_matches('#');
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = format!("{name}.");
        } else if let Some((key, _)) = line.split_once(" = ").filter(|(key, _)| !key.contains(' ')) {
            settings.push(format!("{section}{key}"));
        }
    }
    assert!(settings.len() > 25 && settings.contains(&"sessions.ttl_seconds".to_owned()), "{settings:?}");
    settings
}

#[test]
fn every_setting_and_variable_that_is_named_exists() {
    let settings = settings();
    let sections: Vec<&str> = settings.iter().filter_map(|one| Some(one.split_once('.')?.0)).collect();
    let (product, mut found) = (everything_but_documents(), 0);
    for document in Document::all() {
        for span in document.spans() {
            let section = span.split_once('.').map_or("", |(section, _)| section);
            if sections.contains(&section)
                && span.chars().all(|c| c.is_ascii_lowercase() || matches!(c, '_' | '.'))
                && !span.ends_with(".rs")
                && !span.ends_with(".mjs")
            {
                assert!(settings.contains(&span), "{}: `{span}` is no setting", document.path);
                found += 1;
            }
        }
        let variables = document.text.split(|c: char| !c.is_ascii_uppercase() && c != '_');
        for variable in variables.filter(|word| word.starts_with("HANDLEPROOF_") && word.len() > 12) {
            let setting = variable["HANDLEPROOF_".len()..].to_lowercase().replace("__", ".");
            let is_platforms =
                setting.starts_with("platforms.") && product.contains(setting.rsplit('.').next().unwrap());
            let is_there = settings.contains(&setting) || is_platforms || product.contains(variable);
            assert!(is_there, "{}: {variable}", document.path);
            found += 1;
        }
    }
    assert!(found > 20, "{found}");
}

#[test]
fn every_metric_that_is_named_is_counted() {
    let (source, mut found) = (read("src/observe/metrics.rs"), 0);
    for document in Document::all() {
        let words = document.text.split(|c: char| !c.is_ascii_lowercase() && c != '_');
        for metric in words.filter(|word| {
            word.starts_with("handleproof_") && (word.ends_with("_total") || word.ends_with("_seconds"))
        }) {
            assert!(source.contains(&format!("\"{metric}\"")), "{}: {metric}", document.path);
            found += 1;
        }
    }
    assert!(found >= 2, "{found}");
}

#[test]
fn every_outcome_at_a_callback_that_is_named_is_one() {
    let codes = handleproof::error::Failure::ALL.map(handleproof::error::Failure::code);
    for document in Document::all() {
        for rest in document.text.split("error=").skip(1) {
            let code: String = rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
            assert!(code.is_empty() || codes.contains(&code.as_str()), "{}: error={code}", document.path);
        }
    }
}

/// Words that stand in no source and need not.
const FOREIGN: &[&str] = &[
    "new_secret",
    "old_secret", // the reader's own
];

#[test]
fn every_name_with_an_underscore_is_one_of_the_product() {
    let product = everything_but_documents();
    let known: std::collections::HashSet<&str> =
        product.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
    let (mut found, mut unknown) = (0, Vec::new());
    for document in Document::all() {
        let spans = document.spans();
        let words = spans
            .iter()
            .filter(|span| !has(span))
            .flat_map(|span| span.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '…'));
        for word in words.filter(|word| word.trim_matches('_').contains('_') && !word.contains('…')) {
            // `HANDLEPROOF_PLATFORMS__…`: a setting, looked up above.
            let is_known =
                known.contains(word) || FOREIGN.contains(&word) || word.starts_with("HANDLEPROOF_");
            if !is_known {
                unknown.push(format!("{}: `{word}`", document.path));
            }
            found += 1;
        }
    }
    assert!(unknown.is_empty(), "stand nowhere in the product: {unknown:#?}");
    assert!(found > 700, "{found}");
}

/// The text of a module and of those below it. It is told by its path from `src`, or by the end of that.
fn module(path: &str) -> Option<String> {
    let is_source = |file: &&String| file.starts_with("src/") && file.ends_with(".rs");
    let sources: Vec<&String> = files().iter().filter(is_source).collect();
    let names = [format!("{path}.rs"), format!("{path}/mod.rs")];
    let is_it = |file: &&&String| names.iter().any(|name| **file == &format!("src/{name}"));
    let ends_so = |file: &&&String| names.iter().any(|name| file.ends_with(&format!("/{name}")));
    let file = sources.iter().find(is_it).or_else(|| sources.iter().find(ends_so))?;
    let folder = format!("{}/", file.trim_end_matches("/mod.rs").trim_end_matches(".rs"));
    let below = sources.iter().filter(|one| one.starts_with(&folder));
    Some(below.fold(read(file), |text, one| text + &read(one)))
}

fn sources_of(folder: &str) -> String {
    let is_source = |path: &&String| path.starts_with(folder) && path.ends_with(".rs");
    files().iter().filter(is_source).map(|path| read(path)).collect()
}

fn defines(text: &str, name: &str) -> bool {
    ["fn", "struct", "enum", "trait", "type", "const", "mod"].iter().any(|kind| {
        text.split(&format!("{kind} {name}"))
            .skip(1)
            .any(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    })
}

#[test]
fn architectures_modules_types_and_functions_are_where_it_says() {
    let (sources, verifier) = (sources_of("src/"), sources_of("verifier/src/"));
    let mut found = 0;
    for document in ["ARCHITECTURE.md", "CONTRIBUTING.md"].map(Document::read) {
        for span in document.spans() {
            let is_name =
                |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            // `Platform::{read_kept, renew_kept}`
            let (head, group) =
                span.split_once("::{").map_or((span.as_str(), ""), |(head, group)| (head, group));
            let parts: Vec<&str> = head.split("::").collect();
            let mut letters = head.chars();
            let is_type = letters.next().is_some_and(char::is_uppercase)
                && letters.next().is_some_and(char::is_lowercase);
            let is_alone = parts.len() == 1 && (!is_type || head == "Debug");
            if is_alone || !parts.iter().all(|part| is_name(part)) || parts[0] == "utoipa" {
                continue;
            }
            // As many leading names as are modules; the others are defined there.
            let modules =
                (1..=parts.len()).rev().find_map(|n| module(&parts[..n].join("/")).map(|text| (n, text)));
            let (n, text) = match modules {
                Some(modules) => modules,
                None if parts[0] == "handleproof_verify" => (1, verifier.clone()),
                None => (0, sources.clone()),
            };
            let members = parts[n..]
                .iter()
                .copied()
                .chain(group.trim_end_matches('}').split(", ").filter(|name| !name.is_empty()));
            for name in members {
                assert!(defines(&text, name), "{}: `{span}`: there is no {name}", document.path);
            }
            found += 1;
        }
    }
    assert!(found > 60, "{found}");
}

#[test]
fn the_birds_eye_view_names_modules_alone() {
    let drawing = block("ARCHITECTURE.md", "cli ──▶ app").text;
    let without_remarks: String =
        drawing.split('(').map(|part| part.split_once(')').map_or(part, |(_, rest)| rest)).collect();
    let words = without_remarks
        .split(|c: char| !c.is_ascii_alphanumeric() && !"_-:".contains(c))
        .map(|word| word.trim_end_matches(':'));
    let mut found = 0;
    for word in words.filter(|word| !word.is_empty() && !matches!(*word, "leaves" | "apart" | ":")) {
        let path = format!("src/{}", word.replace("::", "/"));
        let is_there =
            word == "handleproof-verify" || has(&format!("{path}.rs")) || has(&format!("{path}/mod.rs"));
        assert!(is_there, "{word}");
        found += 1;
    }
    assert!(found > 15, "{found}");
}

#[test]
fn every_test_that_reliability_names_is_there() {
    let mut found = 0;
    for span in Document::read("docs/reliability.md").spans() {
        if let Some((file, test)) =
            span.split_once("::").filter(|(file, _)| has(&format!("tests/faults/{file}.rs")))
        {
            assert!(defines(&read(&format!("tests/faults/{file}.rs")), test), "{span}");
            found += 1;
        }
    }
    assert!(found > 40, "{found}");
}
