//! Commands that prose names: those of the service exist with every option, and the others are what CI runs.

use std::collections::BTreeMap;
use std::process::Command;

use super::harness::child::run;
use super::markdown::{Document, block};
use super::repository::{files, has, read};

/// The help of every command of the service, by its words.
fn helps() -> BTreeMap<String, String> {
    let mut helps = BTreeMap::new();
    let mut open = vec![Vec::<String>::new()];
    while let Some(path) = open.pop() {
        let mut arguments: Vec<&str> = path.iter().map(String::as_str).collect();
        arguments.push("--help");
        let help = run(&arguments).out;
        let below =
            help.split_once("\nCommands:\n").map(|(_, list)| list.split("\n\n").next().unwrap().to_owned());
        for name in
            below.iter().flat_map(|list| list.lines()).filter_map(|line| line.split_whitespace().next())
        {
            if name != "help" {
                open.push([&path[..], &[name.to_owned()]].concat());
            }
        }
        helps.insert(path.join(" "), help);
    }
    helps
}

/// The command that a text begins with, and the options that it names.
#[track_caller]
fn check(helps: &BTreeMap<String, String>, at: &str, command: &str) {
    let words: Vec<&str> =
        command.split_whitespace().take_while(|word| !matches!(*word, "|" | "#" | "\\")).collect();
    let names = words.iter().take_while(|word| {
        word.chars().all(|c| c.is_ascii_lowercase() || c == '-') && !word.starts_with('-')
    });
    let mut path = String::new();
    for name in names {
        let longer = format!("{path} {name}").trim().to_owned();
        let takes_more = helps[&path].contains("\nCommands:\n");
        if !takes_more {
            break;
        }
        assert!(helps.contains_key(&longer), "{at}: 'handleproof {longer}' is no command");
        path = longer;
    }
    for option in words.iter().filter(|word| word.starts_with("--") && word.len() > 2) {
        let option = option.split('=').next().unwrap();
        let is_there =
            helps[&path].split(|c: char| !c.is_ascii_alphanumeric() && c != '-').any(|word| word == option);
        assert!(is_there, "{at}: 'handleproof {path}' has no {option}");
    }
}

#[test]
fn every_command_of_the_service_that_is_named_exists_with_its_options() {
    let helps = helps();
    assert!(helps.len() > 25, "{}", helps.len());
    let with_commands = |word: &str| helps.get(word).is_some_and(|help| help.contains("\nCommands:\n"));
    let mut found = 0;
    for document in Document::all() {
        for span in document.spans() {
            // Those with a command of their own are named without the program's name too.
            let is_short = span.split_once(' ').is_some_and(|(first, _)| with_commands(first));
            let named = span.strip_prefix("handleproof ").or(is_short.then_some(&*span));
            if let Some(command) = named {
                check(&helps, &document.path, command);
                found += 1;
            } else if span.starts_with("--") && document.path != "benches/README.md" {
                assert!(helps.values().any(|help| help.contains(&span)), "{}: {span}", document.path);
            }
        }
    }
    assert!(found > 25, "{found}");
}

/// Commands of other programs, and words of CI's steps that are the same command, or run what it runs.
const OTHERS: &[(&str, &str)] = &[
    ("cargo run -- dev", "cargo test --workspace"), // `try_it`
    (
        "cargo test --workspace --test it -- redeem",
        "cargo test --workspace --test it -- \\\n        account apps connect mid_flow redeem status",
    ),
    ("cargo test -p handleproof-verify", "cargo test --workspace"),
    (
        "(cd tests/browser && npm ci && node --test tester.test.mjs)",
        "(cd tests/browser && npm test --silent)",
    ),
    ("tests/run", "== %s (after %s s)"), // itself
    ("tests/verifiers/run", "tests/verifiers/run"),
    ("tests/deploy/run", "tests/deploy/run"),
    ("tests/description/run", "tests/description/run"),
    ("node --test tests/samples/", "node --test tests/samples/"),
    ("python3 -m unittest discover tests/samples", "(cd tests/samples && python3 -m unittest -q)"),
    ("python3 -m unittest discover tests", "(cd verifiers/python && python3 -m unittest discover -q tests)"),
    ("npm test", "(cd verifiers/node && npm test --silent)"),
    (
        "pip install -r examples/giveaway-python/requirements.txt",
        "-r examples/giveaway-python/requirements.txt",
    ),
    ("cargo build --release", "cargo build --workspace"), // the same but for its flags
    // Hours of work that no step does: a test of `benches` takes each command apart, one below knows every target.
    ("benches/run", "cargo test --workspace"),
    ("benches/run memory --sessions 1000000", "cargo test --workspace"),
    ("benches/run expiry", "cargo test --workspace"),
    ("benches/run growth --sessions 1000000", "cargo test --workspace"),
    ("benches/run redis", "cargo test --workspace"),
    ("benches/run --grant", "cargo test --workspace"),
    ("cargo bench -p handleproof-verify --bench verify", "cargo test -p handleproof-verify --bench verify"),
    ("cargo fuzz run TARGET", "cargo test --workspace"),
    ("cargo fuzz build -s none", "cargo test --workspace"),
];

#[test]
fn every_other_command_that_is_named_is_one_that_ci_runs() {
    let steps = read("tests/run");
    let programs = ["cargo ", "npm ", "node -", "python3 ", "pip ", "(cd ", "tests/run", "benches/run"];
    let mut named = Vec::new();
    for document in Document::all() {
        for span in document.spans() {
            let is_script = span.ends_with("/run") && has(&span);
            if is_script || programs.iter().any(|program| span.starts_with(program)) {
                let step = OTHERS.iter().find(|(command, _)| *command == span);
                let (_, step) = step.unwrap_or_else(|| panic!("{}: nothing runs `{span}`", document.path));
                assert!(steps.contains(step), "tests/run does not have {step:?}, which stands for `{span}`");
                named.push(span);
            }
        }
    }
    let unused = OTHERS.iter().find(|(command, _)| !named.iter().any(|span| span == command));
    assert_eq!(unused, None, "no document names it any more");
}

#[test]
fn reliabilitys_commands_run_tests_that_ci_runs() {
    let steps = block("docs/reliability.md", "$ cargo test --test faults").steps();
    let commands: Vec<&str> =
        steps.iter().map(|step| step.command.split('#').next().unwrap().trim()).collect();
    assert_eq!(
        commands,
        [
            "cargo test --test faults",
            "HANDLEPROOF_BIN=target/release/handleproof cargo test --test faults",
            "HANDLEPROOF_TEST_STORES=redis+postgres cargo test --workspace --test it",
        ]
    );
    let ci = read("tests/run");
    assert!(has("tests/faults/main.rs") && ci.contains("\ncargo test --workspace\n"));
    assert!(ci.contains(&format!("\n{}\n", commands[2])));
}

#[test]
fn every_fuzz_target_that_is_named_is_there_and_every_one_is_named() {
    let text = Document::read("docs/threat-coverage.md").text;
    let (_, table) = text.split_once("| target | what must hold").unwrap();
    let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
    let cells = rows.filter_map(|row| row.split('|').nth(1)).filter(|cell| cell.contains('`'));
    let named: Vec<String> = cells
        .map(|cell| {
            let folder = if cell.contains("verifier: ") { "verifier/fuzz" } else { "fuzz" };
            format!("{folder}/fuzz_targets/{}.rs", cell.split('`').nth(1).unwrap())
        })
        .collect();
    let targets = files().iter().filter(|path| path.contains("fuzz/fuzz_targets/"));
    for target in targets.clone() {
        let manifest = read(&format!("{}/Cargo.toml", target.split("/fuzz_targets").next().unwrap()));
        let name = target.rsplit('/').next().unwrap().trim_end_matches(".rs");
        assert!(named.contains(target) && manifest.contains(&format!("name = \"{name}\"")), "{target}");
    }
    assert_eq!(targets.count(), named.len());
}

/// The tests' harness, which `tests/faults` shares, with another program, which says that it is another.
#[test]
fn the_tests_take_the_binary_that_the_environment_names() {
    let ran = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "commands::the_program_says_its_version"])
        .env("HANDLEPROOF_BIN", "echo")
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&ran.stdout).contains("left: \"echo "), "{ran:?}");
}

#[test]
fn the_program_says_its_version() {
    assert_eq!(run(&["--version"]).out, format!("handleproof {}\n", env!("CARGO_PKG_VERSION")));
}
