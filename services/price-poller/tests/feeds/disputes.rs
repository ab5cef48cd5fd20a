//! Implausible prices: each becomes an entry that disputes the symbol's price, and moves nothing.

use crate::studio::{NEVER_STALE, Poller, Studio, trade_of};
use messages::{DisputePrice, DisputeReason, Symbol, accepted_price_key};
use std::time::{Duration, SystemTime};
use testkit::binance::{BinanceServer, RecordedTrade};
use testkit::stack::eventually;
use testkit::symbols::{BTC, ETH, SOL};

fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    u64::try_from(now.as_millis()).unwrap()
}

fn print(trade_id: u64, price: &str, qty: &str, time_ms: u64) -> RecordedTrade {
    let (symbol, price, qty) = ("BTCUSDT".to_owned(), price.to_owned(), qty.to_owned());
    RecordedTrade { symbol, trade_id, price, qty, time_ms }
}

/// A poller whose last price of BTCUSDT is 65,000.
struct Scene {
    studio: Studio,
    venue: BinanceServer,
    poller: Poller,
}

impl Scene {
    async fn new(settings: &[&str]) -> Self {
        let (studio, venue) = (Studio::new(), BinanceServer::start().await);
        studio.remember(trade_of(&print(5_000_000_000, "65000", "0.01", now_ms()))).await;
        let url = venue.url();
        let live = ["--price-feed", "binance", "--binance-url", &url];
        let poller = studio.start(&[&live, settings].concat());
        Self { studio, venue, poller }
    }

    /// Sends prints, and waits until they are stored.
    async fn send(&self, prints: &[RecordedTrade]) {
        let before = self.studio.trades().await.len();
        self.venue.send(prints).await;
        self.studio.wait_for_trades(before + prints.len()).await;
    }

    async fn wait_for_dispute(&self, symbol: Symbol, reason: DisputeReason) {
        let dispute = DisputePrice { symbol, reason };
        eventually("the price is disputed", async || {
            self.studio.disputes().await.contains(&dispute)
        })
        .await;
    }

    async fn tick_ids(&self) -> Vec<u64> {
        self.studio.ticks().await.iter().map(|tick| tick.trade_id).collect()
    }

    /// Asserts that only the trade near the last price became a price.
    async fn settle(self) {
        let last = self.studio.last_price(BTC).await.unwrap();
        assert_eq!(last.disputed, Some(DisputeReason::Held), "listeners are told as well");
        assert_eq!(last.trade.price, "65000".parse().unwrap());
        self.send(&[print(5_000_009_999, "65010", "0.01", now_ms())]).await;
        self.studio.wait_for_ticks(1).await;
        assert_eq!(self.tick_ids().await, [5_000_009_999]);
        assert_eq!(self.studio.last_price(BTC).await.unwrap().disputed, None);
        self.poller.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_print_after_a_restart_is_held_against_the_remembered_price() {
    let scene = Scene::new(&[]).await;
    scene.send(&[print(5_000_001_002, "26000", "0.01", now_ms())]).await;
    scene.wait_for_dispute(BTC, DisputeReason::Held).await;
    scene.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dust_and_absurd_prices_do_not_confirm_each_other() {
    for (price, qty) in [("26000", "0.00000001"), ("90000000000", "0.00000001")] {
        let scene = Scene::new(&[]).await;
        let now_ms = now_ms();
        let prints = [(1, 1_100), (2, 500), (3, 0)]
            .map(|(id, ago_ms)| print(5_000_001_000 + id, price, qty, now_ms - ago_ms));
        scene.send(&prints[..2]).await;
        scene.wait_for_dispute(BTC, DisputeReason::Held).await;
        if price == "26000" {
            scene.send(&prints[2..]).await;
        }
        scene.settle().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_becomes_the_price_when_trades_over_a_second_confirm_it() {
    let scene = Scene::new(&[]).await;
    let now_ms = now_ms();
    let prints = [(1, 1_200), (2, 1_200), (3, 600), (4, 0)]
        .map(|(id, ago_ms)| print(5_000_001_000 + id, "60000", "0.01", now_ms - ago_ms));
    scene.send(&prints).await;
    scene.studio.wait_for_ticks(1).await;
    assert_eq!(scene.tick_ids().await, [5_000_001_004]);
    assert_eq!(scene.studio.last_price(BTC).await.unwrap().disputed, None);
    scene.poller.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmed_crash_pauses_the_symbol_until_an_operator_accepts_it() {
    let scene = Scene::new(&[]).await;
    let now_ms = now_ms();
    let prints = [(1, 1_200), (2, 600), (3, 0)]
        .map(|(id, ago_ms)| print(5_000_001_000 + id, "26000", "0.1", now_ms - ago_ms));
    scene.send(&prints).await;
    scene.wait_for_dispute(BTC, DisputeReason::Paused).await;
    let held = "26000".parse().unwrap();
    eventually("the status has the price that is held", async || {
        let status = scene.studio.status().await.unwrap();
        status.disputed.iter().any(|price| {
            (price.symbol, price.reason, price.held) == (BTC, DisputeReason::Paused, Some(held))
        })
    })
    .await;
    let reasons = scene.poller.health.not_ready_reason().unwrap_or_default();
    assert!(reasons.contains("BTCUSDT"), "readiness names the symbol: {reasons}");
    let key = accepted_price_key(BTC);
    scene.studio.streams.set_expiring(&key, "26000", Duration::from_secs(9)).await.unwrap();
    eventually("the poller takes it up", async || {
        scene.studio.streams.get(&key).await.unwrap().is_none()
    })
    .await;
    scene.send(&[print(5_000_001_009, "26010", "0.1", super::disputes::now_ms())]).await;
    scene.studio.wait_for_ticks(1).await;
    assert_eq!(scene.tick_ids().await, [5_000_001_009]);
    scene.poller.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn trades_that_arrive_late_are_stored_and_make_no_price() {
    let scene = Scene::new(&[]).await;
    scene.send(&[print(5_000_001_000, "65001", "0.01", now_ms() - 60_000)]).await;
    scene.wait_for_dispute(BTC, DisputeReason::Late).await;
    assert_eq!(scene.tick_ids().await, [0; 0]);
    let time_ms = now_ms();
    scene.send(&[print(5_000_001_001, "65002", "0.01", time_ms)]).await;
    scene.studio.wait_for_ticks(1).await;
    let tick = scene.studio.ticks().await[0];
    assert_eq!((tick.trade_id, tick.valid_for_ms), (5_000_001_001, Some(3_000)));
    assert!(tick.traded_at_ms.unwrap() <= time_ms, "its age counts from the venue's time");
    scene.poller.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_silent_symbol_among_three_is_named() {
    let scene = Scene::new(&[]).await;
    let silent = |symbol| DisputePrice { symbol, reason: DisputeReason::Silent };
    let mut id = 5_000_001_000;
    eventually("the silence of the others is disputed while one is traded", async || {
        id += 1;
        scene.venue.send(&[print(id, "65001", "0.01", now_ms())]).await;
        let disputes = scene.studio.disputes().await;
        [ETH, SOL].iter().all(|&symbol| disputes.contains(&silent(symbol)))
    })
    .await;
    assert!(!scene.studio.disputes().await.contains(&silent(BTC)));
    eventually("status and readiness name them", async || {
        let status = scene.studio.status().await.unwrap();
        let reasons = scene.poller.health.not_ready_reason().unwrap_or_default();
        status.message.contains("SOLUSDT") && reasons.contains("ETHUSDT") && status.connected
    })
    .await;
    scene.poller.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn pings_do_not_keep_a_connection_that_brings_no_trades() {
    let scene = Scene::new(&["--binance-silence-ms", "300"]).await;
    eventually("it is made anew", async || scene.venue.connections() >= 2).await;
    assert!(scene.venue.pongs() >= 2, "the venue was heard all the time");
    scene.poller.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_market_trades_of_some_quantity_are_trades() {
    let scene = Scene::new(&NEVER_STALE).await;
    let futures = |id: u64, price: &str, qty: &str, execution: &str| {
        let data = format!(
            r#"{{"e":"trade","E":1795888116000,"s":"BTCUSDT","t":{id},"p":"{price}","q":"{qty}","T":1795888116000,"X":"{execution}","m":true}}"#
        );
        scene.venue.send_text(&format!(r#"{{"stream":"btcusdt@trade","data":{data}}}"#));
    };
    futures(5_000_000_014, "65000", "0.01", "MARKET");
    futures(5_000_000_015, "64000", "0.01", "INSURANCE_FUND");
    futures(5_000_000_016, "64000", "0.01", "ADL");
    futures(5_000_000_017, "64000", "0.00000000", "MARKET");
    futures(5_000_000_018, "65001", "0.01", "MARKET");
    scene.studio.wait_for_trades(2).await;
    scene.studio.wait_for_ticks(2).await;
    assert_eq!(scene.tick_ids().await, [5_000_000_014, 5_000_000_018]);
    assert_eq!(scene.studio.trades().await.len(), 2);
    scene.poller.stop().await.unwrap();
}
