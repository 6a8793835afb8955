//! Processes that see mounts which nobody else sees: Linux' mount namespaces, of root or of a user in a namespace of users.

use std::process::Command;

use super::measure::figure;
use super::walk;
use crate::harness::child::ServerChild;

/// What the script ends with where the machine does not let it mount.
pub const CANNOT: i32 = 42;

/// `serve` by a script that mounts and then goes on with `exec "$@"`; its own arguments come first.
pub fn serve(script: &str, arguments: &[&str], serve: &Command) -> Command {
    let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    let mut inside = Command::new("unshare");
    inside.arg(if is_root { "-m" } else { "-rm" }).args(["sh", "-c", script, "sh"]).args(arguments);
    inside.arg(serve.get_program()).args(serve.get_args());
    for (name, value) in serve.get_envs() {
        match value {
            Some(value) => inside.env(name, value),
            None => inside.env_remove(name),
        };
    }
    inside
}

/// The process when it is ready; none, and the reason told under `number`, where the machine does not let it mount.
pub async fn ready(number: &str, port: u16, mut command: Command) -> Option<ServerChild> {
    let mut child = match Command::new("unshare").arg("--version").output() {
        Ok(_) => ServerChild::spawn(&mut command),
        Err(error) => return skipped(number, &format!("unshare: {error}")),
    };
    while !walk::is_ready(port).await {
        if child.child.try_wait().unwrap().is_some() {
            let (code, said) = child.ended().await;
            assert!(code == Some(CANNOT) || said.starts_with("unshare:"), "{said}");
            return skipped(number, said.trim());
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    Some(child)
}

fn skipped<T>(number: &str, reason: &str) -> Option<T> {
    figure(number, &format!("skipped, since this machine lets no mount of its own: {reason}"));
    None
}
