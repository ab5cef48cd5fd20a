//! A disk with no room for Redis' append-only file.

use devstack::servers::RedisServer;
use messages::{PriceUpdate, Request};
use reqwest::StatusCode;
use serde_json::json;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use testkit::stack::{Service, Stack, eventually};
use testkit::symbols::BTC;

/// The path of an append-only file; Redis writes them one after the other.
fn append_only_file(stack: &Stack, number: u32) -> PathBuf {
    let folder = stack.redis.log().with_file_name("appendonlydir");
    folder.join(format!("appendonly.aof.{number}.incr.aof"))
}

/// Makes Redis continue in the next file.
async fn next_file(stack: &Stack, number: u32) {
    let mut redis = TcpStream::connect((Ipv4Addr::LOCALHOST, stack.redis.port())).unwrap();
    let manifest = append_only_file(stack, 0).with_file_name("appendonly.aof.manifest");
    eventually("Redis writes to the next file", async || {
        // Redis refuses until it has seen that the last rewrite has ended.
        redis.write_all(b"BGREWRITEAOF\r\n").unwrap();
        let mut answer = String::new();
        BufReader::new(&redis).read_line(&mut answer).unwrap();
        answer.starts_with('+')
    })
    .await;
    let files = std::fs::read_to_string(&manifest).unwrap();
    assert!(files.contains(&format!("{number}.incr.aof")), "{files}");
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_refused_while_the_disk_is_full_and_nothing_is_lost() {
    let settings = [("STALE_PRICE_MS", "600000"), ("ENGINE_TIMEOUT_MS", "1000")];
    let mut stack = Stack::on(RedisServer::private().unwrap(), &settings).await;
    stack.start(Service::Engine).await;
    stack.start(Service::HttpGateway).await;
    let (bid, ask) = ("99.9".parse().unwrap(), "100".parse().unwrap());
    stack.send_to_all(Request::PriceUpdate(PriceUpdate::new(BTC, bid, ask, 1))).await;
    let trader = stack.trader(1).await;
    let open = async |n: u32| {
        let order = json!({"asset": "BTCUSDT", "orderType": "LONG", "leverage": 10, "qty": 0.1});
        trader.open_with_key(order, &format!("order {n}")).await
    };

    // Every write to the next file fails for lack of space.
    std::os::unix::fs::symlink("/dev/full", append_only_file(&stack, 2)).unwrap();
    next_file(&stack, 2).await;
    let mut sent = 0;
    eventually("orders are refused", async || {
        sent += 1;
        let (status, body) = open(sent).await;
        assert!(status.is_success() || status.is_server_error(), "{body}");
        status == StatusCode::SERVICE_UNAVAILABLE
    })
    .await;
    let (status, body) = open(sent).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "and stay refused: {body}");

    next_file(&stack, 3).await;
    for n in 1..=sent {
        eventually("orders are taken again", async || open(n).await.0.is_success()).await;
    }
    assert_eq!(trader.open_orders().await.len(), sent as usize, "each is there once");
}
