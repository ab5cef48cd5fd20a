//! `MARGIN_CALL`: warnings of a liquidation to the bearers of listen keys.

use crate::binance_events::{account, closed, event, position};
use crate::desk::{Client, Desk, price};
use messages::{
    BalanceSheet, CloseReason, ENGINE_STATUS, EventKind, MarketPrice, OpenPosition, OrderId,
    Position, PositionChange, PositionChanged, PositionMode, QUERY_STREAM, Query, QueryEntry,
    Reply, Response, StreamMessage as _, Trade,
};
use serde_json::{Value, json};
use session::ListenKeys;
use std::time::Duration;
use streams::{LogReader, Redis, StreamCursor};
use testkit::stack::eventually;
use testkit::symbols::ETH;
use tokio::time::timeout;
use uuid::Uuid;

/// A price of ETH, at which longs close.
fn eth(n: u64, bid: &str) -> MarketPrice {
    let quote = price(n, bid, 60 + n);
    MarketPrice { trade: Trade { symbol: ETH, ..quote.trade }, ..quote }
}

impl Desk {
    /// Answers questions about accounts as an engine does, in which each has this position.
    async fn answer_with(&self, held: Position) {
        let status = json!({ "status": "READY", "timestamp": 1, "message": "" }).to_string();
        let ttl = Duration::from_hours(1);
        self.streams.set_expiring(ENGINE_STATUS, &status, ttl).await.unwrap();
        let redis = Redis::new(&self.redis.url()).unwrap();
        tokio::spawn(async move {
            let stream = QUERY_STREAM.to_owned();
            let after = messages::EntryId::MIN;
            let cursor = StreamCursor { stream, after, continuous: false, last: None };
            let mut log = LogReader::new(&redis, vec![cursor]);
            loop {
                for (_, entry) in log.next(100, Duration::from_millis(100)).await.unwrap() {
                    let asked = QueryEntry::decode(&entry.fields).unwrap();
                    let outcome = Ok(answer(&asked.query, &held));
                    let reply = Reply { request_id: asked.request_id, outcome }.to_json();
                    redis.batch().publish(&asked.reply_to, &reply).send().await.unwrap();
                }
            }
        });
    }

    async fn eth_is(&self, n: u64, bid: &str) {
        self.publish(&eth(n, bid)).await;
    }
}

fn answer(query: &Query, held: &Position) -> Response {
    let [free, zero] = ["915.5", "0"].map(|text| text.parse().unwrap());
    match query {
        Query::GetBalance => Response::Balance {
            balance: BalanceSheet {
                balance: free,
                used_margin: zero,
                reserved: zero,
                unrealized_pnl: zero,
                equity: free,
            },
        },
        Query::GetUserOrders => {
            let order = held.clone();
            let mark_price = order.entry_price;
            Response::Positions {
                orders: vec![OpenPosition { order, mark_price, unrealized_pnl: zero }],
            }
        }
        other => panic!("{other:?}"),
    }
}

impl Client {
    /// The positions of the next warning, with the prices that have come close.
    async fn warned(&mut self) -> Value {
        let call = self.event("MARGIN_CALL").await;
        let positions = call["p"].as_array().unwrap();
        let of = |position: &Value| json!([position["ps"], position["iw"], position["mp"]]);
        positions.iter().map(of).collect()
    }
}

/// A position with another margin, and the liquidation price that it gives.
fn held(n: u128, margin: &str, liquidation: &str) -> Position {
    Position {
        margin: margin.parse().unwrap(),
        liquidation_price: liquidation.parse().unwrap(),
        ..position(n, "0.5")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_close_to_the_liquidation_warns_once() {
    let desk = Desk::open(&[]).await;
    let keys = ListenKeys::new(desk.streams.clone());
    keys.note_mode(account(), PositionMode::Hedge).await.unwrap();
    desk.answer_with(held(1, "75", "2865")).await;
    let key = desk.listen_key().await;
    let mut client = desk.listening(&key).await;
    // The engine's answer takes its time.
    let mut call = Value::Null;
    eventually("the price warns", async || {
        desk.eth_is(1, "2892").await;
        let heard = timeout(Duration::from_millis(20), client.json()).await;
        heard.map(|heard| call = heard).is_ok()
    })
    .await;
    assert_eq!((&call["e"], &call["cw"]), (&json!("MARGIN_CALL"), &json!("915.5")));
    assert!(call["E"].is_u64());
    let expected = json!([{
        "s": "ETHUSDT", "ps": "LONG", "pa": "0.5", "mt": "ISOLATED", "iw": "75", "mp": "2892",
        "up": "-54", "mm": "7.5",
    }]);
    assert_eq!(call["p"], expected);
    // Further down, and back a little: it is warned already.
    for (n, bid) in [(100, "2880"), (101, "2905.4"), (102, "2890"), (103, "2905.5"), (104, "2889")]
    {
        desk.eth_is(n, bid).await;
    }
    assert_eq!(client.warned().await, json!([["LONG", "75", "2889"]]));
    // Margin moves the liquidation price: the warning is over, and comes at another price.
    let change = PositionChange::Margin;
    let order = held(1, "150", "2700");
    let changed = PositionChanged { order, change, realized_pnl: None };
    desk.tell(&event(account(), 1, EventKind::PositionChanged(changed.into()))).await;
    client.event("ACCOUNT_UPDATE").await;
    for (n, bid) in [(105, "2850"), (106, "2765"), (107, "2760")] {
        desk.eth_is(n, bid).await;
    }
    assert_eq!(client.warned().await, json!([["LONG", "150", "2760"]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn several_positions_are_warned_together_and_new_ones_anew() {
    let desk = Desk::open(&[]).await;
    let key = desk.listen_key().await;
    let mut client = desk.listening(&key).await;
    for sequence in [1, 2] {
        let opened = held(sequence.into(), &sequence.to_string(), "2865");
        desk.tell(&event(account(), sequence, EventKind::PositionOpened(opened))).await;
        client.event("ACCOUNT_UPDATE").await;
    }
    // A price in dispute liquidates nothing.
    let disputed = Some(messages::DisputeReason::Held);
    desk.publish(&MarketPrice { disputed, ..eth(1, "2870") }).await;
    desk.eth_is(2, "2880").await;
    let both = json!([["BOTH", "1", "2880"], ["BOTH", "2", "2880"]]);
    assert_eq!(client.warned().await, both);
    let mut gone = closed(CloseReason::Manual, "2880", "-60");
    if let EventKind::PositionClosed(closed) = &mut gone {
        closed.order.order_id = OrderId(Uuid::from_u128(2));
    }
    desk.tell(&event(account(), 3, gone)).await;
    client.event("ACCOUNT_UPDATE").await;
    desk.tell(&event(account(), 4, EventKind::PositionOpened(held(3, "3", "2865")))).await;
    client.event("ACCOUNT_UPDATE").await;
    desk.eth_is(3, "2881").await;
    assert_eq!(client.warned().await, json!([["BOTH", "3", "2881"]]));
    desk.eth_is(4, "2950").await;
    desk.eth_is(5, "2882").await;
    let left = json!([["BOTH", "1", "2882"], ["BOTH", "3", "2882"]]);
    assert_eq!(client.warned().await, left);
}
