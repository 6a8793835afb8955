//! What every session store promises, as tests that each of them must pass.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::{READABLE_AFTER_END, SessionStore, TIME_TO_FINISH};
use crate::crypto::locator::{Digest, EntryKey};
use crate::error::Failure;
use crate::session::{
    ApiKeyId, AppId, CallbackUrl, CallerState, ForCallback, IssuedProof, Outcome, PendingAuthorization,
    PlatformId, PlatformName, ProfileId, ProofId, Purpose, Redemption, Session, Stage,
};

const LIFE: Duration = Duration::from_secs(900);

/// Lets the store's time go on, without waiting.
#[async_trait]
pub(super) trait PassTime: Sync {
    async fn pass_time(&self, time: Duration);
}

/// Runs the whole suite on the handles that the instances of a service have of one store.
pub(super) async fn run(handles: &[Arc<dyn SessionStore>], time: &dyn PassTime) {
    let store = &*handles[0];
    what_was_kept_is_read_back(store).await;
    what_one_instance_keeps_every_instance_reads(handles).await;
    t24_of_a_thousand_takers_one_wins(handles).await;
    t39_of_a_thousand_callbacks_one_wins(handles).await;
    of_takers_and_decliners_one_wins(handles).await;
    of_cancellers_decliners_and_who_ends_one_wins(handles).await;
    a_state_that_is_not_the_sessions_own_takes_nothing(store).await;
    no_step_is_made_twice_or_out_of_order(store).await;
    a_cancelled_session_is_dead_at_once(store).await;
    t23_a_link_lives_to_its_edge_and_not_beyond(store, time).await;
    a_pending_authorization_has_a_life_of_its_own(store, time).await;
    an_answer_in_the_last_second_still_ends_properly(store, time).await;
    an_ended_session_is_readable_for_five_minutes(store, time).await;
    of_a_thousand_redemptions_one_wins_and_the_others_hear_when(handles).await;
    only_a_proof_that_was_kept_is_redeemed_and_only_in_its_life(store, time).await;
    store.check().await.unwrap();
}

pub(super) fn key(n: u8) -> EntryKey {
    EntryKey([n; 16])
}

pub(super) fn session() -> Session {
    Session {
        api_key: ApiKeyId(7),
        platform: PlatformName::parse("acme").unwrap(),
        app: Some(AppId(9)),
        purpose: Purpose::Callback(Arc::new(ForCallback {
            callback_url: CallbackUrl::from_store("https://app.example.com/cb?a=1".into()),
            caller_state: CallerState::parse("a1b2").unwrap(),
            expected_platform_id: PlatformId::parse("17841400008460056"),
            interstitial: true,
            jws: false,
        })),
        profile_id: ProfileId::parse("user-1"),
        created_at: 1_900_000_000,
        expires_at: 1_900_000_900,
    }
}

pub(super) fn pending(state: &[u8]) -> PendingAuthorization {
    PendingAuthorization {
        state: Digest::of(state),
        browser: Some(Digest::of(b"cookie")),
        expires_at: 1_900_001_000,
    }
}

async fn created(store: &dyn SessionStore, n: u8) -> EntryKey {
    store.insert(key(n), session(), LIFE).await.unwrap();
    key(n)
}

async fn opened(store: &dyn SessionStore, n: u8) -> EntryKey {
    let key = created(store, n).await;
    assert!(store.take_request(key, pending(b"state"), LIFE).await.unwrap());
    key
}

async fn stage(store: &dyn SessionStore, key: EntryKey) -> Stage {
    store.read(key).await.unwrap().unwrap().stage
}

async fn what_was_kept_is_read_back(store: &dyn SessionStore) {
    let key = created(store, 1).await;
    let read = store.read(key).await.unwrap().unwrap();
    assert_eq!(format!("{:?}", read.session), format!("{:?}", session()));
    assert!(read.is_live && matches!(read.stage, Stage::Created));
    assert!(store.read(self::key(99)).await.unwrap().is_none());
}

async fn what_one_instance_keeps_every_instance_reads(handles: &[Arc<dyn SessionStore>]) {
    for (n, keeper) in (40..).zip(handles) {
        let key = opened(&**keeper, n).await;
        for reader in handles {
            let Stage::Opened(read) = stage(&**reader, key).await else { panic!("not opened") };
            assert_eq!(format!("{read:?}"), format!("{:?}", pending(b"state")));
        }
    }
}

/// How many of `count` calls, spread over all instances and made at once, answered `true`.
async fn wins<F>(
    handles: &[Arc<dyn SessionStore>],
    count: usize,
    call: impl Fn(Arc<dyn SessionStore>) -> F,
) -> u32
where
    F: Future<Output = bool> + Send + 'static,
{
    let calls = handles.iter().cycle().take(count).map(|store| tokio::spawn(call(Arc::clone(store))));
    let mut wins = 0;
    for call in calls.collect::<Vec<_>>() {
        wins += u32::from(call.await.unwrap());
    }
    wins
}

async fn t24_of_a_thousand_takers_one_wins(handles: &[Arc<dyn SessionStore>]) {
    let key = created(&*handles[0], 2).await;
    let take = |store: Arc<dyn SessionStore>| async move {
        store.take_request(key, pending(b"state"), LIFE).await.unwrap()
    };
    assert_eq!(wins(handles, 1000, take).await, 1);
}

async fn t39_of_a_thousand_callbacks_one_wins(handles: &[Arc<dyn SessionStore>]) {
    let key = opened(&*handles[0], 3).await;
    let take = |store: Arc<dyn SessionStore>| async move {
        store.take_pending(key, Digest::of(b"state")).await.unwrap().is_some()
    };
    assert_eq!(wins(handles, 1000, take).await, 1);
}

async fn of_takers_and_decliners_one_wins(handles: &[Arc<dyn SessionStore>]) {
    for n in 60..70 {
        let key = created(&*handles[0], n).await;
        let take = |store: Arc<dyn SessionStore>| async move {
            let taken = store.take_request(key, pending(b"state"), LIFE).await.unwrap();
            let declined = store.take_declined(key, Outcome::Failed(Failure::AccessDenied)).await.unwrap();
            assert!(!(taken && declined));
            taken || declined
        };
        assert_eq!(wins(handles, 50, take).await, 1);
    }
}

async fn of_cancellers_decliners_and_who_ends_one_wins(handles: &[Arc<dyn SessionStore>]) {
    for n in 90..100 {
        let link = created(&*handles[0], n).await;
        let decline_or_cancel = |store: Arc<dyn SessionStore>| async move {
            let declined = store.take_declined(link, Outcome::Failed(Failure::AccessDenied)).await.unwrap();
            let cancelled = store.cancel(link).await.unwrap();
            assert!(!(declined && cancelled));
            declined || cancelled
        };
        assert_eq!(wins(handles, 50, decline_or_cancel).await, 1);
        let flow = opened(&*handles[0], n + 10).await;
        let taken = handles[0].take_pending(flow, Digest::of(b"state")).await.unwrap();
        let taken = Arc::new(std::sync::Mutex::new(taken));
        let end_or_cancel = |store: Arc<dyn SessionStore>| {
            let taken = Arc::clone(&taken);
            async move {
                let mine = taken.lock().unwrap().take();
                match mine {
                    Some(mine) => store.end(flow, mine, Outcome::Verified).await.unwrap(),
                    None => store.cancel(flow).await.unwrap(),
                }
            }
        };
        assert_eq!(wins(handles, 50, end_or_cancel).await, 1);
    }
}

async fn a_state_that_is_not_the_sessions_own_takes_nothing(store: &dyn SessionStore) {
    let key = opened(store, 4).await;
    assert!(store.take_pending(key, Digest::of(b"other")).await.unwrap().is_none());
    assert!(store.take_pending(key, Digest::of(b"state")).await.unwrap().is_some());
}

async fn no_step_is_made_twice_or_out_of_order(store: &dyn SessionStore) {
    let key = created(store, 5).await;
    assert!(store.take_pending(key, Digest::of(b"state")).await.unwrap().is_none());
    assert!(store.take_request(key, pending(b"state"), LIFE).await.unwrap());
    assert!(!store.take_declined(key, Outcome::Failed(Failure::AccessDenied)).await.unwrap());
    let taken = store.take_pending(key, Digest::of(b"state")).await.unwrap().unwrap();
    assert!(!store.take_request(key, pending(b"again"), LIFE).await.unwrap());
    assert!(store.end(key, taken, Outcome::Verified).await.unwrap());
    assert!(!store.cancel(key).await.unwrap());
    assert!(matches!(stage(store, key).await, Stage::Ended(Outcome::Verified)));
}

async fn a_cancelled_session_is_dead_at_once(store: &dyn SessionStore) {
    let link = created(store, 6).await;
    assert!(store.cancel(link).await.unwrap());
    assert!(!store.cancel(link).await.unwrap());
    assert!(!store.take_request(link, pending(b"state"), LIFE).await.unwrap());
    let flow = opened(store, 7).await;
    assert!(store.cancel(flow).await.unwrap());
    assert!(store.take_pending(flow, Digest::of(b"state")).await.unwrap().is_none());
    assert!(matches!(stage(store, flow).await, Stage::Ended(Outcome::Cancelled)));
    let answered = opened(store, 14).await;
    let taken = store.take_pending(answered, Digest::of(b"state")).await.unwrap().unwrap();
    assert!(store.cancel(answered).await.unwrap());
    assert!(!store.end(answered, taken, Outcome::Verified).await.unwrap());
    assert!(matches!(stage(store, answered).await, Stage::Ended(Outcome::Cancelled)));
}

async fn t23_a_link_lives_to_its_edge_and_not_beyond(store: &dyn SessionStore, time: &dyn PassTime) {
    let (early, late) = (created(store, 8).await, created(store, 9).await);
    time.pass_time(LIFE - Duration::from_secs(1)).await;
    assert!(store.take_request(early, pending(b"state"), LIFE).await.unwrap());
    time.pass_time(Duration::from_secs(1)).await;
    assert!(!store.take_request(late, pending(b"state"), LIFE).await.unwrap());
    assert!(!store.read(late).await.unwrap().unwrap().is_live);
    time.pass_time(READABLE_AFTER_END).await;
    assert!(store.read(late).await.unwrap().is_none());
}

async fn a_pending_authorization_has_a_life_of_its_own(store: &dyn SessionStore, time: &dyn PassTime) {
    let (early, late) = (created(store, 10).await, created(store, 11).await);
    time.pass_time(LIFE - Duration::from_secs(10)).await;
    for key in [early, late] {
        assert!(store.take_request(key, pending(b"state"), LIFE).await.unwrap());
    }
    time.pass_time(LIFE - Duration::from_secs(1)).await;
    assert!(store.take_pending(early, Digest::of(b"state")).await.unwrap().is_some());
    time.pass_time(Duration::from_secs(1)).await;
    assert!(store.take_pending(late, Digest::of(b"state")).await.unwrap().is_none());
}

async fn an_answer_in_the_last_second_still_ends_properly(store: &dyn SessionStore, time: &dyn PassTime) {
    let key = opened(store, 13).await;
    time.pass_time(LIFE - Duration::from_secs(1)).await;
    let taken = store.take_pending(key, Digest::of(b"state")).await.unwrap().unwrap();
    time.pass_time(TIME_TO_FINISH - Duration::from_secs(1)).await;
    store.end(key, taken, Outcome::Verified).await.unwrap();
    assert!(matches!(stage(store, key).await, Stage::Ended(Outcome::Verified)));
}

async fn an_ended_session_is_readable_for_five_minutes(store: &dyn SessionStore, time: &dyn PassTime) {
    let key = created(store, 12).await;
    assert!(store.take_declined(key, Outcome::Failed(Failure::AccessDenied)).await.unwrap());
    time.pass_time(READABLE_AFTER_END - Duration::from_secs(1)).await;
    assert!(matches!(stage(store, key).await, Stage::Ended(Outcome::Failed(Failure::AccessDenied))));
    time.pass_time(Duration::from_secs(1)).await;
    assert!(store.read(key).await.unwrap().is_none());
}

fn proof(n: u8, profile_id: Option<&str>) -> (ProofId, IssuedProof) {
    let profile_id = profile_id.and_then(ProfileId::parse);
    (
        ProofId::of(ApiKeyId(7), &format!("sig {n}")),
        IssuedProof { session: Some(key(n)), profile_id, read: None },
    )
}

async fn of_a_thousand_redemptions_one_wins_and_the_others_hear_when(handles: &[Arc<dyn SessionStore>]) {
    let (id, issued) = proof(80, Some("user-1"));
    handles[0].keep_proof(id, issued.clone(), LIFE).await.unwrap();
    let redeem = |store: Arc<dyn SessionStore>| async move {
        let redemption = store.redeem(id, 1_900_000_123, LIFE).await.unwrap().unwrap();
        assert!(redemption.before.is_none_or(|at| at == 1_900_000_123));
        redemption.before.is_none()
    };
    assert_eq!(wins(handles, 1000, redeem).await, 1);
    let late = handles[0].redeem(id, 1_900_000_200, LIFE).await.unwrap().unwrap();
    assert_eq!(late, Redemption { proof: issued, before: Some(1_900_000_123) });
}

async fn only_a_proof_that_was_kept_is_redeemed_and_only_in_its_life(
    store: &dyn SessionStore,
    time: &dyn PassTime,
) {
    let ((early, issued), (late, other)) = (proof(81, None), proof(82, None));
    assert_eq!(store.redeem(early, 1_900_000_000, LIFE).await.unwrap(), None);
    store.keep_proof(early, issued.clone(), LIFE).await.unwrap();
    store.keep_proof(late, other, LIFE).await.unwrap();
    time.pass_time(LIFE - Duration::from_secs(1)).await;
    let redeemed = store.redeem(early, 1_900_000_000, LIFE).await.unwrap();
    assert_eq!(redeemed, Some(Redemption { proof: issued, before: None }));
    time.pass_time(Duration::from_secs(1)).await;
    assert_eq!(store.redeem(late, 1_900_000_000, LIFE).await.unwrap(), None);
    assert_eq!(store.redeem(early, 1_900_000_001, LIFE).await.unwrap().unwrap().before, Some(1_900_000_000));
}
