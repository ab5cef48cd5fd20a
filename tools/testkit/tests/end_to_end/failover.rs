//! A Redis primary that is away, with orders that are answered only when a replica has them.

use devstack::servers::processes::{Signal, send};
use devstack::servers::{RedisServer, RedisServers};
use futures_util::future::join_all;
use messages::{PriceUpdate, REQUEST_STREAM, Request};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use testkit::stack::{PATIENCE, Service, Stack, eventually};
use testkit::symbols::BTC;
use testkit::trader::Trader;

const TRADERS: u32 = 6;

/// The number of orders of each trader that have to be acknowledged after the server went away.
const ORDERS_AFTER: usize = 20;

/// The orders of a trader that were acknowledged.
struct Journal {
    trader: Trader,
    acknowledged: BTreeSet<String>,
    longest_wait: Duration,
}

impl Journal {
    /// Sends orders one after the other, until enough were acknowledged after the server went away.
    async fn trade(&mut self, is_away: &AtomicBool) {
        let (mut last, mut since) = (Instant::now(), 0);
        for n in 0.. {
            if since == ORDERS_AFTER {
                return;
            }
            let order =
                json!({"asset": "BTCUSDT", "orderType": "LONG", "leverage": 100, "qty": 0.01});
            let (status, body) = self.trader.open_with_key(order, &format!("order {n}")).await;
            if status.is_success() {
                self.acknowledged.insert(order_id(&body["order"]));
                self.longest_wait = self.longest_wait.max(last.elapsed());
                last = Instant::now();
                since += usize::from(is_away.load(Ordering::Relaxed));
            } else {
                assert!(status.is_server_error(), "{body}");
                assert!(last.elapsed() < PATIENCE, "{body}");
            }
        }
    }
}

/// The ways in which a primary is away until a replica has taken over.
enum Absence {
    Killed,
    /// It wakes up with the commands that had reached it, and believes that it is the primary.
    Paused,
}

impl Absence {
    fn begin(&self, server: &RedisServer) {
        match self {
            Self::Killed => send(server.pid().unwrap(), Signal::KILL),
            Self::Paused => server.pause(),
        }
    }

    fn end(&self, server: &mut RedisServer) {
        match self {
            Self::Killed => server.start().unwrap(),
            Self::Paused => server.resume(),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_order_is_lost_with_a_primary() {
    no_acknowledged_order_is_lost(Absence::Killed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_order_is_lost_with_a_primary_that_wakes_up_later() {
    no_acknowledged_order_is_lost(Absence::Paused).await;
}

async fn no_acknowledged_order_is_lost(absence: Absence) {
    let servers = RedisServers::cluster(3, 1).unwrap();
    let mut stack = Stack::on(
        servers,
        &[
            ("DURABILITY", "replicated"),
            ("STALE_PRICE_MS", "600000"),
            ("MAX_OPEN_POSITIONS", "100000"),
            ("ENGINE_TIMEOUT_MS", "1000"),
            ("SNAPSHOT_INTERVAL_MS", "500"),
        ],
    )
    .await;
    for service in [Service::Engine, Service::HttpGateway, Service::DbWorker] {
        stack.start(service).await;
    }
    let (bid, ask) = ("99.9".parse().unwrap(), "100".parse().unwrap());
    stack.send_to_all(Request::PriceUpdate(PriceUpdate::new(BTC, bid, ask, 1))).await;
    let mut journals = Vec::new();
    for n in 1..=TRADERS {
        let trader = stack.trader(n).await;
        let (acknowledged, longest_wait) = (BTreeSet::new(), Duration::ZERO);
        journals.push(Journal { trader, acknowledged, longest_wait });
    }
    let is_away = AtomicBool::new(false);
    let trading = join_all(journals.iter_mut().map(|journal| journal.trade(&is_away)));
    let failing = async {
        let stream = stack.streams.shards().first().key(REQUEST_STREAM);
        let owner = stack.redis.owner_of(&stream).expect("a primary has the stream");
        eventually("orders are on their way", async || {
            stack.stream_len(REQUEST_STREAM).await > 200
        })
        .await;
        tokio::task::block_in_place(|| absence.begin(&stack.redis.all[owner]));
        is_away.store(true, Ordering::Relaxed);
        let began = Instant::now();
        eventually("a replica takes over", async || stack.redis.owner_of(&stream).is_some()).await;
        println!("a replica took over after {:?}", began.elapsed());
        // Nothing is confirmed while the new primary has no replica: the old one becomes it.
        tokio::task::block_in_place(|| absence.end(&mut stack.redis.all[owner]));
    };
    tokio::join!(trading, failing);
    for journal in &journals {
        let open = journal.trader.open_orders().await;
        let open: Vec<String> = open.iter().map(order_id).collect();
        let unique: BTreeSet<String> = open.iter().cloned().collect();
        assert_eq!(unique.len(), open.len(), "an order is there twice");
        let lost: Vec<_> = journal.acknowledged.difference(&unique).collect();
        assert!(lost.is_empty(), "{} of {} are lost", lost.len(), journal.acknowledged.len());
    }
    let longest = journals.iter().map(|journal| journal.longest_wait).max();
    println!("the longest time without an answer: {longest:?}");
}

fn order_id(order: &Value) -> String {
    order["orderId"].as_str().unwrap().to_owned()
}
