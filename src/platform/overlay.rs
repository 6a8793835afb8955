//! Laying the operator's settings over the facts of a catalogue file. Checks nothing: the merged table is read like
//! any other.

use toml::{Table, Value};

use crate::settings::{Origins, join_key};

/// A table with the origins of its keys, `path` being its own place there.
pub(super) struct Layer<'a> {
    pub(super) table: &'a Table,
    pub(super) path: String,
    pub(super) origins: &'a Origins,
}

/// Puts the upper layer on the table at `path`: tables merge, everything else is replaced. Each key that the upper
/// layer has is from then on known to come from there.
pub(super) fn lay_over(base: &mut Table, path: &str, origins: &mut Origins, upper: &Layer<'_>) {
    for (key, value) in upper.table {
        let here = join_key(path, key);
        let there = join_key(&upper.path, key);
        origins.overlay(&here, upper.origins.locate(&there));
        match value {
            Value::Table(inner) => {
                let mut beneath = match base.remove(key) {
                    Some(Value::Table(table)) => table,
                    _ => Table::new(),
                };
                let inner = Layer { table: inner, path: there, origins: upper.origins };
                lay_over(&mut beneath, &here, origins, &inner);
                base.insert(key.clone(), Value::Table(beneath));
            }
            other => {
                base.insert(key.clone(), other.clone());
            }
        }
    }
}
