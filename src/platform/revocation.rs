//! Giving a token back (RFC 7009, and the platforms' own ways). Best effort: it never decides about a proof.

use std::sync::{Arc, OnceLock};

use reqwest::Method;
use reqwest::header::AUTHORIZATION;
use url::Url;
use zeroize::Zeroizing;

use super::PlatformFault;
use super::entry::{AuthMethod, Client, Entry, Revocation, RevocationAuth, RevocationMethod};
use super::http::{self, Request};
use super::urlencoded::FormBody;
use crate::crypto::secret::SecretText;

/// What became of an access token.
#[derive(Clone, Debug)]
pub enum GivenBack {
    /// The platform has no way to take it back.
    Unsupported,
    /// It was not given back.
    No,
    /// It is being given back; once that is over, whether the platform took it.
    UnderWay(Arc<OnceLock<bool>>),
}

impl GivenBack {
    /// `unsupported`, `no`, `pending` or `yes`, as it is at this moment.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Unsupported => "unsupported",
            Self::No => "no",
            Self::UnderWay(is_taken) => match is_taken.get() {
                None => "pending",
                Some(true) => "yes",
                Some(false) => "no",
            },
        }
    }
}

/// The revocation request.
pub(super) fn request(
    entry: &Entry,
    facts: &Revocation,
    endpoint: &Url,
    client: &Client,
    token: &SecretText,
) -> Result<Request, PlatformFault> {
    let mut form = FormBody::default();
    if facts.method == RevocationMethod::Post {
        form.append(entry.spelling("token"), token.expose());
    }
    let auth = match facts.auth {
        RevocationAuth::Post => Some(AuthMethod::Post),
        RevocationAuth::Basic => Some(AuthMethod::Basic),
        RevocationAuth::None | RevocationAuth::Bearer => None,
    };
    let mut request = super::token::post_form(entry, endpoint, auth, client, form)?;
    if facts.method == RevocationMethod::Delete {
        *request.method_mut() = Method::DELETE;
    }
    if facts.auth == RevocationAuth::Bearer {
        let bearer = Zeroizing::new(format!("Bearer {}", token.expose()));
        request.headers_mut().insert(AUTHORIZATION, http::secret_value(&bearer)?);
    }
    Ok(request)
}
