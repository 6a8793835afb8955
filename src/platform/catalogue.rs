//! The catalogue: every platform the product knows, one file of facts each, with the operator's settings on top.
//!
//! A new file in `catalogue/` is a new platform. Nothing here contacts a platform, and no platform is named here.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use toml::Table;

use super::entry::Entry;
use super::{draft, read_entry};
use crate::settings::{Fault, Faults, Origins, Reader, Source};

/// All platforms, with credentials or without.
#[derive(Clone, Debug)]
pub struct Catalogue {
    entries: BTreeMap<String, Arc<Entry>>,
    /// Alias → name.
    aliases: BTreeMap<String, String>,
}

/// The operator's `[platforms]` table: settings for platforms of the catalogue, and platforms of his own.
#[derive(Clone, Copy, Debug)]
pub struct Overrides<'a> {
    /// One table per platform.
    pub platforms: &'a Table,
    /// Where the settings came from; the paths in it begin with `platforms.`.
    pub origins: &'a Origins,
    /// Relative paths such as `client_secret_file` start here.
    pub folder: &'a Path,
}

impl Catalogue {
    /// The catalogue with the operator's settings, or every fault of every file at once.
    pub fn load(overrides: Overrides<'_>) -> Result<Self, Vec<Fault>> {
        let faults = Faults::default();
        let read = draft::all(overrides, &faults).into_iter().filter_map(|(name, draft)| {
            let source = Source { origins: &draft.origins, folder: overrides.folder, faults: &faults };
            read_entry::read(name, Reader::new(&draft.table, source)).map(|entry| (entry, draft.origins))
        });
        let read: Vec<_> = read.collect();
        let catalogue = Self::index(read, &faults);
        faults.into_result(Some(catalogue))
    }

    /// The platform of this name or alias, byte for byte.
    pub fn find(&self, name_or_alias: &str) -> Option<&Arc<Entry>> {
        let name = self.aliases.get(name_or_alias).map_or(name_or_alias, String::as_str);
        self.entries.get(name)
    }

    /// All platforms in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.entries.values()
    }

    fn index(read: Vec<(Entry, Origins)>, faults: &Faults) -> Self {
        let mut aliases = BTreeMap::new();
        let names: Vec<String> = read.iter().map(|(entry, _)| entry.name.to_string()).collect();
        for (entry, origins) in &read {
            for alias in &entry.aliases {
                let taken = aliases.insert(alias.to_string(), entry.name.to_string()).is_some();
                if taken || names.contains(&alias.to_string()) {
                    let problem = format!("has {alias}, which is another platform's name or alias");
                    faults.add(origins.fault("aliases", problem, "choose another"));
                }
            }
        }
        let entries = read.into_iter().map(|(entry, _)| (entry.name.to_string(), Arc::new(entry))).collect();
        Self { entries, aliases }
    }
}

#[cfg(test)]
#[path = "catalogue_tests.rs"]
mod tests;
