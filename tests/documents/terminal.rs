//! A reader's terminal: what stands behind `$ ` in a block, run by a real shell, with the reader's own values put in.

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use super::harness::child::{Ran, binary};
use super::harness::folder::Folder;
use super::markdown::Block;

/// A command of a block, and what the block shows that it prints.
#[derive(Clone, Debug)]
pub struct Step {
    pub command: String,
    pub answer: String,
}

impl Block {
    /// The commands in their order.
    pub fn steps(&self) -> Vec<Step> {
        assert!(
            matches!(self.language.as_str(), "console"),
            "{}:{}: {}",
            self.document,
            self.line,
            self.language
        );
        let mut steps: Vec<Step> = Vec::new();
        for line in self.text.lines() {
            match (line.strip_prefix("$ "), steps.last_mut()) {
                (Some(command), _) => steps.push(Step { command: command.to_owned(), answer: String::new() }),
                (None, Some(step)) if goes_on(&step.command) => step.command += &format!("\n{line}"),
                (None, Some(step)) => step.answer += &format!("{line}\n"),
                (None, None) => panic!("{}:{}: no command stands before {line:?}", self.document, self.line),
            }
        }
        steps
    }

    /// The one command of this block.
    #[track_caller]
    pub fn step(&self) -> Step {
        let mut steps = self.steps();
        assert_eq!(steps.len(), 1, "{}:{}", self.document, self.line);
        steps.remove(0)
    }
}

fn goes_on(command: &str) -> bool {
    command.ends_with('\\') || command.matches('\'').count() % 2 == 1
}

/// The text with the reader's own values in the places of the document's. Each of those must be there, and none be left.
#[track_caller]
pub fn with(text: &str, own: &[(&str, &str)]) -> String {
    let mut text = text.to_owned();
    for (shown, real) in own {
        assert!(text.contains(shown), "{shown:?} does not stand in {text}");
        text = text.replace(shown, real);
    }
    assert!(!text.contains('…'), "{text}");
    text
}

/// A folder to work in, and a `PATH` on which `handleproof` is the one that was built.
pub struct Terminal {
    pub folder: Folder,
}

/// `cargo run`, of what is built already.
const CARGO: &str = r#"#!/usr/bin/env bash
[ "$1" = run ] && shift || { echo "not for the tests: cargo $*" >&2; exit 64; }
[ "$1" = -q ] && shift
[ "$1" = -- ] && shift
exec handleproof "$@"
"#;

/// The service, with `dev` on a free port in the place of the one that it takes at its readers'.
const HANDLEPROOF: &str = r#"#!/usr/bin/env bash
[ "$1" = dev ] && set -- "$@" --port 0
exec BINARY "$@"
"#;

impl Terminal {
    pub fn new() -> Self {
        let folder = Folder::new();
        // What the API refuses is a failure of the command.
        std::fs::write(
            folder.path().join(".curlrc"),
            "fail-with-body\nsilent\nshow-error\nnoproxy = \"*\"\n",
        )
        .unwrap();
        std::fs::create_dir(folder.path().join("bin")).unwrap();
        let terminal = Self { folder };
        terminal.install("cargo", CARGO);
        terminal.install("handleproof", &HANDLEPROOF.replace("BINARY", &binary()));
        terminal
    }

    /// A program of this name, before all others.
    pub fn install(&self, name: &str, script: &str) {
        let path = self.folder.path().join("bin").join(name);
        std::fs::write(&path, script).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    /// The command, not yet run.
    pub fn shell(&self, command: &str) -> Command {
        let path = std::env::var("PATH").unwrap();
        let mut shell = Command::new("bash");
        shell
            .args(["-c", command])
            .current_dir(self.folder.path())
            .env("HOME", self.folder.path())
            .env("PATH", format!("{}/bin:{path}", self.folder.path().display()))
            .stdin(Stdio::null());
        for ours in ["HANDLEPROOF_SIGNING_SECRET", "HANDLEPROOF_TEST_STORES", "HANDLEPROOF_BIN"] {
            shell.env_remove(ours);
        }
        shell
    }

    pub fn run(&self, command: &str) -> Ran {
        Ran::of(self.shell(command).output().unwrap())
    }

    /// Runs a command that has to end well, and gives what it printed.
    #[track_caller]
    pub fn succeeds(&self, command: &str) -> String {
        let ran = self.run(command);
        assert_eq!(ran.code, 0, "{command}\n{}{}", ran.out, ran.err);
        ran.out
    }

    /// The same for a command that prints JSON.
    #[track_caller]
    pub fn answers(&self, command: &str) -> serde_json::Value {
        let out = self.succeeds(command);
        serde_json::from_str(&out).unwrap_or_else(|_| panic!("no JSON: {command}\n{out}"))
    }
}
