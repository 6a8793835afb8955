//! A typed look at one TOML table. A wrong value is a fault and reads as absent; reading always goes on.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::Path;

use toml::{Table, Value};

use super::{Complaint, Faults, Origins, join_key, nearest};

/// What all readers of one merged table share.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// Where each setting came from.
    pub origins: &'a Origins,
    /// Relative paths of settings start here.
    pub folder: &'a Path,
    /// Takes the faults.
    pub faults: &'a Faults,
}

/// One table. Every key that is asked for is known from then on; [`Reader::finish`] refuses the others.
#[derive(Debug)]
pub struct Reader<'a> {
    pub(super) source: Source<'a>,
    path: String,
    /// `None` where the file has no such table: everything in it is absent.
    table: Option<&'a Table>,
    known: RefCell<Vec<String>>,
}

impl<'a> Reader<'a> {
    /// Reads the root of a merged table.
    pub fn new(table: &'a Table, source: Source<'a>) -> Self {
        Self::at(String::new(), Some(table), source)
    }

    fn at(path: String, table: Option<&'a Table>, source: Source<'a>) -> Self {
        Self { source, path, table, known: RefCell::default() }
    }

    /// The table under `key`; an absent one reads as empty.
    #[must_use]
    pub fn section(&self, key: &str) -> Reader<'a> {
        let table = self.value(key).and_then(|value| self.as_table(key, value));
        Self::at(join_key(&self.path, key), table, self.source)
    }

    /// The tables in the table under `key`, for tables whose keys are names of the operator's choice.
    pub fn named_sections(&self, key: &str) -> Vec<(String, Reader<'a>)> {
        let outer = self.section(key);
        let names = outer.table.into_iter().flatten().map(|(name, _)| name.clone());
        names.map(|name| (name.clone(), outer.section(&name))).collect()
    }

    /// The table under `key` as it is, for a part that is read on its own.
    pub fn raw_table(&self, key: &str) -> Option<&'a Table> {
        self.value(key).and_then(|value| self.as_table(key, value))
    }

    /// Text that is not empty.
    pub fn text(&self, key: &str) -> Option<&'a str> {
        match self.value(key)? {
            Value::String(text) if text.is_empty() => {
                self.fault(key, "is empty", "give it a value, or leave it out");
                None
            }
            Value::String(text) => Some(text),
            other => self.wrong_type(key, "text", other),
        }
    }

    /// Text that a parser takes; an empty one reaches the parser too.
    pub fn parsed<T>(&self, key: &str, parse: impl FnOnce(&str) -> Result<T, Complaint>) -> Option<T> {
        match self.value(key)? {
            Value::String(text) => self.judge(key, parse(text)),
            other => self.wrong_type(key, "text", other),
        }
    }

    /// One of a few words.
    pub fn choice<T: Copy>(&self, key: &str, choices: &[(&str, T)]) -> Option<T> {
        self.parsed(key, |text| {
            let words: Vec<_> = choices.iter().map(|(word, _)| format!("{word:?}")).collect();
            let found = choices.iter().find(|(word, _)| *word == text).map(|(_, choice)| *choice);
            found.ok_or_else(|| {
                Complaint::new("is no known choice", format!("use one of {}", words.join(", ")))
            })
        })
    }

    /// `true` or `false`.
    pub fn flag(&self, key: &str) -> Option<bool> {
        match self.value(key)? {
            Value::Boolean(flag) => Some(*flag),
            Value::String(text) if self.is_bare_text(key) && text == "true" => Some(true),
            Value::String(text) if self.is_bare_text(key) && text == "false" => Some(false),
            other => self.wrong_type(key, "true or false", other),
        }
    }

    /// A whole number within `range`.
    pub fn integer(&self, key: &str, range: &RangeInclusive<u64>) -> Option<u64> {
        let given = match self.value(key)? {
            Value::Integer(number) => i128::from(*number),
            Value::String(text) if self.is_bare_text(key) => match text.parse::<i64>() {
                Ok(number) => i128::from(number),
                Err(_) => return self.wrong_type(key, "a whole number", &Value::String(String::new())),
            },
            other => return self.wrong_type(key, "a whole number", other),
        };
        let number = u64::try_from(given).ok().filter(|number| range.contains(number));
        if number.is_none() {
            let (low, high) = (range.start(), range.end());
            self.fault(key, "is out of range", format!("use a whole number from {low} to {high}"));
        }
        number
    }

    /// A list of texts; in the environment separated by commas.
    pub fn list(&self, key: &str) -> Option<Vec<String>> {
        match self.value(key)? {
            Value::Array(items) => {
                let texts =
                    items.iter().map(|item| item.as_str().filter(|text| !text.is_empty()).map(str::to_owned));
                let texts: Option<Vec<_>> = texts.collect();
                if texts.is_none() {
                    self.fault(
                        key,
                        "has an item that is empty or not text",
                        "write a list of texts: [\"…\", \"…\"]",
                    );
                }
                texts
            }
            Value::String(text) if self.is_bare_text(key) => Some(
                text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect(),
            ),
            other => self.wrong_type(key, "a list of texts", other),
        }
    }

    /// A list whose items a parser takes.
    pub fn parsed_list<T>(&self, key: &str, parse: impl Fn(&str) -> Result<T, Complaint>) -> Option<Vec<T>> {
        let parsed: Result<Vec<_>, _> = self.list(key)?.iter().map(|item| parse(item)).collect();
        self.judge(key, parsed)
    }

    /// Like [`Reader::parsed_list`], but a single text stands for a list of one.
    pub fn parsed_one_or_more<T>(
        &self,
        key: &str,
        parse: impl Fn(&str) -> Result<T, Complaint>,
    ) -> Option<Vec<T>> {
        match self.value(key)? {
            Value::String(text) if !self.is_bare_text(key) => {
                self.judge(key, parse(text).map(|item| vec![item]))
            }
            _ => self.parsed_list(key, parse),
        }
    }

    /// Names and texts. Numbers and flags read as they are written; an empty text takes the entry out, so that an
    /// overlay can remove what lies beneath it.
    pub fn text_map(&self, key: &str) -> BTreeMap<String, String> {
        let section = self.section(key);
        let mut map = BTreeMap::new();
        for (name, value) in section.table.into_iter().flatten() {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Integer(number) => number.to_string(),
                Value::Boolean(flag) => flag.to_string(),
                other => section.wrong_type(name, "text", other).unwrap_or_default(),
            };
            if !text.is_empty() {
                map.insert(name.clone(), text);
            }
        }
        map
    }

    /// Whether the file or the environment has something under `key`, good or bad.
    pub fn has(&self, key: &str) -> bool {
        self.ask(key);
        self.table.is_some_and(|table| table.contains_key(key))
    }

    /// The value, or a fault that says what the key is for.
    pub fn required<T>(&self, key: &str, value: Option<T>, remedy: &str) -> Option<T> {
        if value.is_none() && !self.has(key) {
            self.fault(key, "is missing", remedy);
        }
        value
    }

    /// Whether `key` was laid over the file from elsewhere.
    pub fn is_overlaid(&self, key: &str) -> bool {
        self.source.origins.is_overlaid(&join_key(&self.path, key))
    }

    /// Adds a fault about `key`.
    pub fn fault(&self, key: &str, problem: impl Into<String>, remedy: impl Into<String>) {
        let path = join_key(&self.path, key);
        self.source.faults.add(self.source.origins.fault(&path, problem, remedy));
    }

    /// Refuses every key that nobody asked for.
    pub fn finish(self) {
        let known = self.known.borrow();
        for name in self.table.into_iter().flatten().map(|(name, _)| name) {
            if !known.contains(name) {
                let remedy = match nearest(name, known.iter()) {
                    Some(near) => format!("did you mean {near}?"),
                    None => "take it out".to_owned(),
                };
                self.fault(name, "is no known key", remedy);
            }
        }
    }

    fn ask(&self, key: &str) {
        self.known.borrow_mut().push(key.to_owned());
        #[cfg(test)]
        super::asked::note(join_key(&self.path, key));
    }

    fn value(&self, key: &str) -> Option<&'a Value> {
        self.ask(key);
        self.table.and_then(|table| table.get(key))
    }

    fn as_table(&self, key: &str, value: &'a Value) -> Option<&'a Table> {
        value.as_table().or_else(|| self.wrong_type(key, "a table", value))
    }

    fn is_bare_text(&self, key: &str) -> bool {
        self.source.origins.locate(&join_key(&self.path, key)).is_bare_text
    }

    pub(super) fn judge<T>(&self, key: &str, outcome: Result<T, Complaint>) -> Option<T> {
        outcome.map_err(|Complaint { problem, remedy }| self.fault(key, problem, remedy)).ok()
    }

    fn wrong_type<T>(&self, key: &str, wanted: &str, found: &Value) -> Option<T> {
        let found = if self.is_bare_text(key) { "other text" } else { found.type_str() };
        self.fault(key, format!("has the wrong type ({found})"), format!("it must be {wanted}"));
        None
    }
}
