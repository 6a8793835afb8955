//! From one merged table to the entry of a platform without a consent page. What such a platform cannot have (scopes,
//! token endpoint, client) is not read, and so is refused as unknown.

use std::collections::BTreeMap;

use super::credentials::{AtProtoFacts, CredentialFacts, CredentialField, KeyPlace, Protocol};
use super::entry::{Authorization, Entry, IdScope, Kind, Pkce, PlatformName, Token};
use super::form::Form;
use super::grant::GrantFacts;
use super::{entry_rules as rules, read_entry};
use crate::settings::{Complaint, Reader, parse_web_address};

#[derive(Clone, Copy)]
enum ProtocolName {
    AtProto,
    ApiKey,
}

const PROTOCOLS: [(&str, ProtocolName); 2] =
    [("atproto", ProtocolName::AtProto), ("api_key", ProtocolName::ApiKey)];

/// Reads the facts; `None` where not even the protocol is known.
pub(super) fn read(name: PlatformName, reader: Reader<'_>) -> Option<Entry> {
    let protocol = reader.choice("protocol", &PROTOCOLS);
    let protocol = reader.required("protocol", protocol, "say \"atproto\" or \"api_key\"")?;
    let protocol = match protocol {
        ProtocolName::AtProto => atproto(&reader).map(Protocol::AtProto),
        ProtocolName::ApiKey => key_place(&reader).map(Protocol::ApiKey),
    };
    // Nothing here needs a client; an operator who gives every platform of the list one is not stopped by it.
    let _not_needed = (reader.text("client_id"), reader.secret("client_secret"));
    let fields = fields(&reader);
    let entry = Entry {
        display_name: reader.text("display_name").unwrap_or(name.as_str()).to_owned(),
        name,
        mark_color: reader.parsed("mark_color", rules::mark_color),
        aliases: reader.parsed_list("aliases", rules::platform_name).unwrap_or_default(),
        documentation: reader.text("documentation").map(str::to_owned),
        kind: Kind::Credentials,
        id_kind: reader.text("id_kind").unwrap_or("id").to_owned(),
        id_scope: reader.choice("id_scope", &rules::ID_SCOPES).unwrap_or(IdScope::App),
        issuer: None,
        client: None,
        identity: read_entry::identity(&reader, Kind::Credentials, &[]),
        revocation: None,
        authorization: no_authorization(),
        token: no_token(),
        grant: GrantFacts::default(),
        credentials: protocol.map(|protocol| CredentialFacts { protocol, fields }),
    };
    reader.finish();
    Some(entry)
}

fn atproto(reader: &Reader<'_>) -> Option<AtProtoFacts> {
    let address = |key| {
        let url = reader.parsed(key, parse_web_address);
        reader.required(key, url, "name the platform's address for it")
    };
    let (service, directory) = (address("service_endpoint"), address("directory_endpoint"));
    let host_suffixes = reader.parsed_list("host_suffixes", host_suffix).unwrap_or_default();
    Some(AtProtoFacts { service: service?, directory: directory?, host_suffixes })
}

fn key_place(reader: &Reader<'_>) -> Option<KeyPlace> {
    match (reader.text("key_header"), reader.text("key_query")) {
        (Some(name), None) => {
            let (name, value) = (name.to_owned(), String::new());
            rules::check_headers(reader, std::iter::once((&name, &value)));
            Some(KeyPlace::Header(name))
        }
        (None, Some(name)) => Some(KeyPlace::Query(name.to_owned())),
        _ => {
            let remedy = "name the header, or key_query the parameter, that takes the key: one of the two";
            reader.fault("key_header", "does not say where the key goes", remedy);
            None
        }
    }
}

fn fields(reader: &Reader<'_>) -> Vec<CredentialField> {
    let read = reader.named_sections("credentials").into_iter().map(|(name, section)| {
        let forms = section.parsed_one_or_more("forms", form);
        let field = CredentialField {
            name,
            is_secret: section.flag("secret").unwrap_or(false),
            forms: section.required("forms", forms, "say what it looks like").unwrap_or_default(),
            rule: section.text("rule").unwrap_or("does not look like one").to_owned(),
        };
        section.finish();
        field
    });
    let fields: Vec<_> = read.collect();
    if fields.iter().filter(|field| field.is_secret).count() != 1 {
        let remedy = "describe each in [credentials.NAME], and say secret = true of the password or key";
        reader.fault("credentials", "has no secret, or several", remedy);
    }
    if fields.iter().any(|field| field.name == "profile_id") {
        reader.fault("credentials", "has the name of another field of the request", "choose another");
    }
    fields
}

fn form(text: &str) -> Result<Form, Complaint> {
    Form::parse(text).ok_or_else(|| Complaint::new("is no form", "write it like \"{a-z2-7:4}-{0-9:1-8}\""))
}

/// With its dot in front, so that it never fits a longer name of somebody else's.
fn host_suffix(text: &str) -> Result<String, Complaint> {
    let is_name = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.' || b == b'-';
    let good = text.starts_with('.') && text.trim_matches('.').contains('.') && text.bytes().all(is_name);
    good.then(|| text.to_owned())
        .ok_or_else(|| Complaint::new("is no end of a host name", "write it like \".hosts.example.com\""))
}

fn no_authorization() -> Authorization {
    Authorization {
        endpoint: None,
        params: BTreeMap::new(),
        scopes: Vec::new(),
        scope_separator: " ".to_owned(),
        pkce: Pkce::None,
        rename: BTreeMap::new(),
        error_params: Vec::new(),
        access_denied: Vec::new(),
        code_suffixes: Vec::new(),
    }
}

fn no_token() -> Token {
    Token {
        endpoint: None,
        auth_method: None,
        access_token: Vec::new(),
        scope: Vec::new(),
        account: Vec::new(),
        refresh_token: Vec::new(),
        expires_in: Vec::new(),
        error: Vec::new(),
    }
}
