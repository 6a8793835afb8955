//! What every registry promises of recorded accounts.

use uuid::Uuid;

use super::row as key_row;
use crate::session::{ApiKeyId, PlatformId, PlatformName, ProfileId, RecordId, Scopes};
use crate::store::registry::{AccountQuery, AccountRow, AccountStatus, Registry};

const KEY: ApiKeyId = ApiKeyId(40);
const OTHER: ApiKeyId = ApiKeyId(41);

pub(super) async fn run(one: &dyn Registry, two: &dyn Registry) {
    one.insert_key(&key_row(KEY.0)).await.unwrap();
    one.insert_key(&key_row(OTHER.0)).await.unwrap();
    a_key_records_accounts_or_does_not(one, two).await;
    an_account_is_one_row_of_its_key_that_the_latest_verification_brings_up_to_date(one, two).await;
    t85_a_row_is_found_listed_and_deleted_by_its_own_key_alone(one, two).await;
    one.vacuum().await.unwrap();
}

fn account(n: u128, key: ApiKeyId, id: &str) -> AccountRow {
    AccountRow {
        id: RecordId(Uuid::from_u128(n)),
        key,
        platform: PlatformName::parse("acme").unwrap(),
        account_id: PlatformId::parse(id).unwrap(),
        username: "Жанна '); --".to_owned(),
        profile_id: ProfileId::parse("user-1"),
        scopes: Scopes::of(["a", "b"]),
        status: AccountStatus::Active,
        connected_at: 1_900_000_000,
        verified_at: 1_900_000_000,
    }
}

fn all(key: ApiKeyId) -> AccountQuery {
    AccountQuery { key, platform: None, profile_id: None, before: RecordId::BEYOND_ALL, limit: 100 }
}

async fn a_key_records_accounts_or_does_not(one: &dyn Registry, two: &dyn Registry) {
    for records in [false, true] {
        assert!(one.set_record_accounts(KEY, records).await.unwrap());
        assert_eq!(two.key(KEY).await.unwrap().unwrap().record_accounts, records);
    }
    assert!(!one.set_record_accounts(ApiKeyId(9999), true).await.unwrap());
}

async fn an_account_is_one_row_of_its_key_that_the_latest_verification_brings_up_to_date(
    one: &dyn Registry,
    two: &dyn Registry,
) {
    let first = account(1, KEY, "u-1");
    one.keep_account(&first).await.unwrap();
    assert_eq!(two.account(KEY, first.id).await.unwrap(), Some(first.clone()));
    let later = AccountRow {
        id: RecordId(Uuid::from_u128(2)),
        username: String::new(),
        profile_id: None,
        scopes: Scopes::default(),
        connected_at: 1_900_000_060,
        verified_at: 1_900_000_060,
        ..first.clone()
    };
    two.keep_account(&later).await.unwrap();
    let kept = AccountRow { id: first.id, connected_at: first.connected_at, ..later };
    assert_eq!(one.accounts(&all(KEY)).await.unwrap(), std::slice::from_ref(&kept));
    one.keep_account(&first).await.unwrap();
    assert_eq!(
        two.accounts(&all(KEY)).await.unwrap(),
        std::slice::from_ref(&kept),
        "an older one changes nothing"
    );
    for (key, status) in [(OTHER, AccountStatus::Expired), (KEY, AccountStatus::Revoked)] {
        one.set_account_status(key, (&kept.platform, &kept.account_id), status).await.unwrap();
    }
    let revoked = AccountRow { status: AccountStatus::Revoked, ..kept.clone() };
    assert_eq!(two.accounts(&all(KEY)).await.unwrap(), [revoked], "of its own key alone");
    one.keep_account(&kept).await.unwrap();
    assert_eq!(two.accounts(&all(KEY)).await.unwrap(), [kept], "verified again it is as good as new");
}

async fn t85_a_row_is_found_listed_and_deleted_by_its_own_key_alone(one: &dyn Registry, two: &dyn Registry) {
    let (own, foreign) = (account(3, KEY, "u-2"), account(4, OTHER, "u-1"));
    one.keep_account(&own).await.unwrap();
    one.keep_account(&foreign).await.unwrap();
    let ids = |rows: Vec<AccountRow>| rows.iter().map(|row| row.id.0.as_u128()).collect::<Vec<_>>();
    assert_eq!(ids(two.accounts(&all(KEY)).await.unwrap()), [3, 1]);
    assert_eq!(ids(two.accounts(&all(OTHER)).await.unwrap()), [4]);
    assert_eq!(ids(two.accounts(&AccountQuery { limit: 1, ..all(KEY) }).await.unwrap()), [3]);
    assert_eq!(ids(two.accounts(&AccountQuery { before: own.id, ..all(KEY) }).await.unwrap()), [1]);
    let profile = AccountQuery { profile_id: ProfileId::parse("user-1"), ..all(KEY) };
    assert_eq!(ids(two.accounts(&profile).await.unwrap()), [3]);
    let platform = AccountQuery { platform: PlatformName::parse("other"), ..all(KEY) };
    assert!(two.accounts(&platform).await.unwrap().is_empty());
    assert!(two.account(KEY, foreign.id).await.unwrap().is_none());
    let (platform, account_id) = (&own.platform, &own.account_id);
    assert!(!two.delete_account(OTHER, platform, account_id).await.unwrap());
    assert!(two.delete_account(KEY, platform, account_id).await.unwrap());
    assert!(!one.delete_account(KEY, platform, account_id).await.unwrap());
    assert_eq!(ids(one.accounts(&all(OTHER)).await.unwrap()), [4]);
}
