//! Platforms whose certificates are not theirs (`T50`), by the real process, which trusts an authority of the test's own.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::json;
use toml::Table;

use crate::harness::child::Deployment;
use crate::harness::folder::Folder;
use crate::harness::hostile::header;
use crate::harness::service::{CALLBACK, STATE, created};
use crate::harness::{Answer, Browser, Endpoint, HostilePlatform, Landing, client};

fn openssl(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new("openssl");
    let done =
        command.current_dir(folder).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(done.expect("openssl is needed by this test").success(), "openssl {arguments:?}");
}

const NEW_KEY: [&str; 5] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

fn make_authority(folder: &Path, name: &str) {
    let (key, file) = (format!("{name}.key"), format!("{name}.pem"));
    let rest = ["-x509", "-subj", "/CN=test authority", "-keyout", &key, "-out", &file];
    openssl(folder, &[&["req"], NEW_KEY.as_slice(), &rest].concat());
}

/// A certificate for `host`, from the authority, good for `days` from now.
fn make_certificate(folder: &Path, name: &str, (host, authority, days): (&str, &str, &str)) {
    std::fs::write(folder.join("names"), format!("subjectAltName=DNS:{host}\n")).unwrap();
    let (key, file) = (format!("{name}.key"), format!("{name}.pem"));
    let rest = ["-subj", "/CN=platform", "-keyout", &key, "-out", "request"];
    openssl(folder, &[&["req"], NEW_KEY.as_slice(), &rest].concat());
    let (by, by_key) = (format!("{authority}.pem"), format!("{authority}.key"));
    let rest = ["-CA", &by, "-CAkey", &by_key, "-CAcreateserial", "-extfile", "names", "-days", days];
    openssl(folder, &[["x509", "-req", "-in", "request", "-out", &file].as_slice(), &rest].concat());
}

/// Speaks TLS with this certificate and hands what comes through to the platform. Gives its port.
fn tls_in_front(platform: &HostilePlatform, certificate: &Path) -> u16 {
    let chain = CertificateDer::pem_file_iter(certificate).unwrap().map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(certificate.with_extension("key")).unwrap();
    let _already_there = rustls::crypto::ring::default_provider().install_default();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
    let (config, behind) = (Arc::new(config), platform.address);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let config = Arc::clone(&config);
            std::thread::spawn(move || {
                let mut tls = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
                // A handshake that the client breaks off ends here.
                let Some(request) = read_request(&mut tls) else { return };
                let mut plain = TcpStream::connect(behind).unwrap();
                plain.write_all(&request).unwrap();
                let mut answer = Vec::new();
                plain.read_to_end(&mut answer).unwrap();
                let _client_may_be_gone = tls.write_all(&answer).and_then(|()| tls.flush());
                tls.conn.send_close_notify();
                let _client_may_be_gone = tls.flush();
            });
        }
    });
    port
}

fn read_request(from: &mut impl Read) -> Option<Vec<u8>> {
    let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
    loop {
        match from.read(&mut part) {
            Ok(read) if read > 0 => bytes.extend_from_slice(&part[..read]),
            _ => return None,
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = header(head, "content-length").map_or(0, |length| length.parse().unwrap());
            if body.len() >= length {
                return Some(bytes);
            }
        }
    }
}

/// Answers every hello with TLS 1.0, and keeps what the client says then. Gives its port and what it hears.
fn old_tls() -> (u16, std::sync::mpsc::Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (heard, hears) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut hello = [0; 4096];
            assert!(stream.read(&mut hello).unwrap() > 0);
            // A ServerHello of version 3.1 with a random of 32 bytes, no session and AES-128-SHA (RFC 2246, 7.4.1.3).
            let mut answer = vec![22, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1];
            answer.extend([7; 32]);
            answer.extend([0, 0, 0x2f, 0]);
            let mut rest = Vec::new();
            let _client_may_be_gone = stream.write_all(&answer).and_then(|()| stream.read_to_end(&mut rest));
            let _test_may_be_over = heard.send(rest);
        }
    });
    (port, hears)
}

fn entry(platform: &HostilePlatform, port: u16) -> Table {
    let mut entry = platform.own_entry();
    for (key, path) in [("token_endpoint", "/token"), ("identity_endpoint", "/identity")] {
        entry.insert(key.to_owned(), format!("https://localhost:{port}{path}").into());
    }
    entry
}

/// A service that trusts the authority of `folder`, and the platforms `trusted`, `expired` and so on.
fn deployment(folder: &Path, platforms: Table) -> (Deployment, PathBuf) {
    let mut settings = Table::new();
    settings.insert("platforms".to_owned(), platforms.into());
    (Deployment::new(&format!("[metrics]\nlisten = \"off\"\n{settings}")), folder.join("ca.pem"))
}

#[tokio::test]
async fn t50_a_platform_with_a_bad_certificate_or_an_old_tls_gets_no_code_and_no_token_is_sent_there() {
    let folder = Folder::new();
    let at = folder.path();
    make_authority(at, "ca");
    make_authority(at, "stranger");
    let certificates = [
        ("trusted", ("localhost", "ca", "2")),
        ("expired", ("localhost", "ca", "-1")),
        ("wrong_name", ("platform.example", "ca", "2")),
        ("foreign", ("localhost", "stranger", "2")),
    ];
    let mut hosts = Vec::new();
    let mut platforms = Table::new();
    for (name, facts) in certificates {
        make_certificate(at, name, facts);
        let platform = HostilePlatform::start().await;
        let port = tls_in_front(&platform, &at.join(format!("{name}.pem")));
        platforms.insert(name.to_owned(), entry(&platform, port).into());
        hosts.push((name, platform));
    }
    let self_signed = HostilePlatform::start().await;
    let port = tls_in_front(&self_signed, &at.join("stranger.pem"));
    platforms.insert("self_signed".to_owned(), entry(&self_signed, port).into());
    hosts.push(("self_signed", self_signed));
    let old = HostilePlatform::start().await;
    let (port, hears) = old_tls();
    platforms.insert("old".to_owned(), entry(&old, port).into());
    hosts.push(("old", old));

    let (deployment, authority) = deployment(at, platforms);
    let key = deployment.run(&[
        "keys",
        "create",
        "Shop",
        "--any-callback",
        "--signing-secret",
        "--first-party",
        "--json",
    ]);
    let key = key.json();
    let text = |name: &str| key[name].as_str().unwrap();
    let _child = deployment.serve_with(&[("SSL_CERT_FILE", authority.to_str().unwrap())]).await;
    for (name, platform) in &hosts {
        let body = json!({"platform": name, "callback_url": CALLBACK, "state": STATE});
        let url = format!("http://127.0.0.1:{}/api/oauth/delegate/sessions", deployment.port);
        let link = created(&Answer::of(client().post(url).bearer_auth(text("api_key")).json(&body)).await);
        let browser = Browser::new();
        let callback = browser.consent(&link, platform).await;
        let landing = Landing::at(browser.get(&callback).await.location());
        if *name == "trusted" {
            let now = landing.value("expires").parse::<u64>().unwrap() - 300;
            landing.proves(text("signing_secret"), STATE, now);
            assert_eq!((platform.count(Endpoint::Token), platform.count(Endpoint::Identity)), (1, 1));
        } else {
            landing.fails_with("temporarily_unavailable");
            let asked = platform.count(Endpoint::Token) + platform.count(Endpoint::Identity);
            assert_eq!(asked, 0, "{name}");
        }
    }
    // An alert (RFC 8446, section 6), and no byte of a request behind it.
    let said = hears.recv().unwrap();
    assert!(said.len() == 7 && said[0] == 21, "{said:?}");
}
