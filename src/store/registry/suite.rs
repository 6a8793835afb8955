//! What every registry promises, as tests that each of them must pass.

use super::{ApiKeyRow, AppRow, AppRowChange, Registry, SealedPlace, SigningKeyRow};
use crate::crypto::locator::Digest;
use crate::session::{ApiKeyId, AppId, PlatformName, RegisteredCallback};

/// Runs the whole suite on two handles of one registry, as two processes have them.
pub(super) async fn run(one: &dyn Registry, two: &dyn Registry) {
    what_was_kept_is_read_back_by_another_process(one, two).await;
    t3_a_key_is_revoked_once_and_for_good(one, two).await;
    a_revoked_key_gets_no_new_signing_secret(one).await;
    callbacks_are_added_and_removed_as_a_set(one).await;
    a_good_key_can_be_renamed(one, two).await;
    a_change_by_another_process_is_noticed(one, two).await;
    of_two_successors_of_a_signing_key_one_is_kept(one, two).await;
    a_withdrawn_signing_key_keeps_no_seed(one, two).await;
    an_app_is_kept_changed_and_deleted_by_its_own_key_alone(one, two).await;
    an_app_needs_a_good_key_with_room(one).await;
    a_change_of_an_app_is_noticed(one, two).await;
    sealed_values_are_kept_once_and_replaced_only_by_who_knows_them(one, two).await;
    accounts::run(one, two).await;
    one.check().await.unwrap();
}

#[path = "account_suite.rs"]
mod accounts;

pub(super) fn row(id: u64) -> ApiKeyRow {
    ApiKeyRow {
        id: ApiKeyId(id),
        name: "Shop'); DROP TABLE keys; --".to_owned(),
        secret_hash: Digest::of(b"hpk_secret"),
        first_party: true,
        any_callback: false,
        record_accounts: true,
        signing_secret: Some(vec![1, 2, 3]),
        callbacks: vec![url("https://a.example.com/cb"), url("https://b.example.com")],
        created_at: 1_900_000_000 + id,
        revoked_at: None,
    }
}

fn url(text: &str) -> RegisteredCallback {
    RegisteredCallback::from_store(text)
}

async fn what_was_kept_is_read_back_by_another_process(one: &dyn Registry, two: &dyn Registry) {
    one.insert_key(&row(1)).await.unwrap();
    let read = two.key(ApiKeyId(1)).await.unwrap().unwrap();
    assert_eq!(format!("{read:?}"), format!("{:?}", row(1)));
    assert!(two.key(ApiKeyId(2)).await.unwrap().is_none());
    assert_eq!(two.keys().await.unwrap().first().unwrap().id, ApiKeyId(1));
}

async fn t3_a_key_is_revoked_once_and_for_good(one: &dyn Registry, two: &dyn Registry) {
    one.insert_key(&row(3)).await.unwrap();
    assert!(two.live_key(ApiKeyId(3)).await.unwrap().is_some());
    assert!(two.revoke_key(ApiKeyId(3), 1_900_000_500).await.unwrap());
    assert!(!one.revoke_key(ApiKeyId(3), 1_900_000_600).await.unwrap());
    assert_eq!(one.key(ApiKeyId(3)).await.unwrap().unwrap().revoked_at, Some(1_900_000_500));
    assert!(one.live_key(ApiKeyId(3)).await.unwrap().is_none());
}

async fn a_revoked_key_gets_no_new_signing_secret(one: &dyn Registry) {
    one.insert_key(&row(4)).await.unwrap();
    assert!(one.set_signing_secret(ApiKeyId(4), &[9]).await.unwrap());
    assert_eq!(one.key(ApiKeyId(4)).await.unwrap().unwrap().signing_secret, Some(vec![9]));
    one.revoke_key(ApiKeyId(4), 1_900_000_500).await.unwrap();
    assert!(!one.set_signing_secret(ApiKeyId(4), &[8]).await.unwrap());
}

async fn a_good_key_can_be_renamed(one: &dyn Registry, two: &dyn Registry) {
    one.insert_key(&row(16)).await.unwrap();
    assert!(one.rename_key(ApiKeyId(16), "Robert'); --").await.unwrap());
    assert_eq!(two.key(ApiKeyId(16)).await.unwrap().unwrap().name, "Robert'); --");
    assert_eq!(two.key(ApiKeyId(5)).await.unwrap().unwrap().name, row(5).name);
    one.revoke_key(ApiKeyId(16), 1_900_000_500).await.unwrap();
    assert!(!one.rename_key(ApiKeyId(16), "Again").await.unwrap());
}

async fn callbacks_are_added_and_removed_as_a_set(one: &dyn Registry) {
    one.insert_key(&row(5)).await.unwrap();
    let (add, remove) = (
        [url("https://c.example.com/x?y=1"), url("https://b.example.com")],
        [url("https://a.example.com/cb")],
    );
    one.change_callbacks(ApiKeyId(5), &add, &remove).await.unwrap();
    one.change_callbacks(ApiKeyId(5), &add, &remove).await.unwrap();
    let left = one.key(ApiKeyId(5)).await.unwrap().unwrap().callbacks;
    assert_eq!(left, [url("https://b.example.com"), url("https://c.example.com/x?y=1")]);
}

async fn a_change_by_another_process_is_noticed(one: &dyn Registry, two: &dyn Registry) {
    let before = one.version().await.unwrap();
    assert_eq!(one.version().await.unwrap(), before);
    two.insert_key(&row(6)).await.unwrap();
    assert_ne!(one.version().await.unwrap(), before);
}

fn kid(n: u8) -> String {
    SealedPlace::SigningSeed([n; 32]).row()
}

fn signing_key(n: u8, follows: Option<u8>) -> SigningKeyRow {
    SigningKeyRow {
        kid: kid(n),
        follows: follows.map(kid),
        public_key: [n; 32],
        seed: Some(vec![n; 73]),
        created_at: 1_900_000_000,
        active_from: 1_900_000_000 + u64::from(n),
        withdrawn_at: None,
    }
}

async fn of_two_successors_of_a_signing_key_one_is_kept(one: &dyn Registry, two: &dyn Registry) {
    assert!(one.insert_signing_key(&signing_key(1, None)).await.unwrap());
    assert!(!two.insert_signing_key(&signing_key(2, None)).await.unwrap());
    let (left, right) = (signing_key(3, Some(1)), signing_key(4, Some(1)));
    let (left, right) = tokio::join!(one.insert_signing_key(&left), two.insert_signing_key(&right));
    assert!(left.unwrap() ^ right.unwrap());
    let kept = two.signing_keys().await.unwrap();
    assert_eq!(kept.len(), 2);
    assert_eq!(kept.first(), Some(&signing_key(1, None)));
    let place = SealedPlace::SigningSeed([1; 32]);
    assert!(one.replace_sealed(place, &[1; 73], &[9]).await.unwrap());
    assert!(two.sealed_values().await.unwrap().contains(&(place, vec![9])));
}

async fn a_withdrawn_signing_key_keeps_no_seed(one: &dyn Registry, two: &dyn Registry) {
    assert!(one.withdraw_signing_key(&kid(1), 1_900_000_500).await.unwrap());
    assert!(!two.withdraw_signing_key(&kid(1), 1_900_000_600).await.unwrap());
    let first = two.signing_keys().await.unwrap().remove(0);
    assert_eq!((first.seed, first.withdrawn_at), (None, Some(1_900_000_500)));
    let second = one.signing_keys().await.unwrap().remove(1);
    one.forget_signing_seed(&second.kid).await.unwrap();
    let second = two.signing_keys().await.unwrap().remove(1);
    assert_eq!((second.seed, second.withdrawn_at), (None, None));
}

fn app(id: u64, key: u64) -> AppRow {
    AppRow {
        id: AppId(id),
        api_key: ApiKeyId(key),
        platform: PlatformName::parse("tiktok").unwrap(),
        name: "Shop'); DROP TABLE apps; --".to_owned(),
        client_id: "client.1".to_owned(),
        client_secret: vec![1, 2, 3],
        created_at: 1_900_000_000 + id,
    }
}

async fn an_app_is_kept_changed_and_deleted_by_its_own_key_alone(one: &dyn Registry, two: &dyn Registry) {
    one.insert_key(&row(30)).await.unwrap();
    one.insert_key(&row(31)).await.unwrap();
    for id in [2, 1] {
        assert!(one.insert_app(&app(id, 30), 9).await.unwrap());
    }
    assert_eq!(two.app(AppId(1)).await.unwrap(), Some(app(1, 30)));
    assert_eq!(two.apps_of(ApiKeyId(30)).await.unwrap(), [app(1, 30), app(2, 30)]);
    assert_eq!(two.apps_of(ApiKeyId(31)).await.unwrap(), []);
    assert_eq!(two.apps().await.unwrap().len(), 2);

    let change = AppRowChange { name: Some("Two"), client_secret: None };
    assert!(!one.change_app(ApiKeyId(31), AppId(1), change).await.unwrap());
    assert!(one.change_app(ApiKeyId(30), AppId(1), change).await.unwrap());
    let change = AppRowChange { name: None, client_secret: Some(&[9]) };
    assert!(two.change_app(ApiKeyId(30), AppId(1), change).await.unwrap());
    let changed = AppRow { name: "Two".to_owned(), client_secret: vec![9], ..app(1, 30) };
    assert_eq!(one.app(AppId(1)).await.unwrap(), Some(changed));
    assert_eq!(one.app(AppId(2)).await.unwrap(), Some(app(2, 30)));
    let place = SealedPlace::AppSecret(AppId(1));
    assert!(one.replace_sealed(place, &[9], &[8]).await.unwrap());
    assert!(two.sealed_values().await.unwrap().contains(&(place, vec![8])));

    assert!(!one.delete_app(ApiKeyId(31), AppId(1)).await.unwrap());
    assert!(one.delete_app(ApiKeyId(30), AppId(1)).await.unwrap());
    assert!(!two.delete_app(ApiKeyId(30), AppId(1)).await.unwrap());
    assert_eq!(two.app(AppId(1)).await.unwrap(), None);
}

async fn an_app_needs_a_good_key_with_room(one: &dyn Registry) {
    one.insert_key(&row(32)).await.unwrap();
    assert!(one.insert_app(&app(40, 32), 1).await.unwrap());
    assert!(!one.insert_app(&app(41, 32), 1).await.unwrap());
    assert!(one.insert_app(&app(41, 32), 2).await.unwrap());
    one.revoke_key(ApiKeyId(32), 1_900_000_500).await.unwrap();
    assert!(!one.insert_app(&app(42, 32), 9).await.unwrap());
    assert!(!one.insert_app(&app(43, 99), 9).await.unwrap());
}

async fn a_change_of_an_app_is_noticed(one: &dyn Registry, two: &dyn Registry) {
    let before = one.version().await.unwrap();
    let change = AppRowChange { name: None, client_secret: Some(&[7]) };
    assert!(two.change_app(ApiKeyId(30), AppId(2), change).await.unwrap());
    let after = one.version().await.unwrap();
    assert_ne!(after, before);
    assert!(two.delete_app(ApiKeyId(30), AppId(2)).await.unwrap());
    assert_ne!(one.version().await.unwrap(), after);
}

async fn sealed_values_are_kept_once_and_replaced_only_by_who_knows_them(
    one: &dyn Registry,
    two: &dyn Registry,
) {
    assert!(one.service_key().await.unwrap().is_none());
    assert_eq!(one.keep_service_key(&[1]).await.unwrap(), [1]);
    assert_eq!(two.keep_service_key(&[2]).await.unwrap(), [1]);
    assert!(!two.replace_sealed(SealedPlace::ServiceKey, &[2], &[3]).await.unwrap());
    assert!(two.replace_sealed(SealedPlace::ServiceKey, &[1], &[3]).await.unwrap());
    assert_eq!(one.service_key().await.unwrap(), Some(vec![3]));
    let place = SealedPlace::SigningSecret(ApiKeyId(1));
    assert!(one.replace_sealed(place, &[1, 2, 3], &[4]).await.unwrap());
    assert!(two.sealed_values().await.unwrap().contains(&(place, vec![4])));
}
