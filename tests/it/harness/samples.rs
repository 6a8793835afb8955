//! The careless sample verifiers of `tests/samples`, asked as programs.

use std::io::Write;
use std::process::{Command, Stdio};

/// Whether the Node and the Python sample accept; they are asked in this order.
pub fn accept(url: &str, secret: &str, state: &str, now: u64) -> [bool; 2] {
    [["node", "naive.mjs"], ["python3", "naive.py"]].map(|[program, file]| {
        let path = format!("{}/tests/samples/{file}", env!("CARGO_MANIFEST_DIR"));
        let mut child = Command::new(program)
            .arg(path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{program} is needed for this test: {error}"));
        let input = [url, secret, state, &now.to_string()].join("\n");
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
        match output.trim() {
            "accept" => true,
            "reject" => false,
            other => panic!("{program} said {other:?}"),
        }
    })
}
