//! Where each setting came from, so that a fault names the file or the variable that has to be changed.

use std::collections::BTreeMap;

use super::Fault;

/// The place of one setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The file, or `environment`.
    pub file: String,
    /// The key as written there.
    pub key: String,
    /// Whether the value is bare text that has yet to be turned into a number, a flag or a list.
    pub is_bare_text: bool,
}

/// The origins of a merged table: one file, and on top of it settings from elsewhere.
#[derive(Clone, Debug)]
pub struct Origins {
    file: String,
    /// Put before every key of the file; empty for the root of a file.
    prefix: String,
    overlaid: BTreeMap<String, Location>,
}

impl Origins {
    /// Everything comes from this file, whose root is the table's root.
    pub fn file(name: &str) -> Self {
        Self { file: name.to_owned(), prefix: String::new(), overlaid: BTreeMap::new() }
    }

    /// The same file's table at `path`, taken for a root of its own with nothing laid over it.
    #[must_use]
    pub fn part(&self, path: &str) -> Self {
        Self { file: self.file.clone(), prefix: path.to_owned(), overlaid: BTreeMap::new() }
    }

    /// The setting at `path` came from elsewhere.
    pub fn overlay(&mut self, path: &str, location: Location) {
        self.overlaid.insert(path.to_owned(), location);
    }

    /// Whether the setting at `path` came from elsewhere.
    pub fn is_overlaid(&self, path: &str) -> bool {
        self.overlaid.contains_key(path)
    }

    /// Where the setting at `path` is, or where it would be written if it is missing.
    pub fn locate(&self, path: &str) -> Location {
        self.overlaid.get(path).cloned().unwrap_or_else(|| Location {
            file: self.file.clone(),
            key: match self.prefix.as_str() {
                "" => path.to_owned(),
                prefix => format!("{prefix}.{path}"),
            },
            is_bare_text: false,
        })
    }

    /// A fault about the setting at `path`.
    pub fn fault(&self, path: &str, problem: impl Into<String>, remedy: impl Into<String>) -> Fault {
        let location = self.locate(path);
        Fault { file: location.file, key: location.key, problem: problem.into(), remedy: remedy.into() }
    }
}

/// The dotted path of `key` in the table at `path`, quoted as TOML needs it.
pub fn join_key(path: &str, key: &str) -> String {
    let bare = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    let is_bare = !key.is_empty() && key.bytes().all(bare);
    let key = if is_bare { key.to_owned() } else { format!("{key:?}") };
    if path.is_empty() { key } else { format!("{path}.{key}") }
}
