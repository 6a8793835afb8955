//! A grant's way to the platform: the consent that keeps its tokens, and everything that is done with them later, without
//! the user. Every token that is not handed on is given back or dropped here.

use std::sync::Arc;

use reqwest::Method;

use super::authorize::{self, FlowSecrets};
use super::discovery::Endpoints;
use super::entry::{Client, Entry};
use super::grant::{KeptTokens, Renewal, RevokeBy, SwapClient, TokenSwap};
use super::http::{self, Answer, Call, Deadline, Request};
use super::identify::{Asked, AuthorizationResponse, Identified};
use super::identity::{self, PlatformIdentity};
use super::platforms::Platform;
use super::token::{self, Tokens};
use super::urlencoded::FormBody;
use super::{GivenBack, PlatformFault, revocation};
use crate::crypto::locator::OAuthState;
use crate::session::Scopes;

/// What became of a grant at the platform's revocation endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantEnd {
    /// The platform took it back, or knew it no more.
    Revoked,
    /// The platform has no way to take it back.
    Unsupported,
}

impl Platform {
    /// The URL to send the browser to where a grant is to be kept: it asks for the grant's scopes as well.
    ///
    /// # Errors
    /// As [`Platform::authorization_request`].
    pub async fn authorization_request_keeping(
        &self,
        client: &Client,
        redirect_uri: &str,
        state: &OAuthState,
        secrets: &FlowSecrets,
    ) -> Result<String, PlatformFault> {
        let endpoints = self.endpoints(Deadline::of_a_flow()).await?;
        let entry = asking_for_grant(self.entry());
        Ok(authorize::request(&entry, &endpoints.authorization, client, redirect_uri, state, secrets))
    }

    /// As [`Platform::identify`], but the tokens are kept for a grant. Where the identity cannot be read they are given
    /// back.
    ///
    /// # Errors
    /// The platform's fault. The code is spent then, too.
    pub async fn identify_keeping(
        self: &Arc<Self>,
        response: AuthorizationResponse<'_>,
        secrets: &FlowSecrets,
    ) -> Result<(Identified, KeptTokens), PlatformFault> {
        let deadline = Deadline::of_a_flow();
        let endpoints = self.endpoints(deadline).await?;
        let asked = Asked { endpoints: &endpoints, response: &response, secrets, deadline };
        let answer = self.code_answer(&asked).await?;
        let tokens = token::read(self.entry(), &answer)?;
        let kept = token::read_kept(self.entry(), &answer, &tokens);
        let identity = match self.read_identity(&asked, &tokens).await {
            Ok(identity) => identity,
            Err(fault) => {
                if let Some(Ok(request)) = self.revocation_of(&endpoints, response.client, &kept) {
                    self.send_behind(request);
                }
                return Err(fault);
            }
        };
        let kept = self.long_lived(response.client, kept, deadline).await;
        let token = if self.entry().revocation.is_none() { GivenBack::Unsupported } else { GivenBack::No };
        let scopes = kept.scopes.as_ref().unwrap_or(&self.entry().authorization.scopes);
        let scopes = Scopes::of(scopes.iter().map(String::as_str));
        Ok((Identified { identity, scopes, token }, kept))
    }

    /// Who the kept access token stands for now.
    ///
    /// # Errors
    /// [`PlatformFault::BadCredentials`] where the platform says that the token is dead, and no other fault says that.
    pub async fn read_kept(
        &self,
        client: &Client,
        kept: &KeptTokens,
    ) -> Result<PlatformIdentity, PlatformFault> {
        let deadline = Deadline::of_a_flow();
        let endpoints = self.endpoints(deadline).await?;
        let tokens = Tokens {
            access_token: kept.access_token.clone(),
            scopes: kept.scopes.clone(),
            account: None,
            id_token: None,
        };
        let answer = self.ask_identity(&endpoints, client, &tokens, deadline).await?;
        if is_token_refused(self.entry(), &answer) {
            return Err(PlatformFault::BadCredentials);
        }
        identity::read(self.entry(), &tokens, &answer)
    }

    /// New tokens for the kept ones, once: where the answer is lost, the old ones may be dead already.
    ///
    /// # Errors
    /// [`PlatformFault::BadCredentials`] where the platform will not renew them ever again.
    pub async fn renew_kept(&self, client: &Client, kept: &KeptTokens) -> Result<KeptTokens, PlatformFault> {
        let deadline = Deadline::of_a_flow();
        let request = match &self.entry().grant.renewal {
            Renewal::None => return Err(PlatformFault::Service("the platform renews no tokens")),
            Renewal::RefreshToken => {
                let endpoints = self.endpoints(deadline).await?;
                self.refresh_request(&endpoints, client, kept)?
            }
            Renewal::Swap(swap) => swap_request(swap, client, kept),
        };
        let answer = self.outbound.send(Call::Token, request, deadline).await?;
        if matches!(answer.status, 400 | 401 | 403) && !token::refuses_client(&answer) {
            return Err(PlatformFault::BadCredentials);
        }
        let tokens = token::read(self.entry(), &answer)?;
        let mut renewed = token::read_kept(self.entry(), &answer, &tokens);
        // A refresh that names no new refresh token, or no scopes, leaves the old ones (RFC 6749, section 6).
        renewed.refresh_token = renewed.refresh_token.or_else(|| kept.refresh_token.clone());
        renewed.scopes = renewed.scopes.or_else(|| kept.scopes.clone());
        Ok(renewed)
    }

    /// Whether [`Platform::renew_kept`] can do anything with these tokens.
    pub fn can_renew(&self, kept: &KeptTokens) -> bool {
        match &self.entry().grant.renewal {
            Renewal::None => false,
            Renewal::RefreshToken => kept.can_refresh(),
            Renewal::Swap(_) => true,
        }
    }

    /// Gives the kept tokens back, and waits for the platform's word.
    ///
    /// # Errors
    /// Where it is not known that they are dead.
    pub async fn revoke_kept(&self, client: &Client, kept: &KeptTokens) -> Result<GrantEnd, PlatformFault> {
        let deadline = Deadline::of_a_flow();
        let endpoints = self.endpoints(deadline).await?;
        let Some(request) = self.revocation_of(&endpoints, client, kept) else {
            return Ok(GrantEnd::Unsupported);
        };
        let answer = self.outbound.send(Call::Revocation, request?, deadline).await?;
        if answer.is_unavailable() {
            return Err(PlatformFault::Unavailable("the revocation endpoint answered 5xx or 429"));
        }
        if answer.is_success() || is_token_refused(self.entry(), &answer) && !token::refuses_client(&answer) {
            return Ok(GrantEnd::Revoked);
        }
        Err(PlatformFault::Unusable("the revocation endpoint refused the token"))
    }

    /// The request that takes all of the kept tokens back; `None` where the platform has no way.
    fn revocation_of(
        &self,
        endpoints: &Endpoints,
        client: &Client,
        kept: &KeptTokens,
    ) -> Option<Result<Request, PlatformFault>> {
        let (facts, endpoint) = self.entry().revocation.as_ref().zip(endpoints.revocation.as_ref())?;
        let by_refresh = kept.refresh_token.as_ref().filter(|_| {
            self.entry().grant.revoke_by == RevokeBy::RefreshToken
                && facts.auth != super::entry::RevocationAuth::Bearer
        });
        let token = by_refresh.unwrap_or(&kept.access_token);
        Some(revocation::request(self.entry(), facts, endpoint, client, token))
    }

    fn refresh_request(
        &self,
        endpoints: &Endpoints,
        client: &Client,
        kept: &KeptTokens,
    ) -> Result<Request, PlatformFault> {
        let refresh_token = kept.refresh_token.as_ref().ok_or(PlatformFault::BadCredentials)?;
        let mut form = FormBody::default();
        form.append("grant_type", "refresh_token");
        form.append("refresh_token", refresh_token.expose());
        token::post_form(self.entry(), &endpoints.token, Some(endpoints.auth_method), client, form)
    }

    /// Best effort: the token of the consent is good too, only shorter.
    async fn long_lived(&self, client: &Client, kept: KeptTokens, deadline: Deadline) -> KeptTokens {
        let Some(swap) = &self.entry().grant.long_lived else { return kept };
        let swapped = async {
            let request = swap_request(swap, client, &kept);
            let answer = self.outbound.send(Call::Token, request, deadline).await?;
            let tokens = token::read(self.entry(), &answer)?;
            Ok::<_, PlatformFault>(token::read_kept(self.entry(), &answer, &tokens))
        };
        match swapped.await {
            Ok(long) => KeptTokens { scopes: long.scopes.or(kept.scopes), ..long },
            Err(fault) => {
                tracing::info!(platform = %self.entry().name, %fault, "the token could not be made long-lived");
                kept
            }
        }
    }
}

/// The entry as it is where a grant is to be kept.
fn asking_for_grant(entry: &Entry) -> Entry {
    let mut entry = entry.clone();
    let facts = entry.grant.clone();
    entry.authorization.scopes.extend(facts.scopes);
    entry.authorization.params.extend(facts.params);
    entry
}

/// The platforms that have this want it so: the token, and with some the secret, in the query. Nothing logs it.
fn swap_request(swap: &TokenSwap, client: &Client, kept: &KeptTokens) -> Request {
    let mut request = http::request(Method::GET, &swap.endpoint);
    let mut query = request.url_mut().query_pairs_mut();
    query.append_pair("grant_type", &swap.grant_type);
    if swap.client == SwapClient::IdAndSecret {
        query.append_pair("client_id", &client.client_id);
    }
    if swap.client != SwapClient::None {
        query.append_pair("client_secret", client.client_secret.expose());
    }
    query.append_pair(&swap.token_param, kept.access_token.expose());
    drop(query);
    request
}

/// 401, or the platform's own way to say it.
fn is_token_refused(entry: &Entry, answer: &Answer) -> bool {
    let says = || {
        let document = super::json::Document::parse(&answer.body);
        let said = entry.grant.token_refused.iter();
        document.is_some_and(|document| said.into_iter().any(|(at, value)| document.says(at, value)))
    };
    answer.status == 401 || (!answer.is_success() && says())
}
