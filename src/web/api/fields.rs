//! The members of a JSON object, read one by one; every fault is kept, so that all of them are told at once.

use std::borrow::Cow;

use serde_json::Value;

use super::body::Members;
use crate::crypto::secret::SecretText;
use crate::error::{FieldFault, Problem};

/// An object that is being read.
pub(in crate::web) struct Fields {
    members: Vec<(String, Value)>,
    faults: Vec<FieldFault>,
}

impl Fields {
    /// Nothing is read yet. What stands there twice is a fault, since readers disagree about which one counts.
    pub(in crate::web) fn new(members: Members) -> Self {
        let faults = members.repeated().into_iter();
        let faults = faults.map(|name| FieldFault::new(name, "stands there twice; send it once")).collect();
        Self { members: members.0, faults }
    }

    /// Adds a fault.
    pub(in crate::web) fn fault(&mut self, name: &str, message: impl Into<Cow<'static, str>>) {
        self.faults.push(FieldFault::new(name, message));
    }

    /// A string, which is taken out; anything else, `null` included, is a fault (`T7`).
    pub(in crate::web) fn text(&mut self, name: &str) -> Option<String> {
        match self.value_mut(name)? {
            Value::String(text) => Some(std::mem::take(text)),
            _ => {
                self.fault(name, "must be a JSON string, or left out where it is optional");
                None
            }
        }
    }

    /// A string, or a whole number that stands for its digits.
    pub(in crate::web) fn text_or_number(&mut self, name: &str) -> Option<String> {
        match self.value(name)? {
            Value::Number(number) if number.is_u64() => Some(number.to_string()),
            Value::String(text) => Some(text.clone()),
            _ => {
                self.fault(name, "must be a JSON string or a whole number");
                None
            }
        }
    }

    /// A string that is taken out, so that no copy of it stays behind.
    pub(in crate::web) fn secret(&mut self, name: &str) -> Option<SecretText> {
        match self.value_mut(name)? {
            Value::String(text) => Some(SecretText::new(std::mem::take(text))),
            _ => {
                self.fault(name, "must be a JSON string");
                None
            }
        }
    }

    /// A list of strings; an absent one is empty.
    pub(in crate::web) fn texts(&mut self, name: &str) -> Vec<String> {
        let texts = match self.value(name) {
            None => Some(Vec::new()),
            Some(Value::Array(items)) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
            Some(_) => None,
        };
        texts.unwrap_or_else(|| {
            self.fault(name, "must be a list of JSON strings");
            Vec::new()
        })
    }

    /// `true` or `false`; an absent one is `false`.
    pub(in crate::web) fn flag(&mut self, name: &str) -> bool {
        match self.value(name) {
            None => false,
            Some(Value::Bool(flag)) => *flag,
            Some(_) => {
                self.fault(name, "must be true or false");
                false
            }
        }
    }

    /// A string that a parser takes.
    pub(in crate::web) fn parsed<T>(
        &mut self,
        name: &str,
        rule: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(name)?;
        let parsed = parse(&text);
        if parsed.is_none() {
            self.fault(name, rule);
        }
        parsed
    }

    /// Whether a member is there, good or bad.
    pub(in crate::web) fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// Whether no fault of this member was told yet.
    pub(in crate::web) fn is_untold(&self, name: &str) -> bool {
        self.faults.iter().all(|fault| fault.field != name)
    }

    /// A member must be there.
    pub(in crate::web) fn required(&mut self, name: &str) {
        if !self.has(name) {
            self.fault(name, "is required");
        }
    }

    /// Ends the reading: members of other names are faults too.
    pub(in crate::web) fn finish(mut self, known: &[&str]) -> Result<(), Problem> {
        let names = self.members.iter().map(|(name, _)| name.as_str());
        let unknown = names.filter(|name| !known.contains(name) && self.is_untold(name));
        let faults = unknown.map(|name| FieldFault::new(name, "is not a field of this request"));
        let faults: Vec<_> = faults.collect();
        self.faults.extend(faults);
        if self.faults.is_empty() { Ok(()) } else { Err(Problem::invalid(self.faults)) }
    }

    fn value_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.members.iter_mut().find(|(member, _)| member == name).map(|(_, value)| value)
    }

    fn value(&self, name: &str) -> Option<&Value> {
        self.members.iter().find(|(member, _)| member == name).map(|(_, value)| value)
    }
}
