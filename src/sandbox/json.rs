//! JSON that is put together from facts: values written at JSON pointers, templates with places to fill.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::platform::entry::Pointer;

/// An index beyond this in a pointer names a member, not a place in an array.
const LONGEST_ARRAY: usize = 16;

/// The values for the places of a template.
pub(super) type Places = BTreeMap<&'static str, Value>;

/// Writes `value` at `pointer`, making the objects and arrays on the way. What stands in the way is replaced.
pub(super) fn write(root: &mut Value, pointer: &Pointer, value: Value) {
    write_below(root, pointer.tokens(), value);
}

fn write_below<'t>(here: &mut Value, mut way: impl Iterator<Item = Cow<'t, str>>, value: Value) {
    let Some(token) = way.next() else {
        *here = value;
        return;
    };
    match token.parse::<usize>() {
        Ok(index) if index < LONGEST_ARRAY && !here.is_object() => {
            if !here.is_array() {
                *here = Value::Array(Vec::new());
            }
            if let Some(items) = here.as_array_mut() {
                items.resize(items.len().max(index + 1), Value::Null);
                if let Some(item) = items.get_mut(index) {
                    write_below(item, way, value);
                }
            }
        }
        _ => {
            if !here.is_object() {
                *here = Value::Object(Map::new());
            }
            if let Some(members) = here.as_object_mut() {
                write_below(members.entry(token.into_owned()).or_insert(Value::Null), way, value);
            }
        }
    }
}

/// Fills `{place}`: a text that is one place and no more becomes the value itself, so that numbers stay numbers.
pub(super) fn fill(template: &Value, places: &Places) -> Value {
    match template {
        Value::String(text) => fill_text_or_value(text, places),
        Value::Array(items) => items.iter().map(|item| fill(item, places)).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, member)| (name.clone(), fill(member, places))).collect()
        }
        plain => plain.clone(),
    }
}

/// Fills `{place}` inside a text.
pub(super) fn fill_text(template: &str, places: &Places) -> String {
    places.iter().fold(template.to_owned(), |text, (place, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        text.replace(&format!("{{{place}}}"), &value)
    })
}

fn fill_text_or_value(text: &str, places: &Places) -> Value {
    let whole = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    match whole.and_then(|place| places.get(place)) {
        Some(value) => value.clone(),
        None => fill_text(text, places).into(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    fn written(root: Value, at: &str) -> Value {
        let mut root = root;
        write(&mut root, &Pointer::parse(at).unwrap(), json!("x"));
        root
    }

    #[test]
    fn writing_at_a_pointer_makes_the_way_there_and_keeps_what_is_beside_it() {
        assert_eq!(written(json!({"b": 1}), "/a/id"), json!({"b": 1, "a": {"id": "x"}}));
        assert_eq!(written(json!({}), "/items/1/a~1b"), json!({"items": [null, {"a/b": "x"}]}));
        assert_eq!(written(json!({"0": 1}), "/0"), json!({"0": "x"}));
        assert_eq!(written(json!({}), ""), json!("x"));
    }

    #[test]
    fn a_place_alone_keeps_its_type_and_a_place_in_a_text_becomes_text() {
        let places = Places::from([("status", json!(404)), ("code", json!("gone"))]);
        let filled = fill(&json!({"a": "{status}", "b": ["{code} at {status}"], "c": "{other}"}), &places);
        assert_eq!(filled, json!({"a": 404, "b": ["gone at 404"], "c": "{other}"}));
    }
}
