//! What every session store promises, as tests that each of them must pass.

use std::sync::Arc;
use std::time::Duration;

use super::{READABLE_AFTER_END, SessionStore};
use crate::crypto::locator::{Digest, EntryKey};
use crate::error::Failure;
use crate::platform::entry::PlatformName;
use crate::session::{
    ApiKeyId, CallbackUrl, CallerState, Outcome, PendingAuthorization, PlatformId, ProfileId, Session, Stage,
};

const LIFE: Duration = Duration::from_secs(900);

/// Runs the whole suite; `pass_time` lets the store's time go on.
pub(super) async fn run(store: Arc<dyn SessionStore>, pass_time: &dyn Fn(Duration)) {
    what_was_kept_is_read_back(&*store).await;
    t24_of_a_hundred_takers_one_wins(&store).await;
    t39_of_a_hundred_callbacks_one_wins(&store).await;
    a_state_that_is_not_the_sessions_own_takes_nothing(&*store).await;
    no_step_is_made_twice_or_out_of_order(&*store).await;
    a_cancelled_session_is_dead_at_once(&*store).await;
    t23_a_link_lives_to_its_edge_and_not_beyond(&*store, pass_time).await;
    a_pending_authorization_has_a_life_of_its_own(&*store, pass_time).await;
    an_ended_session_is_readable_for_five_minutes(&*store, pass_time).await;
}

pub(super) fn key(n: u8) -> EntryKey {
    EntryKey([n; 16])
}

pub(super) fn session() -> Session {
    Session {
        api_key: ApiKeyId(7),
        platform: PlatformName::parse("acme").unwrap(),
        callback_url: CallbackUrl::from_store("https://app.example.com/cb?a=1".into()),
        caller_state: CallerState::parse("a1b2").unwrap(),
        profile_id: ProfileId::parse("user-1"),
        expected_platform_id: PlatformId::parse("17841400008460056"),
        interstitial: true,
        created_at: 1_900_000_000,
        expires_at: 1_900_000_900,
    }
}

fn pending(state: &[u8]) -> PendingAuthorization {
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

async fn t24_of_a_hundred_takers_one_wins(store: &Arc<dyn SessionStore>) {
    let key = created(&**store, 2).await;
    let takers = (0..100).map(|_| {
        let store = Arc::clone(store);
        tokio::spawn(async move { store.take_request(key, pending(b"state"), LIFE).await.unwrap() })
    });
    let mut wins = 0;
    for taker in takers.collect::<Vec<_>>() {
        wins += u32::from(taker.await.unwrap());
    }
    assert_eq!(wins, 1);
}

async fn t39_of_a_hundred_callbacks_one_wins(store: &Arc<dyn SessionStore>) {
    let key = opened(&**store, 3).await;
    let takers = (0..100).map(|_| {
        let store = Arc::clone(store);
        tokio::spawn(async move { store.take_pending(key, Digest::of(b"state")).await.unwrap().is_some() })
    });
    let mut wins = 0;
    for taker in takers.collect::<Vec<_>>() {
        wins += u32::from(taker.await.unwrap());
    }
    assert_eq!(wins, 1);
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
    store.cancel(key).await.unwrap();
    assert!(matches!(stage(store, key).await, Stage::Taken));
    store.end(key, taken, Outcome::Verified).await.unwrap();
    store.cancel(key).await.unwrap();
    assert!(matches!(stage(store, key).await, Stage::Ended(Outcome::Verified)));
}

async fn a_cancelled_session_is_dead_at_once(store: &dyn SessionStore) {
    let link = created(store, 6).await;
    store.cancel(link).await.unwrap();
    assert!(!store.take_request(link, pending(b"state"), LIFE).await.unwrap());
    let flow = opened(store, 7).await;
    store.cancel(flow).await.unwrap();
    assert!(store.take_pending(flow, Digest::of(b"state")).await.unwrap().is_none());
    assert!(matches!(stage(store, flow).await, Stage::Ended(Outcome::Cancelled)));
}

async fn t23_a_link_lives_to_its_edge_and_not_beyond(store: &dyn SessionStore, pass_time: &dyn Fn(Duration)) {
    let (early, late) = (created(store, 8).await, created(store, 9).await);
    pass_time(LIFE - Duration::from_secs(1));
    assert!(store.take_request(early, pending(b"state"), LIFE).await.unwrap());
    pass_time(Duration::from_secs(1));
    assert!(!store.take_request(late, pending(b"state"), LIFE).await.unwrap());
    assert!(!store.read(late).await.unwrap().unwrap().is_live);
    pass_time(READABLE_AFTER_END);
    assert!(store.read(late).await.unwrap().is_none());
}

async fn a_pending_authorization_has_a_life_of_its_own(
    store: &dyn SessionStore,
    pass_time: &dyn Fn(Duration),
) {
    let (early, late) = (created(store, 10).await, created(store, 11).await);
    pass_time(LIFE - Duration::from_secs(10));
    for key in [early, late] {
        assert!(store.take_request(key, pending(b"state"), LIFE).await.unwrap());
    }
    pass_time(LIFE - Duration::from_secs(1));
    assert!(store.take_pending(early, Digest::of(b"state")).await.unwrap().is_some());
    pass_time(Duration::from_secs(1));
    assert!(store.take_pending(late, Digest::of(b"state")).await.unwrap().is_none());
}

async fn an_ended_session_is_readable_for_five_minutes(
    store: &dyn SessionStore,
    pass_time: &dyn Fn(Duration),
) {
    let key = created(store, 12).await;
    assert!(store.take_declined(key, Outcome::Failed(Failure::AccessDenied)).await.unwrap());
    pass_time(READABLE_AFTER_END - Duration::from_secs(1));
    assert!(matches!(stage(store, key).await, Stage::Ended(Outcome::Failed(Failure::AccessDenied))));
    pass_time(Duration::from_secs(1));
    assert!(store.read(key).await.unwrap().is_none());
}
