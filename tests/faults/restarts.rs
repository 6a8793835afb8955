//! Orderly ends under load: no user notices.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::balancer::Balancer;
use super::measure::{Times, alone, figure};
use super::site::{Instance, Site};
use super::walk::{self, Ended};

/// What users met while something happened.
struct Met {
    flows: usize,
    failed: Vec<Ended>,
    times: Times,
    seconds: f64,
}

/// Whole flows by `users` people at once, each with a pause after it, for as long as `meanwhile` takes.
async fn under_load<T>(site: &Arc<Site>, users: usize, meanwhile: impl Future<Output = T>) -> (Met, T) {
    let (is_over, begun) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let started = Instant::now();
    let people: Vec<_> = (0..users)
        .map(|_| {
            let (site, is_over, begun) = (Arc::clone(site), Arc::clone(&is_over), Arc::clone(&begun));
            tokio::spawn(async move {
                let (mut failed, mut times) = (Vec::new(), Times::default());
                while !is_over.load(Ordering::SeqCst) {
                    begun.fetch_add(1, Ordering::SeqCst);
                    let started = Instant::now();
                    match walk::whole_if_served(&site, site.port).await {
                        Ok(()) => times.add(started.elapsed()),
                        Err(ended) => failed.push(ended),
                    }
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                (failed, times)
            })
        })
        .collect();
    let result = meanwhile.await;
    is_over.store(true, Ordering::SeqCst);
    let (mut failed, mut times) = (Vec::new(), Times::default());
    for person in people {
        let (some, more) = person.await.unwrap();
        failed.extend(some);
        times.merge(more);
    }
    let seconds = started.elapsed().as_secs_f64();
    (Met { flows: begun.load(Ordering::SeqCst), failed, times, seconds }, result)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f22_sigterm_under_load_fails_no_request() {
    let _alone = alone().await;
    let site = Arc::new(Site::shared("drain_seconds = 2").await);
    let [one, two] = site.instances::<2>().await;
    let _balancer = Balancer::start(site.port, &[one.port, two.port]).await;
    let stop = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let took = stopped(one).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        took
    };
    let (met, took) = under_load(&site, 8, stop).await;
    assert!(met.failed.is_empty(), "{} of {}: {:?}", met.failed.len(), met.flows, met.failed[0]);
    figure(
        "F22",
        &format!(
            "SIGTERM to one of two at {:.0} flows/s with drain_seconds = 2: 0 of {} flows failed ({}), exit 0 after {:.1} s",
            met.flows as f64 / met.seconds,
            met.flows,
            met.times,
            took.as_secs_f64()
        ),
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t96_f23_a_rolling_restart_of_three_instances_fails_no_flow() {
    let _alone = alone().await;
    let site = Arc::new(Site::shared("drain_seconds = 1").await);
    let instances = site.instances::<3>().await;
    let ports = [instances[0].port, instances[1].port, instances[2].port];
    let _balancer = Balancer::start(site.port, &ports).await;
    let roll = async {
        let mut running = Vec::from(instances);
        for round in 0..6 {
            let old = running.remove(0);
            let port = old.port;
            stopped(old).await;
            running.push(site.instance_at(port, &[]).await);
            assert_eq!(port, ports[round % 3]);
        }
        running
    };
    let (met, _running) = under_load(&site, 6, roll).await;
    assert!(met.failed.is_empty(), "{} of {}: {:?}", met.failed.len(), met.flows, met.failed[0]);
    figure(
        "F23",
        &format!(
            "three instances restarted twice in turn at {:.0} flows/s for {:.0} s: 0 of {} flows failed ({})",
            met.flows as f64 / met.seconds,
            met.seconds,
            met.flows,
            met.times
        ),
    );
}

/// SIGTERM, and how long the end took.
async fn stopped(instance: Instance) -> Duration {
    let started = Instant::now();
    instance.child.signal("TERM");
    let (code, said) = instance.child.ended().await;
    assert_eq!(code, Some(0), "{said}");
    started.elapsed()
}
