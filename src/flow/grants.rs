//! What a caller does with its grants: look after them, prove the account anew without the user, give them back.

use std::sync::Arc;

use futures_util::{StreamExt, stream};

use super::Flow;
use super::connected::{Confirming, Connected, no_signing_secret, problem_of};
use super::create::platform_not_available;
use super::grant_health::{AccountHealth, TokenStatus, judge};
use super::grant_seal::{Grant, NoGrant};
use crate::crypto::secret::SecretText;
use crate::error::{Code, FieldFault, Problem};
use crate::keys::ApiKey;
use crate::platform::entry::Client;
use crate::platform::grant::{KeptTokens, RevokeBy};
use crate::platform::{GrantEnd, Platform, PlatformFault, PlatformIdentity};
use crate::session::{AppId, ProfileId, Scopes};
use crate::store::registry::AccountStatus;

/// Grants of one request that are looked after at once.
const AT_ONCE: usize = 8;
/// The member of a request.
const FIELD: &str = "grant";

/// What a new grant is made of.
pub struct NewGrant<'a> {
    /// Where the account is.
    pub platform: &'a Platform,
    /// The caller's own OAuth app; `None` for the operator's.
    pub app: Option<AppId>,
    /// Whose account it is.
    pub identity: &'a PlatformIdentity,
    /// The caller's own reference.
    pub profile_id: Option<ProfileId>,
    /// From [`Platform::identify_keeping`].
    pub tokens: KeptTokens,
}

/// An account that was proven anew.
pub struct Renewed {
    /// The grant as it was opened, with the new tokens.
    pub grant: Grant,
    /// The same for the caller. The one before it may be dead.
    pub text: SecretText,
    /// The proof; or why there is none although the tokens were renewed, so that these are not lost.
    pub proven: Result<Connected, Problem>,
}

/// A grant that was opened, with the way to its platform.
struct Held {
    grant: Grant,
    platform: Arc<Platform>,
    client: Client,
}

impl Flow {
    /// Seals tokens for a caller who asked to keep them.
    ///
    /// # Errors
    /// Where no grant can be made of them; they should be given back then.
    pub fn keep_grant(&self, key: &ApiKey, new: NewGrant<'_>) -> Result<SecretText, Problem> {
        let expires_at =
            new.tokens.expires_in().map(|seconds| self.clock.unix_seconds().saturating_add(seconds));
        let grant = Grant {
            platform: new.platform.entry().name.clone(),
            app: new.app,
            account_id: new.identity.platform_id.clone(),
            username: new.identity.handle.0.clone(),
            profile_id: new.profile_id,
            expires_at,
            tokens: new.tokens,
        };
        self.seal(key, &grant)
    }

    /// How each of the grants is, in their order. One that is none is a problem of its own and spoils no other.
    pub async fn health_of_grants(
        &self,
        key: &ApiKey,
        texts: &[String],
    ) -> Vec<Result<AccountHealth, Problem>> {
        stream::iter(texts).map(|text| self.health_of(key, text)).buffered(AT_ONCE).collect().await
    }

    /// Proves the account of a grant anew: its tokens are renewed where the platform has a way, and the identity is read
    /// again, which must be the same account's.
    ///
    /// # Errors
    /// A problem for the caller. Where the platform was not heard while it renewed, the grant may be dead.
    pub async fn renew_grant(&self, key: &ApiKey, text: &str) -> Result<Renewed, Problem> {
        if key.signing_secret.is_none() {
            return Err(no_signing_secret());
        }
        let Held { mut grant, platform, client } = self.hold(key, text).await?;
        let is_renewed = platform.can_renew(&grant.tokens);
        if is_renewed {
            let renewed = platform.renew_kept(&client, &grant.tokens).await;
            grant.tokens = renewed.map_err(|fault| self.told(&platform, &fault))?;
            let ends = grant.tokens.expires_in();
            grant.expires_at = ends.map(|seconds| self.clock.unix_seconds().saturating_add(seconds));
        }
        let proven = match platform.read_kept(&client, &grant.tokens).await {
            Ok(identity) if identity.platform_id != grant.account_id => {
                return Err(
                    self.told(&platform, &PlatformFault::InvalidIdentity("the grant is another account's"))
                );
            }
            Ok(identity) => {
                grant.username.clone_from(&identity.handle.0);
                self.confirm_renewed(key, &grant, &identity).await
            }
            // New tokens must reach their holder: the old ones may be dead, and an account that is not there now may be
            // back tomorrow. Only tokens that the platform does not take are of no use to anybody.
            Err(fault) if is_renewed && !matches!(fault, PlatformFault::BadCredentials) => {
                Err(self.told(&platform, &fault))
            }
            Err(fault) => return Err(self.told(&platform, &fault)),
        };
        let text = self.seal(key, &grant)?;
        Ok(Renewed { grant, text, proven })
    }

    /// Whatever fails here fails the proof alone: the new tokens must still reach their holder.
    async fn confirm_renewed(
        &self,
        key: &ApiKey,
        grant: &Grant,
        identity: &PlatformIdentity,
    ) -> Result<Connected, Problem> {
        let scopes = grant.tokens.scopes().unwrap_or_default().iter().map(String::as_str);
        let confirming = Confirming {
            key,
            platform: &grant.platform,
            identity,
            scopes: Scopes::of(scopes),
            state: self.fresh_state()?,
            session: None,
            profile_id: grant.profile_id.clone(),
        };
        self.confirm(confirming).await
    }

    /// Gives the tokens of a grant back at the platform.
    ///
    /// # Errors
    /// Where it is not known that they are dead.
    pub async fn disconnect_grant(&self, key: &ApiKey, text: &str) -> Result<GrantEnd, Problem> {
        let Held { mut grant, platform, client } = self.hold(key, text).await?;
        let needs_live_token = platform.entry().grant.revoke_by == RevokeBy::AccessToken;
        if needs_live_token && self.has_ended(&grant) && platform.can_renew(&grant.tokens) {
            match platform.renew_kept(&client, &grant.tokens).await {
                Ok(tokens) => grant.tokens = tokens,
                Err(PlatformFault::BadCredentials) => {
                    self.note_status(key, &grant, AccountStatus::Revoked).await;
                    return Ok(GrantEnd::Revoked);
                }
                Err(fault) => return Err(self.told(&platform, &fault)),
            }
        }
        let end = platform.revoke_kept(&client, &grant.tokens).await;
        let end = end.map_err(|fault| self.told(&platform, &fault))?;
        self.note_status(key, &grant, AccountStatus::Revoked).await;
        Ok(end)
    }

    async fn health_of(&self, key: &ApiKey, text: &str) -> Result<AccountHealth, Problem> {
        let Held { grant, platform, client } = self.hold(key, text).await?;
        let reading = match self.has_ended(&grant) {
            true => None,
            false => Some(platform.read_kept(&client, &grant.tokens).await),
        };
        if let Some(Ok(identity)) = &reading
            && identity.platform_id != grant.account_id
        {
            return Err(
                self.told(&platform, &PlatformFault::InvalidIdentity("the grant is another account's"))
            );
        }
        let health =
            judge(&grant, &platform, reading.as_ref().map(Result::as_ref), self.clock.unix_seconds());
        match (health.status, health.token_valid) {
            (TokenStatus::Active, Some(true)) => self.note_status(key, &grant, AccountStatus::Active).await,
            (TokenStatus::Revoked, _) => self.note_status(key, &grant, AccountStatus::Revoked).await,
            (TokenStatus::Expired, _) if !platform.can_renew(&grant.tokens) => {
                self.note_status(key, &grant, AccountStatus::Expired).await;
            }
            // Nothing was heard, or the next renewal makes it good.
            _ => {}
        }
        Ok(health)
    }

    /// What was heard of a grant's account goes into the caller's record of it. The answer does not hang on that.
    async fn note_status(&self, key: &ApiKey, grant: &Grant, status: AccountStatus) {
        if !key.record_accounts {
            return;
        }
        let account = (&grant.platform, &grant.account_id);
        if let Err(fault) = self.accounts.note_status(key.id, account, status).await {
            tracing::error!(%fault, key = %key.id, "the status of a recorded account could not be noted");
        }
    }

    async fn hold(&self, key: &ApiKey, text: &str) -> Result<Held, Problem> {
        let grant = self.grants.open(key.id, text).ok_or_else(no_grant)?;
        let platform = self.platforms.named(&grant.platform).cloned().ok_or_else(platform_not_available)?;
        let client = self.connect_client(key.id, &platform, grant.app).await?;
        Ok(Held { grant, platform, client })
    }

    fn seal(&self, key: &ApiKey, grant: &Grant) -> Result<SecretText, Problem> {
        self.grants.seal(key.id, grant, &*self.entropy).map_err(|fault| match fault {
            NoGrant::TooLarge => {
                tracing::warn!(platform = %grant.platform, "the platform's tokens are too long for a grant");
                Problem::new(Code::PlatformError, "The platform's tokens are too long to be kept in a grant.")
            }
            NoGrant::NoEntropy => Problem::server_error(),
        })
    }

    fn has_ended(&self, grant: &Grant) -> bool {
        grant.expires_at.is_some_and(|end| end <= self.clock.unix_seconds())
    }

    /// A fault for the log and, in our words, for the caller.
    #[expect(clippy::unused_self, reason = "reads as what it is where it is called")]
    fn told(&self, platform: &Platform, fault: &PlatformFault) -> Problem {
        tracing::info!(platform = %platform.entry().name, %fault, "a grant could not be used");
        match fault {
            PlatformFault::BadCredentials => refused(),
            fault => problem_of(fault, FIELD),
        }
    }
}

fn no_grant() -> Problem {
    let message =
        "is no grant of this API key: it may be another key's, altered, or older than the service's keys";
    Problem::invalid(vec![FieldFault::new(FIELD, message)])
}

fn refused() -> Problem {
    let message = "is not taken by the platform: it has ended, was withdrawn, or is too young to be renewed (some platforms \
                   renew nothing on its first day); ask for its health, or let the user connect again";
    Problem::invalid(vec![FieldFault::new(FIELD, message)])
}
