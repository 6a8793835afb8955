//! One server process with its folder: paused, continued, stopped, started again; both gone at the end.

use std::path::PathBuf;
use std::process::{Child, Command};

pub(super) struct ServerProcess {
    command: Command,
    child: Child,
    pub(super) folder: PathBuf,
}

impl ServerProcess {
    pub(super) fn start(mut command: Command, folder: PathBuf) -> Self {
        let child = spawn(&mut command);
        Self { command, child, folder }
    }

    /// The process goes on existing and does nothing, its children as well.
    pub(super) fn pause(&self) {
        self.signal_all("STOP");
    }

    pub(super) fn go_on(&self) {
        self.signal_all("CONT");
    }

    /// Ends it by a signal and waits for that.
    pub(super) fn stop(&mut self, signal: &str) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.go_on();
            send(signal, &[self.child.id().to_string()]);
            self.child.wait().unwrap();
        }
    }

    pub(super) fn start_again(&mut self) {
        self.child = spawn(&mut self.command);
    }

    fn signal_all(&self, signal: &str) {
        let id = self.child.id();
        let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
        let ids = children.split_whitespace().map(str::to_owned).chain([id.to_string()]);
        send(signal, &ids.collect::<Vec<_>>());
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        self.stop("KILL");
        let _may_be_gone = std::fs::remove_dir_all(&self.folder);
    }
}

fn spawn(command: &mut Command) -> Child {
    let result = command.spawn();
    result
        .unwrap_or_else(|error| panic!("{} is needed by this test: {error}", command.get_program().display()))
}

fn send(signal: &str, ids: &[String]) {
    let _some_may_be_gone = Command::new("kill").args(["-s", signal, "--"]).args(ids).status();
}
