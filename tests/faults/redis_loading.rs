//! A Redis that came back and still loads its file: it listens, and answers every command with `LOADING`.

use std::time::{Duration, Instant};

use super::measure::{Times, beside_others, figure, ms, until};
use super::open_flows::OpenFlows;
use super::site::Site;
use super::walk;
use crate::harness::Endpoint;
use crate::harness::child::free_port;
use crate::harness::servers::Server;

/// So many keys besides the sessions, with a pause after each.
const KEYS: usize = 10_000;
const PAUSE_MICROSECONDS: &str = "400";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f8_while_redis_loads_its_file_every_step_is_503_and_afterwards_every_flow_finishes() {
    let _turn = beside_others().await;
    let pauses = ["--key-load-delay", PAUSE_MICROSECONDS, "--loading-process-events-interval-bytes", "1024"];
    let mut redis = Server::redis_with(&[&pauses[..], &["--enable-debug-command", "local"]].concat());
    let site = Site::shared("").await;
    let url = format!("redis://127.0.0.1:{}", redis.port);
    let instance = site.instance_at(free_port(), &[("HANDLEPROOF_STORES__SESSIONS", &url)]).await;
    let bench = OpenFlows::at(site, instance).await;
    let port = bench.instance.port;
    let client = redis::Client::open(url.as_str()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    redis::cmd("DEBUG").arg("POPULATE").arg(KEYS).exec_async(&mut connection).await.unwrap();
    redis::cmd("SAVE").exec_async(&mut connection).await.unwrap();
    redis.kill();
    redis.start_again();

    // Without the library's greeting, which a Redis that loads does not answer.
    let mut probe = Probe::new(redis.port).await;
    assert!(probe.is_loading().await, "it loads for some seconds");
    let (connections, since) = (probe.connections().await, Instant::now());
    until("not ready", async || !walk::is_ready(port).await).await;
    assert_eq!(walk::ask(port, &walk::get("/healthz", "")).await.unwrap().status, 200);
    let mut times = Times::default();
    while since.elapsed() < Duration::from_secs(2) {
        times.merge(bench.ask_all().await);
    }
    let (more, seconds) = (probe.connections().await - connections, since.elapsed().as_secs_f64());
    assert!(probe.is_loading().await, "it still loads: what was measured was measured meanwhile");
    assert_eq!(bench.site.platform.count(Endpoint::Token), 0);
    assert!(bench.instance.child.said().contains("Redis is loading"), "the log tells the cause");
    assert!(more as f64 <= 10.0 * seconds + 10.0, "{more} connections in {seconds:.1} s");

    until("it has loaded", async || !probe.is_loading().await).await;
    let back = until("ready again", async || walk::is_ready(port).await).await;
    let finished = bench.finish_all().await;
    figure(
        "F8",
        &format!(
            "Redis loading: answers {times}, {more} connections in {seconds:.1} s, ready {} after it has loaded, {finished}",
            ms(back)
        ),
    );
}

/// A connection that says what it is told to, in Redis' inline form.
struct Probe(tokio::io::BufReader<tokio::net::TcpStream>);

impl Probe {
    async fn new(port: u16) -> Self {
        Self(tokio::io::BufReader::new(tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap()))
    }

    async fn line(&mut self) -> String {
        use tokio::io::AsyncBufReadExt;
        let mut line = String::new();
        self.0.read_line(&mut line).await.unwrap();
        line
    }

    async fn say(&mut self, command: &str) -> String {
        use tokio::io::AsyncWriteExt;
        self.0.write_all(command.as_bytes()).await.unwrap();
        self.line().await
    }

    async fn is_loading(&mut self) -> bool {
        // The key is not there: the other answer is one line as well.
        self.say("GET absent\r\n").await.starts_with("-LOADING")
    }

    /// How many it has taken since its start.
    async fn connections(&mut self) -> u64 {
        use tokio::io::AsyncReadExt;
        let length: usize = self.say("INFO stats\r\n").await.trim()[1..].parse().unwrap();
        let mut info = vec![0; length + 2];
        self.0.read_exact(&mut info).await.unwrap();
        let info = String::from_utf8(info).unwrap();
        let line = info.lines().find_map(|line| line.strip_prefix("total_connections_received:"));
        line.unwrap().trim().parse().unwrap()
    }
}
