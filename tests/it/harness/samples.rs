//! The careless sample verifiers of `tests/samples`, in Node and in Python, asked many questions in one process each.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::json;

const NODE: &str = "
const { accepts } = await import(process.env.SAMPLE);
const { readFileSync } = await import('node:fs');
for (const [url, secret, state, now] of JSON.parse(readFileSync(0, 'utf8'))) {
  let accepted = false;
  try { accepted = accepts(url, secret, state, now); } catch {}
  console.log(accepted ? 'accept' : 'reject');
}";

const PYTHON: &str = "
import json, os, pathlib, sys
sys.path.insert(0, str(pathlib.Path(os.environ['SAMPLE']).parent))
sys.dont_write_bytecode = True
import naive
for url, secret, state, now in json.load(sys.stdin):
    try:
        accepted = naive.accepts(url, secret, state, now)
    except (KeyError, TypeError, ValueError):
        accepted = False
    print('accept' if accepted else 'reject')";

/// Questions with the answers that both samples must give.
#[derive(Default)]
pub struct Samples {
    questions: Vec<serde_json::Value>,
    expected: Vec<(bool, String)>,
}

impl Samples {
    pub fn must_accept(&mut self, url: &str, secret: &str, state: &str, now: u64) {
        self.ask(url, secret, state, now, true);
    }

    pub fn must_reject(&mut self, url: &str, secret: &str, state: &str, now: u64) {
        self.ask(url, secret, state, now, false);
    }

    fn ask(&mut self, url: &str, secret: &str, state: &str, now: u64, expected: bool) {
        self.questions.push(json!([url, secret, state, now]));
        self.expected.push((expected, url.to_owned()));
    }

    /// Asks, and fails where a sample answers otherwise.
    #[track_caller]
    pub fn check(self) {
        assert!(!self.questions.is_empty());
        let input = json!(self.questions).to_string();
        for (program, flag, code, file) in
            [("node", "--input-type=module", NODE, "naive.mjs"), ("python3", "-B", PYTHON, "naive.py")]
        {
            let evaluate = if program == "node" { "-e" } else { "-c" };
            let path = format!("{}/tests/samples/{file}", env!("CARGO_MANIFEST_DIR"));
            let mut child = Command::new(program)
                .args([flag, evaluate, code])
                .env("SAMPLE", path)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap_or_else(|error| panic!("{program} is needed for this test: {error}"));
            child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
            let output = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
            let answers: Vec<&str> = output.lines().collect();
            assert_eq!(answers.len(), self.expected.len(), "{program}: {output}");
            for (answer, (expected, url)) in answers.iter().zip(&self.expected) {
                assert_eq!(*answer == "accept", *expected, "{program} says {answer}: {url}");
            }
        }
    }
}
