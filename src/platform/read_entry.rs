//! From one merged table to one [`Entry`]. Faults go to the reader; what it could not read is left at its default,
//! since with a single fault no entry is used at all.

use std::collections::BTreeMap;

use super::entry::{
    AuthMethod, Authorization, Client, Entry, IdScope, Identity, Kind, Pkce, Pointer, Revocation,
    RevocationAuth, RevocationMethod, Token, WithoutScope,
};
use super::{entry_rules as rules, read_credentials, read_grant};
use crate::session::PlatformName;
use crate::settings::{Reader, parse_web_address};

/// Reads the facts of one platform; `None` where not even the protocol is known.
pub(super) fn read(name: PlatformName, reader: Reader<'_>) -> Option<Entry> {
    let kind = reader.choice("kind", &rules::KINDS);
    let kind = reader.required("kind", kind, "say \"oauth2\", \"oidc\" or \"credentials\"")?;
    if kind == Kind::Credentials {
        return read_credentials::read(name, reader);
    }
    let authorization = authorization(&reader, kind);
    let token = token(&reader, kind);
    let entry = Entry {
        display_name: reader.text("display_name").unwrap_or(name.as_str()).to_owned(),
        name,
        mark_color: reader.parsed("mark_color", rules::mark_color),
        aliases: reader.parsed_list("aliases", rules::platform_name).unwrap_or_default(),
        documentation: reader.text("documentation").map(str::to_owned),
        kind,
        id_kind: reader.text("id_kind").unwrap_or(if kind == Kind::Oidc { "sub" } else { "id" }).to_owned(),
        // The scope that promises least.
        id_scope: reader.choice("id_scope", &rules::ID_SCOPES).unwrap_or(IdScope::App),
        issuer: reader.parsed("issuer", rules::issuer),
        client: client(&reader),
        identity: identity(&reader, kind, &authorization.scopes),
        revocation: revocation(&reader, kind, token.auth_method),
        grant: read_grant::read(&reader, &authorization.rename),
        authorization,
        token,
        credentials: None,
    };
    if kind == Kind::Oidc {
        reader.required("issuer", entry.issuer.as_ref(), "name the root of OpenID Connect discovery");
    }
    reader.finish();
    Some(entry)
}

fn client(reader: &Reader<'_>) -> Option<Client> {
    let (id, secret) = (reader.text("client_id"), reader.secret("client_secret"));
    let has_secret = reader.has("client_secret") || reader.has("client_secret_file");
    match (reader.has("client_id"), has_secret) {
        (true, false) => reader.fault("client_secret", "is missing beside client_id", "give both or neither"),
        (false, true) => reader.fault("client_id", "is missing beside client_secret", "give both or neither"),
        _ => {}
    }
    Some(Client { client_id: id?.to_owned(), client_secret: secret? })
}

fn authorization(reader: &Reader<'_>, kind: Kind) -> Authorization {
    let scopes = reader.parsed_list("scopes", rules::scope);
    let params = reader.text_map("authorization_params");
    let rename = reader.text_map("rename");
    rules::check_renamed(reader, &rename);
    rules::check_authorization_params(reader, params.keys(), &rename);
    let endpoint = endpoint(reader, kind, "authorization_endpoint");
    rules::check_authorization_endpoint(reader, endpoint.as_ref(), &rename);
    let scopes = scopes.unwrap_or_else(|| match kind {
        Kind::OAuth2 | Kind::Credentials => Vec::new(),
        Kind::Oidc => vec!["openid".to_owned(), "profile".to_owned()],
    });
    if kind == Kind::Oidc && !scopes.iter().any(|scope| scope == "openid") {
        reader.fault("scopes", "lacks openid, without which there is no ID token", "add \"openid\"");
    }
    Authorization {
        endpoint,
        params,
        scopes,
        scope_separator: reader
            .choice("scope_separator", &[(" ", " "), (",", ",")])
            .unwrap_or(" ")
            .to_owned(),
        pkce: reader.choice("pkce", &rules::PKCES).unwrap_or(Pkce::S256),
        rename,
        error_params: reader.list("authorization_error_params").unwrap_or_default(),
        access_denied: reader.list("access_denied").unwrap_or_else(|| vec!["access_denied".to_owned()]),
        code_suffixes: reader.list("code_suffixes").unwrap_or_default(),
    }
}

fn token(reader: &Reader<'_>, kind: Kind) -> Token {
    let answer = reader.section("token");
    let token = Token {
        endpoint: endpoint(reader, kind, "token_endpoint"),
        auth_method: reader.choice("token_endpoint_auth_method", &rules::AUTH_METHODS),
        access_token: pointers(&answer, "access_token", &["/access_token"]),
        scope: pointers(&answer, "scope", &["/scope"]),
        account: pointers(&answer, "account", &[]),
        refresh_token: pointers(&answer, "refresh_token", &["/refresh_token"]),
        expires_in: pointers(&answer, "expires_in", &["/expires_in"]),
        error: pointers(&answer, "error", &["/error"]),
    };
    answer.finish();
    token
}

pub(super) fn identity(reader: &Reader<'_>, kind: Kind, scopes: &[String]) -> Identity {
    let headers = reader.text_map("identity_headers");
    rules::check_headers(reader, headers.iter());
    let answer = reader.section("identity");
    let (id, handle, name): (&[&str], &[&str], &[&str]) = match kind {
        Kind::OAuth2 | Kind::Credentials => (&[], &[], &[]),
        Kind::Oidc => (&["/sub"], &["/preferred_username"], &["/name"]),
    };
    let identity = Identity {
        endpoint: endpoint(reader, kind, "identity_endpoint"),
        query: reader.text_map("identity_query"),
        headers,
        proof_param: reader.text("identity_proof_param").map(str::to_owned),
        required_scopes: required_scopes(reader, scopes),
        without_scope: without_scope(reader),
        platform_id: pointers(&answer, "platform_id", id),
        handle: pointers(&answer, "handle", handle),
        display_name: pointers(&answer, "name", name),
        account: pointers(&answer, "account", &[]),
        require: pointer_map(&answer, "require"),
        error: pointers(&answer, "error", &[]),
        no_account_unless: answer.parsed("no_account_unless", rules::pointer),
        no_account_if: pointer_map(&answer, "no_account_if"),
    };
    if identity.platform_id.is_empty() {
        answer.fault(
            "platform_id",
            "names no place of the permanent id",
            "give its JSON pointer: \"/data/id\"",
        );
    }
    answer.finish();
    identity
}

fn required_scopes(reader: &Reader<'_>, scopes: &[String]) -> Vec<String> {
    let mut required = reader.parsed_list("required_scopes", rules::scope).unwrap_or_default();
    // An operator who asks for other scopes than the catalogue's file is not held to what that file requires.
    if reader.is_overlaid("scopes") && !reader.is_overlaid("required_scopes") {
        required.retain(|scope| scopes.contains(scope));
    }
    if required.iter().any(|scope| !scopes.contains(scope)) {
        reader.fault("required_scopes", "has a scope that is never asked for", "add it to scopes as well");
    }
    required
}

fn without_scope(reader: &Reader<'_>) -> BTreeMap<String, WithoutScope> {
    let sections = reader.named_sections("without_scope").into_iter();
    let read = sections.map(|(scope, section)| {
        let identity_query = section.text_map("identity_query");
        section.finish();
        (scope, WithoutScope { identity_query })
    });
    read.collect()
}

fn revocation(reader: &Reader<'_>, kind: Kind, token_auth: Option<AuthMethod>) -> Option<Revocation> {
    let method =
        reader.choice("revocation_method", &rules::REVOCATION_METHODS).unwrap_or(RevocationMethod::Post);
    let usual_auth = match (method, token_auth) {
        (RevocationMethod::Delete, _) => RevocationAuth::Bearer,
        (RevocationMethod::Post, Some(AuthMethod::Post)) => RevocationAuth::Post,
        (RevocationMethod::Post, _) => RevocationAuth::Basic,
    };
    let revocation = Revocation {
        endpoint: reader.parsed("revocation_endpoint", parse_web_address),
        method,
        auth: reader.choice("revocation_auth", &rules::REVOCATION_AUTHS).unwrap_or(usual_auth),
        after_read: reader.flag("revoke_after_read"),
        after_read_for_callers: reader.is_overlaid("revoke_after_read")
            && reader.flag("revoke_after_read") == Some(true),
    };
    if method == RevocationMethod::Delete && revocation.auth != RevocationAuth::Bearer {
        let problem = "cannot tell the platform which token to revoke with DELETE";
        reader.fault("revocation_auth", problem, "use \"bearer\", or POST");
    }
    if kind == Kind::OAuth2 && revocation.endpoint.is_none() {
        if revocation.after_read == Some(true) && !reader.has("revocation_endpoint") {
            let remedy = "name the revocation_endpoint, or leave this out";
            reader.fault("revoke_after_read", "asks for what this platform has no endpoint for", remedy);
        }
        return None;
    }
    Some(revocation)
}

/// With OAuth 2.0 an endpoint is needed; with OpenID Connect discovery names it.
fn endpoint(reader: &Reader<'_>, kind: Kind, key: &str) -> Option<url::Url> {
    let url = reader.parsed(key, parse_web_address);
    match kind {
        Kind::OAuth2 => reader.required(key, url, "name the platform's address for it"),
        Kind::Oidc | Kind::Credentials => url,
    }
}

fn pointers(reader: &Reader<'_>, key: &str, usual: &[&str]) -> Vec<Pointer> {
    let given = reader.parsed_one_or_more(key, rules::pointer);
    given.unwrap_or_else(|| usual.iter().filter_map(|text| Pointer::parse(text)).collect())
}

pub(super) fn pointer_map(reader: &Reader<'_>, key: &str) -> BTreeMap<Pointer, String> {
    let mut map = BTreeMap::new();
    for (pointer, value) in reader.text_map(key) {
        match rules::pointer(&pointer) {
            Ok(pointer) => {
                map.insert(pointer, value);
            }
            Err(complaint) => reader.fault(key, complaint.problem, complaint.remedy),
        }
    }
    map
}
