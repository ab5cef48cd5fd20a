//! The protocol of Binance's futures: paths, requests and hostile clients.

use crate::desk::{Client, Desk, price};
use futures_util::SinkExt as _;
use messages::MarketPrice;
use serde_json::{Value, json};
use testkit::symbols::publish_shipped;
use tokio_tungstenite::tungstenite::{Error, Message};

/// The prices of a test: trade `n` of ten thousand, a second each.
pub fn trade(n: u64) -> MarketPrice {
    price(n, "92000.5", 1_707_925_600 + n)
}

impl Desk {
    /// A client of a path.
    pub async fn bot(&self, path: &str) -> Client {
        self.connect_with(path, &[]).await.unwrap()
    }

    /// Publishes prices at once.
    pub async fn publish_all(&self, prices: impl IntoIterator<Item = MarketPrice>) {
        let mut batch = self.streams.batch();
        for price in prices {
            let channel = messages::market_channel(price.trade.symbol);
            batch.publish(&channel, &price.to_json());
        }
        batch.send().await.unwrap();
    }
}

impl Client {
    /// The next text, parsed.
    pub async fn json(&mut self) -> Value {
        let text = self.text().await;
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// The answer to a request.
    pub async fn ask(&mut self, request: Value) -> Value {
        self.say(&request).await;
        loop {
            let answer = self.json().await;
            if answer.get("result").is_some() || answer.get("error").is_some() {
                return answer;
            }
        }
    }

    /// The next event of this type, raw; others are skipped.
    pub async fn event(&mut self, kind: &str) -> Value {
        loop {
            let event = self.json().await;
            if event["e"] == kind {
                return event;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_path_gives_the_streams_that_it_names() {
    let desk = Desk::open(&[]).await;
    let name = "btcusdt@trade";
    let direct = [
        (format!("/ws/{name}"), false),
        (format!("/public/ws/{name}"), false),
        (format!("/market/ws/{name}"), false),
        (format!("/stream?streams={name}/ethusdt@trade"), true),
        (format!("/public/stream?streams={name}"), true),
    ];
    let then = [
        ("/ws/0", false),
        ("/market/ws/7", false),
        ("/stream", true),
        ("/public/stream", true),
        ("/market/stream", true),
        ("/private/stream", true),
    ];
    let mut clients = Vec::new();
    for prefix in ["", "/binance"] {
        for (path, is_combined) in &direct {
            clients.push((desk.bot(&format!("{prefix}{path}")).await, *is_combined));
        }
        for (path, is_combined) in then {
            clients.push((desk.bot(&format!("{prefix}{path}")).await, is_combined));
        }
    }
    clients.push((desk.bot("/binance/ws").await, false));
    let host = [("host", "fstream.velox.test")];
    clients.push((desk.connect_with("/ws", &host).await.unwrap(), false));
    // The client is subscribed to what its path names before it can ask.
    let subscribe = json!({ "method": "SUBSCRIBE", "params": [name], "id": 1 });
    for (client, _) in &mut clients {
        assert_eq!(client.ask(subscribe.clone()).await, json!({ "result": null, "id": 1 }));
    }
    desk.publish(&trade(1)).await;
    for (client, is_combined) in &mut clients {
        let event = client.json().await;
        let data = if *is_combined {
            assert_eq!(event["stream"], name);
            &event["data"]
        } else {
            &event
        };
        assert_eq!((&data["e"], &data["t"]), (&json!("trade"), &json!(1)), "{event}");
    }
    // The own protocol has its paths for itself.
    for path in ["/", "/ws"] {
        let mut client = desk.bot(path).await;
        client.say(&json!({ "type": "hello", "clientId": path })).await;
        assert_eq!(client.expect("connection").await["status"], "public");
    }
    for path in ["/binance", "/binance/other", "/other"] {
        let Err(Error::Http(refused)) = desk.connect_with(path, &[]).await else {
            panic!("{path}")
        };
        assert_eq!(refused.status(), 404, "{path}");
    }
    let host = [("host", "fstream.velox.test")];
    assert!(desk.connect_with("/", &host).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn subscriptions_change_and_ids_come_back_as_they_were() {
    let desk = Desk::open(&[]).await;
    let mut client = desk.bot("/binance/ws").await;
    let names = json!(["btcusdt@trade", "7", "nix@nix"]);
    let answer = client.ask(json!({ "method": "SUBSCRIBE", "params": names, "id": "u-1" })).await;
    assert_eq!(answer, json!({ "result": null, "id": "u-1" }));
    let answer = client.ask(json!({ "method": "LIST_SUBSCRIPTIONS" })).await;
    assert_eq!(answer, json!({ "result": ["btcusdt@trade", "7", "nix@nix"], "id": null }));
    let again = json!({ "method": "SUBSCRIBE", "params": ["btcusdt@trade"], "id": 2 });
    assert_eq!(client.ask(again).await, json!({ "result": null, "id": 2 }));
    desk.publish(&trade(1)).await;
    assert_eq!(client.event("trade").await["t"], 1);
    let off = json!({ "method": "UNSUBSCRIBE", "params": ["btcusdt@trade", "never"], "id": 3 });
    assert_eq!(client.ask(off).await, json!({ "result": null, "id": 3 }));
    desk.publish(&trade(2)).await;
    let list = client.ask(json!({ "method": "LIST_SUBSCRIPTIONS", "id": 4 })).await;
    assert_eq!(list, json!({ "result": ["7", "nix@nix"], "id": 4 }));
    let on = json!({ "method": "SUBSCRIBE", "params": ["btcusdt@aggTrade"], "id": 5 });
    client.ask(on).await;
    desk.publish(&trade(3)).await;
    let event = client.json().await;
    assert_eq!((&event["e"], &event["a"]), (&json!("aggTrade"), &json!(3)));
    let combined = json!({ "method": "SET_PROPERTY", "params": ["combined", true], "id": 6 });
    client.ask(combined).await;
    desk.publish(&trade(4)).await;
    assert_eq!(client.json().await["stream"], "btcusdt@aggTrade");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_requests_are_answered_and_too_many_streams_refused() {
    let desk = Desk::open(&[]).await;
    let mut client = desk.bot("/stream").await;
    for (text, id) in [
        ("nonsense", Value::Null),
        ("[]", Value::Null),
        (r#"{"method":"SUBSCRIBE","params":7,"id":9}"#, json!(9)),
        (r#"{"method":"FLY","id":"x"}"#, json!("x")),
    ] {
        client.socket.send(Message::text(text)).await.unwrap();
        let answer = client.json().await;
        assert_eq!((&answer["error"]["code"], &answer["id"]), (&json!(2), &id), "{answer}");
        assert!(!answer["error"]["msg"].as_str().unwrap().is_empty());
    }
    let names: Vec<_> = (0..1_024).map(|n| format!("btcusdt@trade{n}")).collect();
    let all = json!({ "method": "SUBSCRIBE", "params": names, "id": 1 });
    assert_eq!(client.ask(all).await, json!({ "result": null, "id": 1 }));
    let more = json!({ "method": "SUBSCRIBE", "params": ["btcusdt@trade"], "id": 2 });
    assert_eq!(client.ask(more).await["error"]["code"], 2);
    client.socket.send(Message::binary(vec![1, 2])).await.unwrap();
    assert_eq!(client.close_code().await, 1003);
    let mut client = desk.bot("/stream").await;
    client.socket.send(Message::text("x".repeat(64 * 1024 + 1))).await.unwrap();
    assert_eq!(client.close_code().await, 1009);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_beyond_ten_a_second_wait_and_none_is_lost() {
    let desk = Desk::open(&[]).await;
    let mut client = desk.bot("/ws/0").await;
    let began = std::time::Instant::now();
    for id in 0..25 {
        client.say(&json!({ "method": "LIST_SUBSCRIPTIONS", "id": id })).await;
    }
    for id in 0..25 {
        assert_eq!(client.json().await["id"], id);
    }
    assert!(began.elapsed() >= std::time::Duration::from_millis(1_900), "{:?}", began.elapsed());
    client.socket.send(Message::Ping(vec![7].into())).await.unwrap();
    loop {
        match client.message().await.unwrap().unwrap() {
            Message::Pong(payload) => break assert_eq!(*payload, [7]),
            other => drop(other),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_gets_every_trade_in_order_also_of_new_instruments() {
    let desk = Desk::unlisted().await;
    publish_shipped(&desk.streams).await;
    let mut client = desk.bot("/binance/stream?streams=btcusdt@trade/btcusdt@aggTrade").await;
    client.ask(json!({ "method": "LIST_SUBSCRIPTIONS", "id": 1 })).await;
    let (mut trades, mut sums) = (Vec::new(), Vec::new());
    for part in 0..20 {
        desk.publish_all((1..=100).map(|n| trade(part * 100 + n))).await;
        while trades.len() + sums.len() < usize::try_from((part + 1) * 200).unwrap() {
            let event = client.json().await;
            let data = &event["data"];
            let (list, id) =
                if data["e"] == "trade" { (&mut trades, "t") } else { (&mut sums, "a") };
            list.push(data[id].as_u64().unwrap());
        }
    }
    let all: Vec<u64> = (1..=2_000).collect();
    assert_eq!((trades, sums), (all.clone(), all));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_read_trades_holds_up_nobody() {
    let desk = Desk::open(&[]).await;
    let mut stalled = desk.bot("/ws/btcusdt@trade").await;
    let mut awake = desk.bot("/ws/btcusdt@trade").await;
    for client in [&mut stalled, &mut awake] {
        client.ask(json!({ "method": "LIST_SUBSCRIPTIONS", "id": 1 })).await;
    }
    let all = 60_000;
    for part in 0..all / 500 {
        desk.publish_all((1..=500).map(|n| trade(part * 500 + n))).await;
        for n in 1..=500 {
            assert_eq!(awake.json().await["t"], part * 500 + n);
        }
    }
    // It has lost trades, but reads the last ones in order.
    let (mut last, mut count) = (0, 0);
    while last < all {
        let id = stalled.json().await["t"].as_u64().unwrap();
        assert!(id > last, "{id} after {last}");
        (last, count) = (id, count + 1);
    }
    assert!(count < all, "it was not slow enough to lose any");
}
