//! More than fits: sessions beyond the memory store's bound, and ten times the users that the machine carries.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::measure::{Times, alone, figure, ms, until};
use super::site::Site;
use super::walk::{self, Kept, Link, served};

const ROOM: usize = 1000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t88_f26_a_full_store_refuses_at_once_keeps_what_it_accepted_and_has_room_again_soon() {
    let _alone = alone().await;
    let site = Site::alone(&format!("[sessions]\nmax_live = {ROOM}")).await;
    let _instance = site.instance().await;
    let mut kept = Kept::open(site.port).await;
    let (mut links, mut refused) = (Vec::<Link>::new(), Times::default());
    for n in 0..ROOM * 6 / 5 {
        let state = site.fresh_state();
        let started = Instant::now();
        let create = walk::creation(&site.api_key, "acme", &state);
        let mut reply = kept.ask(&create).await.unwrap();
        // A busy machine may not have read the key in time.
        while n < ROOM && reply.status == 503 {
            reply = kept.ask(&create).await.unwrap();
        }
        if n < ROOM {
            links.push(walk::link(reply, state).unwrap());
        } else {
            refused.add(started.elapsed());
            assert_eq!(reply.status, 503);
            assert!(reply.header("retry-after").is_some());
        }
    }
    // All of them work: every twentieth to its end, the others by their status.
    for (n, link) in links.iter().enumerate() {
        if n % 20 == 0 {
            let flow = served!(walk::open(site.port, link, &site.platform)).unwrap();
            served!(walk::prove(&site, site.port, &flow)).unwrap();
        } else {
            let path = format!("/api/oauth/delegate/sessions/{}", link.session_id);
            let show =
                format!("GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n", site.api_key);
            assert_eq!(kept.ask(&show).await.unwrap().json()["status"], "created");
        }
    }
    let started = Instant::now();
    for _ in 0..ROOM / 20 {
        until("there is room", async || walk::create(&site, site.port, "acme").await.is_ok()).await;
    }
    figure(
        "F26",
        &format!(
            "{} created on a capacity of {ROOM}: the first {ROOM} all live, {} got 503 ({refused}); room for all that ended within {}",
            ROOM * 6 / 5,
            refused.count(),
            ms(started.elapsed())
        ),
    );
}

/// So many users at once, for a while: whole flows that ended well, their times, and how many were refused.
async fn users(site: &Arc<Site>, count: usize, time: Duration) -> (Times, usize) {
    let is_over = Arc::new(AtomicBool::new(false));
    let people: Vec<_> = (0..count)
        .map(|_| {
            let (site, is_over) = (Arc::clone(site), Arc::clone(&is_over));
            tokio::spawn(async move {
                let (mut times, mut refused) = (Times::default(), 0);
                while !is_over.load(Ordering::SeqCst) {
                    let started = Instant::now();
                    match walk::whole(&site, site.port).await {
                        Ok(()) => times.add(started.elapsed()),
                        Err(ended) => {
                            // More than 64 calls to one platform at once are refused as an error at the callback.
                            assert!([302, 429, 503].contains(&ended.status), "{ended:?}");
                            refused += 1;
                        }
                    }
                }
                (times, refused)
            })
        })
        .collect();
    tokio::time::sleep(time).await;
    is_over.store(true, Ordering::SeqCst);
    let (mut times, mut refused) = (Times::default(), 0);
    for person in people {
        let (more, also) = person.await.unwrap();
        times.merge(more);
        refused += also;
    }
    (times, refused)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f30_ten_times_the_users_are_served_or_refused_and_all_is_as_before_afterwards() {
    const SECONDS: u64 = 3;
    let _alone = alone().await;
    let site = Arc::new(Site::alone("").await);
    let _instance = site.instance().await;
    users(&site, 8, Duration::from_secs(1)).await;
    let (normal, _) = users(&site, 8, Duration::from_secs(SECONDS)).await;
    let (crowded, refused) = users(&site, 80, Duration::from_secs(SECONDS)).await;
    let (after, _) = users(&site, 8, Duration::from_secs(1)).await;
    let goodput = crowded.count() as f64 / normal.count() as f64;
    figure(
        "F30",
        &format!(
            "8 users: {:.0} flows/s, {normal}; 80 users: {:.0} % of that, {crowded}, {refused} refused; 8 users right after: {after}",
            normal.count() as f64 / SECONDS as f64,
            goodput * 100.0
        ),
    );
    // What a collapse would be, however unevenly the machine runs: next to nothing served, or the crowd still felt.
    assert!(goodput > 0.2, "{goodput}");
    assert!(after.percentile(50) < crowded.percentile(50), "{after}, {crowded}");
}
