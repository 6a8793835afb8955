//! Time budgets, held against a control: what a busy machine adds, it adds to both.
//!
//! The budgets stand here and at the callers as they are documented, and not as the stores have them: a store's budget
//! that grows is another one.

use std::time::{Duration, Instant};

/// By this factor a budget is a larger one. Below it is what a busy machine adds to the best of several tries.
const LARGER: u32 = 2;
const TRIES: usize = 3;
/// What a store that is back may take until it is used again (`F1` to `F10`).
const RECOVERY: Duration = Duration::from_secs(2);
/// Recovering is some steps like the control's, one after the other.
const STEPS: u32 = 10;
/// What has not come true by then never will.
const NEVER: Duration = Duration::from_mins(1);

/// Asserts that `work`, which waits for an answer that never comes, is given up within `budget`.
///
/// The control waits for the same time beside it, in as many tasks. The best try counts: a machine that is busy delays one
/// or the other, a budget that has grown delays all.
pub(crate) async fn given_up_within(budget: Duration, tasks: usize, work: impl AsyncFn()) {
    let mut told = Vec::new();
    for _ in 0..TRIES {
        let waiting = async || {
            let waiters = (0..tasks).map(|_| tokio::spawn(tokio::time::sleep(budget)));
            for waiter in waiters.collect::<Vec<_>>() {
                waiter.await.unwrap();
            }
        };
        let (control, took) = tokio::join!(time(waiting()), time(work()));
        if took < control * LARGER {
            return;
        }
        told.push((took, control));
    }
    panic!("not within {budget:?}: each took so long, beside its control: {told:?}");
}

/// Asserts that `works` comes true by itself, soon after the `control`, which is begun at the same moment, succeeds.
pub(crate) async fn recovers(control: impl Future, works: impl AsyncFnMut() -> bool) {
    let (control, took) = tokio::join!(time(control), super::eventually(NEVER, works));
    let limit = RECOVERY * LARGER + control * STEPS;
    assert!(
        took < limit,
        "used again after {took:?}; the limit is {limit:?}, beside a control of {control:?}"
    );
}

async fn time(work: impl Future) -> Duration {
    let started = Instant::now();
    work.await;
    started.elapsed()
}
