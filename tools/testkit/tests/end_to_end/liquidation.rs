//! A position is liquidated at a recorded price, by exactly the tick that reaches it.

use crate::expectation::{self, Liquidation, SPREAD_BPS, scaled};
use messages::{
    CloseReason, Event, EventKind, REQUEST_STREAM, RESPONSE_STREAM, Request, RequestEntry,
    UPLOADER_STREAM,
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::binance::{BinanceServer, RecordedTrade, recorded_trades};
use testkit::stack::{Service, Stack, eventually};
use testkit::trader::Trader;

const QTY: &str = "0.5";

/// A running stack where the trades up to the peak have arrived and a long at 100x is open.
struct Scene {
    stack: Stack,
    venue: BinanceServer,
    trades: Vec<RecordedTrade>,
    entry: usize,
    expected: Liquidation,
    trader: Trader,
    order: Value,
}

impl Scene {
    async fn new() -> Self {
        let venue = BinanceServer::start().await;
        let mut stack = Stack::new(&[
            ("PRICE_FEED", "binance"),
            ("BINANCE_URL", &venue.url()),
            ("SPREAD_BPS", &SPREAD_BPS.to_string()),
            // The recorded trades are years old, but sent as if they were live.
            ("STALE_PRICE_MS", "100000000000000"),
        ])
        .await;
        stack.start(Service::Engine).await;
        stack.spawn(Service::PricePoller);
        stack.start(Service::HttpGateway).await;
        stack.start(Service::DbWorker).await;

        let trades = recorded_trades();
        let entry = expectation::peak(&trades);
        let expected = expectation::liquidation(&trades, entry, scaled(QTY));
        venue.send(&trades[..=entry]).await;
        eventually("the trades up to the entry arrive", async || {
            stack.stream_len(UPLOADER_STREAM).await == entry as u64 + 1
        })
        .await;
        let user = stack.trader(1).await;
        let body = json!({"asset": "BTCUSDT", "orderType": "LONG", "leverage": 100, "qty": QTY});
        let (status, mut body) = user.open(body).await;
        assert_eq!(status, StatusCode::CREATED, "{body}");
        let order = body["order"].take();
        Self { stack, venue, trades, entry, expected, trader: user, order }
    }

    async fn send_the_rest(&self) {
        self.venue.send(&self.trades[self.entry + 1..]).await;
        eventually("all trades arrive", async || {
            self.stack.stream_len(UPLOADER_STREAM).await == self.trades.len() as u64
        })
        .await;
    }

    async fn check_the_closed_order(&self) {
        let Self { stack, expected, trader, order, .. } = self;
        eventually("the closed order is in PostgreSQL", async || {
            stack.closed_order_count().await == 1
        })
        .await;
        eventually("the gateway sees the engine", async || {
            trader.request(Method::GET, "/order/user/balance", None).await.0 == StatusCode::OK
        })
        .await;
        let closed = trader.closed_orders().await;
        assert_eq!(closed.len(), 1, "{closed:?}");
        assert_eq!(closed[0]["orderId"], order["orderId"]);
        assert_eq!(closed[0]["closeReason"], "MARGIN_CALL");
        assert_eq!(closed[0]["closePriceInt"], expected.close_price.to_string());
        assert_eq!(closed[0]["finalPnLInt"], expected.final_pnl.to_string());
        let balance = trader.balance().await;
        let left = scaled("1000") + expected.final_pnl;
        assert_eq!(balance["balanceInt"], left.to_string());
        assert_eq!(balance["equityInt"], left.to_string());
        assert_eq!(balance["usedMarginInt"], "0");
        assert!(trader.open_orders().await.is_empty());
        self.check_the_tick().await;
    }

    /// Asserts that there is exactly one close, by the trade that first reached the liquidation
    /// price.
    async fn check_the_tick(&self) {
        let events = self.stack.entries::<Event>(RESPONSE_STREAM).await;
        let closes: Vec<_> = events
            .iter()
            .filter_map(|(_, event)| match &event.kind {
                EventKind::PositionClosed(closed) => Some(closed),
                _ => None,
            })
            .collect();
        assert_eq!(closes.len(), 1, "{closes:?}");
        assert_eq!(closes[0].close_reason, CloseReason::Liquidation);
        let requests = self.stack.entries::<RequestEntry>(REQUEST_STREAM).await;
        let tick = requests.iter().find(|(id, _)| *id == closes[0].tick_id);
        let Request::PriceUpdate(tick) = tick.unwrap().1.request else { panic!("a price closes") };
        assert_eq!(tick.trade_id, self.trades[self.expected.trade].trade_id);
        assert_eq!(tick.bid.scaled(), self.expected.close_price);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_is_liquidated_by_the_recorded_trade_that_first_reaches_its_price() {
    let scene = Scene::new().await;
    assert_eq!(scene.order["executionPriceInt"], scene.expected.entry_price.to_string());
    assert_eq!(scene.order["liquidationPriceInt"], scene.expected.level.to_string());
    assert_eq!(scene.order["marginInt"], scene.expected.margin.to_string());
    let before = scene.trader.balance().await;
    assert_eq!(before["balanceInt"], (scaled("1000") - scene.expected.margin).to_string());
    assert_eq!(before["usedMarginInt"], scene.expected.margin.to_string());

    scene.send_the_rest().await;
    scene.check_the_closed_order().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_killed_before_the_tick_that_liquidates_closes_the_same_order_once() {
    let mut scene = Scene::new().await;
    scene.stack.kill(Service::Engine);
    scene.send_the_rest().await;
    scene.stack.start(Service::Engine).await;
    scene.check_the_closed_order().await;

    // Replays the stream from its start: the outputs already exist.
    let outputs = scene.stack.stream_len(RESPONSE_STREAM).await;
    scene.stack.kill(Service::Engine);
    scene.stack.start(Service::Engine).await;
    assert_eq!(scene.stack.stream_len(RESPONSE_STREAM).await, outputs);
    scene.check_the_closed_order().await;
}
