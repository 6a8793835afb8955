//! ARCHITECTURE.md's rules, held against the code: the order of the modules, what may speak to whom, the sizes of files.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Longest file of code, and of tests, in lines; longer ones are named here, with the reason.
const CODE_LINES: usize = 300;
const TEST_LINES: usize = 450;
const LONGER: [(&str, usize); 2] = [
    ("tests/it/apps.rs", 600),    // one attack after another on the same two callers
    ("tests/it/console.rs", 520), // the same for the console
];

/// A source file, by its path from the root.
struct Source {
    path: String,
    text: String,
}

impl Source {
    fn is_test(&self) -> bool {
        let of_tests =
            ["/tests/", "test_servers/", "fuzzing", "_tests.rs", "/tests.rs", "suite.rs", "asked.rs"];
        of_tests.iter().any(|part| self.path.contains(part)) || self.path.starts_with("tests/")
    }

    /// The code that is shipped: without comments, and without the tests at the end.
    fn code(&self) -> String {
        let tests = self.text.find("\nmod tests {").and_then(|at| self.text[..at].rfind("\n#[cfg(test)]"));
        let code = &self.text[..tests.unwrap_or(self.text.len())];
        let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The top-level module that it belongs to.
    fn module(&self) -> &str {
        let below = self.path.strip_prefix("src/").unwrap_or_default();
        below.split(['/', '.']).next().unwrap_or_default()
    }

    /// The other top-level modules that it names.
    fn uses(&self) -> BTreeSet<String> {
        let code = self.code();
        let mut named = BTreeSet::new();
        for after in code.split("crate::").skip(1) {
            let group = after.strip_prefix('{').and_then(|rest| rest.split_once(';')).map(|(group, _)| group);
            let mut depth = 0;
            let paths = group.unwrap_or(after).split(|c| {
                depth += i32::from(c == '{') - i32::from(c == '}');
                c == ',' && depth == 0
            });
            for path in paths.take(if group.is_some() { usize::MAX } else { 1 }) {
                let is_name = |c: char| c.is_ascii_lowercase() || c == '_';
                named.insert(path.trim().chars().take_while(|&c| is_name(c)).collect());
            }
        }
        named.remove(self.module());
        named.remove("");
        named
    }
}

fn files(folder: &str, ending: &str) -> Vec<Source> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            match path.is_dir() {
                true if matches!(&*name, "target" | "node_modules" | "corpus" | "artifacts") => {}
                true => walk(&path, found),
                false => found.push(path),
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(ROOT).join(folder), &mut found);
    found.retain(|path| path.to_string_lossy().ends_with(ending));
    let source = |path: PathBuf| Source {
        text: fs::read_to_string(&path).unwrap(),
        path: path.strip_prefix(ROOT).unwrap().to_string_lossy().into_owned(),
    };
    found.into_iter().map(source).collect()
}

fn shipped() -> Vec<Source> {
    files("src", ".rs").into_iter().filter(|file| !file.is_test()).collect()
}

/// The order that ARCHITECTURE.md gives, from the bottom up: one line of it knows only the lines above.
fn order() -> Vec<Vec<String>> {
    let text = fs::read_to_string(format!("{ROOT}/ARCHITECTURE.md")).unwrap();
    let (_, block) = text.split_once("```order\n").expect("ARCHITECTURE.md gives the order of the modules");
    let (block, _) = block.split_once("```").unwrap();
    block.lines().map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
}

#[test]
fn every_module_knows_only_modules_of_the_lines_above_its_own() {
    let order = order();
    let line = |module: &str| order.iter().position(|line| line.iter().any(|one| one == module));
    let mut arrows = 0;
    for file in shipped().iter().filter(|file| !matches!(file.module(), "lib" | "main")) {
        let own = line(file.module());
        assert!(own.is_some(), "ARCHITECTURE.md does not say where {} stands", file.module());
        for other in file.uses() {
            assert!(line(&other) < own, "{}: {} must not know {other}", file.path, file.module());
            arrows += 1;
        }
    }
    assert!(arrows > 450, "{arrows}");
    let lib = fs::read_to_string(format!("{ROOT}/src/lib.rs")).unwrap();
    let modules: BTreeSet<&str> =
        lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    let named: BTreeSet<&str> = order.iter().flatten().map(String::as_str).chain(["fuzzing"]).collect();
    assert_eq!(named, modules);
}

/// The files whose code has one of these words.
fn with(words: &[&str]) -> Vec<String> {
    let files = shipped().into_iter().filter(|file| {
        let code = file.code();
        words.iter().any(|word| code.contains(word))
    });
    files.map(|file| file.path).collect()
}

fn all_in(found: &[String], places: &[&str]) {
    for path in found {
        assert!(places.iter().any(|place| path.starts_with(place)), "{path}, outside {places:?}");
    }
    assert!(!found.is_empty());
}

#[test]
fn http_is_served_and_spoken_only_where_it_belongs() {
    all_in(
        &with(&["actix_web::"]),
        &["src/web/", "src/sandbox/", "src/app.rs", "src/app/", "src/cli/mod.rs"],
    );
    all_in(&with(&["reqwest::"]), &["src/platform/", "src/observe/traces.rs"]);
    all_in(
        &with(&["hyper_util::", "hyper_rustls::"]),
        &["src/platform/http_client.rs", "src/platform/connections.rs"],
    );
    all_in(&with(&["TcpStream"]), &["src/cli/health.rs"]);
    all_in(&with(&["sqlx::"]), &["src/store/"]);
    all_in(&with(&["redis::"]), &["src/store/"]);
}

#[test]
fn time_randomness_and_the_environment_come_in_from_outside() {
    let wall_clock = with(&["SystemTime::now", "OffsetDateTime::now"]);
    // The sandbox plays a platform, which has a clock of its own; log lines and request ids tell when they were made; a
    // file's time of change is the machine's.
    let of_files = "src/store/registry/sqlite/watch.rs";
    all_in(&wall_clock, &["src/clock.rs", "src/observe/", "src/sandbox/", of_files]);
    all_in(
        &with(&["std::env::var", "env::vars"]),
        &["src/config/environment.rs", "src/cli/", "src/web/tester/code.rs"],
    );
    let random = with(&["SysRng", "rand::rng"]);
    all_in(&random, &["src/crypto/entropy.rs", "src/sandbox/"]);
}

#[test]
fn no_platform_is_named_in_code() {
    let names: Vec<String> = files("src/platform/catalogue", ".toml")
        .iter()
        .map(|file| Path::new(&file.path).file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    assert!(names.len() >= 10);
    for file in shipped() {
        for line in file.code().lines() {
            // The thread of a program is no platform; examples in texts for readers may name one.
            let is_example = line.contains('"') || line.trim_start().starts_with(['#', '-']);
            let words = line.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_ascii_lowercase);
            let is_named = words.filter(|word| word != "threads").any(|word| names.contains(&word));
            assert!(!is_named || is_example, "{}: {line}", file.path);
        }
    }
    let decides = |file: &&Source| {
        let code = file.code();
        names
            .iter()
            .any(|name| code.contains(&format!("== \"{name}\"")) || code.contains(&format!("\"{name}\" =>")))
    };
    assert_eq!(shipped().iter().find(decides).map(|file| file.path.clone()), None);
}

#[test]
fn files_are_short_enough_to_be_read_in_one_go() {
    let all = ["src", "tests", "verifier/src", "verifier/tests", "benches/src", "examples"];
    for file in all.iter().flat_map(|folder| files(folder, ".rs")) {
        let usual = if file.is_test() { TEST_LINES } else { CODE_LINES };
        let exception = LONGER.iter().find(|(path, _)| *path == file.path);
        let lines = file.text.lines().count();
        assert!(lines <= exception.map_or(usual, |(_, most)| *most), "{}: {lines} lines", file.path);
        assert!(exception.is_none() || lines > usual, "{} is no exception any more", file.path);
    }
}

#[test]
fn every_module_says_what_it_is_for() {
    for file in files("src", ".rs").into_iter().chain(files("verifier/src", ".rs")) {
        let is_told = file.text.starts_with("//! ") || file.text.starts_with("#![doc = include_str!");
        assert!(is_told, "{}", file.path);
    }
}

#[test]
fn nothing_unfinished_and_no_path_of_a_developer_is_left() {
    // In two parts, so that this file does not find itself.
    let words = [
        ("TO", "DO"),
        ("FIX", "ME"),
        ("to", "do!("),
        ("unimple", "mented!("),
        ("/ho", "me/"),
        ("/Us", "ers/"),
    ];
    let endings = [".rs", ".md", ".toml", ".py", ".mjs", ".js", ".html", ".css", ".yaml"];
    let folders = ["src", "tests", "verifier", "verifiers", "docs", "deploy", "examples", "benches", "fuzz"];
    let text = folders.iter().flat_map(|folder| endings.iter().flat_map(|ending| files(folder, ending)));
    let mut read = 0;
    for file in text {
        let found =
            words.iter().map(|(a, b)| format!("{a}{b}")).find(|word| file.text.contains(word.as_str()));
        assert_eq!(found, None, "{}", file.path);
        read += 1;
    }
    assert!(read > 400, "{read}");
}
