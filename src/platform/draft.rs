//! The catalogue's tables on their way to entries: the embedded files, and the operator's settings laid over them.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::catalogue::Overrides;
use super::entry_rules;
use super::overlay::{Layer, lay_over};
use crate::session::PlatformName;
use crate::settings::{Faults, Origins, join_key, nearest};

/// The files, embedded into the binary.
#[derive(rust_embed::Embed)]
#[folder = "src/platform/catalogue/"]
struct Files;

/// One platform's table on its way to an [`Entry`](super::entry::Entry).
pub(super) struct Draft {
    pub(super) table: Table,
    pub(super) origins: Origins,
}

/// The merged table of every platform, by name.
pub(super) fn all(overrides: Overrides<'_>, faults: &Faults) -> BTreeMap<PlatformName, Draft> {
    let mut drafts = embedded(faults);
    for (name, value) in overrides.platforms {
        overlay_operator(&mut drafts, (name, value), overrides, faults);
    }
    drafts
}

fn embedded(faults: &Faults) -> BTreeMap<PlatformName, Draft> {
    let mut drafts = BTreeMap::new();
    for file in Files::iter() {
        let shown = format!("catalogue/{file}");
        let origins = Origins::file(&shown);
        let name = file.strip_suffix(".toml").and_then(|stem| entry_rules::platform_name(stem).ok());
        let text = Files::get(&file).and_then(|file| String::from_utf8(file.data.into_owned()).ok());
        match (name, text.map(|text| text.parse::<Table>())) {
            (Some(name), Some(Ok(table))) => {
                drafts.insert(name, Draft { table, origins });
            }
            (None, _) => faults.add(origins.fault("", "is not named after a platform", "call it NAME.toml")),
            (_, Some(Err(error))) => faults.add(origins.fault("", error.message(), "correct the TOML")),
            (_, None) => faults.add(origins.fault("", "is not UTF-8 text", "save it as UTF-8")),
        }
    }
    drafts
}

fn overlay_operator(
    drafts: &mut BTreeMap<PlatformName, Draft>,
    (name, value): (&str, &Value),
    overrides: Overrides<'_>,
    faults: &Faults,
) {
    let path = join_key("platforms", name);
    let (platform, table) = match (entry_rules::platform_name(name), value) {
        (Ok(platform), Value::Table(table)) => (platform, table),
        (Ok(_), _) => {
            return faults.add(overrides.origins.fault(&path, "is no table", "write [platforms.NAME]"));
        }
        (Err(complaint), _) => {
            return faults.add(overrides.origins.fault(&path, complaint.problem, complaint.remedy));
        }
    };
    if let Some(holder) = holder_of_alias(drafts, name) {
        let problem = format!("is another name of {holder}");
        return faults.add(overrides.origins.fault(&path, problem, format!("write [platforms.{holder}]")));
    }
    if !drafts.contains_key(&platform) && !table.contains_key("kind") {
        let remedy = match nearest(name, drafts.keys().map(PlatformName::as_str)) {
            Some(near) => format!("did you mean {near}?"),
            None => "for a platform of your own say kind = \"oidc\" or \"oauth2\"".to_owned(),
        };
        return faults.add(overrides.origins.fault(&path, "is no platform of the catalogue", remedy));
    }
    let own = || Draft { table: Table::new(), origins: overrides.origins.part(&path) };
    if drafts.get(&platform).is_some_and(|draft| is_of_another_kind(table, &draft.table)) {
        drafts.remove(&platform);
    }
    let draft = drafts.entry(platform).or_insert_with(own);
    // Credentials are the operator's to give: one that is missing is missing in his file.
    for key in ["client_id", "client_secret", "client_secret_file"] {
        draft.origins.overlay(key, overrides.origins.locate(&join_key(&path, key)));
    }
    let upper = Layer { table, path, origins: overrides.origins };
    lay_over(&mut draft.table, "", &mut draft.origins, &upper);
}

/// Facts of one kind of platform say nothing about another kind: an operator who names another kind describes the whole
/// platform.
fn is_of_another_kind(table: &Table, catalogue: &Table) -> bool {
    let kind = |table: &Table| table.get("kind").and_then(Value::as_str).map(str::to_owned);
    let usual = || "oauth2".to_owned();
    kind(table).is_some_and(|own| own != kind(catalogue).unwrap_or_else(usual))
}

/// The platform of the catalogue that goes by this alias.
fn holder_of_alias<'d>(drafts: &'d BTreeMap<PlatformName, Draft>, name: &str) -> Option<&'d PlatformName> {
    let has_alias = |draft: &Draft| {
        let aliases = draft.table.get("aliases").and_then(Value::as_array);
        aliases.is_some_and(|aliases| aliases.iter().any(|alias| alias.as_str() == Some(name)))
    };
    drafts.iter().find(|(_, draft)| has_alias(draft)).map(|(platform, _)| platform)
}
