//! The README's "Try it", by the letter: `dev`, a session over curl, a browser, `verify`.

use super::answers::{fits, fits_text};
use super::harness::child::ServerChild;
use super::harness::{Browser, Created, Landing, until};
use super::markdown::block;
use super::terminal::{Terminal, with};

/// `dev`, and what it printed.
pub struct Dev {
    child: ServerChild,
    said: String,
}

impl Dev {
    pub async fn start(terminal: &Terminal, command: &str) -> Self {
        let child = ServerChild::spawn(&mut terminal.shell(command));
        until("dev says what to do next", async || child.said().contains("--state demo-1\n")).await;
        let said = child.said();
        Self { child, said }
    }

    /// What stands behind a label.
    pub fn value(&self, label: &str) -> &str {
        let line = self.said.lines().find_map(|line| line.trim_start().strip_prefix(label));
        line.unwrap_or_else(|| panic!("dev says no {label}: {}", self.said))
            .split_whitespace()
            .next()
            .unwrap()
    }

    pub async fn stop(self) {
        self.child.signal("TERM");
        assert_eq!(self.child.ended().await.0, Some(0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_readmes_first_commands_lead_from_a_fresh_clone_to_a_verified_proof() {
    let terminal = Terminal::new();
    let dev = Dev::start(&terminal, &block("README.md", "$ cargo run -- dev").step().command).await;
    let (url, key, secret) = (dev.value("service "), dev.value("api key "), dev.value("signing secret "));
    let own = [("http://127.0.0.1:8080", url), ("hpk_8ac4…", key)];

    let session = block("README.md", "$ curl -s http://127.0.0.1:8080/api/oauth").step();
    let command = with(&session.command, &own);
    let words = |text: &str| -> Vec<String> {
        text.replace("\\\n", " ").split_whitespace().map(str::to_owned).collect()
    };
    let (_, printed) = dev.said.split_once("Start a verification:").unwrap();
    let (printed, _) = printed.split_once("Open its authorize_url").unwrap();
    assert_eq!(sorted(words(&command)), sorted(words(printed)), "dev prints another command than README.md");
    let answer = terminal.answers(&command);
    fits(&session.answer.replace("http://127.0.0.1:8080", url), &answer);

    let text = |name: &str| answer[name].as_str().unwrap().to_owned();
    let created = Created { session_id: text("session_id"), authorize_url: text("authorize_url") };
    let landing = Browser::new().land_as(&created, "ordinary").await;
    let shown = block("README.md", "http://127.0.0.1:8080/tester/callback?platform=tiktok");
    let shown =
        Landing::at(shown.text.replace("http://127.0.0.1:8080", url).split_whitespace().collect::<String>());
    assert_eq!(landing.names(), shown.names());
    for name in ["platform", "platform_id", "handle", "state"] {
        assert_eq!(landing.value(name), shown.value(name), "README.md shows another {name}");
    }
    let (path, shown_path) = (landing.url.split('?').next(), shown.url.split('?').next());
    assert_eq!(path, shown_path);

    let verify = block("README.md", "$ HANDLEPROOF_SIGNING_SECRET=pss_… cargo run -q -- verify").step();
    let own = [("pss_…", secret), ("http://127.0.0.1:8080/tester/callback?…", &landing.url)];
    let checked = terminal.succeeds(&with(&verify.command, &own));
    for (said, shown) in checked.lines().zip(verify.answer.lines()) {
        // The seconds that are left.
        let shown = shown.split("another ").collect::<Vec<_>>();
        let expected =
            if shown.len() == 2 { format!("{}another … s", shown[0]) } else { shown[0].to_owned() };
        assert!(fits_text(&expected, said), "README.md shows {expected:?}, it says {said:?}");
    }
    assert_eq!(checked.lines().count(), verify.answer.lines().count(), "{checked}");
    dev.stop().await;
}

fn sorted(mut words: Vec<String>) -> Vec<String> {
    words.sort();
    words
}

#[test]
fn a_new_platform_is_seen_at_work_by_commands_that_are_run() {
    let steps = block("docs/add-a-platform.md", "$ cargo run -- dev").steps();
    let commands: Vec<&str> =
        steps.iter().map(|step| step.command.split('#').next().unwrap().trim()).collect();
    assert_eq!(commands, ["cargo run -- dev", "cargo test"]);
    assert_eq!(block("README.md", "$ cargo run -- dev").step().command, commands[0]);
    assert!(super::repository::read("tests/run").contains("\ncargo test --workspace\n"));
}
