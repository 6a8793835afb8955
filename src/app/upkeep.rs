//! What is done beside the requests, for as long as the service runs: memory given back, changes followed, keys renewed.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::App;
use crate::apps::Apps;
use crate::keys::ApiKeys;
use crate::signing_keys::SigningKeys;
use crate::store::registry::Registry;
use crate::store::sessions::SessionStore;

const SWEEP: Duration = Duration::from_secs(1);
/// More bytes than pieces have that share a page of the allocator (mimalloc: 512 KiB). They are never written to.
const PAGE_OF_ITS_OWN: usize = 1 << 20;
/// How often it is asked whether the next signing key is due.
const KEY_UPKEEP: Duration = Duration::from_mins(10);
/// How often callers are counted, at most, and what is old is dropped.
const COUNT_KEYS: Duration = Duration::from_secs(1);

/// Starts all of it.
pub(super) fn start(app: &App) -> [JoinHandle<()>; 3] {
    let (registry, keys, apps) =
        (Arc::clone(&app.registry), Arc::clone(&app.keys), Arc::clone(&app.state.apps));
    [
        tokio::spawn(sweep(Arc::clone(&app.state.sessions))),
        tokio::spawn(follow(registry, keys, apps)),
        tokio::spawn(renew(Arc::clone(&app.state.signing_keys))),
    ]
}

async fn sweep(sessions: Arc<dyn SessionStore>) {
    let mut timer = interval(SWEEP);
    loop {
        timer.tick().await;
        sessions.sweep();
        let_allocator_give_back();
    }
}

/// The allocator keeps for a second what was freed, and then gives it back to the system; but it looks only when a page of
/// its own is made or freed. Where the last sessions of a busy hour have ended and no request comes, this is that page.
fn let_allocator_give_back() {
    drop(black_box(Vec::<u8>::with_capacity(PAGE_OF_ITS_OWN)));
}

/// Asks the registry whether another process changed it: the bound on how long a key that was revoked, or a secret that
/// was replaced, goes on (`T3`, `T69`). Where it does not answer, what is cached runs out by itself, within five seconds.
async fn follow(registry: Arc<dyn Registry>, keys: Arc<ApiKeys>, apps: Arc<Apps>) {
    let mut timer = interval(registry.follow_every());
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut is_told, mut count_at) = (false, Instant::now());
    loop {
        timer.tick().await;
        let is_due = count_at <= Instant::now();
        if is_due {
            apps.forget_old();
            keys.forget_old();
            count_at = Instant::now() + COUNT_KEYS;
        }
        match registry.version().await {
            Ok(version) => {
                is_told = false;
                apps.follow(version);
                keys.follow(version);
                if is_due {
                    keys.recount().await;
                }
            }
            // Once, until it answers again.
            Err(fault) if !is_told => {
                is_told = true;
                tracing::warn!(%fault, "the registry does not tell its version");
            }
            Err(_) => {}
        }
    }
}

async fn renew(signing_keys: Arc<SigningKeys>) {
    let mut timer = interval(KEY_UPKEEP);
    loop {
        timer.tick().await;
        if let Err(fault) = signing_keys.upkeep().await {
            tracing::warn!(%fault, "the signing keys could not be looked after");
        }
    }
}
