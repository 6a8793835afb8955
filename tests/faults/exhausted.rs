//! What runs out under a running process: readers of its log, file descriptors.

use std::io::Read;
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::net::TcpStream;

use super::measure::{Times, alone, figure, ms, within};
use super::site::Site;
use super::walk::{self, Kept};
use crate::harness::child::{ServerChild, binary, free_port};

const REQUESTS: usize = 8000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f33_a_log_that_nobody_reads_holds_no_request_up_and_its_lost_lines_are_counted() {
    let _alone = alone().await;
    let site = Site::alone("").await;
    let requests = async |count: usize| {
        let (mut kept, mut times) = (Kept::open(site.port).await, Times::default());
        for _ in 0..count {
            let started = Instant::now();
            assert_eq!(kept.ask("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap().status, 200);
            times.add(started.elapsed());
        }
        times
    };
    let instance = site.instance().await;
    requests(500).await;
    let is_read = requests(REQUESTS).await;
    instance.kill().await;

    let metrics_port = free_port();
    let mut serve = site.serve(site.port, metrics_port);
    let mut child = serve.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut unread = child.stderr.take().unwrap();
    within(Duration::from_secs(10), "ready", async || walk::is_ready(site.port).await).await;
    // The pipe and the queue take the first of these, and then no more.
    requests(500).await;
    let blocked = requests(REQUESTS).await;
    walk::whole(&site, site.port).await.unwrap();
    let metrics = walk::ask(metrics_port, &walk::get("/metrics", "")).await.unwrap().body;
    let line = metrics.lines().find(|line| line.starts_with("handleproof_log_lines_dropped_total ")).unwrap();
    let dropped: u64 = line.rsplit(' ').next().unwrap().parse().unwrap();
    figure(
        "F33",
        &format!(
            "{REQUESTS} requests beside a full pipe: {blocked}; beside one that is read: {is_read}; {dropped} lines dropped and counted"
        ),
    );
    assert!(dropped > 0);

    // A reader that comes back gets whole lines again.
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        unread.read_to_string(&mut text).unwrap();
        text
    });
    requests(100).await;
    let stopped = std::process::Command::new("kill").args(["-s", "TERM", &child.id().to_string()]).status();
    assert!(stopped.unwrap().success());
    within(Duration::from_secs(25), "it ends", async || child.try_wait().unwrap().is_some()).await;
    let text = reader.join().unwrap();
    assert!(text.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
    assert!(text.contains("draining"), "the last lines are written out");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f33_a_process_whose_log_nobody_reads_still_ends_when_it_is_told_to() {
    let _alone = alone().await;
    let site = Site::alone("drain_seconds = 0\n[log]\nlevel = \"trace\"").await;
    let mut serve = site.serve(site.port, free_port());
    let mut child = serve.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let _unread = child.stderr.take().unwrap();
    within(Duration::from_secs(10), "ready", async || walk::is_ready(site.port).await).await;
    let mut kept = Kept::open(site.port).await;
    for _ in 0..1000 {
        kept.ask("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    }
    drop(kept);
    let stopped = std::process::Command::new("kill").args(["-s", "TERM", &child.id().to_string()]).status();
    assert!(stopped.unwrap().success());
    let took = within(Duration::from_secs(10), "it ends", async || child.try_wait().unwrap().is_some()).await;
    figure("F33", &format!("SIGTERM beside a full pipe: the end after {}", ms(took)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f34_a_process_out_of_file_descriptors_serves_again_soon_after_they_are_released() {
    let _alone = alone().await;
    let site = Site::alone("").await;
    let serve = site.serve(site.port, free_port());
    let mut limited = std::process::Command::new("sh");
    limited.args(["-c", "ulimit -n 128; exec \"$@\"", "sh", &binary()]).args(serve.get_args());
    for (name, value) in serve.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    let child = ServerChild::spawn(&mut limited);
    within(Duration::from_secs(10), "ready", async || walk::is_ready(site.port).await).await;
    walk::whole(&site, site.port).await.unwrap();
    let mut sockets = Vec::new();
    for _ in 0..300 {
        sockets.push(TcpStream::connect(("127.0.0.1", site.port)).await.unwrap());
    }
    let pid = child.child.id();
    let full = async || std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count() >= 126;
    within(Duration::from_secs(5), "they are used up", full).await;
    drop(sockets);
    let back = within(Duration::from_secs(5), "a whole flow", async || {
        tokio::time::timeout(Duration::from_secs(1), walk::whole(&site, site.port))
            .await
            .is_ok_and(|flow| flow.is_ok())
    })
    .await;
    figure("F34", &format!("128 descriptors, 300 sockets: a whole flow {} after their release", ms(back)));
}
