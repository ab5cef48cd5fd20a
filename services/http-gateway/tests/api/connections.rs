//! Limits and timeouts of connections, and the graceful shutdown.

use crate::counter::{Counter, ticket};
use reqwest::StatusCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use testkit::stack::{PATIENCE, Service, eventually};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

async fn connect(counter: &Counter) -> TcpStream {
    TcpStream::connect(counter.url.trim_start_matches("http://")).await.unwrap()
}

/// Reads until the other side closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut bytes)).await;
    // A reset also ends the connection.
    let _ = read.expect("the connection ends");
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_trickles_in_and_a_silent_connection_are_cut_off() {
    let counter = Counter::closed_with(&["--http-head-timeout-ms", "300"]).await;
    let mut silent = connect(&counter).await;
    let mut idle = connect(&counter).await;
    idle.write_all(b"GET /nothing HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let started = Instant::now();
    let (mut slow, trickle) = (connect(&counter).await, async |slow: &mut TcpStream| {
        for byte in b"GET / HTTP/1.1\r\nx: ".iter().cycle() {
            if slow.write_all(&[*byte]).await.is_err() {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
    });
    timeout(PATIENCE, trickle(&mut slow)).await.expect("it is cut off while it writes");
    assert!(rest(&mut idle).await.starts_with("HTTP/1.1 404"));
    rest(&mut silent).await;
    assert!(started.elapsed() >= Duration::from_millis(300));
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_are_limited() {
    let counter = Counter::closed().await;
    let long_uri = counter.raw(reqwest::Method::GET, &format!("/{}", "x".repeat(9_000)));
    assert_eq!(long_uri.send().await.unwrap().status(), StatusCode::URI_TOO_LONG);
    let large = counter.raw(reqwest::Method::GET, "/").header("x-large", "x".repeat(40_000));
    let large = large.send().await.map(|answer| answer.status());
    assert!(large.is_err() || large.unwrap() == StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    let mut many = counter.raw(reqwest::Method::GET, "/");
    for n in 0..150 {
        many = many.header(format!("x-{n}"), "1");
    }
    let many = many.send().await.map(|answer| answer.status());
    assert!(many.is_err() || many.unwrap() == StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_connections_than_allowed_wait_for_a_place() {
    let counter = Counter::closed_with(&["--http-connections-max", "2"]).await;
    let (first, second) = (connect(&counter).await, connect(&counter).await);
    let mut third = connect(&counter).await;
    third
        .write_all(b"GET /nothing HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut byte = [0];
    let early = timeout(Duration::from_millis(200), third.read(&mut byte)).await;
    assert!(early.is_err(), "there is no place for it yet");
    drop(first);
    assert!(rest(&mut third).await.starts_with("HTTP/1.1 404"));
    drop(second);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_has_a_part_of_the_connections() {
    let counter = Counter::closed_with(&["--http-connections-per-address-max", "2"]).await;
    let (first, _second) = (connect(&counter).await, connect(&counter).await);
    let mut third = connect(&counter).await;
    assert!(rest(&mut third).await.starts_with("HTTP/1.1 429"));
    drop(first);
    eventually("the place is free", async || {
        counter
            .raw(reqwest::Method::GET, "/nothing")
            .send()
            .await
            .is_ok_and(|answer| answer.status() == StatusCode::NOT_FOUND)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_stops_answers_what_is_under_way() {
    let mut counter = Counter::patient().await;
    let token = counter.sign_up(1).await;
    // The engine is paused, so that the order is in flight when the gateway is told to stop.
    counter.pause_engine().await;
    let before = counter.request_stream_len().await;
    let open = reqwest::Client::new()
        .post(format!("{}/api/v1/order/open", counter.url))
        .bearer_auth(&token)
        .json(&ticket());
    let under_way = tokio::spawn(open.send());
    eventually("the order is sent", async || counter.request_stream_len().await > before).await;
    counter.begin_to_stop();
    let address = counter.url.trim_start_matches("http://").to_owned();
    eventually("no new connections", async || TcpStream::connect(&address).await.is_err()).await;
    counter.stack.resume(Service::Engine);
    assert_eq!(under_way.await.unwrap().unwrap().status(), StatusCode::CREATED);
    counter.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_is_replaced_loses_no_request() {
    let settings = ["--http-stop-delay-ms", "500"];
    let mut counter = Counter::closed_with(&settings).await;
    let next = counter.another_gateway(&[]).await;
    let urls = [counter.url.clone(), next];
    let is_replaced = Arc::new(AtomicBool::new(false));
    // As a load balancer does: a new connection for each request, to the old gateway until its
    // health check fails, which is within the delay.
    let callers: Vec<_> = (0..8)
        .map(|_| {
            let (urls, is_replaced) = (urls.clone(), Arc::clone(&is_replaced));
            tokio::spawn(async move {
                let mut answered = 0;
                for _ in 0..200 {
                    let url = &urls[usize::from(is_replaced.load(Ordering::Relaxed))];
                    let http = reqwest::Client::new();
                    // A request that the gateway answers by itself, however busy the engine is.
                    let answer = http.get(format!("{url}/api/v1/user/me"));
                    answered += u32::from(answer.send().await.unwrap().status() == 401);
                }
                answered
            })
        })
        .collect();
    counter.begin_to_stop();
    sleep(Duration::from_millis(200)).await;
    is_replaced.store(true, Ordering::Relaxed);
    for caller in callers {
        assert_eq!(caller.await.unwrap(), 200);
    }
    counter.stop().await;
}
