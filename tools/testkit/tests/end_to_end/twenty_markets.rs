//! The list of instruments that trade like Binance's, on simulated prices.

use reqwest::StatusCode;
use serde_json::{Value, json};
use std::path::Path;
use testkit::stack::{Service, Stack, eventually};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../markets.binance.toml");

#[tokio::test(flavor = "multi_thread")]
async fn twenty_markets_have_prices_within_seconds_and_are_traded_in_their_steps() {
    let mut stack = Stack::new(&[("PRICE_FEED", "sim"), ("MARKETS_FILE", FILE)]).await;
    for service in [Service::Engine, Service::PricePoller, Service::DbWorker, Service::HttpGateway]
    {
        stack.start(service).await;
    }
    let instruments = markets::read(Path::new(FILE)).unwrap();
    let get = async |path: &str| -> Value {
        let url = format!("{}/api/v1{path}", stack.api_url());
        reqwest::get(url).await.unwrap().json().await.unwrap()
    };
    eventually("all markets are listed", async || {
        get("/markets").await["markets"].as_array().map(Vec::len) == Some(instruments.len())
    })
    .await;
    for (market, instrument) in
        get("/markets").await["markets"].as_array().unwrap().iter().zip(&instruments)
    {
        assert_eq!(market["symbol"], instrument.symbol.as_str());
        assert_eq!(market["priceTick"], instrument.price_tick.unwrap().to_string());
        assert_eq!(market["brackets"].as_array().unwrap().len(), instrument.brackets.len());
    }
    let mut silent: Vec<_> = instruments.iter().map(|instrument| instrument.symbol).collect();
    eventually("every market has a price", async || {
        let mut left = Vec::new();
        for symbol in &silent {
            let quote = stack.streams.get(&messages::last_price_key(*symbol)).await.unwrap();
            left.extend(quote.is_none().then_some(*symbol));
        }
        silent = left;
        silent.is_empty()
    })
    .await;

    let trader = stack.trader(1).await;
    let open = |qty: &str| json!({"asset": "1000PEPEUSDT", "orderType": "LONG", "leverage": 75, "qty": qty});
    let (status, body) = trader.open(open("2000.5")).await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::BAD_REQUEST, &json!("QUANTITY_OFF_STEP")),
        "{body}"
    );
    let (status, body) = trader.open(open("2000")).await;
    assert_eq!(status, StatusCode::CREATED, "{body}");
}
