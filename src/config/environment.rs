//! The environment laid over the file: `HANDLEPROOF_SECTION__KEY` sets `key` in `[section]`.

use std::collections::BTreeMap;

use toml::{Table, Value};

use crate::settings::{Fault, Faults, Location, Origins, join_key};

const PREFIX: &str = "HANDLEPROOF_";

/// Variables of this prefix that are no settings: other commands and the logging read them.
const ELSEWHERE: [&str; 4] =
    ["HANDLEPROOF_SIGNING_SECRET", "HANDLEPROOF_CLIENT_SECRET", "HANDLEPROOF_LOG", "HANDLEPROOF_API_KEY"];

/// This process's variables that concern the service. Bytes that are no UTF-8 become U+FFFD, which no setting takes.
pub fn process_environment() -> Vec<(String, String)> {
    let lossy = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
    let all = std::env::vars_os().map(|(name, value)| (lossy(name), lossy(value)));
    all.filter(|(name, _)| name.starts_with(PREFIX)).collect()
}

/// Sets what the variables say. A variable wins over the file, also over the file's twin of a secret (`x` against
/// `x_file`); names that are no setting are refused later, by whoever reads the table they end up in.
pub(super) fn lay_over(
    table: &mut Table,
    origins: &mut Origins,
    environment: impl IntoIterator<Item = (String, String)>,
    faults: &Faults,
) {
    let ours = |name: &str| name.starts_with(PREFIX) && !ELSEWHERE.contains(&name);
    // In order, so that the same environment always gives the same faults.
    let variables: BTreeMap<_, _> = environment.into_iter().filter(|(name, _)| ours(name)).collect();
    for (name, value) in variables {
        if value.contains(char::REPLACEMENT_CHARACTER) {
            faults.add(fault(name, "is not UTF-8 text", "set it to plain text"));
            continue;
        }
        if let Some(keys) = key_path(&name) {
            set(table, origins, &keys, &Variable { name, value });
        } else {
            faults.add(fault(name, "is no known variable", "write HANDLEPROOF_SECTION__KEY in capitals"));
        }
    }
}

struct Variable {
    name: String,
    value: String,
}

impl Variable {
    fn location(&self) -> Location {
        Location { file: "environment".to_owned(), key: self.name.clone(), is_bare_text: true }
    }
}

fn key_path(name: &str) -> Option<Vec<String>> {
    let name = name.strip_prefix(PREFIX)?;
    let keys: Vec<_> = name.split("__").map(str::to_ascii_lowercase).collect();
    let shouts = !name.bytes().any(|b| b.is_ascii_lowercase());
    (shouts && keys.iter().all(|key| !key.is_empty())).then_some(keys)
}

fn set(table: &mut Table, origins: &mut Origins, keys: &[String], variable: &Variable) {
    let mut table = table;
    let mut path = String::new();
    let Some((last, sections)) = keys.split_last() else { return };
    for section in sections {
        path = join_key(&path, section);
        let inner = table.entry(section.clone()).or_insert_with(|| {
            origins.overlay(&path, variable.location());
            Value::Table(Table::new())
        });
        // Something else in a table's place stays: the reader faults it with its own origin.
        let Value::Table(inner) = inner else { return };
        table = inner;
    }
    let twin = last.strip_suffix("_file").map_or_else(|| format!("{last}_file"), str::to_owned);
    if !origins.is_overlaid(&join_key(&path, &twin)) {
        table.remove(&twin);
    }
    origins.overlay(&join_key(&path, last), variable.location());
    table.insert(last.clone(), Value::String(variable.value.clone()));
}

fn fault(name: String, problem: &str, remedy: &str) -> Fault {
    Fault {
        file: "environment".to_owned(),
        key: name,
        problem: problem.to_owned(),
        remedy: remedy.to_owned(),
    }
}
