//! The list of markets, which the engine writes.

use crate::counter::Counter;
use messages::{InstrumentStatus, PriceSource};
use reqwest::StatusCode;
use serde_json::json;
use std::path::Path;
use testkit::symbols::{ETH, publish, publish_shipped, shipped};

#[tokio::test(flavor = "multi_thread")]
async fn a_list_written_a_moment_ago_is_known() {
    let counter = Counter::unlisted().await;
    for path in ["/markets", "/tickers", "/funding", "/candles?asset=BTC&timeframe=1m"] {
        assert_eq!(counter.get("", path).await.refusal(), (503, "ENGINE_NOT_READY"), "{path}");
    }
    publish_shipped(&counter.stack.streams).await;
    let listed = counter.get("", "/markets").await;
    assert_eq!(listed.status, StatusCode::OK, "{}", listed.body);
    assert_eq!(listed.body["markets"].as_array().map(Vec::len), Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_parameter_of_a_market_is_listed() {
    let counter = Counter::unlisted().await;
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../markets.binance.toml");
    let mut instruments = markets::read(&file).unwrap();
    let count = instruments.len();
    instruments[0].brackets.truncate(2);
    instruments[0].open_interest_cap = Some("1000.5".parse().unwrap());
    instruments[0].status = InstrumentStatus::ReduceOnly;
    instruments[0].trigger_price = PriceSource::Mark;
    instruments[1] = shipped(ETH);
    publish(&counter.stack.streams, instruments).await;
    let listed = counter.get("", "/markets").await;
    assert_eq!(listed.status, StatusCode::OK, "{}", listed.body);
    let markets = listed.body["markets"].as_array().unwrap();
    assert_eq!(markets.len(), count);
    let bitcoin = json!({
        "symbol": "BTCUSDT", "name": "Bitcoin", "baseAsset": "BTC", "quoteAsset": "USDT",
        "feedSymbol": "BTCUSDT", "priceDecimals": 1, "quantityDecimals": 3, "maxLeverage": 100,
        "spreadBps": 1, "liquidationLossBps": 9000, "stalePriceMs": null,
        "priceTick": "0.1", "priceTickInt": "10000000",
        "quantityStep": "0.001", "quantityStepInt": "100000",
        "minNotional": "100", "minNotionalInt": "10000000000",
        "minQuantity": "0.001", "minQuantityInt": "100000",
        "brackets": [
            {
                "notionalCap": "50000", "notionalCapInt": "5000000000000",
                "maxLeverage": 100, "maintenancePpm": 4000,
                "maintenanceAmount": "0", "maintenanceAmountInt": "0",
            },
            {
                "notionalCap": "600000", "notionalCapInt": "60000000000000",
                "maxLeverage": 100, "maintenancePpm": 5000,
                "maintenanceAmount": "50", "maintenanceAmountInt": "5000000000",
            },
        ],
        "makerFeePpm": 200, "takerFeePpm": 500, "liquidationFeePpm": 12500,
        "funding": {"source": "VENUE", "intervalHours": 8, "capPpm": 3000},
        "liquidationModel": "MAINTENANCE", "triggerPrice": "MARK", "fill": "LAST",
        "openInterestCap": "1000.5", "openInterestCapInt": "100050000000",
        "status": "REDUCE_ONLY",
    });
    assert_eq!(markets[0], bitcoin);
    let plain = json!({
        "symbol": "ETHUSDT", "name": "Ether", "baseAsset": "ETH", "quoteAsset": "USDT",
        "feedSymbol": "ETHUSDT", "priceDecimals": 2, "quantityDecimals": 4, "maxLeverage": 100,
        "spreadBps": 10, "liquidationLossBps": 9000, "stalePriceMs": null,
        "priceTick": null, "priceTickInt": null, "quantityStep": null, "quantityStepInt": null,
        "minNotional": null, "minNotionalInt": null, "minQuantity": null, "minQuantityInt": null,
        "brackets": [], "makerFeePpm": 0, "takerFeePpm": 0, "liquidationFeePpm": 0,
        "funding": null, "liquidationModel": "MARGIN_LOSS", "triggerPrice": "QUOTE",
        "fill": "LAST", "openInterestCap": null, "openInterestCapInt": null, "status": "TRADING",
    });
    assert_eq!(markets[1], plain);
    let pepe = markets.iter().find(|market| market["symbol"] == "1000PEPEUSDT").unwrap();
    assert_eq!((&pepe["priceTick"], &pepe["priceTickInt"]), (&json!("0.0000001"), &json!("10")));
}
