//! The configuration with every setting, its meaning and its default, as `handleproof config` prints it.
//!
//! The defaults are those of a configuration that was read from a file that sets nothing else, so the text cannot say
//! another one. Tests hold its keys against those that the readers ask for.

use std::fmt::Write as _;
use std::path::Path;

use super::Config;
use super::described::{SETTINGS, Shown};
use crate::settings::Fault;

const HEAD: &str = "\
# handleproof's configuration: every setting, what it is for, and its default. A line that begins with # changes nothing.
# `handleproof config` prints this file; `handleproof check --config FILE` says what is wrong with one.
#
# Every setting can also be set by environment, which wins: HANDLEPROOF_PUBLIC_URL, HANDLEPROOF_SESSIONS__TTL_SECONDS, a
# list with commas. A path that is not absolute starts at this file's folder.
";

const PLATFORMS: &str = "
# The platforms: `handleproof platforms` lists what is built in. One is available to callers once it has credentials. Any
# field of its catalogue entry can be overridden here.
#[platforms.tiktok]
#client_id = \"…\"
#client_secret_file = \"/run/secrets/tiktok\"      # or client_secret

# A platform of your own: any OpenID provider, without code.
#[platforms.acme]
#kind = \"oidc\"
#display_name = \"Acme ID\"
#issuer = \"https://id.acme.example\"
#client_id = \"…\"
#client_secret_file = \"/run/secrets/acme\"
";

/// The address that stands in the text for the one that everybody has to set.
const PUBLIC_URL: &str = "https://verify.example.com";

/// The whole text.
///
/// It fails only where the built-in catalogue is broken.
pub fn commented() -> Result<String, Vec<Fault>> {
    let silent = format!("public_url = \"{PUBLIC_URL}\"\n");
    let config = Config::parse(&silent, "the built-in defaults", Path::new(""), [])?;
    let mut text = HEAD.to_owned();
    let mut section = "";
    for setting in SETTINGS {
        if setting.section != section {
            section = setting.section;
            push(&mut text, format_args!("\n[{section}]"));
        } else if section.is_empty() {
            text.push('\n');
        }
        for line in setting.about.lines() {
            push(&mut text, format_args!("# {line}"));
        }
        let key = setting.key;
        match &setting.value {
            Shown::Required => push(&mut text, format_args!("{key} = \"{PUBLIC_URL}\"")),
            Shown::Default(of) => push(&mut text, format_args!("#{key} = {}", of(&config))),
            Shown::Example(value) => push(&mut text, format_args!("#{key} = {value}   # no default")),
        }
    }
    text.push_str(PLATFORMS);
    Ok(text)
}

fn push(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to memory does not fail.
    let _written = writeln!(text, "{line}");
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::described::Setting;
    use super::*;
    use crate::platform::catalogue::{Catalogue, Overrides};
    use crate::settings::{Origins, asked};

    fn path(setting: &Setting) -> String {
        if setting.section.is_empty() {
            setting.key.to_owned()
        } else {
            format!("{}.{}", setting.section, setting.key)
        }
    }

    #[test]
    fn its_keys_are_those_that_the_readers_ask_for() {
        // The files of the catalogue are read through readers as well.
        let (none, origins) = (toml::Table::new(), Origins::file("test"));
        asked::forget();
        Catalogue::load(Overrides { platforms: &none, origins: &origins, folder: Path::new("") }).unwrap();
        let of_catalogue = asked::so_far();
        asked::forget();
        commented().unwrap();
        let sections: BTreeSet<_> = SETTINGS.iter().map(|setting| setting.section).collect();
        let is_key = |path: &String| {
            path != "platforms" && !of_catalogue.contains(path) && !sections.contains(path.as_str())
        };
        let of_readers: BTreeSet<_> = asked::so_far().into_iter().filter(is_key).collect();
        let of_text: BTreeSet<_> = SETTINGS.iter().map(path).collect();
        assert!(of_readers.len() > 25);
        assert_eq!(of_text, of_readers);
    }

    #[test]
    fn its_defaults_written_out_change_nothing() {
        let text = commented().unwrap();
        let is_default = |line: &str| {
            line.starts_with('#')
                && !line.starts_with("# ")
                && line.contains(" = ")
                && !line.ends_with("# no default")
        };
        let (settings, _) = text.split_once("\n# The platforms").unwrap();
        let written: Vec<_> = settings
            .lines()
            .map(|line| if is_default(line) { line.trim_start_matches('#') } else { line })
            .collect();
        let count = settings.lines().filter(|line| is_default(line)).count();
        let defaults = SETTINGS.iter().filter(|setting| matches!(setting.value, Shown::Default(_))).count();
        assert_eq!(count, defaults);
        let shown = |text: &str| {
            let config = Config::parse(text, "f", Path::new(""), []).unwrap();
            format!("{config:?}")
        };
        assert_eq!(shown(&written.join("\n")), shown(&text));
        assert_eq!(shown(&text), shown("public_url = 'https://verify.example.com'"));
    }

    #[test]
    fn its_platforms_are_read_once_they_are_no_comments() {
        let lines = PLATFORMS.lines().filter(|line| !line.starts_with("# "));
        let sections: Vec<_> = lines
            .map(|line| line.trim_start_matches('#').replace("_file = \"/run/secrets/", " = \""))
            .collect();
        let text = format!("public_url = '{PUBLIC_URL}'\n{}", sections.join("\n"));
        let config = Config::parse(&text, "f", Path::new(""), []).unwrap();
        assert!(config.catalogue.find("acme").is_some());
        assert!(config.catalogue.find("tiktok").unwrap().is_available());
    }
}
