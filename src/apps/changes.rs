//! Changes of apps, each on behalf of somebody and each with a line in the log (`T84`). The API, the console, the admin API
//! and the command line all come through here.

use super::{AppFault, Apps, MOST_APPS};
use crate::crypto::secret::SecretText;
use crate::keys::{Actor, is_good_name};
use crate::platform::entry::Entry;
use crate::session::{ApiKeyId, AppId, PlatformName};
use crate::store::registry::{AppRow, AppRowChange};

/// The public half of a registration: 1–512 characters of visible ASCII (RFC 6749, appendix A.1, without blanks).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientId(Box<str>);

impl ClientId {
    /// What a wrong one is told.
    pub const RULE: &'static str = "must be 1 to 512 characters of visible ASCII, as the platform shows it";

    /// The id, where it keeps the rule.
    pub fn parse(text: &str) -> Option<Self> {
        let is_clean = text.bytes().all(|b| b.is_ascii_graphic());
        ((1..=512).contains(&text.len()) && is_clean).then(|| Self(text.into()))
    }

    /// What a caller is told who names the operator's own app.
    pub const OPERATORS: &'static str = "is the operator's own app; register one of your own at the platform";

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the app that the operator's callers share: taken for a caller's own, it would be used without
    /// asking the user on a page of ours first (`T31`).
    pub fn is_operators(&self, platform: &Entry) -> bool {
        platform.client.as_ref().is_some_and(|client| client.client_id == *self.0)
    }
}

/// The secret half: 1–2048 characters of printable ASCII (RFC 6749, appendix A.2), without blanks around them, which only
/// come from copying.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientSecret(SecretText);

impl ClientSecret {
    /// What a wrong one is told.
    pub const RULE: &'static str = "must be 1 to 2048 characters of printable ASCII without blanks around them, as the platform shows it";

    /// The secret, where it keeps the rule.
    pub fn parse(text: &str) -> Option<Self> {
        let is_clean = text.bytes().all(|b| b.is_ascii_graphic() || b == b' ') && text.trim() == text;
        ((1..=2048).contains(&text.len()) && is_clean).then(|| Self(SecretText::new(text.to_owned())))
    }

    pub(super) fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// What is said about a new app.
#[derive(Clone, Debug)]
pub struct NewApp {
    /// Where it is registered.
    pub platform: PlatformName,
    /// For its holder; the rule is that of keys' names.
    pub name: String,
    /// From the platform.
    pub client_id: ClientId,
    /// From the platform.
    pub client_secret: ClientSecret,
}

/// What is to be another; `None` leaves it as it is.
#[derive(Clone, Debug, Default)]
pub struct AppChange {
    /// For its holder.
    pub name: Option<String>,
    /// From the platform: used from the next token request on.
    pub client_secret: Option<ClientSecret>,
}

/// Every change of apps, by one actor.
pub struct AppChanges<'a> {
    apps: &'a Apps,
    actor: Actor,
}

impl Apps {
    /// The changes that `actor` may make.
    pub fn acting(&self, actor: Actor) -> AppChanges<'_> {
        AppChanges { apps: self, actor }
    }
}

impl AppChanges<'_> {
    /// Keeps an app of `key`.
    ///
    /// # Errors
    /// A bad name, [`AppFault::UnknownKey`], [`AppFault::Full`], or the registry's fault; nothing was kept then.
    pub async fn create(&self, key: ApiKeyId, new: NewApp) -> Result<AppRow, AppFault> {
        if !is_good_name(&new.name) {
            return Err(AppFault::Name);
        }
        let apps = self.apps;
        let id = AppId(u64::from_be_bytes(apps.entropy.bytes()?));
        let row = AppRow {
            id,
            api_key: key,
            platform: new.platform,
            name: new.name,
            client_id: new.client_id.as_str().to_owned(),
            client_secret: apps.seal(id, &new.client_secret)?,
            created_at: apps.clock.unix_seconds(),
        };
        if !apps.registry.insert_app(&row, MOST_APPS).await? {
            let is_good = apps.registry.live_key(key).await?.is_some();
            return Err(if is_good { AppFault::Full } else { AppFault::UnknownKey });
        }
        self.note("app created", key, id);
        Ok(row)
    }

    /// Gives an app another name, another secret, or both.
    ///
    /// # Errors
    /// A bad name, [`AppFault::Unknown`], or the registry's fault; nothing was changed then.
    pub async fn change(&self, key: ApiKeyId, id: AppId, change: AppChange) -> Result<(), AppFault> {
        if change.name.as_deref().is_some_and(|name| !is_good_name(name)) {
            return Err(AppFault::Name);
        }
        let apps = self.apps;
        let sealed = change.client_secret.as_ref().map(|secret| apps.seal(id, secret)).transpose()?;
        let row = AppRowChange { name: change.name.as_deref(), client_secret: sealed.as_deref() };
        let is_changed = apps.registry.change_app(key, id, row).await?;
        let what = if sealed.is_some() { "app secret replaced" } else { "app renamed" };
        self.finish(what, key, id, is_changed)
    }

    /// Deletes an app with its secret. Sessions that name it can neither be opened nor finished any more.
    ///
    /// # Errors
    /// [`AppFault::Unknown`], or the registry's fault.
    pub async fn delete(&self, key: ApiKeyId, id: AppId) -> Result<(), AppFault> {
        let is_deleted = self.apps.registry.delete_app(key, id).await?;
        self.finish("app deleted", key, id, is_deleted)
    }

    fn finish(&self, what: &str, key: ApiKeyId, id: AppId, is_done: bool) -> Result<(), AppFault> {
        self.apps.cache.forget_all();
        if !is_done {
            return Err(AppFault::Unknown);
        }
        self.note(what, key, id);
        Ok(())
    }

    /// The audit line: who, what, which app of which key. No name, no client id, no secret.
    fn note(&self, what: &str, key: ApiKeyId, id: AppId) {
        tracing::info!(audit = true, actor = self.actor.as_str(), key = %key, app = %id, "{what}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_ids_and_secrets_are_taken_as_they_are_or_not_at_all() {
        for good in ["1", "764.apps.googleusercontent.com", "aw1&=+%2F"] {
            assert_eq!(ClientId::parse(good).unwrap().as_str(), good);
            assert_eq!(ClientSecret::parse(good).unwrap().expose(), good);
        }
        assert_eq!(ClientSecret::parse("a secret: with + odd & signs").unwrap().expose().len(), 28);
        for bad in ["", " a", "a ", "a\n", "ä", "a\u{0}"] {
            assert!(ClientId::parse(bad).is_none() && ClientSecret::parse(bad).is_none(), "{bad:?}");
        }
        assert!(ClientId::parse("a b").is_none() && ClientId::parse(&"a".repeat(513)).is_none());
        assert!(ClientSecret::parse(&"a".repeat(2049)).is_none());
        assert_eq!(format!("{:?}", ClientSecret::parse("hidden").unwrap()), "ClientSecret([secret])");
    }
}
