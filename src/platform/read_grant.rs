//! `[grant]`: from its table to facts.

use std::collections::BTreeMap;

use super::entry_rules as rules;
use super::grant::{GrantFacts, Renewal, RevokeBy, SwapClient, TokenSwap};
use super::read_entry::pointer_map;
use crate::settings::{Reader, parse_web_address};

#[derive(Clone, Copy)]
enum RenewalName {
    None,
    RefreshToken,
    Exchange,
}

const RENEWALS: [(&str, RenewalName); 3] = [
    ("none", RenewalName::None),
    ("refresh_token", RenewalName::RefreshToken),
    ("exchange", RenewalName::Exchange),
];

const CLIENTS: [(&str, SwapClient); 3] =
    [("none", SwapClient::None), ("secret", SwapClient::Secret), ("id_and_secret", SwapClient::IdAndSecret)];

const REVOKED_BY: [(&str, RevokeBy); 2] =
    [("access_token", RevokeBy::AccessToken), ("refresh_token", RevokeBy::RefreshToken)];

/// Reads the table; an absent one is the default.
pub(super) fn read(reader: &Reader<'_>, rename: &BTreeMap<String, String>) -> GrantFacts {
    let section = reader.section("grant");
    let params = section.text_map("authorization_params");
    rules::check_authorization_params(&section, params.keys(), rename);
    let renew = swap(&section, "renew");
    let renewal = match (section.choice("renewal", &RENEWALS).unwrap_or(RenewalName::None), renew) {
        (RenewalName::None, _) => Renewal::None,
        (RenewalName::RefreshToken, _) => Renewal::RefreshToken,
        (RenewalName::Exchange, Some(swap)) => Renewal::Swap(swap),
        (RenewalName::Exchange, None) => {
            section.fault("renew", "is missing beside renewal = \"exchange\"", "describe the exchange there");
            Renewal::None
        }
    };
    let facts = GrantFacts {
        scopes: section.parsed_list("scopes", rules::scope).unwrap_or_default(),
        params,
        renewal,
        long_lived: swap(&section, "long_lived"),
        token_refused: pointer_map(&section, "token_refused"),
        revoke_by: section.choice("revocation_token", &REVOKED_BY).unwrap_or_default(),
    };
    section.finish();
    facts
}

fn swap(reader: &Reader<'_>, key: &str) -> Option<TokenSwap> {
    if !reader.has(key) {
        return None;
    }
    let section = reader.section(key);
    let endpoint = section.parsed("endpoint", parse_web_address);
    let endpoint = section.required("endpoint", endpoint, "name the platform's address for it");
    let grant_type = section.required("grant_type", section.text("grant_type"), "name the grant type");
    let swap = TokenSwap {
        endpoint: endpoint?,
        grant_type: grant_type?.to_owned(),
        token_param: section.text("token_param").unwrap_or("access_token").to_owned(),
        client: section.choice("client", &CLIENTS).unwrap_or(SwapClient::None),
    };
    section.finish();
    Some(swap)
}
