//! The AT Protocol with an app password: a session is opened, the account confirmed from both ends, the session ended.
//!
//! A session only says what its server believes. The account is the DID, and it is proven where the DID's own document
//! names this server as its host; the handle is shown only where document and handle name each other
//! (<https://atproto.com/specs/handle>). Addresses come from the entry alone, never from an answer, and so nothing here
//! can be led into a private network: `did:web`, whose document lies on a host of the account's choice, is refused.

use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::credentials::AtProtoFacts;
use super::entry::{Entry, Pointer};
use super::http::{self, Answer, Call, Deadline, Outbound, Request};
use super::identity::{self, PlatformIdentity};
use super::json::Document;
use super::{DisplayName, Handle, PlatformFault};
use crate::crypto::secret::SecretText;
use crate::session::PlatformId;

/// What a handle reads as where none is valid.
const NO_HANDLE: &str = "handle.invalid";
const DID_PLC: &str = "did:plc:";

/// One way to the platform, for the time of one confirmation.
pub(super) struct AtProto<'a> {
    pub(super) facts: &'a AtProtoFacts,
    pub(super) entry: &'a Entry,
    pub(super) outbound: &'a Outbound,
    pub(super) deadline: Deadline,
}

/// A session that was opened and must be ended.
pub(super) struct OpenSession {
    document: Document<'static>,
    /// The only token that ends it.
    pub(super) refresh_token: Option<SecretText>,
}

/// The part of a DID document that counts here.
#[derive(Deserialize)]
struct DidDocument {
    id: String,
    #[serde(default, rename = "alsoKnownAs")]
    also_known_as: Vec<String>,
    #[serde(default)]
    service: Vec<Service>,
}

#[derive(Deserialize)]
struct Service {
    id: String,
    r#type: String,
    #[serde(rename = "serviceEndpoint")]
    endpoint: serde_json::Value,
}

impl AtProto<'_> {
    /// `com.atproto.server.createSession`.
    pub(super) async fn open(
        &self,
        identifier: &str,
        app_password: &SecretText,
    ) -> Result<OpenSession, PlatformFault> {
        let identifier = identifier.to_ascii_lowercase();
        if !identifier.starts_with(DID_PLC) && !is_handle(&identifier) {
            return Err(PlatformFault::BadCredentials);
        }
        let mut request = http::request(Method::POST, &self.method("com.atproto.server.createSession")?);
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let body = json!({"identifier": identifier, "password": app_password.expose()});
        *request.body_mut() = Some(body.to_string().into());
        let answer = self.outbound.send(Call::Token, request, self.deadline).await?;
        let document = Document::parse(&answer.body);
        if !answer.is_success() {
            return Err(refusal(&answer, document.as_ref()));
        }
        let document = document.ok_or(PlatformFault::Unusable("its session is no JSON object"))?;
        let refresh_token = document.member("refreshJwt").map(SecretText::new);
        Ok(OpenSession { document: document.into_owned(), refresh_token })
    }

    /// Who the session's account is: its id is confirmed by the id's own document, or there is none.
    pub(super) async fn confirm(
        &self,
        session: &OpenSession,
        identifier: &str,
    ) -> Result<PlatformIdentity, PlatformFault> {
        if Pointer::parse("/active").is_some_and(|active| session.document.is_false(&active)) {
            return Err(PlatformFault::InactiveAccount);
        }
        let platform_id = identity::platform_id(self.entry, &session.document)?;
        let did = platform_id.as_str();
        if !is_did_plc(did) {
            return Err(PlatformFault::InvalidIdentity(
                "it is no did:plc, which is the only kind that is read",
            ));
        }
        if identifier.starts_with("did:") && !identifier.eq_ignore_ascii_case(did) {
            return Err(PlatformFault::InvalidIdentity("the session is another account's"));
        }
        let document = self.did_document(did).await?;
        if document.id != did || !self.is_hosted_here(&document) {
            return Err(PlatformFault::InvalidIdentity("its document names another account or another host"));
        }
        let said = session.document.first_text(&self.entry.identity.handle).unwrap_or_default();
        let handle = match document.handle().filter(|handle| handle.eq_ignore_ascii_case(&said)) {
            Some(handle) => self.confirmed_handle(&handle, &platform_id).await?,
            None => Handle::default(),
        };
        let is_asked = identifier.starts_with("did:") || handle.0.eq_ignore_ascii_case(identifier);
        if !handle.0.is_empty() && !is_asked {
            return Err(PlatformFault::InvalidIdentity("the session is another account's"));
        }
        Ok(PlatformIdentity { platform_id, handle, name: DisplayName::default() })
    }

    /// `com.atproto.server.deleteSession`, which takes the refresh token and no other.
    pub(super) fn end(&self, refresh_token: &SecretText) -> Result<Request, PlatformFault> {
        let mut request = http::request(Method::POST, &self.method("com.atproto.server.deleteSession")?);
        let bearer = http::secret_value(&format!("Bearer {}", refresh_token.expose()))?;
        request.headers_mut().insert(AUTHORIZATION, bearer);
        Ok(request)
    }

    async fn did_document(&self, did: &str) -> Result<DidDocument, PlatformFault> {
        let url = below(&self.facts.directory, did)?;
        let answer = self.ask(&url).await?;
        if !answer.is_success() {
            return Err(PlatformFault::Unusable("the directory does not know the account"));
        }
        serde_json::from_slice(&answer.body).map_err(|_| PlatformFault::Unusable("it is no DID document"))
    }

    /// The handle where it leads back to the account, and none where it leads nowhere. One that leads to another account
    /// is somebody's attempt, and ends the reading.
    async fn confirmed_handle(&self, handle: &str, account: &PlatformId) -> Result<Handle, PlatformFault> {
        let mut url = self.method("com.atproto.identity.resolveHandle")?;
        url.query_pairs_mut().append_pair("handle", handle);
        let answer = self.ask(&url).await?;
        let resolved = Document::parse(&answer.body).filter(|_| answer.is_success());
        match resolved.and_then(|document| document.member("did")) {
            Some(did) if did == account.as_str() => Ok(Handle(handle.to_owned())),
            Some(_) => Err(PlatformFault::InvalidIdentity("its handle is another account's")),
            None => Ok(Handle::default()),
        }
    }

    /// Asks once more where the first answer promised nothing: reading changes nothing there.
    async fn ask(&self, url: &Url) -> Result<Answer, PlatformFault> {
        let send = || self.outbound.send(Call::Identity, http::request(Method::GET, url), self.deadline);
        let answer = match send().await {
            Ok(answer) if answer.status < 500 => answer,
            Ok(_) | Err(PlatformFault::Unavailable(_)) => send().await?,
            Err(fault) => return Err(fault),
        };
        if answer.is_unavailable() {
            return Err(PlatformFault::Unavailable("a reading endpoint answered 5xx or 429"));
        }
        Ok(answer)
    }

    /// An account that moved away must be asked for at its new host: the old one cannot speak for it any more.
    fn is_hosted_here(&self, document: &DidDocument) -> bool {
        let is_host =
            |one: &&Service| one.id.ends_with("#atproto_pds") && one.r#type == "AtprotoPersonalDataServer";
        let endpoint = document.service.iter().find(is_host).and_then(|one| one.endpoint.as_str());
        let Some(url) = endpoint.and_then(|text| Url::parse(text).ok()) else { return false };
        let is_the_service = url.origin() == self.facts.service.origin();
        let suffixes = &self.facts.host_suffixes;
        let is_a_host_of_it = url.scheme() == "https"
            && url.host_str().is_some_and(|host| suffixes.iter().any(|suffix| host.ends_with(suffix)));
        is_the_service || is_a_host_of_it
    }

    fn method(&self, name: &str) -> Result<Url, PlatformFault> {
        below(&self.facts.service, &format!("xrpc/{name}"))
    }
}

impl DidDocument {
    /// The first handle that it names is the account's (<https://atproto.com/specs/did>).
    fn handle(&self) -> Option<String> {
        let mut handles = self.also_known_as.iter().filter_map(|uri| uri.strip_prefix("at://"));
        let handle = handles.next()?.to_ascii_lowercase();
        (is_handle(&handle) && handle != NO_HANDLE).then_some(handle)
    }
}

fn below(root: &Url, path: &str) -> Result<Url, PlatformFault> {
    let url = format!("{}/{path}", root.as_str().trim_end_matches('/'));
    Url::parse(&url).map_err(|_| PlatformFault::Service("the platform's entry has an address that is none"))
}

fn refusal(answer: &Answer, document: Option<&Document<'_>>) -> PlatformFault {
    if answer.is_unavailable() {
        return PlatformFault::Unavailable("the session endpoint answered 5xx or 429");
    }
    let error = document.and_then(|document| document.member("error"));
    match error.as_deref() {
        Some("AccountTakedown" | "AccountSuspended" | "AccountDeactivated") => PlatformFault::InactiveAccount,
        _ if answer.status == 401 => PlatformFault::BadCredentials,
        _ => PlatformFault::Unusable("the session endpoint refused the request"),
    }
}

/// 24 characters of base32 behind the prefix (<https://web.plc.directory/spec/v0.1/did-plc>).
fn is_did_plc(did: &str) -> bool {
    did.strip_prefix(DID_PLC).is_some_and(|id| {
        id.len() == 24 && id.bytes().all(|b| b.is_ascii_lowercase() || (b'2'..=b'7').contains(&b))
    })
}

/// A domain name of at least two labels whose last one begins with a letter (<https://atproto.com/specs/handle>).
fn is_handle(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last = text.rsplit('.').next().unwrap_or_default();
    text.len() <= 253
        && text.contains('.')
        && text.split('.').all(is_label)
        && last.bytes().next().is_some_and(|b| b.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_are_domain_names_and_nothing_else() {
        for good in ["jane.bsky.social", "xn--ls8h.test", "8.cn", "a.co", "jane-doe.example.com"] {
            assert!(is_handle(good), "{good}");
        }
        for bad in [
            "",
            "jane",
            "jane.",
            ".com",
            "jane..com",
            "-a.com",
            "a-.com",
            "jane@example.com",
            "127.0.0.1",
            "a b.c",
        ] {
            assert!(!is_handle(bad), "{bad}");
        }
    }

    #[test]
    fn only_did_plc_is_an_account() {
        assert!(is_did_plc("did:plc:z72i7hdynmk6r22z27h6tvur"));
        for bad in [
            "did:web:example.com",
            "did:plc:z72i7",
            "did:plc:Z72I7HDYNMK6R22Z27H6TVUR",
            "z72i7hdynmk6r22z27h6tvur",
        ] {
            assert!(!is_did_plc(bad), "{bad}");
        }
    }

    #[test]
    fn the_first_handle_of_a_document_is_the_account_s() {
        let document = |also: &str| -> DidDocument {
            serde_json::from_str(&format!("{{\"id\":\"did:plc:x\",\"alsoKnownAs\":{also}}}")).unwrap()
        };
        assert_eq!(
            document(r#"["https://a.b","at://Jane.test","at://b.test"]"#).handle().unwrap(),
            "jane.test"
        );
        for none in ["[]", r#"["at://handle.invalid"]"#, r#"["at://jane@x.y"]"#, r#"["https://jane.test"]"#] {
            assert_eq!(document(none).handle(), None, "{none}");
        }
    }
}
