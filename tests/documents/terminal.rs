//! A reader's terminal: what stands behind `$ ` in a block, run by a real shell, with the reader's own values put in.

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

/// A folder to work in, and a shell in which `handleproof` is the one that was built.
pub struct Terminal {
    pub folder: Folder,
}

/// What every shell knows. `dev` takes a free port in the place of the one that it takes at its readers', and `cargo run`
/// what is built already. Functions and no scripts: a file that another thread's child still holds cannot be executed.
const PROFILE: &str = r#"
handleproof() {
    [ "$1" = dev ] && set -- "$@" --port 0
    exec BINARY "$@"
}
cargo() {
    [ "$1" = run ] || { echo "not for the tests: cargo $*" >&2; return 64; }
    shift
    [ "$1" = -q ] && shift
    [ "$1" = -- ] && shift
    handleproof "$@"
}
"#;

impl Terminal {
    pub fn new() -> Self {
        let terminal = Self { folder: Folder::new() };
        // What the API refuses is a failure of the command.
        terminal.write(".curlrc", "fail-with-body\nsilent\nshow-error\nnoproxy = \"*\"\n");
        terminal.write(".profile", &PROFILE.replace("BINARY", &binary()));
        terminal
    }

    /// One more thing that every shell knows.
    pub fn knows(&self, function: &str) {
        let path = self.folder.path().join(".profile");
        let profile = std::fs::read_to_string(&path).unwrap();
        std::fs::write(path, profile + function).unwrap();
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    /// The command, not yet run.
    pub fn shell(&self, command: &str) -> Command {
        let mut shell = Command::new("bash");
        shell
            .args(["-c", command])
            .current_dir(self.folder.path())
            .env("HOME", self.folder.path())
            .env("BASH_ENV", self.folder.path().join(".profile"))
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
