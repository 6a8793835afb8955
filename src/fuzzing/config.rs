//! The settings: whatever an operator writes, he is told his faults without his secrets, or has a sound configuration.

use std::path::Path;

use crate::config::Config;
use crate::settings::{is_loopback, parse_web_address};

/// Stands in the place of every `?` that is a secret.
const SECRET: &str = "canary-9f2c61d0";
const ASKED: [&str; 3] = ["client_secret = \"?\"", "password = \"?\"", "token = \"?\""];

/// One field: the file's text, once as it is and once behind a `public_url`.
///
/// # Panics
/// Where the property does not hold.
pub fn config(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    // Which files there are on this machine is no property of the text; and a key that is called like the secret is
    // repeated in a fault, as every unknown key is.
    if text.contains("_file") || text.contains(SECRET) {
        return;
    }
    sound(text);
    sound(&format!("public_url = \"https://verify.example.com\"\n{text}"));
}

fn sound(text: &str) {
    let text =
        ASKED.iter().fold(text.to_owned(), |text, asked| text.replace(asked, &asked.replace('?', SECRET)));
    // Within another string it would be no secret.
    let holds_secret = text.contains(SECRET) && !text.contains("\"\"\"") && !text.contains('\'');
    let shown = match Config::parse(&text, "fuzz.toml", Path::new("/nowhere"), []) {
        Ok(config) => {
            a_sound_configuration(&config);
            format!("{config:?}")
        }
        Err(faults) => {
            assert!(!faults.is_empty(), "refused without a word");
            for fault in &faults {
                assert!(!fault.file.is_empty() && !fault.problem.is_empty() && !fault.remedy.is_empty());
            }
            format!("{faults:?}")
        }
    };
    assert!(!holds_secret || !shown.contains(SECRET), "{shown}");
}

fn a_sound_configuration(config: &Config) {
    let public = &config.public_url;
    assert!(public.is_https() || public.is_loopback());
    assert!(config.metrics_listen.is_none_or(|own| own != config.listen || own.port() == 0));
    assert!(config.drain.as_secs() <= 60);
    for entry in config.catalogue.iter() {
        let endpoints =
            [&entry.authorization.endpoint, &entry.token.endpoint, &entry.identity.endpoint].into_iter();
        for url in endpoints.flatten() {
            assert!(parse_web_address(url.as_str()).is_ok() && (url.scheme() == "https" || is_loopback(url)));
        }
        assert!(!entry.identity.platform_id.is_empty());
    }
}
