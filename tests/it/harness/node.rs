//! The certified OpenID provider of `tests/oidc`, as a child process.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

pub struct OpenIdProvider {
    pub issuer: String,
    child: Child,
}

impl OpenIdProvider {
    /// Starts it with one client, described as in RFC 7591, on a free port.
    pub fn start(client: &Value) -> Self {
        let folder = format!("{}/tests/oidc", env!("CARGO_MANIFEST_DIR"));
        assert!(
            std::path::Path::new(&folder).join("node_modules/oidc-provider").is_dir(),
            "the OpenID provider is not installed: run 'npm ci' in tests/oidc, or tests/run, which does it"
        );
        let mut child = Command::new("node")
            .arg(format!("{folder}/server.mjs"))
            .env("CLIENT", client.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node is needed for this test");
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let issuer = line.trim().to_owned();
        assert!(issuer.starts_with("http://127.0.0.1:"), "the provider did not start: {line:?}");
        Self { issuer, child }
    }
}

impl Drop for OpenIdProvider {
    fn drop(&mut self) {
        let _already_gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}
