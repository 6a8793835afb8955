//! Where a platform's endpoints are: written in its entry, or discovered from its issuer (OpenID Connect Discovery).

use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::jwk::JwkSet;
use reqwest::Method;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use super::PlatformFault;
use super::entry::{AuthMethod, Entry, Kind};
use super::http::{self, Answer, Call, Deadline, Outbound};
use super::json::Document;
use crate::settings::parse_web_address;

/// What was discovered is good for this long.
const FRESH: Duration = Duration::from_secs(3600);
/// A key id that is not among the known keys makes us ask again, but no more often than this.
const ASK_AGAIN: Duration = Duration::from_secs(10);

/// The endpoints of one platform.
#[derive(Debug)]
pub(super) struct Endpoints {
    pub(super) authorization: Url,
    pub(super) token: Url,
    pub(super) auth_method: AuthMethod,
    /// For OIDC the userinfo endpoint, where there is one.
    pub(super) identity: Option<Url>,
    pub(super) revocation: Option<Url>,
    /// OIDC only.
    keys: Option<Url>,
}

/// The endpoints and keys of one platform, kept for an hour.
#[derive(Default)]
pub(super) struct Discovery {
    endpoints: Mutex<Option<(Instant, Arc<Endpoints>)>>,
    keys: Mutex<Option<(Instant, Arc<JwkSet>)>>,
}

impl Discovery {
    /// The endpoints: at once where the entry names them all, by one request an hour otherwise.
    ///
    /// One request goes out at a time; who comes meanwhile waits for its answer.
    pub(super) async fn endpoints(
        &self,
        entry: &Entry,
        outbound: &Outbound,
        deadline: Deadline,
    ) -> Result<Arc<Endpoints>, PlatformFault> {
        let mut kept = self.endpoints.lock().await;
        if let Some((at, endpoints)) = &*kept
            && (entry.kind != Kind::Oidc || at.elapsed() < FRESH)
        {
            return Ok(Arc::clone(endpoints));
        }
        let endpoints = Arc::new(match entry.kind {
            Kind::OAuth2 | Kind::Credentials => of_entry(entry)?,
            // Once an hour: on the heap, so that every other call of this is not as large as this one.
            Kind::Oidc => Box::pin(discover(entry, outbound, deadline)).await?,
        });
        *kept = Some((Instant::now(), Arc::clone(&endpoints)));
        Ok(endpoints)
    }

    /// The issuer's keys; asked for anew where `key_id` is not among them.
    pub(super) async fn keys(
        &self,
        endpoints: &Endpoints,
        key_id: Option<&str>,
        outbound: &Outbound,
        deadline: Deadline,
    ) -> Result<Arc<JwkSet>, PlatformFault> {
        let mut kept = self.keys.lock().await;
        if let Some((at, keys)) = &*kept {
            let is_known = key_id.is_none_or(|id| keys.find(id).is_some());
            if (is_known && at.elapsed() < FRESH) || at.elapsed() < ASK_AGAIN {
                return Ok(Arc::clone(keys));
            }
        }
        let url =
            endpoints.keys.as_ref().ok_or(PlatformFault::Unusable("its discovery document names no keys"))?;
        let answer = get(url, outbound, deadline).await?;
        let keys = serde_json::from_slice(&answer.body)
            .map_err(|_| PlatformFault::Unusable("its keys are no JWK set"))?;
        let keys: Arc<JwkSet> = Arc::new(keys);
        *kept = Some((Instant::now(), Arc::clone(&keys)));
        Ok(keys)
    }
}

fn of_entry(entry: &Entry) -> Result<Endpoints, PlatformFault> {
    let missing = PlatformFault::Service("the platform's entry names no endpoints");
    let (Some(authorization), Some(token)) = (&entry.authorization.endpoint, &entry.token.endpoint) else {
        return Err(missing);
    };
    Ok(Endpoints {
        authorization: authorization.clone(),
        token: token.clone(),
        auth_method: entry.token.auth_method.unwrap_or(AuthMethod::Basic),
        identity: entry.identity.endpoint.clone(),
        revocation: entry.revocation.as_ref().and_then(|facts| facts.endpoint.clone()),
        keys: None,
    })
}

/// Reads the discovery document. What the entry names goes before it.
async fn discover(
    entry: &Entry,
    outbound: &Outbound,
    deadline: Deadline,
) -> Result<Endpoints, PlatformFault> {
    let issuer =
        entry.issuer.as_deref().ok_or(PlatformFault::Service("the platform's entry names no issuer"))?;
    let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let url = Url::parse(&url).map_err(|_| PlatformFault::Service("the platform's issuer is no URL"))?;
    let answer = get(&url, outbound, deadline).await?;
    let document =
        Document::parse(&answer.body).ok_or(PlatformFault::Unusable("its discovery document is no JSON"))?;
    if document.member("issuer").as_deref() != Some(issuer) {
        return Err(PlatformFault::Unusable("its discovery document is another issuer's"));
    }
    let endpoint = |given: &Option<Url>, name| given.clone().or_else(|| secure_url(&document.member(name)?));
    let missing = PlatformFault::Unusable("its discovery document lacks an endpoint");
    let authorization = endpoint(&entry.authorization.endpoint, "authorization_endpoint");
    let token = endpoint(&entry.token.endpoint, "token_endpoint");
    let (Some(authorization), Some(token)) = (authorization, token) else { return Err(missing) };
    let revocation = entry.revocation.as_ref().and_then(|facts| facts.endpoint.clone());
    Ok(Endpoints {
        authorization,
        token,
        auth_method: entry.token.auth_method.unwrap_or_else(|| offered(&document)),
        identity: endpoint(&entry.identity.endpoint, "userinfo_endpoint"),
        revocation: endpoint(&revocation, "revocation_endpoint"),
        keys: endpoint(&None, "jwks_uri"),
    })
}

/// Basic is the default of RFC 8414 where nothing is said.
fn offered(document: &Document<'_>) -> AuthMethod {
    let methods = document.member_list("token_endpoint_auth_methods_supported");
    let offers = |method: &str| methods.iter().any(|one| one == method);
    if offers("client_secret_post") && !offers("client_secret_basic") {
        AuthMethod::Post
    } else {
        AuthMethod::Basic
    }
}

/// The same rule as for addresses in the configuration: https, or http on loopback.
fn secure_url(text: &str) -> Option<Url> {
    parse_web_address(text).ok()
}

async fn get(url: &Url, outbound: &Outbound, deadline: Deadline) -> Result<Answer, PlatformFault> {
    let request = http::request(Method::GET, url);
    let answer = outbound.send(Call::Discovery, request, deadline).await?;
    if answer.is_unavailable() {
        return Err(PlatformFault::Unavailable("its discovery answered 5xx or 429"));
    }
    if !answer.is_success() {
        return Err(PlatformFault::Unusable("its discovery is not there"));
    }
    Ok(answer)
}
