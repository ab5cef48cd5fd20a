//! A market is added to a running stack by one table in a file.

use futures_util::{SinkExt as _, StreamExt as _};
use messages::{REQUEST_STREAM, Request, RequestEntry};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;
use tempfile::TempDir;
use testkit::binance::{BinanceServer, RecordedTrade};
use testkit::stack::{PATIENCE, Service, Stack, eventually};
use tokio::time::timeout;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

const SHIPPED: &str = include_str!("../../../../markets.toml");

const DOGE: &str = r#"
[[instrument]]
symbol = "DOGEUSDT"
name = "Dogecoin"
base_asset = "DOGE"
quote_asset = "USDT"
price_decimals = 5
quantity_decimals = 0
max_leverage = 20
spread_bps = 20
liquidation_loss_bps = 8_000
simulation = { first_price = "0.4", volatility_ppb = 150_000 }
"#;

const SERVICES: [Service; 6] = [
    Service::Engine,
    Service::PricePoller,
    Service::Realtime,
    Service::BatchUploader,
    Service::DbWorker,
    Service::HttpGateway,
];

/// A stack on the shipped list, in a file that the test changes.
struct Scene {
    stack: Stack,
    venue: BinanceServer,
    list: PathBuf,
    _folder: TempDir,
    trades: u64,
}

impl Scene {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("markets.toml");
        fs::write(&list, SHIPPED).unwrap();
        let venue = BinanceServer::start().await;
        let mut stack = Stack::new(&[
            ("PRICE_FEED", "binance"),
            ("BINANCE_URL", &venue.url()),
            ("HISTORY", "false"),
            ("CONFIRM_NOTIONAL_USD", "0"),
            ("UPLOADER_BATCH_WAIT_MS", "100"),
            ("MARKETS_FILE", &list.display().to_string()),
        ])
        .await;
        for service in SERVICES {
            stack.spawn(service);
        }
        let mut scene = Self { stack, venue, list, _folder: folder, trades: 0 };
        scene.trade("BTCUSDT", "92000").await;
        scene.stack.wait_until_ready(Service::HttpGateway).await;
        eventually("the markets are listed", async || scene.symbols().await.len() == 3).await;
        scene
    }

    /// Sends a trade of this moment.
    async fn trade(&mut self, symbol: &str, price: &str) {
        self.trades += 1;
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let trade = RecordedTrade {
            symbol: symbol.to_owned(),
            trade_id: self.trades,
            price: price.to_owned(),
            qty: "1000".to_owned(),
            time_ms: u64::try_from(now.as_millis()).unwrap(),
        };
        self.venue.send(&[trade]).await;
    }

    async fn get(&self, path: &str) -> Value {
        let url = format!("{}{path}", self.stack.api_url());
        reqwest::get(url).await.unwrap().json().await.unwrap()
    }

    async fn symbols(&self) -> Vec<String> {
        let list = self.get("/api/v1/markets").await;
        let markets = list["markets"].as_array().cloned().unwrap_or_default();
        markets.iter().map(|market| market["symbol"].as_str().unwrap().to_owned()).collect()
    }

    /// The symbols of all entries that list or change an instrument.
    async fn listings(&self) -> Vec<String> {
        let entries = self.stack.entries_of_first::<RequestEntry>(REQUEST_STREAM).await;
        let listed = |(_, entry): (_, RequestEntry)| match entry.request {
            Request::SetInstrument(instrument) => Some(instrument.symbol.to_string()),
            _ => None,
        };
        entries.into_iter().filter_map(listed).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_in_the_file_adds_a_market_with_prices_a_chart_and_trades() {
    let mut scene = Scene::new().await;
    let three = ["BTCUSDT", "ETHUSDT", "SOLUSDT"];
    assert_eq!(scene.symbols().await, three);
    let trader = scene.stack.trader(1).await;
    let order = json!({"asset": "doge", "orderType": "LONG", "leverage": 20, "qty": "1000"});
    let (status, body) = trader.open(order.clone()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(body["fields"]["asset"], "must be one of BTCUSDT, ETHUSDT, SOLUSDT");
    // This client gets all prices, also those of markets that are listed later.
    scene.stack.wait_until_ready(Service::Realtime).await;
    let (mut socket, _) = connect_async(scene.stack.ws_url()).await.unwrap();
    socket.send(Message::text(r#"{"type":"hello"}"#)).await.unwrap();

    fs::write(&scene.list, format!("{SHIPPED}{DOGE}")).unwrap();
    eventually("the market is listed", async || scene.symbols().await.len() == 4).await;
    eventually("the poller subscribes to its trades", async || {
        scene.venue.heard().iter().any(|text| text.contains(r#""dogeusdt@trade""#))
    })
    .await;
    let market = scene.get("/api/v1/markets").await["markets"][3].take();
    assert_eq!(market["maxLeverage"], 20);
    assert_eq!(market["baseAsset"], "DOGE");

    // The first price needs several trades, at least a second apart.
    let (status, opened) = loop {
        scene.trade("DOGEUSDT", "0.4").await;
        match trader.open(order.clone()).await {
            (StatusCode::CONFLICT | StatusCode::SERVICE_UNAVAILABLE, _) => {}
            (status, body) if body["code"] == "NO_PRICE" => assert!(status.is_client_error()),
            answer => break answer,
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    };
    assert_eq!(status, StatusCode::CREATED, "{opened}");
    // 20 bps of spread, and 80 % of the margin at 20x: 0.4 × 1.001 and 0.4004 × (1 − 0.8 / 20).
    assert_eq!(opened["order"]["executionPrice"], "0.4004");
    assert_eq!(opened["order"]["liquidationPrice"], "0.384384");
    let high = json!({"asset": "DOGEUSDT", "orderType": "LONG", "leverage": 21, "qty": "1"});
    let (status, body) = trader.open(high).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(body["code"], "INVALID_LEVERAGE");
    assert_eq!(body["error"], "The leverage must be a whole number from 1 to 20, not 21.");

    let live = async {
        loop {
            let text = socket.next().await.unwrap().unwrap().into_text().unwrap();
            if text.contains("price_update") && text.contains("DOGEUSDT") {
                break;
            }
        }
    };
    timeout(PATIENCE, live).await.expect("the WebSocket sends its prices");
    eventually("the chart has a candle", async || {
        let chart = scene.get("/candles?asset=DOGEUSDT&duration=1m").await;
        chart["candles"][0]["close"].as_f64() == Some(0.4)
    })
    .await;
    assert_eq!(scene.get("/api/v1/tickers?asset=DOGE").await["tickers"][0]["last"], "0.4");

    let order_id = opened["order"]["orderId"].as_str().unwrap();
    scene.trade("DOGEUSDT", "0.41").await;
    let (status, closed) = trader.close(order_id).await;
    assert_eq!(status, StatusCode::OK, "{closed}");
    eventually("the closed order is stored", async || scene.stack.closed_order_count().await == 1)
        .await;
    let closed = trader.closed_orders().await;
    assert_eq!(closed[0]["asset"], "DOGEUSDT");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_differences_from_the_history_are_recorded() {
    let mut scene = Scene::new().await;
    fs::write(&scene.list, format!("{SHIPPED}{DOGE}")).unwrap();
    eventually("the market is listed", async || scene.symbols().await.len() == 4).await;
    let listings = scene.listings().await;
    assert_eq!(listings, ["BTCUSDT", "ETHUSDT", "SOLUSDT", "DOGEUSDT"]);

    // An invalid file changes nothing, and the engine says what is wrong with it.
    fs::write(&scene.list, DOGE.replace("max_leverage = 20", "max_leverage = 500")).unwrap();
    eventually("the engine tells of the problem", async || {
        let ready = scene.stack.tell(Service::Engine, "/readyz").await;
        ready.contains("markets file") && ready.contains("max_leverage")
    })
    .await;
    // A table that is gone changes nothing either: positions may be open.
    fs::write(&scene.list, SHIPPED.replace("max_leverage = 100", "max_leverage = 50")).unwrap();
    eventually("the changes are recorded", async || scene.listings().await.len() == 7).await;
    scene.stack.kill(Service::Engine);
    scene.stack.start(Service::Engine).await;
    scene.trade("BTCUSDT", "92001").await;
    let trader = scene.stack.trader(1).await;
    let (status, _) = trader.request(Method::GET, "/order/user/balance", None).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(scene.listings().await.len(), 7, "a restart records nothing new");
    assert_eq!(scene.symbols().await.len(), 4);

    // An engine does not start with an invalid file.
    scene.stack.kill(Service::Engine);
    fs::write(&scene.list, "garbage").unwrap();
    scene.stack.spawn(Service::Engine);
    assert!(!scene.stack.ended(Service::Engine).await, "the engine ends with an error");
}
