//! What documents say of the platforms altogether; `tests/it/docs.rs` compares the table of `docs/platforms.md`.

use std::path::Path;

use handleproof::platform::catalogue::{Catalogue, Overrides};
use handleproof::platform::grant::Renewal;
use handleproof::settings::Origins;

use super::figures::{says, word};
use super::markdown::Document;

fn catalogue() -> Catalogue {
    let (platforms, origins) = (toml::Table::new(), Origins::file("test"));
    Catalogue::load(Overrides { platforms: &platforms, origins: &origins, folder: Path::new("") }).unwrap()
}

#[test]
fn the_number_of_platforms_is_the_catalogues() {
    let all = catalogue();
    let with_consent = all.iter().filter(|entry| entry.has_consent_page()).count() as u64;
    let by_credentials = all.iter().count() as u64 - with_consent;
    let (consent, credentials) = (word(with_consent), word(by_credentials));
    let capital = format!("{}{}", consent[..1].to_uppercase(), &consent[1..]);
    says("README.md", &format!("{capital} platforms built in, {credentials} more by credentials"));
    says("CHANGELOG.md", &format!("through {consent} platforms"));
    says("docs/performance.md", &format!("evenly over {consent} platforms"));
}

#[test]
fn grants_are_renewed_and_given_back_as_the_catalogue_says() {
    let text = Document::read("docs/grants.md").text;
    let (_, table) = text.split_once("| platform | access token | renewed by | given back |\n").unwrap();
    let rows: Vec<Vec<&str>> = table
        .lines()
        .take_while(|line| line.starts_with('|'))
        .skip(1)
        .map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    let all = catalogue();
    for entry in all.iter().filter(|entry| entry.has_consent_page()) {
        let shown = &entry.display_name;
        let row = rows.iter().find(|row| row[0].split(", ").any(|name| name == shown.as_str()));
        let row = row.unwrap_or_else(|| panic!("docs/grants.md does not tell of {shown}"));
        let renewal = match entry.grant.renewal {
            Renewal::None => "nothing",
            Renewal::RefreshToken => "a refresh token",
            Renewal::Swap(_) => "the token itself",
        };
        assert!(row[2].starts_with(renewal), "{shown} is renewed by {renewal}: {row:?}");
        assert_eq!(row[3] == "no way to", entry.revocation.is_none(), "{row:?}");
        assert_eq!(row[1].contains("exchange"), entry.grant.long_lived.is_some(), "{row:?}");
    }
    let named = rows.iter().flat_map(|row| row[0].split(", ")).count();
    assert_eq!(named, all.iter().filter(|entry| entry.has_consent_page()).count());
}
