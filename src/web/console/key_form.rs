//! The form of a new key: what was typed, and what is wrong with each field.

use super::gate::OperatorForm;
use crate::keys::{KeyFault, NewKey, is_good_name};
use crate::session::{CallbackRules, RegisteredCallback};

/// What was typed, kept for showing it again, with the faults beside it.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "rights that are given one by one")]
pub(super) struct KeyForm {
    pub(super) name: String,
    pub(super) name_fault: Option<&'static str>,
    /// One URL on each line.
    pub(super) callbacks: String,
    pub(super) callbacks_fault: Option<String>,
    pub(super) any_callback: bool,
    pub(super) first_party: bool,
    pub(super) record_accounts: bool,
    pub(super) with_signing_secret: bool,
}

impl KeyForm {
    /// An empty form; a signing secret is what nearly everybody wants.
    pub(super) fn empty() -> Self {
        Self { with_signing_secret: true, ..Self::default() }
    }

    /// Reads a form: the key, or the form with its faults.
    pub(super) fn read(form: &OperatorForm, rules: &CallbackRules) -> Result<NewKey, Self> {
        let is_ticked = |name: &str| form.fields.value(name).is_some();
        let mut read = Self {
            name: form.text("name").to_owned(),
            callbacks: form.text("callbacks").to_owned(),
            any_callback: is_ticked("any_callback"),
            first_party: is_ticked("first_party"),
            record_accounts: is_ticked("record_accounts"),
            with_signing_secret: is_ticked("signing_secret"),
            ..Self::default()
        };
        read.name_fault = (!is_good_name(&read.name)).then_some(KeyFault::NAME_RULE);
        match registered(&read.callbacks, rules) {
            Ok(callbacks) if read.name_fault.is_none() => Ok(NewKey {
                name: read.name,
                callbacks,
                any_callback: read.any_callback,
                first_party: read.first_party,
                record_accounts: read.record_accounts,
                with_signing_secret: read.with_signing_secret,
            }),
            Ok(_) => Err(read),
            Err(fault) => Err(Self { callbacks_fault: Some(fault), ..read }),
        }
    }
}

/// Every good line; the faults of all others in one sentence each.
fn registered(lines: &str, rules: &CallbackRules) -> Result<Vec<RegisteredCallback>, String> {
    let (mut good, mut faults) = (Vec::new(), Vec::new());
    for (place, line) in lines.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        match rules.parse_registered(line) {
            Ok(url) => good.push(url),
            Err(fault) => faults.push(format!("Line {} {fault}.", place + 1)),
        }
    }
    if faults.is_empty() { Ok(good) } else { Err(faults.join(" ")) }
}
