//! Another process that holds SQLite's write lock.

use std::time::{Duration, Instant};

use sqlx::{Connection, Executor, SqliteConnection};

use super::measure::{Times, alone, figure, within};
use super::operator;
use super::site::Site;
use super::walk::{self, Ended};

const ROUNDS: usize = 3;
/// What a change waits for the lock.
const PATIENCE: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f9_while_another_process_holds_sqlites_write_lock_flows_go_on_and_changes_are_told_to_wait() {
    let _turn = alone().await;
    let site = Site::alone(&operator::settings()).await;
    let instance = site.instance().await;
    let url = format!("sqlite:{}", site.folder.path().join("handleproof.db").display());
    let mut other = SqliteConnection::connect(&url).await.unwrap();
    let flow = async || {
        let started = Instant::now();
        walk::whole(&site, site.port).await.map(|()| started.elapsed())
    };
    for _ in 0..20 {
        walk::whole_if_served(&site, site.port).await.unwrap();
    }
    let (mut undisturbed, mut locked, mut changes) = (Times::default(), Times::default(), Times::default());
    let mut made = Times::default();
    let mut failed: Vec<Ended> = Vec::new();
    let mut held = Duration::ZERO;
    for _ in 0..ROUNDS {
        for _ in 0..50 {
            flow().await.into_iter().for_each(|time| undisturbed.add(time));
        }
        let started = Instant::now();
        assert_eq!(operator::new_key(&site).await.status, 201);
        made.add(started.elapsed());
        other.execute("BEGIN IMMEDIATE").await.unwrap();
        let since = Instant::now();
        let mut change = std::pin::pin!(async {
            let started = Instant::now();
            operator::refused(&operator::new_key(&site).await);
            started.elapsed()
        });
        // As many flows as there is time for until the change is refused.
        let refused_after = loop {
            tokio::select! {
                time = &mut change => break time,
                end = flow() => match end {
                    Ok(time) => locked.add(time),
                    Err(ended) => failed.push(ended),
                },
            }
        };
        changes.add(refused_after);
        other.execute("ROLLBACK").await.unwrap();
        held += since.elapsed();
    }
    assert_eq!(operator::new_key(&site).await.status, 201);
    let name = "handleproof_store_call_duration_seconds_count{store=\"sqlite\",result=\"no_answer\"}";
    assert!(instance.counted(name).await >= ROUNDS as f64, "waiting in vain is no answer");
    figure(
        "F9",
        &format!(
            "the write lock held for {:.1} s: {} of {} flows failed, {locked}; undisturbed {undisturbed}; changes are 503 after {changes}",
            held.as_secs_f64(),
            failed.len(),
            failed.len() + locked.count()
        ),
    );
    within("changes", PATIENCE, &made, &changes);
    // A busy machine may fail to read in a second, lock or no lock, and says so.
    assert!(failed.iter().all(Ended::is_unserved) && failed.len() * 10 <= locked.count(), "{failed:?}");
    // Who waited for the lock would wait for a second.
    assert!(locked.percentile(50) < undisturbed.percentile(50) * 5, "{locked}, {undisturbed}");
}
