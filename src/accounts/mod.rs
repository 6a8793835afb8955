//! Recorded accounts: what a caller's server confirmed, kept for keys that want it. No token, and nothing that the proof
//! did not say.
//!
//! A row is written by [`Accounts::record`] alone, which connect's POST and a redemption call. The browser's way never
//! comes here: a forwarded link would put a victim's account under the starter's profile (`T28`).

mod cursor;

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};

use uuid::{ContextV7, Timestamp, Uuid};

use crate::clock::Clock;
use crate::crypto::root_key::RootKey;
use crate::session::{ApiKeyId, IdentityRead, PlatformId, PlatformName, ProfileId, RecordId};
use crate::store::StoreFault;
use crate::store::registry::{AccountQuery, AccountRow, AccountStatus, AccountTable};

use cursor::Cursors;

/// The recorded accounts of one registry.
pub struct Accounts {
    table: Arc<dyn AccountTable>,
    clock: Arc<dyn Clock>,
    cursors: Cursors,
    /// Ids of one second go up as well.
    order: Mutex<AssertUnwindSafe<ContextV7>>,
}

/// An account that a caller's server confirmed.
pub struct Confirmed<'a> {
    /// Whose confirmation it is.
    pub key: ApiKeyId,
    /// Where the account is.
    pub platform: PlatformName,
    /// The platform's permanent id.
    pub account_id: PlatformId,
    /// Cleaned for display.
    pub username: String,
    /// The caller's own reference.
    pub profile_id: Option<&'a ProfileId>,
    /// When the identity was read, and what was granted.
    pub read: &'a IdentityRead,
}

/// What a caller asks of its list.
#[derive(Clone, Debug, Default)]
pub struct ListRequest {
    /// Of this platform alone.
    pub platform: Option<PlatformName>,
    /// Of this profile alone.
    pub profile_id: Option<ProfileId>,
    /// How many.
    pub limit: PageSize,
    /// Where an earlier page ended.
    pub before: Option<RecordId>,
}

/// 1 to 100 rows; 20 where nothing is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageSize(u32);

impl PageSize {
    /// What a wrong one is told.
    pub const RULE: &'static str = "must be a whole number from 1 to 100";

    /// The size, where it keeps the rule.
    pub fn parse(text: &str) -> Option<Self> {
        let is_plain = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
        let size = text.parse().ok().filter(|size| is_plain && (1..=100).contains(size));
        size.map(Self)
    }
}

impl Default for PageSize {
    fn default() -> Self {
        Self(20)
    }
}

/// A page of a list, newest first.
pub struct Page {
    /// The rows.
    pub rows: Vec<AccountRow>,
    /// Leads to the next page, where there is one.
    pub next_cursor: Option<String>,
}

impl Accounts {
    /// The accounts of a registry.
    pub fn new(table: Arc<dyn AccountTable>, clock: Arc<dyn Clock>, service_key: &RootKey) -> Self {
        let order = Mutex::new(AssertUnwindSafe(ContextV7::new()));
        Self { table, clock, cursors: Cursors::new(service_key), order }
    }

    /// Keeps an account, or brings its row up to date.
    ///
    /// # Errors
    /// The registry's fault.
    pub async fn record(&self, confirmed: Confirmed<'_>) -> Result<(), StoreFault> {
        let row = AccountRow {
            id: self.fresh_id(),
            key: confirmed.key,
            platform: confirmed.platform,
            account_id: confirmed.account_id,
            username: confirmed.username,
            profile_id: confirmed.profile_id.cloned(),
            scopes: confirmed.read.scopes.clone(),
            status: AccountStatus::Active,
            connected_at: confirmed.read.at,
            verified_at: confirmed.read.at,
        };
        self.table.keep_account(&row).await
    }

    /// Notes what the platform said of an account since, where the key has a record of it.
    ///
    /// # Errors
    /// The registry's fault.
    pub async fn note_status(
        &self,
        key: ApiKeyId,
        account: (&PlatformName, &PlatformId),
        status: AccountStatus,
    ) -> Result<(), StoreFault> {
        self.table.set_account_status(key, account, status).await
    }

    /// A page of a key's accounts.
    ///
    /// # Errors
    /// The registry's fault.
    pub async fn list(&self, key: ApiKeyId, request: ListRequest) -> Result<Page, StoreFault> {
        let PageSize(limit) = request.limit;
        let query = AccountQuery {
            key,
            platform: request.platform,
            profile_id: request.profile_id,
            before: request.before.unwrap_or(RecordId::BEYOND_ALL),
            // One more tells whether there is another page.
            limit: limit + 1,
        };
        let mut rows = self.table.accounts(&query).await?;
        let size = usize::try_from(limit).unwrap_or(usize::MAX);
        let is_last = rows.len() <= size;
        rows.truncate(size);
        let last = rows.last().filter(|_| !is_last);
        let next_cursor = last.map(|row| self.cursors.cursor(key, row.id));
        Ok(Page { rows, next_cursor })
    }

    /// Where a cursor of this key leads; `None` where it is none.
    pub fn read_cursor(&self, key: ApiKeyId, cursor: &str) -> Option<RecordId> {
        self.cursors.read(key, cursor)
    }

    /// One account of a key.
    ///
    /// # Errors
    /// The registry's fault.
    pub async fn find(&self, key: ApiKeyId, id: RecordId) -> Result<Option<AccountRow>, StoreFault> {
        self.table.account(key, id).await
    }

    /// Deletes an account of a key; `false` where there is none.
    ///
    /// # Errors
    /// The registry's fault.
    pub async fn delete(
        &self,
        key: ApiKeyId,
        platform: &PlatformName,
        account_id: &PlatformId,
    ) -> Result<bool, StoreFault> {
        self.table.delete_account(key, platform, account_id).await
    }

    fn fresh_id(&self) -> RecordId {
        let time = Timestamp::from_unix(&self.order, self.clock.unix_seconds(), 0);
        RecordId(Uuid::new_v7(time))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_one_to_a_hundred_rows() {
        for good in ["1", "20", "100"] {
            assert!(PageSize::parse(good).is_some(), "{good}");
        }
        for bad in ["", "0", "101", "-1", "+5", "05", "1.0", "x", "99999999999"] {
            assert!(PageSize::parse(bad).is_none(), "{bad}");
        }
    }
}
