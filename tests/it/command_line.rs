//! The commands: exit codes, what they print, what they never print.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::harness::HostilePlatform;
use crate::harness::child::{Deployment, Ran, command, run};
use crate::harness::hostile::{CLIENT_ID, CLIENT_SECRET};

fn make_key(deployment: &Deployment, options: &[&str]) -> Value {
    let mut arguments = vec!["keys", "create", "Shop"];
    arguments.extend(options);
    arguments.push("--json");
    deployment.run(&arguments).json()
}

#[test]
fn help_is_there_for_every_command_and_usage_errors_exit_with_2() {
    let whole = run(&["--help"]);
    assert_eq!(whole.code, 0);
    for name in ["dev", "serve", "check", "config", "health", "keys", "apps", "platforms", "verify"] {
        assert!(whole.out.contains(name), "{}", whole.out);
        let help = run(&[name, "--help"]);
        assert!(help.code == 0 && help.out.contains("Usage:"), "{name}");
    }
    assert!(run(&["--version"]).out.starts_with("handleproof "));
    for arguments in [
        &[][..],
        &["nonsense"],
        &["serve"],
        &["check"],
        &["keys"],
        &["keys", "list"],
        &["keys", "create", "--config", "x"],
        &["keys", "revoke", "--config", "x"],
        &["verify"],
        &["verify", "https://x"],
        &["serve", "--config"],
        &["dev", "--port", "70000"],
        &["platforms", "--nonsense"],
    ] {
        let ran = run(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{arguments:?}: {}", ran.err);
        assert!(!ran.err.is_empty());
    }
    // No secret is taken from an argument (T72).
    for option in ["--secret", "--signing-secret", "--client-secret", "--master-key"] {
        assert_eq!(run(&["verify", "https://x", "--state", "s", option, "x"]).code, 2);
    }
}

#[test]
fn a_reader_who_has_seen_enough_is_no_fault() {
    for name in ["openapi", "config"] {
        let mut child = command(&[name]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let ran = Ran::of(child.wait_with_output().unwrap());
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{name}");
    }
}

#[test]
fn a_key_is_made_shown_once_listed_changed_and_revoked() {
    let deployment = Deployment::new("");
    let created = make_key(
        &deployment,
        &[
            "--callback",
            "https://app.example.com/cb",
            "--callback",
            "https://b.example.com",
            "--first-party",
            "--signing-secret",
        ],
    );
    let text = |name: &str| created[name].as_str().unwrap().to_owned();
    assert_eq!(created.as_object().unwrap().len(), 4);
    assert!(
        text("id").starts_with("key_")
            && text("api_key").starts_with("hpk_")
            && text("signing_secret").starts_with("pss_")
    );
    assert_eq!(text("name"), "Shop");
    let plain = deployment.run(&["keys", "create", "Plain"]);
    assert!(plain.code == 0 && plain.out.contains("hpk_") && !plain.out.contains("pss_"));
    assert!(plain.err.contains("no callback URL"), "{}", plain.err);
    assert!(make_key(&deployment, &["--any-callback"]).get("signing_secret").is_none());

    let listed = deployment.run(&["keys", "list", "--json"]).json();
    // Keys made in one second stand in any order.
    let among =
        |listed: &Value| listed.as_array().unwrap().iter().find(|key| key["id"] == created["id"]).cloned();
    let first = among(&listed).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 3);
    assert_eq!(first["callbacks"], json!(["https://app.example.com/cb", "https://b.example.com"]));
    assert_eq!((&first["first_party"], &first["has_signing_secret"]), (&json!(true), &json!(true)));
    assert_eq!((&first["any_callback"], &first["revoked_at"]), (&json!(false), &Value::Null));
    let shown = deployment.run(&["keys", "list"]);
    for secret in [text("api_key"), text("signing_secret")] {
        assert!(!listed.to_string().contains(&secret) && !shown.out.contains(&secret));
    }

    let id = text("id");
    let changed = deployment.run(&[
        "keys",
        "callbacks",
        &id,
        "--add",
        "https://c.example.com/",
        "--remove",
        "https://b.example.com",
    ]);
    assert_eq!(changed.code, 0, "{}", changed.err);
    let listed = deployment.run(&["keys", "list", "--json"]).json();
    let callbacks = &among(&listed).unwrap()["callbacks"];
    assert_eq!(*callbacks, json!(["https://app.example.com/cb", "https://c.example.com/"]));
    let anew = deployment.run(&["keys", "signing-secret", &id, "--json"]).json();
    assert!(anew["signing_secret"].as_str().unwrap().starts_with("pss_"));
    assert_ne!(anew["signing_secret"], text("signing_secret"));

    assert_eq!(deployment.run(&["keys", "revoke", &id]).code, 0);
    let listed = deployment.run(&["keys", "list", "--json"]).json();
    assert!(among(&listed).unwrap()["revoked_at"].is_u64());
    for arguments in [
        vec!["keys", "revoke", &id],
        vec!["keys", "signing-secret", &id],
        vec!["keys", "callbacks", &id, "--add", "https://d.example.com/"],
        vec!["keys", "revoke", "key_0000000000000000"],
        vec!["keys", "revoke", "nonsense"],
        vec!["keys", "create", ""],
        vec!["keys", "create", "a\u{202e}b"],
        vec!["keys", "create", "x", "--callback", "http://example.com/"],
        vec!["keys", "create", "x", "--callback", "https://example.com/?state=1"],
    ] {
        let ran = deployment.run(&arguments);
        assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{arguments:?} {}", ran.err);
        assert!(ran.err.starts_with("handleproof: "), "{}", ran.err);
    }
}

#[test]
fn t72_the_master_key_is_made_for_its_owner_alone_and_no_secret_stands_in_the_registry() {
    let deployment = Deployment::new("");
    let created = make_key(&deployment, &["--signing-secret"]);
    let path = deployment.folder.path().join("master.key");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let master = std::fs::read_to_string(&path).unwrap();
    assert_eq!(master.trim().len(), 44);
    for (file, bytes) in deployment.folder.files() {
        if file == "master.key" {
            continue;
        }
        // Both may have an underscore within, so they are cut from the left.
        let api_key = created["api_key"].as_str().unwrap().splitn(3, '_').nth(2).unwrap();
        let signing_secret = created["signing_secret"].as_str().unwrap().strip_prefix("pss_").unwrap();
        for secret in [api_key, signing_secret, master.trim()] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{file}");
        }
    }
    // The same file is used again, and another key does not open what was sealed under the first.
    make_key(&deployment, &[]);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), master);
    std::fs::write(&path, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap();
    let checked = deployment.run(&["check"]);
    assert!(checked.code == 1 && checked.out.contains("FAIL  master key"), "{}", checked.out);
}

#[test]
fn t83_serve_starts_with_a_good_master_key_only() {
    for (what, master_key) in [
        ("absent", None),
        ("short", Some("c2hvcnQ=")),
        ("no base64", Some("!!!")),
        ("empty", Some("")),
        ("long", Some("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")),
    ] {
        let deployment = Deployment::new("");
        let path = deployment.folder.path().join("master.key");
        if let Some(text) = master_key {
            std::fs::write(&path, text).unwrap();
        }
        let ran = deployment.run(&["serve"]);
        assert!(ran.code == 1 && ran.err.contains("master_key_file"), "{what}: {}", ran.err);
        assert_eq!(path.exists(), master_key.is_some(), "serve makes no key");
        assert!(master_key.is_none_or(|text| text.is_empty() || !ran.err.contains(text)));
    }
}

#[test]
fn t83_t86_a_broken_configuration_names_file_key_and_remedy_all_at_once_and_no_secret() {
    let marker = "marker-that-must-not-be-printed";
    let deployment = Deployment::new(&format!(
        "unknown_key = 1\n[sessions]\nttl_seconds = 0\n[limits]\ntrusted_proxies = [\"x\"]\n[consent]\ninterstitial = \"no\"\n\
         [platforms.tiktok]\nclient_secret = \"{marker}\"\n[platforms.tiktock]\nclient_id = \"{marker}\"\n"
    ));
    for name in ["serve", "check"] {
        let ran = deployment.run(&[name]);
        assert_eq!((ran.code, ran.out.as_str()), (1, ""));
        for part in [
            "unknown_key",
            "ttl_seconds",
            "trusted_proxies",
            "interstitial",
            "client_id",
            "tiktock",
            "handleproof.toml",
        ] {
            assert!(ran.err.contains(part), "{part}: {}", ran.err);
        }
        assert!(!ran.err.contains(marker));
    }
    for public_url in
        ["http://verify.example.com", "ftp://x", "https://verify.example.com/path", "verify.example.com", ""]
    {
        let deployment = Deployment::new("");
        std::fs::write(deployment.config(), format!("public_url = \"{public_url}\"\n")).unwrap();
        let ran = deployment.run(&["check"]);
        assert!(ran.code == 1 && ran.err.contains("public_url"), "{public_url}: {}", ran.err);
    }
    assert_eq!(run(&["check", "--config", "/nowhere/x.toml"]).code, 1);
}

#[test]
fn platforms_tells_what_is_ready_and_what_is_missing() {
    let plain = run(&["platforms"]);
    assert_eq!(plain.code, 0);
    let document = run(&["platforms", "--json"]).json();
    let platforms = document["platforms"].as_array().unwrap();
    let of_kind = |kind: &str| platforms.iter().filter(|one| one["kind"] == kind).collect::<Vec<_>>();
    assert_eq!((of_kind("oauth2").len(), of_kind("credentials").len()), (8, 2));
    for platform in of_kind("oauth2") {
        assert!(plain.out.contains(platform["name"].as_str().unwrap()));
        assert_eq!((&platform["kind"], &platform["ready"]), (&json!("oauth2"), &json!(false)));
        assert!(platform["missing"].as_array().is_some_and(|missing| !missing.is_empty()));
    }
    let deployment = Deployment::new("[platforms.tiktok]\nclient_id = \"a\"\nclient_secret = \"b\"\n");
    let document = deployment.run(&["platforms", "--json"]).json();
    let ready: Vec<_> = document["platforms"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["kind"] == "oauth2" && one["ready"] == true)
        .collect();
    assert_eq!(ready.len(), 1);
    assert_eq!((&ready[0]["name"], &ready[0]["missing"]), (&json!("tiktok"), &json!([])));
}

#[tokio::test]
async fn check_asks_each_platform_whether_it_knows_us() {
    let platform = HostilePlatform::start().await;
    let entry = |secret: &str| {
        let mut entry = platform.own_entry();
        entry.insert("client_secret".into(), secret.into());
        entry
    };
    let nobody = format!("http://127.0.0.1:{}/token", crate::harness::child::free_port());
    let mut unreachable = platform.own_entry();
    unreachable.insert("token_endpoint".into(), nobody.into());
    for (entry, good, line) in [
        (entry(CLIENT_SECRET), true, "ok    acme"),
        (entry("wrong"), false, "FAIL  acme"),
        (unreachable, false, "FAIL  acme"),
    ] {
        let mut settings = toml::Table::new();
        settings.insert("acme".into(), entry.into());
        let mut platforms = toml::Table::new();
        platforms.insert("platforms".into(), settings.into());
        let deployment = Deployment::new(&platforms.to_string());
        make_key(&deployment, &["--signing-secret"]);
        let ran = tokio::task::spawn_blocking(move || deployment.run(&["check"])).await.unwrap();
        assert_eq!(ran.code, i32::from(!good), "{} {}", ran.out, ran.err);
        assert!(ran.out.contains(line) && !ran.out.contains("wrong"), "{}", ran.out);
        assert!(!ran.out.contains(CLIENT_SECRET) && !ran.out.contains(CLIENT_ID));
    }
}

fn verify(url: &str, state: &str, secret: &str, from_environment: bool) -> Ran {
    let mut command = command(&["verify", url, "--state", state]);
    if from_environment {
        return Ran::of(command.env("HANDLEPROOF_SIGNING_SECRET", secret).output().unwrap());
    }
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(format!("{secret}\n").as_bytes()).unwrap();
    Ran::of(child.wait_with_output().unwrap())
}

#[test]
fn verify_prints_each_check_and_never_the_secret_or_a_mac_that_it_computed() {
    let secret = "pss_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let claims = |expires| handleproof_verify::Claims::new("tiktok", "-1", "jane", "s1", expires).unwrap();
    let signed = |expires| {
        let sig = handleproof_verify::sign(&claims(expires), secret.as_bytes());
        (format!("https://app.example.com/cb?own=1&{}", claims(expires).to_query(&sig)), sig)
    };
    let (good, sig) = signed(now + 300);
    for from_environment in [true, false] {
        let ran = verify(&good, "s1", secret, from_environment);
        assert_eq!(ran.code, 0, "{} {}", ran.out, ran.err);
        assert_eq!(ran.out.matches("ok  ").count(), 4, "{}", ran.out);
        assert!(ran.out.contains("tiktok -1 jane"));
    }
    let zeros = good.replace(&sig, &"0".repeat(64));
    for (url, state, failing) in [
        (good.as_str(), "s2", "state"),
        (zeros.as_str(), "s1", "signature"),
        (&signed(now - 10).0, "s1", "freshness"),
        (&good.replace("handle=", "handel="), "s1", "parameters"),
        ("https://app.example.com/cb?error=access_denied&platform=tiktok&state=s1", "s1", "parameters"),
        ("nonsense", "s1", "parameters"),
    ] {
        let ran = verify(url, state, secret, true);
        assert_eq!(ran.code, 1, "{failing}: {}", ran.out);
        let line = ran.out.lines().find(|line| line.contains(failing)).unwrap_or_default();
        assert!(line.starts_with("FAIL"), "{failing}: {}", ran.out);
        assert!(!ran.out.contains(secret) && !ran.err.contains(secret));
        // T82: no oracle for the right signature.
        assert!(!ran.out.contains(&sig) && !ran.err.contains(&sig));
    }
    assert_eq!(verify(&good, "s1", "short", true).code, 1);
}

#[test]
fn the_recording_of_accounts_is_switched_and_the_registry_vacuumed() {
    let deployment = Deployment::new("");
    let key = make_key(&deployment, &["--record-accounts"]);
    let id = key["id"].as_str().unwrap();
    let listed = || deployment.run(&["keys", "list", "--json"]).json()[0]["record_accounts"].clone();
    assert_eq!(listed(), true);
    for (switch, on) in [("off", false), ("on", true)] {
        let ran = deployment.run(&["keys", "record-accounts", id, switch]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert_eq!(listed(), on);
    }
    assert_eq!(deployment.run(&["keys", "record-accounts", id, "maybe"]).code, 2);
    assert_eq!(deployment.run(&["keys", "record-accounts", "key_0000000000000000", "on"]).code, 1);
    let ran = deployment.run(&["registry", "vacuum"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(listed(), true);
}
