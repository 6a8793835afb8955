//! The platforms that documents describe in TOML, read by the service as its operators' are.

use toml::Table;

use super::markdown::block;
use super::terminal::{Terminal, with};

/// What `handleproof platforms` says of `acme`, where the configuration is this.
#[track_caller]
fn acme(terminal: &Terminal, config: &str) -> serde_json::Value {
    terminal.write("handleproof.toml", &format!("public_url = \"https://verify.example.com\"\n{config}"));
    let listed = terminal.answers("handleproof platforms --json --config handleproof.toml");
    let platforms = listed["platforms"].as_array().unwrap();
    platforms.iter().find(|platform| platform["name"] == "acme").unwrap().clone()
}

#[test]
fn an_openid_provider_is_a_platform_by_the_lines_shown() {
    let terminal = Terminal::new();
    terminal.write("secret", "of-the-client");
    let shown = block("docs/add-a-platform.md", "[platforms.acme]\nkind = \"oidc\"").text;
    let secret = terminal.folder.path().join("secret").display().to_string();
    let platform = acme(&terminal, &with(&shown, &[("…", "client"), ("/run/secrets/acme", &secret)]));
    assert_eq!((&platform["kind"], &platform["ready"]), (&"oidc".into(), &true.into()), "{platform}");
}

/// The OAuth 2 platform's file, as a table.
fn file_of_facts() -> Table {
    block("docs/add-a-platform.md", "# Facts read in November 2026").text.parse().unwrap()
}

fn as_acme(facts: Table) -> String {
    let mut platforms = Table::new();
    platforms.insert("acme".to_owned(), facts.into());
    let mut config = Table::new();
    config.insert("platforms".to_owned(), platforms.into());
    config.to_string()
}

#[test]
fn the_file_of_facts_works_in_the_configuration_too() {
    let mut facts = file_of_facts();
    let without_client = acme(&Terminal::new(), &as_acme(facts.clone()));
    assert_eq!(without_client["ready"], false, "{without_client}");
    facts.insert("client_id".to_owned(), "client".into());
    facts.insert("client_secret".to_owned(), "secret".into());
    let platform = acme(&Terminal::new(), &as_acme(facts));
    assert_eq!((&platform["kind"], &platform["ready"]), (&"oauth2".into(), &true.into()), "{platform}");
}

#[test]
fn a_platform_without_a_consent_page_is_described_by_the_keys_shown() {
    let mut facts: Table = block("docs/add-a-platform.md", "kind = \"credentials\"").text.parse().unwrap();
    for (name, value) in file_of_facts() {
        if ["display_name", "documentation", "id_kind", "id_scope", "identity"].contains(&name.as_str()) {
            facts.insert(name, value);
        }
    }
    let platform = acme(&Terminal::new(), &as_acme(facts));
    assert_eq!((&platform["kind"], &platform["ready"]), (&"credentials".into(), &true.into()), "{platform}");
}
