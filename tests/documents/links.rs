//! Links lead somewhere, in-page ones too, and a path in backticks is one of this repository.

use std::path::{Component, Path, PathBuf};

use super::markdown::Document;
use super::repository::has;

/// `..` taken out, as a browser does.
fn resolved(document: &str, target: &str) -> String {
    let mut path = PathBuf::new();
    let folder = Path::new(document).parent().unwrap();
    for part in folder.join(target).components() {
        match part {
            Component::ParentDir => assert!(path.pop(), "{document}: {target} leaves the repository"),
            Component::Normal(name) => path.push(name),
            _ => {}
        }
    }
    path.to_string_lossy().into_owned()
}

#[test]
fn every_link_leads_to_a_file_and_every_anchor_to_a_heading() {
    let mut followed = 0;
    for document in Document::all() {
        for link in document.links() {
            if link.starts_with("https://") {
                continue;
            }
            let (target, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let path =
                if target.is_empty() { document.path.clone() } else { resolved(&document.path, target) };
            assert!(has(&path), "{}: {link}", document.path);
            if !anchor.is_empty() {
                let anchors = Document::read(&path).anchors();
                assert!(
                    anchors.iter().any(|one| one == anchor),
                    "{}: {link}; there are {anchors:?}",
                    document.path
                );
            }
            followed += 1;
        }
    }
    assert!(followed > 80, "{followed}");
}

/// Files that documents speak of and that are made by their readers, or stand in another place.
const NOT_OURS: &[&str] = &[
    "handleproof.toml",      // the operator's
    "giveaway.db",           // the example's, when it runs
    "handleproof_verify.py", // the copy of a reader
    "target/release/bench.jsonl",
    "/dev/full",
    "/proc",
];

/// Whether it reads like a path: a known ending, or a folder of ours and a slash.
fn is_path(span: &str) -> bool {
    let endings = [
        "rs", "md", "toml", "py", "mjs", "json", "yaml", "html", "png", "svg", "php", "go", "sh", "jsonl",
        "db", "txt", "css",
    ];
    let is_one_word = span.chars().all(|c| c.is_ascii_alphanumeric() || "._-/*".contains(c));
    let has_ending =
        span.rsplit_once('.').is_some_and(|(stem, end)| endings.contains(&end) && !stem.is_empty());
    let folders = [
        "src/",
        "docs/",
        "tests/",
        "verifier/",
        "verifiers/",
        "examples/",
        "deploy/",
        "benches/",
        "fuzz/",
        ".ci/",
        "platform/",
        "sandbox/",
        "store/",
    ];
    is_one_word && (has_ending || folders.iter().any(|folder| span.starts_with(folder)))
}

#[test]
fn every_path_in_backticks_is_there() {
    let mut found = 0;
    for document in Document::all() {
        let folder = Path::new(&document.path).parent().unwrap().to_string_lossy().into_owned();
        // Documents of a part speak of its files; ARCHITECTURE of modules by their place in src.
        let places = [String::new(), format!("{folder}/"), format!("{folder}/src/"), "src/".to_owned()];
        // The text of a link need not be the path: its target is looked at above.
        let is_link = |span: &str| document.text.contains(&format!("[`{span}`]("));
        for span in document.spans().iter().filter(|span| is_path(span) && !is_link(span)) {
            if NOT_OURS.contains(&span.as_str()) {
                continue;
            }
            let path = span.replace("NAME", "tiktok");
            let path = path.split('*').next().unwrap().trim_end_matches('/');
            assert!(places.iter().any(|place| has(&format!("{place}{path}"))), "{}: `{span}`", document.path);
            found += 1;
        }
    }
    assert!(found > 100, "{found}");
}
