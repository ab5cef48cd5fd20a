//! The texts of account events for the bearers of listen keys.

use crate::binance_events::{START_MS, account, closed, event, execution, filled, order, position};
use crate::desk::{Desk, price, user};
use messages::{
    AdjustBalance, Attribution, CloseReason, EventKind, ExpiryReason, FillRole, LeverageChanged,
    MarketPrice, OrderId, OrderKind, OrderSide, OrderStatus, PositionMode, RequestId, Trade,
};
use serde_json::{Value, json};
use session::ListenKeys;
use testkit::symbols::ETH;

/// The fields of an order that say what happened.
fn told(event: &Value) -> Value {
    let o = &event["o"];
    match event["e"].as_str() {
        Some("ORDER_TRADE_UPDATE") => {
            let names = ["c", "x", "X", "o", "ot", "l", "z", "L", "ap", "t", "m", "rp", "n"];
            Value::from_iter(names.map(|name| o[name].clone()))
        }
        Some("ALGO_UPDATE") => {
            Value::from_iter(["caid", "X", "o", "act", "ap", "rm"].map(|name| o[name].clone()))
        }
        Some("ACCOUNT_UPDATE") => {
            let (balance, position) = (&event["a"]["B"][0], &event["a"]["P"][0]);
            let part = ["pa", "ep", "up", "iw"].map(|name| position[name].clone());
            json!([event["a"]["m"], balance["wb"], balance["cw"], balance["bc"], part])
        }
        _ => event.clone(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_life_of_an_order_is_told_in_order() {
    let desk = Desk::open(&[]).await;
    let quote = MarketPrice { ask: "3003".parse().unwrap(), ..price(1, "3001", 60) };
    let trade = Trade { symbol: ETH, ..quote.trade };
    desk.publish(&MarketPrice { trade, ..quote }).await;
    let key = desk.listen_key().await;
    let mut client = desk.listening(&key).await;
    open_and_close(&desk).await;
    let events = client.events(8).await;
    let expected = [
        json!(["x-2", "NEW", "NEW", "LIMIT", "LIMIT", "0", "0", "0", "0", 0, false, "0", "0"]),
        json!([
            "x-2",
            "AMENDMENT",
            "NEW",
            "LIMIT",
            "LIMIT",
            "0",
            "0",
            "0",
            "0",
            0,
            false,
            "0",
            "0"
        ]),
        json!([
            "x-2", "TRADE", "FILLED", "LIMIT", "LIMIT", "0.5", "0.5", "3000", "3000", 3, true, "0",
            "0.6"
        ]),
        json!(["ORDER", "1000", "915.5", "0", ["0.5", "3000", "0.5", "75"]]),
        json!(["x-3", "NEW", "NEW", "MARKET", "MARKET", "0", "0", "0", "0", 0, false, "0", "0"]),
        json!([
            "x-3", "TRADE", "FILLED", "MARKET", "MARKET", "0.5", "0.5", "3010", "3010", 4, false,
            "5", "0.6"
        ]),
        json!(["ORDER", "1000", "915.5", "0", ["0", "0", "0", "0"]]),
        json!([
            "autoclose-5",
            "CALCULATED",
            "FILLED",
            "LIQUIDATION",
            "LIQUIDATION",
            "0.5",
            "0.5",
            "2860",
            "2860",
            5,
            false,
            "-75",
            "0"
        ]),
    ];
    assert_eq!(events.iter().map(told).collect::<Vec<_>>(), expected);
    check_fields(&events);
}

async fn open_and_close(desk: &Desk) {
    let mut limit = order(2, OrderKind::Limit, OrderSide::Buy);
    limit.sequence = 1;
    desk.tell(&event(account(), 1, EventKind::OrderAccepted(limit.clone().into()))).await;
    desk.tell(&event(user(12), 1, EventKind::OrderAccepted(limit.clone().into()))).await;
    let amended = EventKind::OrderAmended(limit.clone().into());
    desk.tell(&event(account(), 2, amended)).await;
    let mut opened = event(account(), 3, EventKind::PositionOpened(position(1, "0.5")));
    let done = filled(&limit, "3000", START_MS + 3);
    opened.execution = Some(execution(done, "3000", "0", FillRole::Maker));
    desk.tell(&opened).await;
    // A market order that closes the position at once.
    let mut market = order(3, OrderKind::Market, OrderSide::Sell);
    (market.reduce_only, market.sequence) = (true, 4);
    let mut closing = event(account(), 4, closed(CloseReason::Manual, "3010", "5"));
    let done = filled(&market, "3010", START_MS + 4);
    closing.execution = Some(execution(done, "3010", "5", FillRole::Taker));
    desk.tell(&closing).await;
    desk.tell(&event(account(), 5, closed(CloseReason::Liquidation, "2860", "-75"))).await;
}

fn check_fields(events: &[Value]) {
    let trade = &events[2];
    assert_eq!(
        (&trade["T"], &trade["o"]["i"], &trade["o"]["s"], &trade["o"]["ps"], &trade["o"]["N"]),
        (&json!(START_MS + 3), &json!(1), &json!("ETHUSDT"), &json!("BOTH"), &json!("USDT")),
    );
    // Strict clients refuse an event without any of these.
    for name in [
        "s", "c", "S", "o", "f", "q", "p", "ap", "x", "X", "i", "l", "z", "L", "T", "t", "b", "a",
        "m", "R", "wt", "ot", "ps", "pP", "si", "ss", "rp", "gtd",
    ] {
        assert!(trade["o"].get(name).is_some(), "{name}");
    }
    for name in ["s", "pa", "ep", "cr", "up", "mt", "iw", "ps", "bep"] {
        assert!(events[3]["a"]["P"][0].get(name).is_some(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_that_wait_for_a_trigger_are_algo_orders_until_it_is_reached() {
    let desk = Desk::open(&[]).await;
    let key = desk.listen_key().await;
    let mut client = desk.listening(&key).await;
    trigger(&desk).await;
    let events = client.events(12).await;
    let zeros = ["0", "0", "0", "0"];
    let [l, z, last, average] = zeros;
    let expected = [
        json!(["x-2", "NEW", "STOP_MARKET", "", "0", ""]),
        json!(["x-2", "TRIGGERED", "STOP_MARKET", "MARKET", "0", ""]),
        json!([
            "x-2",
            "NEW",
            "NEW",
            "MARKET",
            "STOP_MARKET",
            l,
            z,
            last,
            average,
            0,
            false,
            "0",
            "0"
        ]),
        json!([
            "x-2",
            "TRADE",
            "FILLED",
            "MARKET",
            "STOP_MARKET",
            "0.5",
            "0.5",
            "2899",
            "2899",
            2,
            false,
            "-50",
            "0.6"
        ]),
        json!(["x-2", "FINISHED", "STOP_MARKET", "MARKET", "2899", ""]),
        json!(["ORDER", "1000", "915.5", "0", zeros]),
        json!(["x-3", "NEW", "STOP", "", "0", ""]),
        json!(["x-3", "TRIGGERED", "STOP", "LIMIT", "0", ""]),
        json!(["x-3", "NEW", "NEW", "LIMIT", "STOP", l, z, last, average, 0, false, "0", "0"]),
        json!([
            "x-3", "CANCELED", "CANCELED", "LIMIT", "STOP", l, z, last, average, 0, false, "0", "0"
        ]),
        json!(["x-3", "FINISHED", "STOP", "LIMIT", "0", ""]),
        json!(["x-4", "EXPIRED", "TAKE_PROFIT_MARKET", "", "0", "POSITION_CLOSED"]),
    ];
    assert_eq!(events.iter().map(told).collect::<Vec<_>>(), expected);
    assert_eq!(events[0]["o"]["ai"], "");
    assert_eq!(events[1]["o"]["ai"], "1");
    let last = client.json().await;
    assert_eq!(told(&last), json!(["x-5", "NEW", "TRAILING_STOP_MARKET", "", "0", ""]));
    let trailing = (&last["o"]["AP"], &last["o"]["cr"], &last["o"]["tp"]);
    assert_eq!(trailing, (&json!("2900"), &json!("1.5"), &json!("0")));
}

/// A stop that fills, one with a limit price that is reached and canceled, one that expires, and one
/// that begins to trail.
async fn trigger(desk: &Desk) {
    let mut stop = order(2, OrderKind::StopMarket, OrderSide::Sell);
    stop.sequence = 1;
    desk.tell(&event(account(), 1, EventKind::OrderAccepted(stop.clone().into()))).await;
    let mut closing = event(account(), 2, closed(CloseReason::StopLoss, "2899", "-50"));
    let done = filled(&stop, "2899", START_MS + 2);
    closing.execution = Some(execution(done, "2899", "-50", FillRole::Taker));
    desk.tell(&closing).await;
    // A stop with a limit price rests on when it is reached.
    let mut limit = order(3, OrderKind::Stop, OrderSide::Sell);
    desk.tell(&event(account(), 3, EventKind::OrderAccepted(limit.clone().into()))).await;
    limit.activated_at_ms = Some(START_MS + 4);
    desk.tell(&event(account(), 4, EventKind::OrderActivated(limit.clone().into()))).await;
    limit.status = OrderStatus::Canceled;
    desk.tell(&event(account(), 5, EventKind::OrderCanceled(limit.into()))).await;
    let mut expired = order(4, OrderKind::TakeProfitMarket, OrderSide::Sell);
    (expired.status, expired.reason) = (OrderStatus::Expired, Some(ExpiryReason::PositionClosed));
    desk.tell(&event(account(), 6, EventKind::OrderExpired(expired.into()))).await;
    let mut trailing = order(5, OrderKind::TrailingStopMarket, OrderSide::Sell);
    (trailing.callback_bps, trailing.activated_at_ms) = (Some(150), Some(START_MS));
    desk.tell(&event(account(), 7, EventKind::OrderActivated(trailing.into()))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_that_an_amendment_or_their_trigger_fills_at_once_say_so_first() {
    let desk = Desk::open(&[]).await;
    let key = desk.listen_key().await;
    let mut client = desk.listening(&key).await;
    let mut limit = order(2, OrderKind::Limit, OrderSide::Buy);
    limit.sequence = 1;
    desk.tell(&event(account(), 1, EventKind::OrderAccepted(limit.clone().into()))).await;
    let mut opened = event(account(), 2, EventKind::PositionOpened(position(1, "0.5")));
    opened.request_id = Some(RequestId(uuid::Uuid::from_u128(5)));
    limit.price = Some("3100".parse().unwrap());
    let done = filled(&limit, "3003", START_MS + 2);
    opened.execution = Some(execution(done, "3003", "0", FillRole::Taker));
    desk.tell(&opened).await;
    // The tick that reaches a stop with a limit price trades it as well.
    let mut stop = order(3, OrderKind::Stop, OrderSide::Sell);
    stop.sequence = 3;
    desk.tell(&event(account(), 3, EventKind::OrderAccepted(stop.clone().into()))).await;
    stop.activated_at_ms = Some(START_MS + 4);
    let mut closing = event(account(), 4, closed(CloseReason::StopLoss, "2899", "-50"));
    let done = filled(&stop, "2899", START_MS + 4);
    closing.execution = Some(execution(done, "2899", "-50", FillRole::Taker));
    desk.tell(&closing).await;
    let events = client.events(10).await;
    let resting = |execution: &str| {
        let (kind, zero) = ("LIMIT", "0");
        json!(["x-2", execution, "NEW", kind, kind, zero, zero, zero, zero, 0, false, zero, zero])
    };
    let expected = [
        resting("NEW"),
        resting("AMENDMENT"),
        json!([
            "x-2", "TRADE", "FILLED", "LIMIT", "LIMIT", "0.5", "0.5", "3003", "3003", 2, false,
            "0", "0.6"
        ]),
        told(&events[3]),
        json!(["x-3", "NEW", "STOP", "", "0", ""]),
        json!(["x-3", "TRIGGERED", "STOP", "LIMIT", "0", ""]),
        json!(["x-3", "NEW", "NEW", "LIMIT", "STOP", "0", "0", "0", "0", 0, false, "0", "0"]),
        json!([
            "x-3", "TRADE", "FILLED", "LIMIT", "STOP", "0.5", "0.5", "2899", "2899", 4, false,
            "-50", "0.6"
        ]),
        json!(["x-3", "FINISHED", "STOP", "LIMIT", "2899", ""]),
        told(&events[9]),
    ];
    assert_eq!(events.iter().map(told).collect::<Vec<_>>(), expected);
    assert_eq!(events[1]["o"]["p"], "3100");
    for n in [3, 9] {
        assert_eq!(events[n]["e"], "ACCOUNT_UPDATE");
        assert_eq!(events[n]["a"]["P"][0]["cr"], "0");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trade_is_told_in_short_as_well_and_a_liquidation_is_not() {
    let desk = Desk::open(&[]).await;
    let key = desk.listen_key().await;
    let mut client = desk.listening(&key).await;
    let lost = closed(CloseReason::Liquidation, "2860", "-75");
    desk.tell(&event(account(), 1, lost)).await;
    let limit = order(2, OrderKind::Limit, OrderSide::Buy);
    let mut opened = event(account(), 2, EventKind::PositionOpened(position(1, "0.5")));
    let done = filled(&limit, "2999.5", START_MS + 2);
    opened.execution = Some(execution(done, "2999.5", "0", FillRole::Maker));
    desk.tell(&opened).await;
    let mut events = Vec::new();
    while events.len() < 5 {
        events.push(client.json().await);
    }
    let names: Vec<_> = events.iter().map(|event| event["e"].clone()).collect();
    let [order, account] = ["ORDER_TRADE_UPDATE", "ACCOUNT_UPDATE"];
    assert_eq!(names, [order, account, "TRADE_LITE", order, account]);
    let mut lite = events[2].clone();
    assert!(lite.as_object_mut().unwrap().remove("E").unwrap().is_u64());
    let expected = json!({
        "e": "TRADE_LITE", "T": START_MS + 2, "s": "ETHUSDT", "q": "0.5", "p": "3000", "m": true,
        "c": "x-2", "S": "BUY", "L": "2999.5", "l": "0.5", "t": 2, "i": events[3]["o"]["i"],
    });
    assert_eq!(lite, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_that_was_placed_in_the_older_way_is_an_order_from_the_beginning() {
    let desk = Desk::open(&[]).await;
    let key = desk.listen_key().await;
    let mut client = desk.listening(&key).await;
    let mut stop = order(2, OrderKind::StopMarket, OrderSide::Sell);
    stop.order_id = OrderId(uuid::Builder::from_custom_bytes([7; 16]).into_uuid());
    stop.sequence = 1;
    desk.tell(&event(account(), 1, EventKind::OrderAccepted(stop.clone().into()))).await;
    desk.tell(&event(account(), 2, EventKind::OrderAmended(stop.clone().into()))).await;
    let mut closing = event(account(), 3, closed(CloseReason::StopLoss, "2899", "-50"));
    let done = filled(&stop, "2899", START_MS + 3);
    closing.execution = Some(execution(done, "2899", "-50", FillRole::Taker));
    desk.tell(&closing).await;
    stop.status = OrderStatus::Canceled;
    desk.tell(&event(account(), 4, EventKind::OrderCanceled(stop.into()))).await;
    let events = client.events(5).await;
    let waiting = |execution: &str, status: &str| {
        let (kind, zero) = ("STOP_MARKET", "0");
        json!(["x-2", execution, status, kind, kind, zero, zero, zero, zero, 0, false, zero, zero])
    };
    let expected = [
        waiting("NEW", "NEW"),
        waiting("AMENDMENT", "NEW"),
        json!([
            "x-2",
            "TRADE",
            "FILLED",
            "MARKET",
            "STOP_MARKET",
            "0.5",
            "0.5",
            "2899",
            "2899",
            3,
            false,
            "-50",
            "0.6"
        ]),
        json!(["ORDER", "1000", "915.5", "0", ["0", "0", "0", "0"]]),
        waiting("CANCELED", "CANCELED"),
    ];
    assert_eq!(events.iter().map(told).collect::<Vec<_>>(), expected);
    assert_eq!(events[0]["o"]["sp"], "2900");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_changes_of_an_account_are_told_in_the_words_of_the_protocol() {
    let desk = Desk::open(&[]).await;
    let keys = ListenKeys::new(desk.streams.clone());
    keys.note_mode(account(), PositionMode::Hedge).await.unwrap();
    let key = desk.listen_key().await;
    let mut client = desk.bot(&format!("/binance/private/stream?listenKey={key}")).await;
    client.ask(json!({ "method": "LIST_SUBSCRIPTIONS", "id": 0 })).await;
    let attribution = Attribution { by: "op".to_owned(), reason: "why".to_owned() };
    let adjust = AdjustBalance { amount: "-12.5".parse().unwrap(), attribution };
    desk.tell(&event(account(), 1, EventKind::BalanceAdjusted(adjust))).await;
    let leverage = LeverageChanged { asset: ETH, leverage: 7 };
    desk.tell(&event(account(), 2, EventKind::LeverageChanged(leverage))).await;
    desk.tell(&event(account(), 3, EventKind::PositionOpened(position(1, "0.5")))).await;
    let mode = EventKind::PositionModeChanged(PositionMode::OneWay);
    desk.tell(&event(account(), 4, mode)).await;
    desk.tell(&event(account(), 5, EventKind::PositionOpened(position(2, "0.5")))).await;
    let adjusted = client.json().await;
    assert_eq!(adjusted["stream"], key);
    assert_eq!(
        told(&adjusted["data"]),
        json!(["ADJUSTMENT", "1000", "915.5", "-12.5", [null, null, null, null]])
    );
    let changed = client.json().await;
    assert_eq!(changed["data"]["e"], "ACCOUNT_CONFIG_UPDATE");
    assert_eq!(changed["data"]["ac"], json!({ "s": "ETHUSDT", "l": 7 }));
    let mut sides = Vec::new();
    while sides.len() < 2 {
        let event = client.json().await;
        if let Some(side) = event["data"]["a"]["P"][0]["ps"].as_str() {
            sides.push(side.to_owned());
        }
    }
    assert_eq!(sides, ["LONG", "BOTH"]);
    assert_eq!(keys.mode(account()).await.unwrap(), Some(PositionMode::OneWay));
}
