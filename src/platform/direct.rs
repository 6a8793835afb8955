//! Reading who owns an account with what the person typed, where the platform has no consent page.

use std::sync::Arc;

use reqwest::Method;
use reqwest::header::HeaderName;

use super::atproto::AtProto;
use super::credentials::{AtProtoFacts, KeyPlace, Protocol, SentCredentials};
use super::http::{self, Call, Deadline, Request};
use super::identify::Identified;
use super::identity::{self, PlatformIdentity};
use super::platforms::Platform;
use super::token::Tokens;
use super::{GivenBack, PlatformFault};
use crate::crypto::secret::SecretText;
use crate::session::Scopes;

impl Platform {
    /// Reads who the credentials belong to. They are used here, once, and dropped; a session that they opened is ended in
    /// the background on every way out.
    ///
    /// # Errors
    /// The platform's fault; [`PlatformFault::BadCredentials`] where it does not take them.
    pub async fn identify_with(
        self: &Arc<Self>,
        sent: &SentCredentials,
    ) -> Result<Identified, PlatformFault> {
        let facts = self.entry().credentials.as_ref();
        let facts = facts.ok_or(PlatformFault::Service("the platform takes no credentials"))?;
        let secret = sent.secret().ok_or(PlatformFault::Service("the platform's entry names no secret"))?;
        match &facts.protocol {
            Protocol::AtProto(facts) => {
                let identifier = sent.identifier();
                let identifier =
                    identifier.ok_or(PlatformFault::Service("the platform's entry names no identifier"))?;
                self.identify_by_session(facts, identifier, secret).await
            }
            Protocol::ApiKey(place) => {
                let identity = self.identify_by_key(place, secret).await?;
                Ok(Identified { identity, scopes: Scopes::default(), token: GivenBack::Unsupported })
            }
        }
    }

    async fn identify_by_session(
        self: &Arc<Self>,
        facts: &AtProtoFacts,
        identifier: &str,
        app_password: &SecretText,
    ) -> Result<Identified, PlatformFault> {
        let deadline = Deadline::of_a_flow();
        let protocol = AtProto { facts, entry: self.entry(), outbound: &self.outbound, deadline };
        let session = protocol.open(identifier, app_password).await?;
        let identity = protocol.confirm(&session, identifier).await;
        let token = match session.refresh_token.as_ref().map(|token| protocol.end(token)) {
            Some(Ok(request)) => self.send_behind(request),
            Some(Err(_)) | None => GivenBack::No,
        };
        Ok(Identified { identity: identity?, scopes: Scopes::default(), token })
    }

    async fn identify_by_key(
        &self,
        place: &KeyPlace,
        key: &SecretText,
    ) -> Result<PlatformIdentity, PlatformFault> {
        let request = self.key_request(place, key)?;
        let answer = self.outbound.send(Call::Identity, request, Deadline::of_a_flow()).await?;
        if matches!(answer.status, 401 | 403) {
            return Err(PlatformFault::BadCredentials);
        }
        let no_tokens = Tokens {
            access_token: SecretText::new(String::new()),
            scopes: None,
            account: None,
            id_token: None,
        };
        identity::read(self.entry(), &no_tokens, &answer)
    }

    fn key_request(&self, place: &KeyPlace, key: &SecretText) -> Result<Request, PlatformFault> {
        let facts = &self.entry().identity;
        let missing = PlatformFault::Service("the platform's entry names no identity endpoint");
        let mut request = http::request(Method::GET, facts.endpoint.as_ref().ok_or(missing)?);
        identity::decorate(self.entry(), &facts.query, &mut request)?;
        match place {
            KeyPlace::Query(name) => {
                request.url_mut().query_pairs_mut().append_pair(name, key.expose());
            }
            KeyPlace::Header(name) => {
                let name = HeaderName::try_from(name)
                    .map_err(|_| PlatformFault::Service("the platform's entry has a header that is none"))?;
                request.headers_mut().insert(name, http::secret_value(key.expose())?);
            }
        }
        Ok(request)
    }
}
