//! The venue's trades become rows, candles and WebSocket messages.

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write as _;
use testkit::binance::{RecordedTrade, recorded_trades};
use testkit::stack::{PATIENCE, Service, Stack, eventually};
use testkit::symbols::publish_shipped;
use testkit::trader::Trader;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Parses a venue's decimal, which always has eight places, as 10^8 units.
fn scaled(decimal: &str) -> i64 {
    decimal.replace('.', "").parse().unwrap()
}

/// The expected candles, from the file alone: start (s) to open, high, low, close, volume.
fn candles(trades: &[RecordedTrade], length_s: u64) -> BTreeMap<u64, [i64; 5]> {
    let mut candles: BTreeMap<u64, [i64; 5]> = BTreeMap::new();
    for trade in trades {
        let (price, qty) = (scaled(&trade.price), scaled(&trade.qty));
        let second = trade.time_ms / 1_000;
        let candle =
            candles.entry(second - second % length_s).or_insert([price, price, price, price, 0]);
        let [_, high, low, close, volume] = candle;
        (*high, *low, *close, *volume) =
            ((*high).max(price), (*low).min(price), price, *volume + qty);
    }
    candles
}

/// A decimal in JSON as 10^8 units.
fn units(number: &Value) -> i64 {
    let text = number.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    format!("{whole}{fraction:0<8}").parse().unwrap()
}

async fn stored_candles(stack: &Stack, duration: &str) -> BTreeMap<u64, [i64; 5]> {
    let url = format!("{}/candles?asset=BTC&duration={duration}", stack.api_url());
    let body: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
    let fields = ["open", "high", "low", "close", "volume"];
    let candle = |candle: &Value| {
        (candle["time"].as_u64().unwrap(), fields.map(|field| units(&candle[field])))
    };
    body["candles"].as_array().unwrap().iter().map(candle).collect()
}

async fn trade_count(stack: &Stack) -> i64 {
    sqlx::query_scalar("select count(*) from trades").fetch_one(&stack.pool).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn recorded_trades_go_through_the_whole_chain_and_count_once() {
    let trades = recorded_trades();
    let mut file =
        tempfile::Builder::new().prefix("BTCUSDT-trades-").suffix(".csv").tempfile().unwrap();
    for trade in &trades {
        writeln!(file, "{}", trade.line()).unwrap();
    }
    let path = file.path().to_str().unwrap().to_owned();
    let settings = [
        ("PRICE_FEED", "replay"),
        ("REPLAY_PATH", path.as_str()),
        ("REPLAY_SPEED", "0"),
        ("REPLAY_END", "stop"),
        ("UPLOADER_BATCH_WAIT_MS", "50"),
    ];
    let mut stack = Stack::new(&settings).await;
    publish_shipped(&stack.streams).await;
    stack.start(Service::BatchUploader).await;
    stack.start(Service::HttpGateway).await;
    let len = i64::try_from(trades.len()).unwrap();
    // The same file twice: the second time changes nothing.
    for turn in 1..=2 {
        stack.start(Service::PricePoller).await;
        eventually("every trade is in the database", async || {
            trade_count(&stack).await == len && uploaded(&stack).await
        })
        .await;
        assert_eq!(trade_count(&stack).await, len, "turn {turn}");
        for (duration, length_s) in [
            ("30s", 30),
            ("1m", 60),
            ("5m", 300),
            ("15m", 900),
            ("1h", 3_600),
            ("4h", 14_400),
            ("1d", 86_400),
        ] {
            let expected = candles(&trades, length_s);
            assert_eq!(stored_candles(&stack, duration).await, expected, "{duration}, turn {turn}");
        }
        assert!(stack.stop(Service::PricePoller));
    }
}

/// Reports whether the stream is not empty and was read to its end.
async fn uploaded(stack: &Stack) -> bool {
    use messages::{UPLOADER_GROUP, UPLOADER_STREAM};
    let left = stack.streams.unacknowledged(UPLOADER_STREAM, UPLOADER_GROUP, 1).await.unwrap();
    left.is_empty()
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Opens a trader's WebSocket as the web UI does.
pub async fn listen(stack: &Stack, trader: &Trader) -> Socket {
    let ticket = trader.get("/user/ws-ticket").await;
    assert_eq!(ticket["expiresIn"], 30);
    let (mut socket, _) = connect_async(stack.ws_url()).await.unwrap();
    let auth = json!({ "type": "auth", "clientId": "page", "ticket": ticket["ticket"] });
    socket.send(Message::text(auth.to_string())).await.unwrap();
    let connection = next(&mut socket, "connection").await;
    assert_eq!(connection["userId"], trader.user_id);
    socket
}

/// The next message of this type.
pub async fn next(socket: &mut Socket, kind: &str) -> Value {
    loop {
        let message = timeout(PATIENCE, socket.next()).await.expect("something is heard in time");
        if let Some(Ok(Message::Text(text))) = message {
            let message: Value = serde_json::from_str(&text).unwrap();
            if message["type"] == kind {
                return message;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trader_hears_of_his_order_on_the_socket_as_the_api_tells_it() {
    let mut stack = Stack::new(&[("PRICE_FEED", "sim"), ("SIM_RATE", "20")]).await;
    for service in [Service::Engine, Service::HttpGateway, Service::Realtime, Service::PricePoller]
    {
        stack.start(service).await;
    }
    let trader = stack.trader(1).await;
    let mut socket = listen(&stack, &trader).await;
    let price = next(&mut socket, "price_update").await;
    assert!(price["data"]["bidPrice"].as_f64() < price["data"]["askPrice"].as_f64());

    let ticket = json!({ "asset": "ETHUSDT", "orderType": "LONG", "leverage": 5, "qty": "0.1" });
    let mut opened = Value::Null;
    eventually("there is a price", async || {
        let (status, body) = trader.open(ticket.clone()).await;
        opened = body;
        status.is_success()
    })
    .await;
    let update = next(&mut socket, "order_update").await;
    assert_eq!(update["event"], "ORDER_OPENED");
    for field in ["orderId", "executionPriceInt", "marginInt", "liquidationPrice", "createdAt"] {
        assert_eq!(update["order"][field], opened["order"][field], "{field}");
    }
    let balance = next(&mut socket, "balance_update").await;
    assert_eq!(balance["data"], opened["balance"]);
    let (_, closed) = trader.close(opened["order"]["orderId"].as_str().unwrap()).await;
    let update = next(&mut socket, "order_update").await;
    assert_eq!((&update["event"], &update["order"]), (&json!("ORDER_CLOSED"), &closed["order"]));
    assert_eq!(update["sequence"].as_u64(), balance["sequence"].as_u64().map(|n| n + 1));
}
