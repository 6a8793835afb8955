//! The members of a request for a new key become typed values, or faults, all at once.

use crate::error::Problem;
use crate::keys::{KeyFault, NewKey, is_good_name};
use crate::session::{CallbackRules, RegisteredCallback};
use crate::web::api::body::Members;
use crate::web::api::fields::Fields;

const KNOWN: [&str; 6] =
    ["name", "callbacks", "any_callback", "first_party", "record_accounts", "signing_secret"];

/// Reads the members.
pub(super) fn parse(members: Members, rules: &CallbackRules) -> Result<NewKey, Problem> {
    let mut fields = Fields::new(members);
    let name = fields.parsed("name", KeyFault::NAME_RULE, name);
    fields.required("name");
    let new = NewKey {
        name: name.unwrap_or_default(),
        callbacks: callbacks(&mut fields, rules),
        any_callback: fields.flag("any_callback"),
        first_party: fields.flag("first_party"),
        record_accounts: fields.flag("record_accounts"),
        with_signing_secret: fields.flag("signing_secret"),
    };
    fields.finish(&KNOWN)?;
    Ok(new)
}

/// A key's name, where it is a good one.
pub(super) fn name(text: &str) -> Option<String> {
    is_good_name(text).then(|| text.to_owned())
}

fn callbacks(fields: &mut Fields, rules: &CallbackRules) -> Vec<RegisteredCallback> {
    let mut good = Vec::new();
    for (place, text) in fields.texts("callbacks").iter().enumerate() {
        match rules.parse_registered(text) {
            Ok(url) => good.push(url),
            Err(fault) => fields.fault(&format!("callbacks[{place}]"), fault.to_string()),
        }
    }
    good
}
