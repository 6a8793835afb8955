//! What runs out under a running process: readers of its log, file descriptors.

use std::io::Read;
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::net::TcpStream;

use super::measure::{Times, alone, beside_others, figure, ms, until};
use super::operator;
use super::site::Site;
use super::walk::{self, Kept};
use crate::harness::child::{ServerChild, free_port};

const REQUESTS: usize = 5500;

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
    until("ready", async || walk::is_ready(site.port).await).await;
    // The pipe and the queue take the first of these, and then no more.
    requests(500).await;
    let blocked = requests(REQUESTS).await;
    walk::whole_if_served(&site, site.port).await.unwrap();
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
    until("it ends", async || child.try_wait().unwrap().is_some()).await;
    let text = reader.join().unwrap();
    assert!(text.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
    assert!(text.contains("draining"), "the last lines are written out");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f33_a_process_whose_log_nobody_reads_still_ends_when_it_is_told_to() {
    let _turn = beside_others().await;
    let site = Site::alone("drain_seconds = 0\n[log]\nlevel = \"trace\"").await;
    let mut serve = site.serve(site.port, free_port());
    let mut child = serve.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let _unread = child.stderr.take().unwrap();
    until("ready", async || walk::is_ready(site.port).await).await;
    let mut kept = Kept::open(site.port).await;
    for _ in 0..1000 {
        kept.ask("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    }
    drop(kept);
    let stopped = std::process::Command::new("kill").args(["-s", "TERM", &child.id().to_string()]).status();
    assert!(stopped.unwrap().success());
    let took = until("it ends", async || child.try_wait().unwrap().is_some()).await;
    figure("F33", &format!("SIGTERM beside a full pipe: the end after {}", ms(took)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f34_a_process_out_of_file_descriptors_serves_again_soon_after_they_are_released() {
    let _turn = beside_others().await;
    let site = Site::alone("").await;
    let mut limited = under("ulimit -n 128; exec \"$@\"", &[], &site.serve(site.port, free_port()));
    let child = ServerChild::spawn(&mut limited);
    until("ready", async || walk::is_ready(site.port).await).await;
    walk::whole_if_served(&site, site.port).await.unwrap();
    let mut sockets = Vec::new();
    for _ in 0..200 {
        sockets.push(TcpStream::connect(("127.0.0.1", site.port)).await.unwrap());
    }
    let pid = child.child.id();
    let full = async || std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count() >= 126;
    until("they are used up", full).await;
    drop(sockets);
    let back = until("a whole flow", async || {
        tokio::time::timeout(Duration::from_secs(5), walk::whole(&site, site.port))
            .await
            .is_ok_and(|flow| flow.is_ok())
    })
    .await;
    figure("F34", &format!("128 descriptors, 200 sockets: a whole flow {} after their release", ms(back)));
}

/// Files cannot grow beyond a limit, which is what a full disk looks like to who writes; the signal that would end the
/// process at that is ignored, as it would not come from a disk.
fn serve_within(site: &Site, blocks: u64) -> std::process::Command {
    under(
        "trap '' XFSZ; ulimit -f \"$1\"; shift; exec \"$@\"",
        &[&blocks.to_string()],
        &site.serve(site.port, free_port()),
    )
}

/// The command by a script that ends with `exec "$@"`; its own arguments come first.
fn under(script: &str, arguments: &[&str], serve: &std::process::Command) -> std::process::Command {
    let mut limited = std::process::Command::new("sh");
    limited.args(["-c", script, "sh"]).args(arguments).arg(serve.get_program()).args(serve.get_args());
    for (name, value) in serve.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    limited
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f11_with_a_full_disk_flows_go_on_changes_are_503_and_the_database_stays_whole() {
    const BLOCK: u64 = 512;
    let _turn = beside_others().await;
    let site = Site::alone(&operator::settings()).await;
    let largest = site.folder.files().iter().map(|(_, bytes)| bytes.len() as u64).max().unwrap();
    let mut limited = serve_within(&site, largest / BLOCK + 60);
    let child = ServerChild::spawn(&mut limited);
    until("ready", async || walk::is_ready(site.port).await).await;
    let mut made = 0;
    let refused = loop {
        let answer = operator::new_key(&site).await;
        if answer.status != 201 {
            break answer;
        }
        made += 1;
        assert!(made < 5000, "the disk is never full");
    };
    operator::refused(&refused);
    let times = operator::flows_without_changes(&site).await;
    child.signal("KILL");
    child.ended().await;

    // With room again: the service refuses a damaged file at its start.
    let _again = site.instance().await;
    walk::whole_if_served(&site, site.port).await.unwrap();
    let kept = operator::keys(&site).await;
    assert_eq!(kept, made + 1, "every key that was answered for is there, and no other");
    figure(
        "F11",
        &format!(
            "a file limit as a disk: change number {} is 503; 50 of 50 flows meanwhile: {times}; all {kept} keys there after kill -9",
            made + 1
        ),
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f33_a_log_on_a_full_disk_holds_no_request_up_and_its_lost_lines_are_counted() {
    let _turn = beside_others().await;
    let site = Site::alone("").await;
    let metrics_port = free_port();
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut child = site.serve(site.port, metrics_port).stdout(Stdio::null()).stderr(full).spawn().unwrap();
    until("ready", async || walk::is_ready(site.port).await).await;
    for _ in 0..50 {
        walk::whole_if_served(&site, site.port).await.unwrap();
    }
    let dropped = async || {
        let metrics = walk::ask(metrics_port, &walk::get("/metrics", "")).await.unwrap().body;
        let line = metrics.lines().find(|line| line.starts_with("handleproof_log_lines_dropped_total "));
        line.map_or(0, |line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap())
    };
    until("the lines are counted", async || dropped().await >= 200).await;
    figure(
        "F33",
        &format!("a log on /dev/full: 50 of 50 flows; {} lines dropped and counted", dropped().await),
    );
    child.kill().unwrap();
    child.wait().unwrap();
}
