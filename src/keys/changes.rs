//! Changes of keys, each on behalf of somebody and each with a line in the log (`T84`). The console, the admin API and the
//! command line all come through here.

use super::{ApiKeyText, ApiKeys, CreatedKey, KeyFault, NewKey, is_good_name};
use crate::crypto::locator::Digest;
use crate::crypto::secret::SecretText;
use crate::session::{ApiKeyId, RegisteredCallback};
use crate::store::registry::ApiKeyRow;

/// On whose behalf a key, or an app of a key, is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// The operator's shell.
    Cli,
    /// The operator's browser.
    Console,
    /// A program with the operator's token.
    AdminApi,
    /// A program with the key itself.
    Caller,
}

impl Actor {
    /// The name in the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cli => "cli",
            Self::Console => "console",
            Self::AdminApi => "admin_api",
            Self::Caller => "caller",
        }
    }
}

/// Every change of keys, by one actor.
pub struct KeyChanges<'a> {
    keys: &'a ApiKeys,
    actor: Actor,
}

impl ApiKeys {
    /// The changes that `actor` may make.
    pub fn acting(&self, actor: Actor) -> KeyChanges<'_> {
        KeyChanges { keys: self, actor }
    }
}

impl KeyChanges<'_> {
    /// Makes a key. Its secrets are in the answer and nowhere else in the clear.
    ///
    /// # Errors
    /// A bad name, or the registry's fault; nothing was kept then.
    pub async fn create(&self, new: NewKey) -> Result<CreatedKey, KeyFault> {
        if !is_good_name(&new.name) {
            return Err(KeyFault::Name);
        }
        let keys = self.keys;
        let (id, api_key) = ApiKeyText::fresh(&*keys.entropy)?;
        let signing_secret = match new.with_signing_secret {
            true => Some(ApiKeyText::fresh_signing_secret(&*keys.entropy)?),
            false => None,
        };
        let sealed = signing_secret.as_ref().map(|secret| keys.seal(id, secret)).transpose()?;
        let row = ApiKeyRow {
            id,
            name: new.name.clone(),
            secret_hash: Digest::of(api_key.expose().as_bytes()),
            first_party: new.first_party,
            any_callback: new.any_callback,
            record_accounts: new.record_accounts,
            signing_secret: sealed,
            callbacks: new.callbacks,
            created_at: keys.clock.unix_seconds(),
            revoked_at: None,
        };
        keys.registry.insert_key(&row).await?;
        self.note("key created", id);
        Ok(CreatedKey { id, name: new.name, api_key, signing_secret })
    }

    /// Gives a key another name.
    ///
    /// # Errors
    /// A bad name, [`KeyFault::Unknown`], or the registry's fault.
    pub async fn rename(&self, id: ApiKeyId, name: &str) -> Result<(), KeyFault> {
        if !is_good_name(name) {
            return Err(KeyFault::Name);
        }
        let is_renamed = self.keys.registry.rename_key(id, name).await?;
        self.finish("key renamed", id, is_renamed)
    }

    /// Records, from here on, the accounts that the caller's server confirms.
    ///
    /// # Errors
    /// [`KeyFault::Unknown`], or the registry's fault.
    pub async fn start_recording(&self, id: ApiKeyId) -> Result<(), KeyFault> {
        let is_set = self.keys.registry.set_record_accounts(id, true).await?;
        self.finish("recording of accounts switched on", id, is_set)
    }

    /// Records no more accounts. Those that are recorded stay until they are deleted.
    ///
    /// # Errors
    /// [`KeyFault::Unknown`], or the registry's fault.
    pub async fn stop_recording(&self, id: ApiKeyId) -> Result<(), KeyFault> {
        let is_set = self.keys.registry.set_record_accounts(id, false).await?;
        self.finish("recording of accounts switched off", id, is_set)
    }

    /// Revokes a key for good, with all its sessions.
    ///
    /// # Errors
    /// [`KeyFault::Unknown`], or the registry's fault.
    pub async fn revoke(&self, id: ApiKeyId) -> Result<(), KeyFault> {
        let is_revoked = self.keys.registry.revoke_key(id, self.keys.clock.unix_seconds()).await?;
        self.finish("key revoked", id, is_revoked)
    }

    /// Generates a signing secret; the previous one signs nothing from this moment.
    ///
    /// # Errors
    /// [`KeyFault::Unknown`], or the registry's fault.
    pub async fn generate_signing_secret(&self, id: ApiKeyId) -> Result<SecretText, KeyFault> {
        let secret = ApiKeyText::fresh_signing_secret(&*self.keys.entropy)?;
        let is_set = self.keys.registry.set_signing_secret(id, &self.keys.seal(id, &secret)?).await?;
        self.finish("signing secret generated", id, is_set)?;
        Ok(secret)
    }

    /// Adds and removes registered callback URLs, and gives the list as it is then.
    ///
    /// # Errors
    /// [`KeyFault::Unknown`], or the registry's fault.
    pub async fn change_callbacks(
        &self,
        id: ApiKeyId,
        add: &[RegisteredCallback],
        remove: &[RegisteredCallback],
    ) -> Result<Vec<RegisteredCallback>, KeyFault> {
        let row = self.keys.registry.live_key(id).await?;
        let row = row.ok_or(KeyFault::Unknown)?;
        if add.is_empty() && remove.is_empty() {
            return Ok(row.callbacks);
        }
        self.keys.registry.change_callbacks(id, add, remove).await?;
        self.finish("callback URLs changed", id, true)?;
        Ok(self.keys.registry.key(id).await?.map(|row| row.callbacks).unwrap_or_default())
    }

    fn finish(&self, what: &str, id: ApiKeyId, is_done: bool) -> Result<(), KeyFault> {
        self.keys.cache.forget_all();
        if !is_done {
            return Err(KeyFault::Unknown);
        }
        self.note(what, id);
        Ok(())
    }

    /// The audit line: who, what, which key. No name, no URL, no secret.
    fn note(&self, what: &str, id: ApiKeyId) {
        tracing::info!(audit = true, actor = self.actor.as_str(), key = %id, "{what}");
    }
}
