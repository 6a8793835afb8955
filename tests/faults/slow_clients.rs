//! Clients that send slowly, never finish, or send too much.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::measure::{Times, alone, beside_others, figure, ms};
use super::site::Site;
use super::walk;
use crate::harness::raw;

const SLOW: usize = 4000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t89_f37_thousands_of_slow_sockets_hold_nobody_up_and_are_closed_in_time() {
    let turn = alone().await;
    let site = Site::alone("").await;
    let instance = site.instance().await;
    let port = site.port;
    let flows = async |count: usize| {
        let mut times = Times::default();
        for _ in 0..count {
            let started = Instant::now();
            walk::whole_if_served(&site, port).await.unwrap();
            times.add(started.elapsed());
        }
        times
    };
    let undisturbed = flows(100).await;
    // A head that never ends, a byte a second.
    let heads = (0..SLOW).map(|_| {
        tokio::spawn(async move {
            let mut socket = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            let started = Instant::now();
            socket.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nx: ").await.unwrap();
            let (mut from, mut to) = socket.split();
            let drip = async {
                while to.write_all(b"y").await.is_ok() {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
                std::future::pending::<()>().await
            };
            let mut bytes = Vec::new();
            tokio::select! { _ = from.read_to_end(&mut bytes) => {}, () = drip => {} }
            started.elapsed()
        })
    });
    let heads: Vec<_> = heads.collect();
    // A body that is announced and never sent whole.
    let bodies = (0..50).map(|_| {
        let head = walk::creation(&site.api_key, "acme", "s").split_once("\r\n\r\n").unwrap().0.to_owned();
        tokio::spawn(async move {
            let mut socket = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            let started = Instant::now();
            socket.write_all(format!("{head}\r\n\r\n{{").as_bytes()).await.unwrap();
            let answer = raw::read_answer(&mut socket).await;
            (raw::status(&answer), started.elapsed())
        })
    });
    let bodies: Vec<_> = bodies.collect();
    let disturbed = flows(100).await;
    let _turn = turn.lets_others_in();
    let held = join_all(heads).await.into_iter().map(Result::unwrap).collect::<Vec<_>>();
    let bodies: Vec<_> = join_all(bodies).await.into_iter().map(Result::unwrap).collect();
    let longest = held.iter().max().unwrap();
    let longest_body = bodies.iter().map(|(_, time)| *time).max().unwrap();
    figure(
        "F37",
        &format!(
            "{SLOW} slow heads and 50 slow bodies: a flow of three requests takes {disturbed}, undisturbed {undisturbed}; heads are closed after {} at most, bodies answered after {} at most",
            ms(*longest),
            ms(longest_body)
        ),
    );
    assert!(bodies.iter().all(|(status, _)| *status == 400), "{bodies:?}");
    // What stays open would do so for ever.
    assert!(*longest < Duration::from_mins(1), "{longest:?}");
    assert!(longest_body < Duration::from_mins(1), "{longest_body:?}");
    drop(instance);
}

#[tokio::test]
async fn t89_heads_that_are_too_large_are_refused_and_the_process_goes_on() {
    let _turn = beside_others().await;
    let site = Site::alone("").await;
    let _instance = site.instance().await;
    let address = ([127, 0, 0, 1], site.port).into();
    let mut statuses = Vec::new();
    for request in [
        format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(200_000)),
        format!("GET /healthz HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "a".repeat(200_000)),
        format!("GET /healthz HTTP/1.1\r\nhost: x\r\n{}\r\n", "x: y\r\n".repeat(200)),
    ] {
        let status = raw::status(&raw::exchange(address, request.as_bytes()).await);
        statuses.push(status);
    }
    walk::whole_if_served(&site, site.port).await.unwrap();
    figure("T89", &format!("a target and a header of 200 kB, 200 headers: {statuses:?}"));
    assert!(statuses.iter().all(|status| [0, 400, 414, 431].contains(status)), "{statuses:?}");
}
