//! Browsers that go away before they are answered.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::measure::{beside_others, figure, mib, open_files, resident, until};
use super::site::Site;
use super::walk::{self, served};
use crate::harness::{Endpoint, Reply};

const ABORTS: usize = 600;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f32_browsers_that_go_away_mid_callback_leave_no_socket_and_cause_no_second_exchange() {
    let _turn = beside_others().await;
    let site = Site::alone("").await;
    let instance = site.instance().await;
    walk::whole_if_served(&site, site.port).await.unwrap();
    let identity = json!({"id": "u-1", "username": "jane"});
    site.platform.always(Endpoint::Identity, Reply::json(&identity).after(Duration::from_millis(30)));
    let files = open_files(instance.pid());
    let (mut before, mut after_half) = (0, 0);
    site.platform.forget_calls();
    for half in [0, 1] {
        if half == 0 {
            before = resident(instance.pid());
        }
        let aborted = stream::iter(0..ABORTS / 2).map(|n| {
            let site = &site;
            async move {
                let flow = walk::opened_if_served(site, site.port, site.port).await;
                let mut socket = TcpStream::connect(("127.0.0.1", site.port)).await.unwrap();
                socket.write_all(walk::get(&flow.path, &flow.cookie).as_bytes()).await.unwrap();
                if n % 2 == 0 {
                    socket.set_zero_linger().unwrap();
                }
                // Some go at once, some later, some about when the answer comes.
                tokio::time::sleep(Duration::from_millis(n as u64 % 5 * 10)).await;
                drop(socket);
                served!(walk::come_back(site.port, &flow)).map_err(|ended| ended.status)
            }
        });
        let again: Vec<_> = aborted.buffer_unordered(20).collect().await;
        // Where the first request was never heard, the second one was the first.
        assert!(again.iter().all(|end| end.is_ok() || *end == Err(400)), "{again:?}");
        if half == 0 {
            after_half = resident(instance.pid());
        }
    }
    until("all sockets are closed", async || open_files(instance.pid()) <= files + 8).await;
    let mut exchanges: HashMap<String, usize> = HashMap::new();
    for call in site.platform.calls(Endpoint::Token) {
        let code = call.body.split("code=").nth(1).unwrap().split('&').next().unwrap().to_owned();
        *exchanges.entry(code).or_default() += 1;
    }
    assert!(exchanges.values().all(|count| *count == 1));
    let grown = resident(instance.pid()).saturating_sub(after_half);
    figure(
        "F32",
        &format!(
            "{ABORTS} aborts: {} exchanges, no code twice; open files {files} before, {} after; RSS +{} in the first half, +{} in the second",
            exchanges.len(),
            open_files(instance.pid()),
            mib(after_half.saturating_sub(before)),
            mib(grown)
        ),
    );
    assert!(grown < 16 << 20, "{}", mib(grown));
}
