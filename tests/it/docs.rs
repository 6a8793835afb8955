//! What `docs/` says of codes, platforms and threats is what the code does. What any document shows or names: `tests/documents`.

use std::path::Path;

use handleproof::error::{Code, Failure};
use handleproof::platform::catalogue::{Catalogue, Overrides};
use handleproof::platform::entry::{Entry, IdScope};
use handleproof::settings::Origins;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn document(name: &str) -> String {
    std::fs::read_to_string(format!("{ROOT}/docs/{name}")).unwrap()
}

/// The first two cells of every row of every table.
fn rows(text: &str) -> Vec<(String, String)> {
    let cells = |line: &str| {
        let mut cells =
            line.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`').to_owned());
        (cells.next().unwrap_or_default(), cells.next().unwrap_or_default())
    };
    text.lines().filter(|line| line.starts_with('|')).map(cells).collect()
}

#[test]
fn every_error_code_has_its_remedy_and_none_is_made_up() {
    let text = document("errors.md");
    let described: Vec<(String, String)> =
        rows(&text).into_iter().filter(|(status, _)| status.parse::<u16>().is_ok()).collect();
    let codes: Vec<(String, String)> =
        Code::ALL.iter().map(|code| (code.status().to_string(), code.as_str().to_owned())).collect();
    assert_eq!(described, codes);
    let (_, callback) = text.split_once("## At your callback").unwrap();
    let described: Vec<String> = rows(callback).into_iter().skip(2).map(|(error, _)| error).collect();
    assert_eq!(described, Failure::ALL.map(|failure| failure.code().to_owned()));
}

fn row(entry: &Entry) -> String {
    let same = match entry.id_scope {
        IdScope::App => "within one OAuth app",
        IdScope::Developer => "within one developer account",
        IdScope::Global => "everywhere",
    };
    let handle = if entry.identity.handle.is_empty() { "none" } else { "yes" };
    let revoked = match &entry.revocation {
        None if !entry.has_consent_page() => "takes credentials",
        None => "no way to",
        Some(facts) if facts.after_read == Some(false) => "unless switched on, no",
        Some(_) => "yes",
    };
    let (name, shown, kind) = (&entry.name, &entry.display_name, &entry.id_kind);
    format!("| `{name}` | {shown} | `{kind}` | {same} | {handle} | {revoked} |")
}

#[test]
fn the_table_of_platforms_is_the_catalogues() {
    let (platforms, origins) = (toml::Table::new(), Origins::file("test"));
    let overrides = Overrides { platforms: &platforms, origins: &origins, folder: Path::new("") };
    let catalogue = Catalogue::load(overrides).unwrap();
    let expected: Vec<String> = catalogue.iter().map(|entry| row(entry)).collect();
    let text = document("platforms.md");
    let described: Vec<&str> = text.lines().filter(|line| line.starts_with("| `")).collect();
    assert_eq!(described, expected, "docs/platforms.md; it should be:\n{}", expected.join("\n"));
}

/// The first and the last cell of every row of the threat list's tables.
fn threats(text: &str) -> Vec<(&str, &str)> {
    let rows = text.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    rows.filter_map(|row| Some((row.split_once(" | ")?.0, row.rsplit_once(" | ")?.1)))
        .filter(|(number, _)| number.starts_with(char::is_uppercase))
        .collect()
}

/// Whether a file has this test: a function in Rust or Python, a title in JavaScript.
fn has_test(file: &str, name: &str) -> bool {
    [format!("fn {name}("), format!("def {name}("), format!("test(\"{name}\"")]
        .iter()
        .any(|definition| file.contains(definition.as_str()))
}

#[test]
fn every_test_that_the_threat_list_names_stands_in_the_file_before_it() {
    let text = document("threat-coverage.md");
    let mut found = 0;
    for (number, covered) in threats(&text) {
        let mut file = String::new();
        for quoted in covered.split('`').skip(1).step_by(2) {
            let path = Path::new(ROOT).join(quoted);
            if quoted.contains('/') && path.is_file() {
                file = std::fs::read_to_string(path).unwrap();
            } else {
                assert!(has_test(&file, quoted), "{number}: {quoted}");
                found += 1;
            }
        }
        assert!(!file.is_empty() || covered.starts_with("not covered: "), "{number} names nothing");
    }
    assert!(found > 300, "{found}");
}

#[test]
fn the_threat_list_is_whole_and_its_gaps_are_named_at_its_top() {
    let text = document("threat-coverage.md");
    let rows = threats(&text);
    let numbers: Vec<String> = rows.iter().map(|(number, _)| (*number).to_owned()).collect();
    let series = |letter, last| (1..=last).map(move |n| format!("{letter}{n}"));
    let all: Vec<String> = series('T', 100).chain(series('F', 40)).collect();
    let listed: Vec<&String> = numbers.iter().filter(|number| all.contains(number)).collect();
    assert_eq!(listed, all.iter().collect::<Vec<_>>());

    let (_, top) = text.split_once("\n## Not covered, or only partly\n").unwrap();
    let (top, _) = top.split_once("\n## ").unwrap();
    let mut named: Vec<&str> = top
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| numbers.iter().any(|number| number == word))
        .collect();
    let is_gap = |covered: &&str| covered.contains("partly: ") || covered.contains("not covered: ");
    let mut gaps: Vec<&str> =
        rows.iter().filter(|(_, covered)| is_gap(covered)).map(|(number, _)| *number).collect();
    named.sort_unstable();
    gaps.sort_unstable();
    assert_eq!(named, gaps);
}
