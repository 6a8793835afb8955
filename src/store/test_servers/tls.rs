//! Certificates of a private authority, made by the `openssl` program.

use std::path::Path;
use std::process::{Command, Stdio};

/// Makes `ca.pem`, `server.pem` and `server.key` (for `localhost` and 127.0.0.1).
pub(super) fn make_certificates(folder: &Path) {
    std::fs::write(folder.join("server.ext"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n").unwrap();
    let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    let authority = ["-x509", "-subj", "/CN=test authority", "-keyout", "ca.key", "-out", "ca.pem"];
    openssl(folder, &[&["req"], key.as_slice(), &authority].concat());
    let request = ["-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.csr"];
    openssl(folder, &[&["req"], key.as_slice(), &request].concat());
    let by = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "server.ext"];
    let files = ["x509", "-req", "-in", "server.csr", "-out", "server.pem"];
    openssl(folder, &[files.as_slice(), &by].concat());
}

fn openssl(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new("openssl");
    let done = command.current_dir(folder).args(arguments).stderr(Stdio::null()).status();
    assert!(done.expect("openssl is needed by this test").success(), "openssl {arguments:?}");
}
