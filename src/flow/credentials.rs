//! Proving an account with what its owner typed, at platforms that have no consent page.

use std::sync::Arc;

use super::Flow;
use super::connected::{Confirming, Connected, no_signing_secret, problem_of};
use super::create::platform_not_available;
use crate::error::Problem;
use crate::keys::ApiKey;
use crate::observe::request_id::RequestId;
use crate::platform::credentials::SentCredentials;
use crate::platform::{Platform, PlatformFault};
use crate::session::ProfileId;

impl Flow {
    /// Proves whose the credentials are. They are used once and dropped. The work goes on where the caller has gone away
    /// meanwhile, so that a session that was opened at the platform is ended there.
    ///
    /// # Errors
    /// A problem for the caller; which of several credentials was wrong is not told.
    pub async fn connect_with_credentials(
        self: &Arc<Self>,
        key: &Arc<ApiKey>,
        platform: &Arc<Platform>,
        sent: SentCredentials,
        profile_id: Option<ProfileId>,
    ) -> Result<Connected, Problem> {
        if key.signing_secret.is_none() {
            return Err(no_signing_secret());
        }
        let facts = platform.entry().credentials.as_ref().filter(|_| platform.entry().is_available());
        let field = facts.ok_or_else(platform_not_available)?.secret_field().to_owned();
        let work = {
            let platform = Arc::clone(platform);
            async move { platform.identify_with(&sent).await }
        };
        let identified = tokio::spawn(RequestId::current().scope(work)).await.unwrap_or_else(|_panicked| {
            Err(PlatformFault::Service("reading an account with its credentials panicked"))
        });
        let identified = identified.map_err(|fault| {
            tracing::info!(platform = %platform.entry().name, key = %key.id, %fault, "credentials proved nothing");
            problem_of(&fault, &field)
        })?;
        tracing::info!(platform = %platform.entry().name, key = %key.id, "credentials proved an account");
        let confirming = Confirming {
            key,
            platform: &platform.entry().name,
            identity: &identified.identity,
            scopes: identified.scopes,
            state: self.fresh_state()?,
            session: None,
            profile_id,
        };
        self.confirm(confirming).await
    }
}
