//! The token endpoint (RFC 6749, sections 4.1.3 and 5): building the one request of a flow and judging its answer.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use oauth2::{AuthorizationCode, PkceCodeVerifier};
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use url::{Url, form_urlencoded};

use super::PlatformFault;
use super::entry::{AuthMethod, Client, Entry, Kind};
use super::grant::KeptTokens;
use super::http::{self, Answer, Request};
use super::json::Document;
use super::urlencoded::FormBody;
use crate::crypto::secret::SecretText;
use crate::every_byte::every_byte;

/// What the token endpoint gave. Held in memory for as long as the identity is read, wiped after, written nowhere.
pub(super) struct Tokens {
    pub(super) access_token: SecretText,
    /// The granted scopes, where the platform says; where it does not they are the requested ones (RFC 6749, 5.1).
    pub(super) scopes: Option<Vec<String>>,
    /// The account that the token is for, where the platform says.
    pub(super) account: Option<String>,
    /// OpenID Connect only.
    pub(super) id_token: Option<SecretText>,
}

/// A code and what belongs to it.
pub(super) struct Exchange<'a> {
    pub(super) code: &'a AuthorizationCode,
    pub(super) redirect_uri: &'a str,
    /// `None` where the platform takes no PKCE.
    pub(super) code_verifier: Option<PkceCodeVerifier>,
}

/// The access token request.
pub(super) fn request(
    entry: &Entry,
    endpoint: &Url,
    auth: AuthMethod,
    client: &Client,
    exchange: &Exchange<'_>,
) -> Result<Request, PlatformFault> {
    let mut form = FormBody::default();
    form.append(entry.spelling("grant_type"), "authorization_code");
    form.append(entry.spelling("code"), exchange.code.secret());
    form.append(entry.spelling("redirect_uri"), exchange.redirect_uri);
    if let Some(verifier) = &exchange.code_verifier {
        form.append(entry.spelling("code_verifier"), verifier.secret());
    }
    post_form(entry, endpoint, Some(auth), client, form)
}

/// A form with client authentication, as the token and revocation endpoints take it.
pub(super) fn post_form(
    entry: &Entry,
    endpoint: &Url,
    auth: Option<AuthMethod>,
    client: &Client,
    mut form: FormBody,
) -> Result<Request, PlatformFault> {
    let mut request = http::request(Method::POST, endpoint);
    let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
    request.headers_mut().insert(CONTENT_TYPE, kind);
    match auth {
        Some(AuthMethod::Post) => {
            form.append(entry.spelling("client_id"), &client.client_id);
            form.append(entry.spelling("client_secret"), client.client_secret.expose());
        }
        Some(AuthMethod::Basic) => {
            request.headers_mut().insert(AUTHORIZATION, http::secret_value(&basic(client))?);
        }
        None => {}
    }
    *request.body_mut() = Some(form.into_text().into());
    Ok(request)
}

fn basic(client: &Client) -> String {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encode(&client.client_id), encode(client.client_secret.expose()));
    format!("Basic {}", STANDARD.encode(pair))
}

/// Judges the answer: whatever is not positively a success is a failure (`T51`).
pub(super) fn read(entry: &Entry, answer: &Answer) -> Result<Tokens, PlatformFault> {
    if answer.is_unavailable() {
        return Err(PlatformFault::Unavailable("the token endpoint answered 5xx or 429"));
    }
    if !answer.is_success() {
        return Err(PlatformFault::Refused("with another status than 2xx"));
    }
    let document = Document::parse(&answer.body)
        .ok_or(PlatformFault::Unusable("the token endpoint's answer is no JSON object"))?;
    if entry.token.error.iter().any(|pointer| document.has(pointer)) {
        return Err(PlatformFault::Refused("with an error in a success"));
    }
    let access_token = document.first_text(&entry.token.access_token).filter(|token| is_bearer_token(token));
    let access_token =
        access_token.ok_or(PlatformFault::Unusable("the token endpoint gave no access token"))?;
    let id_token = match entry.kind {
        Kind::Oidc => document.member("id_token").map(SecretText::new),
        Kind::OAuth2 | Kind::Credentials => None,
    };
    Ok(Tokens {
        access_token: SecretText::new(access_token),
        scopes: document.first_list(&entry.token.scope),
        account: document.first_text(&entry.token.account),
        id_token,
    })
}

/// What is kept of a good answer for a grant.
pub(super) fn read_kept(entry: &Entry, answer: &Answer, tokens: &Tokens) -> KeptTokens {
    let document = Document::parse(&answer.body);
    let text = |at| document.as_ref().and_then(|document| document.first_text(at));
    let refresh_token = text(&entry.token.refresh_token).filter(|token| is_bearer_token(token));
    KeptTokens {
        access_token: tokens.access_token.clone(),
        refresh_token: refresh_token.map(SecretText::new),
        scopes: tokens.scopes.clone(),
        expires_in: text(&entry.token.expires_in).and_then(|seconds| seconds.parse().ok()),
    }
}

/// Whether the answer says that the client is unknown or its secret wrong.
pub(super) fn refuses_client(answer: &Answer) -> bool {
    let error = Document::parse(&answer.body).and_then(|document| document.member("error"));
    matches!(error.as_deref(), Some("invalid_client" | "unauthorized_client"))
}

/// Fit to stand in a header: visible ASCII, and no longer than any platform's.
fn is_bearer_token(token: &str) -> bool {
    (1..=8192).contains(&token.len()) && every_byte(token, |b| b.is_ascii_graphic())
}
