//! The market streams of the protocol of Binance's futures.

use crate::binance_events::{START_MS, closed, event};
use crate::desk::{Client, Desk, price, user};
use messages::{CloseReason, MarkPrice, MarketPrice};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use testkit::symbols::{BTC, ETH};

/// 2024-02-14 15:46:40 UTC.
const START_S: u64 = 1_707_925_600;

fn quote(trade_id: u64, mid: &str, bid: &str, ask: &str, second: u64) -> MarketPrice {
    let price = price(trade_id, mid, START_S + second);
    MarketPrice { bid: bid.parse().unwrap(), ask: ask.parse().unwrap(), ..price }
}

async fn subscribed(desk: &Desk, names: &[&str]) -> Client {
    let mut client = desk.bot("/binance/stream").await;
    let request = json!({ "method": "SUBSCRIBE", "params": names, "id": 1 });
    assert_eq!(client.ask(request).await["result"], Value::Null);
    client
}

/// Reads until every stream has sent something; returns the first event of each, without the time
/// at which it was sent.
async fn first_of_each(client: &mut Client, names: &[&str]) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    while found.len() < names.len() {
        let mut event = client.json().await;
        let name = event["stream"].as_str().unwrap().to_owned();
        let data = event["data"].take();
        found.entry(name).or_insert(data);
    }
    for data in found.values_mut() {
        for event in match data {
            Value::Array(events) => events.iter_mut().collect::<Vec<_>>(),
            event => vec![event],
        } {
            assert!(event.as_object_mut().unwrap().remove("E").unwrap().is_u64());
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn every_stream_has_the_form_that_clients_expect() {
    let desk = Desk::open(&[]).await;
    let names = [
        "btcusdt@trade",
        "btcusdt@aggTrade",
        "btcusdt@bookTicker",
        "!bookTicker",
        "btcusdt@markPrice",
        "btcusdt@markPrice@1s",
        "!markPrice@arr",
        "btcusdt@kline_1m",
        "btcusdt@kline_1M",
        "btcusdt_perpetual@continuousKline_5m",
        "btcusdt@miniTicker",
        "!miniTicker@arr",
        "btcusdt@ticker",
        "!ticker@arr",
        "btcusdt@depth",
        "btcusdt@depth@100ms",
        "btcusdt@depth5",
        "btcusdt@depth20@500ms",
    ];
    let mut client = subscribed(&desk, &names).await;
    let mark = MarkPrice {
        funding_rate: Some("0.0001".parse().unwrap()),
        next_funding_ms: Some(1_707_926_400_000),
        ..MarkPrice::new(BTC, "92001".parse().unwrap(), Some("92002.25".parse().unwrap()))
    };
    desk.publish_mark(&mark).await;
    desk.publish(&quote(1_001, "92000.5", "91954.5", "92046.5", 9)).await;
    let found = first_of_each(&mut client, &names).await;
    check_trades_and_books(&found);
    let mark = json!({ "e": "markPriceUpdate", "s": "BTCUSDT", "p": "92001", "ap": "92001",
        "i": "92002.25", "P": "92001", "r": "0.0001", "T": 1_707_926_400_000_u64 });
    assert_eq!(found["btcusdt@markPrice@1s"], mark);
    assert_eq!(found["btcusdt@markPrice"], mark);
    assert_eq!(found["!markPrice@arr"], json!([mark]));
    check_candles(&found);
    check_statistics(&found);
}

fn check_trades_and_books(found: &BTreeMap<String, Value>) {
    let time_ms = (START_S + 9) * 1_000;
    let id = time_ms * 1_000 + 1;
    let of = |name: &str| found[name].clone();
    assert_eq!(
        of("btcusdt@trade"),
        json!({ "e": "trade", "T": time_ms, "s": "BTCUSDT", "t": 1_001, "p": "92000.5", "q": "0.5",
            "X": "MARKET", "m": true }),
    );
    assert_eq!(
        of("btcusdt@aggTrade"),
        json!({ "e": "aggTrade", "T": time_ms, "s": "BTCUSDT", "a": 1_001, "f": 1_001, "l": 1_001,
            "p": "92000.5", "q": "0.5", "nq": "0.5", "m": true }),
    );
    let book = json!({ "e": "bookTicker", "u": id, "T": time_ms, "s": "BTCUSDT", "b": "91954.50000000",
        "B": of("btcusdt@bookTicker")["B"], "a": "92046.50000000", "A": of("btcusdt@bookTicker")["A"] });
    assert_eq!(of("btcusdt@bookTicker"), book);
    assert_eq!(of("!bookTicker"), book);
    let depth = json!({ "e": "depthUpdate", "T": time_ms, "s": "BTCUSDT", "U": id, "u": id,
        "pu": id - 1, "b": [["91954.50000000", book["B"]]], "a": [["92046.50000000", book["A"]]] });
    for name in ["btcusdt@depth", "btcusdt@depth@100ms", "btcusdt@depth5", "btcusdt@depth20@500ms"]
    {
        assert_eq!(of(name), depth, "{name}");
    }
}

fn check_candles(found: &BTreeMap<String, Value>) {
    let of = |name: &str| found[name].clone();
    let k = |interval: &str, start_s: u64, len_s: u64| {
        json!({ "t": start_s * 1_000, "T": (start_s + len_s) * 1_000 - 1, "i": interval,
            "f": 1_001, "L": 1_001, "o": "92000.5", "c": "92000.5", "h": "92000.5", "l": "92000.5",
            "v": "0.5", "n": 1, "x": false, "q": "46000.25", "V": "0", "Q": "0", "B": "0" })
    };
    let of_symbol = |mut k: Value| {
        k["s"] = json!("BTCUSDT");
        json!({ "e": "kline", "s": "BTCUSDT", "k": k })
    };
    assert_eq!(of("btcusdt@kline_1m"), of_symbol(k("1m", 1_707_925_560, 60)));
    assert_eq!(of("btcusdt@kline_1M"), of_symbol(k("1M", 1_706_745_600, 29 * 86_400)));
    let continuous = json!({ "e": "continuous_kline", "ps": "BTCUSDT", "ct": "PERPETUAL",
        "k": k("5m", 1_707_925_500, 300) });
    assert_eq!(of("btcusdt_perpetual@continuousKline_5m"), continuous);
}

fn check_statistics(found: &BTreeMap<String, Value>) {
    let of = |name: &str| found[name].clone();
    let mini = json!({ "e": "24hrMiniTicker", "s": "BTCUSDT", "c": "92000.5", "o": "92000.5",
        "h": "92000.5", "l": "92000.5", "v": "0.5", "q": "46000.25" });
    assert_eq!(of("btcusdt@miniTicker"), mini);
    assert_eq!(of("!miniTicker@arr"), json!([mini]));
    let mut ticker = of("btcusdt@ticker");
    assert!(ticker.as_object_mut().unwrap().remove("C").unwrap().is_u64());
    assert_eq!(
        ticker,
        json!({ "e": "24hrTicker", "s": "BTCUSDT", "p": "0", "P": "0", "w": "92000.5",
            "c": "92000.5", "Q": "0.5", "o": "92000.5", "h": "92000.5", "l": "92000.5", "v": "0.5",
            "q": "46000.25", "O": 1_707_925_560_000_u64, "F": 1_001, "L": 1_001, "n": 1 }),
    );
    assert_eq!(of("!ticker@arr")[0]["s"], "BTCUSDT");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_candle_is_closed_exactly_once_with_all_its_trades() {
    let desk = Desk::open(&[]).await;
    let mut client = subscribed(&desk, &["btcusdt@kline_1m", "btcusdt@kline_15m"]).await;
    let trades = [(1, "100", 21), (2, "103", 40), (3, "98.5", 79), (4, "99", 80), (5, "101", 200)];
    for (id, mid, second) in trades {
        desk.publish(&quote(id, mid, mid, mid, second)).await;
    }
    let (mut closed, mut last) = (Vec::new(), Value::Null);
    while closed.len() < 2 || last["f"] != 5 {
        let event = client.json().await;
        let k = &event["data"]["k"];
        if k["x"] == true {
            closed.push(k.clone());
        } else if k["i"] == "1m" {
            last = k.clone();
        }
    }
    let part = |k: &Value| {
        let names = ["i", "f", "L", "o", "h", "l", "c", "v", "q", "n"];
        Value::from_iter(names.map(|name| k[name].clone()))
    };
    assert_eq!(closed.len(), 2);
    assert_eq!(
        part(&closed[0]),
        json!(["1m", 1, 3, "100", "103", "98.5", "98.5", "1.5", "150.75", 3])
    );
    assert_eq!(part(&closed[1]), json!(["1m", 4, 4, "99", "99", "99", "99", "0.5", "49.5", 1]));
    assert_eq!(part(&last), json!(["1m", 5, 5, "101", "101", "101", "101", "0.5", "50.5", 1]));
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_the_book_follow_on_each_other() {
    let desk = Desk::open(&[]).await;
    let mut client = subscribed(&desk, &["btcusdt@depth"]).await;
    let mut previous: Option<(u64, Value, Value)> = None;
    for n in 1..=20_u64 {
        // The bid stays every other time.
        let (bid, ask) = (format!("{}.00000000", 100 + n / 2), format!("{}.00000000", 200 + n));
        desk.publish(&quote(n, "150", &bid, &ask, n)).await;
        let event = client.json().await;
        let data = &event["data"];
        let (bids, asks) = (data["b"].as_array().unwrap(), data["a"].as_array().unwrap());
        if let Some((id, old_bid, old_ask)) = previous {
            assert_eq!((&data["pu"], &data["U"]), (&json!(id), &json!(id + 1)));
            assert_eq!(asks[0], json!([old_ask, "0.00000000"]));
            assert_eq!(asks[1][0], json!(ask));
            if old_bid == json!(bid) {
                assert!(bids.is_empty());
            } else {
                assert_eq!((&bids[0], &bids[1][0]), (&json!([old_bid, "0.00000000"]), &json!(bid)));
            }
        }
        previous = Some((data["u"].as_u64().unwrap(), json!(bid), json!(ask)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn statistics_outlive_a_restart() {
    let desk = Desk::open(&[]).await;
    let mut client = subscribed(&desk, &["btcusdt@ticker"]).await;
    for (id, mid, second) in [(1, "100", 0), (2, "110", 60), (3, "105", 120)] {
        desk.publish(&quote(id, mid, mid, mid, second)).await;
    }
    while client.json().await["data"]["n"] != 3 {}
    let key = format!("realtime:statistics:{BTC}");
    testkit::stack::eventually("the numbers are kept", async || {
        desk.streams.hash_all(&key).await.unwrap().len() == 1 + 15 + 3
    })
    .await;
    let desk = desk.restarted().await;
    let mut client = subscribed(&desk, &["btcusdt@ticker", "btcusdt@kline_1h"]).await;
    desk.publish(&quote(4, "120", "120", "120", 121)).await;
    let (mut ticker, mut candle) = (Value::Null, Value::Null);
    while ticker.is_null() || candle.is_null() {
        let event = client.json().await;
        match event["data"]["e"].as_str() {
            Some("kline") => candle = event["data"]["k"].clone(),
            _ => ticker = event["data"].clone(),
        }
    }
    let names = ["o", "h", "l", "c", "v", "q", "n", "F", "L", "p", "P", "w"];
    assert_eq!(
        Value::from_iter(names.map(|name| ticker[name].clone())),
        json!(["100", "120", "100", "120", "2", "217.5", 4, 1, 4, "20", "20", "108.75"]),
    );
    assert_eq!((&candle["f"], &candle["n"], &candle["o"]), (&json!(1), &json!(4), &json!("100")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instrument_without_a_mark_price_shows_its_last_one() {
    let desk = Desk::open(&[]).await;
    let mut client = subscribed(&desk, &["!markPrice@arr@1s"]).await;
    desk.publish(&quote(1, "100", "99", "101", 0)).await;
    let mark = MarkPrice::new(ETH, "3000".parse().unwrap(), None);
    desk.publish_mark(&mark).await;
    let marks = loop {
        let event = client.json().await;
        if event["data"].as_array().unwrap().len() == 2 {
            break event["data"].clone();
        }
    };
    let part = |n: usize| json!([marks[n]["s"], marks[n]["p"], marks[n]["i"], marks[n]["r"]]);
    assert_eq!(part(0), json!(["BTCUSDT", "100", "100", "0.00000000"]));
    assert_eq!(part(1), json!(["ETHUSDT", "3000", "3000", "0.00000000"]));
    assert_eq!(marks[0]["T"].as_u64().unwrap() % (8 * 60 * 60 * 1_000), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn liquidations_of_all_accounts_are_public_and_other_closes_are_not() {
    let desk = Desk::open(&[]).await;
    let names = ["ethusdt@forceOrder", "!forceOrder@arr", "btcusdt@forceOrder"];
    let mut client = subscribed(&desk, &names).await;
    desk.tell(&event(user(21), 1, closed(CloseReason::Manual, "2990", "-5"))).await;
    desk.tell(&event(user(22), 1, closed(CloseReason::StopLoss, "2980", "-10"))).await;
    desk.tell(&event(user(23), 1, closed(CloseReason::Liquidation, "2860.5", "-69.75"))).await;
    let found = first_of_each(&mut client, &names[..2]).await;
    let told = json!({ "e": "forceOrder", "o": {
        "s": "ETHUSDT", "S": "SELL", "o": "LIMIT", "f": "IOC", "q": "0.5", "p": "2860.5",
        "ap": "2860.5", "X": "FILLED", "l": "0.5", "z": "0.5", "T": START_MS,
    } });
    assert_eq!(found["ethusdt@forceOrder"], told);
    assert_eq!(found["!forceOrder@arr"], told);
    let tell = async |sequence, price| {
        desk.tell(&event(user(23), sequence, closed(CloseReason::Liquidation, price, "0"))).await;
    };
    let began = Instant::now();
    tell(2, "2850").await;
    tell(3, "2840").await;
    for _ in 0..2 {
        assert_eq!(client.json().await["data"]["o"]["p"], "2840");
    }
    assert!(began.elapsed() > Duration::from_millis(500), "{:?}", began.elapsed());
}
