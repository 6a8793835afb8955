//! What a single value of a platform's facts must look like.

use std::collections::BTreeMap;

use url::Url;

use super::entry::{AuthMethod, IdScope, Kind, MarkColor, Pkce, Pointer, RevocationAuth, RevocationMethod};
use crate::session::PlatformName;
use crate::settings::{Complaint, Reader, parse_web_address};

pub(super) const KINDS: [(&str, Kind); 3] =
    [("oauth2", Kind::OAuth2), ("oidc", Kind::Oidc), ("credentials", Kind::Credentials)];

pub(super) const ID_SCOPES: [(&str, IdScope); 3] =
    [("app", IdScope::App), ("developer", IdScope::Developer), ("global", IdScope::Global)];

pub(super) const AUTH_METHODS: [(&str, AuthMethod); 2] =
    [("client_secret_post", AuthMethod::Post), ("client_secret_basic", AuthMethod::Basic)];

pub(super) const PKCES: [(&str, Pkce); 3] =
    [("S256", Pkce::S256), ("S256-hex", Pkce::S256Hex), ("none", Pkce::None)];

pub(super) const REVOCATION_METHODS: [(&str, RevocationMethod); 2] =
    [("POST", RevocationMethod::Post), ("DELETE", RevocationMethod::Delete)];

pub(super) const REVOCATION_AUTHS: [(&str, RevocationAuth); 4] = [
    ("none", RevocationAuth::None),
    ("client_secret_post", RevocationAuth::Post),
    ("client_secret_basic", RevocationAuth::Basic),
    ("bearer", RevocationAuth::Bearer),
];

/// Parameters of the authorization request that the service alone decides: an overlay that could set them would
/// switch off state, PKCE or nonce, or send the code elsewhere.
const OWN_PARAMS: [&str; 11] = [
    "response_type",
    "response_mode",
    "client_id",
    "client_secret",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "request_uri",
];

/// Parameters that a platform may spell its own way. `state` and `code` come back to us and are not among them.
const RENAMABLE: [&str; 5] = ["client_id", "client_secret", "redirect_uri", "scope", "token"];

/// Headers that the request itself decides.
const OWN_HEADERS: [&str; 5] = ["authorization", "cookie", "host", "content-length", "transfer-encoding"];

/// A colour as style sheets write it.
pub(super) fn mark_color(text: &str) -> Result<MarkColor, Complaint> {
    let mut channels = [0; 3];
    let digits = text.strip_prefix('#').unwrap_or_default();
    hex::decode_to_slice(digits, &mut channels)
        .map(|()| MarkColor(channels))
        .map_err(|_| Complaint::new("is no colour", "write # and six hex digits, such as \"#0b5fff\""))
}

/// A name of the operator's or the catalogue's choice; `sandbox` is what proofs of the built-in sandbox may be
/// called, and so no platform's.
pub(super) fn platform_name(text: &str) -> Result<PlatformName, Complaint> {
    if text == "sandbox" {
        return Err(Complaint::new("is a reserved platform name", "choose another name"));
    }
    PlatformName::parse(text).ok_or_else(|| {
        Complaint::new(
            "is no platform name",
            "use a small letter, then at most 31 small letters, digits and underscores",
        )
    })
}

pub(super) fn pointer(text: &str) -> Result<Pointer, Complaint> {
    Pointer::parse(text).ok_or_else(|| {
        Complaint::new("is no JSON pointer (RFC 6901)", "begin each pointer with a slash: \"/data/id\"")
    })
}

/// RFC 6749, section 3.3.
pub(super) fn scope(text: &str) -> Result<String, Complaint> {
    let allowed = |b: u8| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\' | b',');
    if text.bytes().all(allowed) {
        return Ok(text.to_owned());
    }
    let problem = "has a scope with a blank, a comma or another forbidden character";
    Err(Complaint::new(problem, "list one scope per item"))
}

/// An issuer is compared byte for byte, so it stays as it was written (RFC 8414, section 2).
pub(super) fn issuer(text: &str) -> Result<String, Complaint> {
    match parse_web_address(text)?.query() {
        None => Ok(text.to_owned()),
        Some(_) => Err(Complaint::new("has a query", "take out the ? and what follows")),
    }
}

/// Parameters of the token and revocation requests, besides those of [`OWN_PARAMS`].
const OWN_MEMBERS: [&str; 5] = ["grant_type", "code", "code_verifier", "token", "refresh_token"];

/// No parameter of ours may stand there twice: one server reads the first of them and the next one the last.
pub(super) fn check_authorization_params<'n>(
    reader: &Reader<'_>,
    names: impl Iterator<Item = &'n String>,
    rename: &BTreeMap<String, String>,
) {
    for name in names.filter(|name| name.is_empty() || is_ours(name, rename)) {
        let problem = format!("sets {name:?}, which the service sets itself or nobody can");
        reader.fault("authorization_params", problem, "take it out");
    }
}

/// The same for what stands in the endpoint's own query.
pub(super) fn check_authorization_endpoint(
    reader: &Reader<'_>,
    endpoint: Option<&Url>,
    rename: &BTreeMap<String, String>,
) {
    let mut names = endpoint.into_iter().flat_map(Url::query_pairs);
    if names.any(|(name, _)| is_ours(&name, rename)) {
        let problem = "has a parameter in its query that the service sets itself";
        reader.fault("authorization_endpoint", problem, "take it out");
    }
}

pub(super) fn check_renamed(reader: &Reader<'_>, rename: &BTreeMap<String, String>) {
    for name in rename.keys().filter(|name| !RENAMABLE.contains(&name.as_str())) {
        let problem = format!("renames {name}, which has one name everywhere");
        reader.fault("rename", problem, format!("rename only {}", RENAMABLE.join(", ")));
    }
    let mut spellings: Vec<&str> = OWN_PARAMS.into_iter().chain(OWN_MEMBERS).collect();
    for (name, spelling) in rename {
        let is_plain = spelling.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        let is_taken = spelling != name && spellings.contains(&spelling.as_str());
        if spelling.is_empty() || !is_plain || is_taken {
            let problem = format!("gives {name} a name that another parameter has, or that none can have");
            reader.fault("rename", problem, "write the platform's own name for it");
        }
        spellings.push(spelling);
    }
}

fn is_ours(name: &str, rename: &BTreeMap<String, String>) -> bool {
    OWN_PARAMS.contains(&name) || rename.values().any(|spelling| spelling == name)
}

pub(super) fn check_headers<'h>(
    reader: &Reader<'_>,
    headers: impl Iterator<Item = (&'h String, &'h String)>,
) {
    for (name, value) in headers {
        let own = OWN_HEADERS.contains(&name.to_ascii_lowercase().as_str());
        let token =
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        let printable = value.bytes().all(|b| b == b' ' || b.is_ascii_graphic());
        if own || !token || !printable {
            let problem =
                format!("has a header {name:?} that cannot be sent or that the service sets itself");
            reader.fault("identity_headers", problem, "use plain names and values in printable ASCII");
        }
    }
}
