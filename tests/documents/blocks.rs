//! Every block of code is accounted for: a test here asks for it by its first words, or another step of `tests/run` runs it.

use super::markdown::{Block, Document};
use super::repository::{files, read};

/// A block that is run elsewhere: where, and words of that file that do it.
struct Elsewhere {
    document: &'static str,
    begins: &'static str,
    file: &'static str,
    words: &'static [&'static str],
}

const ELSEWHERE: &[Elsewhere] = &[
    at("README.md", "$ tests/run", ".ci/run", &["exec", "tests/run"]),
    at("CONTRIBUTING.md", "$ tests/run", ".ci/run", &["exec", "tests/run"]),
    at("ARCHITECTURE.md", "every_byte\n", "tests/house.rs", &["```order", "ARCHITECTURE.md"]),
    at("docs/connect-button.md", "<form method=\"post\"", BUTTON, &["docs/connect-button.md", "```html"]),
    at("docs/connect-button.md", "<script>\n  const form", BUTTON, &["docs/connect-button.md", "```html"]),
    at("docs/connect-button.md", "<script>\n  new Broad", BUTTON, &["docs/connect-button.md", "```html"]),
    at("examples/kyc-node/README.md", "$ HANDLEPROOF", EXAMPLES, &["\"README.md\"", "```console"]),
    at("examples/marketplace/README.md", "$ HANDLEPROOF", EXAMPLES, &["\"README.md\"", "```console"]),
    at("examples/giveaway-python/README.md", "$ HANDLEPROOF", EXAMPLES, &["\"README.md\"", "```console"]),
    at("benches/README.md", "$ benches/run", "benches/src/main.rs", &["include_str!(\"../README.md\")"]),
    at("verifier/README.md", "use std::collections", CRATE, &["include_str!(\"../README.md\")"]),
    at(
        "verifier/README.md",
        "use handleproof_verify::{Verifier, V",
        CRATE,
        &["include_str!(\"../README.md\")"],
    ),
    at("verifier/README.md", "# fn main()", CRATE, &["include_str!(\"../README.md\")"]),
    at("verifier/README.md", "use handleproof_verify::{Claims", CRATE, &["include_str!(\"../README.md\")"]),
];

const BUTTON: &str = "tests/browser/connect-button.test.mjs";
const EXAMPLES: &str = "tests/browser/examples.mjs";
const CRATE: &str = "verifier/src/lib.rs";

/// What runs the files above.
const STEPS: [(&str, &str); 4] = [
    (BUTTON, "cd tests/browser && npm test"),
    (EXAMPLES, "cd tests/browser && npm test"),
    (CRATE, "cargo test --workspace"),
    ("benches/src/main.rs", "cargo test --workspace"),
];

const fn at(
    document: &'static str,
    begins: &'static str,
    file: &'static str,
    words: &'static [&'static str],
) -> Elsewhere {
    Elsewhere { document, begins, file, words }
}

/// Documents and first words that tests here ask for, as they stand in the sources.
fn asked_for() -> Vec<(String, String)> {
    let here = files().iter().filter(|path| path.starts_with("tests/documents/"));
    let mut asked = Vec::new();
    for text in here.filter(|path| !path.ends_with("/blocks.rs")).map(|path| read(path)) {
        for call in text.split("block(").skip(1) {
            // What a call gives as literals: `block("README.md", "$ cargo run")`.
            let mut literals = literals(call);
            if let (Some(document), Some(begins)) = (literals.next(), literals.next()) {
                asked.push((document, begins));
            }
        }
    }
    asked
}

fn literals(call: &str) -> impl Iterator<Item = String> {
    let call = call.split(");").next().unwrap_or_default().replace("\\\"", "\u{1}");
    let found: Vec<String> = call
        .split('"')
        .skip(1)
        .step_by(2)
        .map(|text| text.replace('\u{1}', "\"").replace("\\n", "\n"))
        .collect();
    found.into_iter()
}

fn is_asked_for(block: &Block, asked: &[(String, String)]) -> bool {
    asked
        .iter()
        .any(|(document, begins)| *document == block.document && block.text.starts_with(begins.as_str()))
}

#[test]
fn every_block_of_code_is_run_or_checked_and_none_is_forgotten() {
    let asked = asked_for();
    assert!(asked.len() > 12, "{}", asked.len());
    let mut forgotten = Vec::new();
    for block in Document::all().iter().flat_map(Document::blocks) {
        let is_elsewhere =
            ELSEWHERE.iter().any(|one| one.document == block.document && block.text.starts_with(one.begins));
        if !is_elsewhere && !is_asked_for(&block, &asked) {
            forgotten.push(format!("{}:{}", block.document, block.line));
        }
        assert!(!block.language.is_empty(), "{}:{} names no language", block.document, block.line);
    }
    assert!(
        forgotten.is_empty(),
        "nothing runs these blocks; ask for them in tests/documents, or name the step that does: {forgotten:#?}"
    );
}

#[test]
fn what_is_run_elsewhere_is_still_there_and_still_run() {
    let steps = read("tests/run");
    for one in ELSEWHERE {
        let blocks = Document::read(one.document).blocks();
        let found = blocks.iter().filter(|block| block.text.starts_with(one.begins)).count();
        assert_eq!(found, 1, "{}: {:?}", one.document, one.begins);
        let text = read(one.file);
        assert!(
            one.words.iter().all(|word| text.contains(word)),
            "{} does not take {}",
            one.file,
            one.document
        );
        if let Some((_, step)) = STEPS.iter().find(|(file, _)| *file == one.file) {
            assert!(steps.contains(step), "tests/run has no step {step:?}");
        }
    }
}
