//! Prices, trades and figures of the API in the shape of Binance Futures.

use crate::candles::trade;
use crate::counter::{Counter, ticket};
use crate::fapi_candles::now_ms;
use messages::{
    Feed, Funding, FundingSource, Instrument, MarkPrice, MarketPrice, PriceSource, Run, Symbol,
    Trade, last_mark_key, last_price_key,
};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use testkit::stack::eventually;
use testkit::symbols::{BTC, ETH, SOL, publish, shipped};

const DAY_MS: u64 = 86_400_000;

pub fn quoted(symbol: Symbol, id: u64, [bid, price, ask]: [&str; 3]) -> MarketPrice {
    let trade = Trade { symbol, ..trade(id, 1_795_493_501_491, price, "0.25") };
    let run = Some(Run { feed: Feed::Sim, began_ms: 5 });
    let (bid, ask) = (bid.parse().unwrap(), ask.parse().unwrap());
    MarketPrice { bid, ask, timestamp_ms: 1_795_493_501_500, trade, disputed: None, run }
}

impl Counter {
    pub async fn quote(&self, quote: &MarketPrice) {
        let key = last_price_key(quote.trade.symbol);
        let hour = Duration::from_hours(1);
        self.stack.streams.set_expiring(&key, &quote.to_json(), hour).await.unwrap();
    }

    /// Lists instruments and waits until the gateway knows them.
    async fn list(&self, instruments: Vec<Instrument>) {
        let len = instruments.len();
        publish(&self.stack.streams, instruments).await;
        eventually("the list is followed", async || {
            let (_, info) = self.fapi("/fapi/v1/exchangeInfo").await;
            let symbols = info["symbols"].as_array().unwrap();
            symbols.len() == len && symbols[0]["filters"][1]["maxQty"] == "250"
        })
        .await;
    }

    async fn ids(&self, query: &str) -> Vec<u64> {
        let (status, body) = self.fapi(&format!("/fapi/v1/{query}")).await;
        assert_eq!(status, 200, "{body}");
        let id = |row: &Value| row.get("a").unwrap_or(&row["id"]).as_u64().unwrap();
        body.as_array().unwrap().iter().map(id).collect()
    }
}

/// Three instruments: one with brackets, a mark price and fundings, and two of the simplest kind.
fn instruments() -> Vec<Instrument> {
    let funding = Funding { source: FundingSource::Premium, interval_hours: 4, cap_ppm: 3_000 };
    let mut bitcoin = Instrument {
        funding: Some(funding),
        trigger_price: PriceSource::Mark,
        quantity_step: Some("0.001".parse().unwrap()),
        price_tick: Some("0.10".parse().unwrap()),
        min_notional: Some("5".parse().unwrap()),
        open_interest_cap: Some("250".parse().unwrap()),
        ..shipped(BTC)
    };
    bitcoin.brackets = vec![messages::Bracket {
        notional_cap: "10000000".parse().unwrap(),
        max_leverage: 100,
        maintenance_ppm: 4_000,
        maintenance_amount: price::Usd::ZERO,
    }];
    vec![bitcoin, shipped(ETH), shipped(SOL)]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_book_has_one_level_of_what_the_house_takes() {
    let counter = Counter::closed().await;
    counter.list(instruments()).await;
    counter.quote(&quoted(BTC, 77, ["91953.99", "92000", "92046.01"])).await;
    counter.quote(&quoted(ETH, 78, ["3099.5", "3100", "3100.5"])).await;
    // 10,000,000 / 91,953.99 = 108.7500…, and 108.6412… at the ask.
    let depth = json!({
        "lastUpdateId": 1_795_493_501_500_077_u64, "E": 1_795_493_501_500_u64, "T": 1_795_493_501_500_u64,
        "bids": [["91953.99000000", "108.75000000"]], "asks": [["92046.01000000", "108.64100000"]],
    });
    assert_eq!(counter.fapi("/fapi/v1/depth?symbol=BTCUSDT&limit=5").await, (200, depth));
    let bitcoin = json!({
        "symbol": "BTCUSDT", "bidPrice": "91953.99000000", "bidQty": "108.75000000",
        "askPrice": "92046.01000000", "askQty": "108.64100000", "time": 1_795_493_501_500_u64,
        "lastUpdateId": 1_795_493_501_500_077_u64,
    });
    let ether = json!({
        "symbol": "ETHUSDT", "bidPrice": "3099.50000000", "bidQty": "3226.32680000",
        "askPrice": "3100.50000000", "askQty": "3225.28620000", "time": 1_795_493_501_500_u64,
        "lastUpdateId": 1_795_493_501_500_078_u64,
    });
    let path = "/fapi/v1/ticker/bookTicker";
    assert_eq!(counter.fapi(&format!("{path}?symbol=BTCUSDT")).await, (200, bitcoin.clone()));
    assert_eq!(counter.fapi(path).await, (200, json!([bitcoin, ether])), "without SOLUSDT");
    for version in ["v1", "v2"] {
        let path = format!("/fapi/{version}/ticker/price");
        let last = json!({ "symbol": "BTCUSDT", "price": "92000", "time": 1_795_493_501_491_u64 });
        assert_eq!(counter.fapi(&format!("{path}?symbol=BTCUSDT")).await, (200, last));
        assert_eq!(counter.fapi(&path).await.1.as_array().unwrap().len(), 2);
    }
    for (path, expected) in [
        ("depth?symbol=SOLUSDT", (503, -1001)),
        ("ticker/bookTicker?symbol=SOLUSDT", (503, -1001)),
        ("ticker/price?symbol=SOLUSDT", (503, -1001)),
        ("ticker/24hr?symbol=SOLUSDT", (503, -1001)),
        ("premiumIndex?symbol=SOLUSDT", (503, -1001)),
        ("depth", (400, -1102)),
        ("depth?symbol=BTCUSDT&limit=7", (400, -1130)),
        ("depth?symbol=DOGEUSDT", (400, -1121)),
        ("ticker/24hr?symbol=DOGEUSDT", (400, -1121)),
    ] {
        let (status, body) = counter.fapi(&format!("/fapi/v1/{path}")).await;
        assert_eq!((status, &body["code"]), (expected.0, &json!(expected.1)), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn instruments_have_every_field_that_clients_want() {
    let counter = Counter::closed().await;
    counter.list(instruments()).await;
    let (_, info) = counter.fapi("/fapi/v1/exchangeInfo").await;
    assert_eq!(
        info["symbols"][0],
        json!({
            "symbol": "BTCUSDT", "pair": "BTCUSDT", "contractType": "PERPETUAL",
            "deliveryDate": 4_133_404_800_000_u64, "onboardDate": 0, "status": "TRADING",
            "maintMarginPercent": "0.4", "requiredMarginPercent": "1", "baseAsset": "BTC",
            "quoteAsset": "USDT", "marginAsset": "USDT", "pricePrecision": 1,
            "quantityPrecision": 3, "baseAssetPrecision": 8, "quotePrecision": 8,
            "underlyingType": "COIN", "underlyingSubType": [], "settlePlan": 0,
            "triggerProtect": "0", "liquidationFee": "0", "marketTakeBound": "0",
            "maxMoveOrderLimit": 10_000,
            "filters": [
                { "filterType": "PRICE_FILTER", "minPrice": "0.1", "maxPrice": "1000000000",
                  "tickSize": "0.1" },
                { "filterType": "LOT_SIZE", "minQty": "0.001", "maxQty": "250", "stepSize": "0.001" },
                { "filterType": "MARKET_LOT_SIZE", "minQty": "0.001", "maxQty": "250",
                  "stepSize": "0.001" },
                { "filterType": "MAX_NUM_ORDERS", "limit": messages::MAX_OPEN_ORDERS },
                { "filterType": "MIN_NOTIONAL", "notional": "5" },
                { "filterType": "PERCENT_PRICE", "multiplierUp": "1000",
                  "multiplierDown": "0.001", "multiplierDecimal": "4" },
            ],
            "orderTypes": ["LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT",
                "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"],
            "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"],
        })
    );
    let asset =
        json!([{ "asset": "USDT", "marginAvailable": true, "autoAssetExchange": "-10000" }]);
    assert_eq!(info["assets"], asset);
    let kinds: Vec<_> = info["rateLimits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|limit| &limit["rateLimitType"])
        .collect();
    assert_eq!(kinds, ["REQUEST_WEIGHT", "ORDERS", "ORDERS"]);
    assert_eq!((&info["timezone"], &info["futuresType"]), (&json!("UTC"), &json!("U_MARGINED")));
}

/// Stores a day of trades and an hour before it, and a market that falls.
async fn store_a_day(counter: &Counter) {
    sqlx::query(
        r"insert into trades
           select 'BTCUSDT-' || (1000000 + n), now() - interval '25 hours' + n * interval '2.5 seconds',
               'BTCUSDT', 9000000000000 - n * 1000003 + (n % 97) * 70000001, 100000000 + n
           from generate_series(0::bigint, 35000) as n",
    )
    .execute(&counter.stack.pool)
    .await
    .unwrap();
    counter.sum_up().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_is_exact_to_the_millisecond() {
    let counter = Counter::closed().await;
    store_a_day(&counter).await;
    counter.quote(&quoted(BTC, 1, ["1", "2", "3"])).await;
    counter.quote(&quoted(ETH, 9, ["3099.5", "3100", "3100.5"])).await;
    let pending = [
        trade(2_000_001, now_ms() - 20, "1.25", "3"),
        trade(2_000_002, now_ms() - 10, "88000", "2"),
    ];
    counter.leave_pending(&pending).await;
    let (_, day) = counter.fapi("/fapi/v1/ticker/24hr?symbol=BTCUSDT").await;
    for trade in &pending {
        counter.store(trade).await;
    }
    let open_time = day["openTime"].as_u64().unwrap();
    assert_eq!(day["closeTime"].as_u64().unwrap() - open_time, DAY_MS);
    let (open, high, low, volume, quote, count, first): (i64, i64, i64, String, String, i64, i64) =
        sqlx::query_as(
            r#"with day as (
                   select "time", split_part(id, '-', 2)::bigint as n, "priceInt" as price,
                       "qtyInt" as qty
                   from trades where "time" >= to_timestamp($1::numeric / 1000)
               )
               select (select price from day order by "time", n limit 1), max(price), min(price),
                   sum(qty)::text, sum(price::numeric * qty)::text, count(*), min(n)
               from day"#,
        )
        .bind(i64::try_from(open_time).unwrap())
        .fetch_one(&counter.stack.pool)
        .await
        .unwrap();
    let decimal = |scaled: i128| price::Usd::from_scaled(scaled).to_string();
    let (volume, quote): (i128, i128) = (volume.parse().unwrap(), quote.parse().unwrap());
    let change = 8_800_000_000_000 - i128::from(open);
    let thousandths = (change * 100_000).div_euclid(i128::from(open));
    let expected = json!({
        "symbol": "BTCUSDT", "priceChange": decimal(change),
        "priceChangePercent": decimal(thousandths * 100_000),
        "weightedAvgPrice": decimal(quote / volume), "lastPrice": "88000", "lastQty": "2",
        "openPrice": decimal(open.into()), "highPrice": decimal(high.into()),
        "lowPrice": decimal(low.into()), "volume": decimal(volume),
        "quoteVolume": decimal(quote / price::SCALE), "openTime": open_time,
        "closeTime": open_time + DAY_MS, "firstId": first, "lastId": 2_000_002, "count": count,
    });
    assert_eq!(day, expected);
    let (_, all) = counter.fapi("/fapi/v1/ticker/24hr").await;
    assert_eq!(all[0]["symbol"], "BTCUSDT");
    // Ether has a price and no trade of the last day.
    let ether = &all[1];
    for (field, value) in [("lastPrice", "3100"), ("openPrice", "3100"), ("volume", "0")] {
        assert_eq!(ether[field], value, "{field}");
    }
    assert_eq!((&ether["count"], &ether["lastId"]), (&json!(0), &json!(-1)));
    assert_eq!(all.as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn trades_are_listed_by_id_and_by_time() {
    let counter = Counter::closed().await;
    let start_ms = now_ms() - 3_600_000;
    let at = |n: u64| start_ms + n * 60_000;
    for n in 1..=10 {
        // The ids 5 to 7 are missing.
        if !(5..8).contains(&n) {
            counter.store(&trade(n, at(n), "100.5", "0.5")).await;
        }
    }
    counter.leave_pending(&[trade(10, at(10), "100.5", "0.5"), trade(11, at(11), "3", "2")]).await;
    let (_, newest) = counter.fapi("/fapi/v1/trades?symbol=BTCUSDT&limit=1").await;
    let row = json!({
        "id": 11, "price": "3", "qty": "2", "quoteQty": "6", "time": at(11),
        "isBuyerMaker": true, "isRPITrade": false,
    });
    assert_eq!(newest, json!([row]));
    let (_, newest) = counter.fapi("/fapi/v1/aggTrades?symbol=BTCUSDT&limit=1").await;
    let row =
        json!({ "a": 11, "p": "3", "q": "2", "nq": "2", "f": 11, "l": 11, "T": at(11), "m": true });
    assert_eq!(newest, json!([row]));
    let aggregates =
        async |query: &str| counter.ids(&format!("aggTrades?symbol=BTCUSDT{query}")).await;
    assert_eq!(aggregates("").await, [1, 2, 3, 4, 8, 9, 10, 11]);
    assert_eq!(counter.ids("trades?symbol=BTCUSDT&limit=3").await, [9, 10, 11]);
    assert_eq!(aggregates("&fromId=3&limit=3").await, [3, 4, 8]);
    assert_eq!(aggregates("&fromId=6&limit=2").await, [8, 9], "an id that is missing");
    assert_eq!(aggregates("&fromId=0&limit=2").await, [1, 2]);
    assert_eq!(aggregates("&fromId=11").await, [11]);
    assert_eq!(aggregates("&fromId=12").await, [0; 0]);
    assert_eq!(aggregates(&format!("&startTime={}&limit=2", at(3))).await, [3, 4]);
    assert_eq!(aggregates(&format!("&startTime={}&endTime={}", at(2) + 1, at(4))).await, [3, 4]);
    assert_eq!(aggregates(&format!("&endTime={}&limit=2", at(8))).await, [4, 8]);
    assert_eq!(counter.ids("aggTrades?symbol=ETHUSDT").await, [0; 0]);
    assert_eq!(counter.ids("aggTrades?symbol=ETHUSDT&fromId=5").await, [0; 0]);
    for (path, code) in [
        ("trades", -1102),
        ("trades?symbol=DOGEUSDT", -1121),
        ("trades?symbol=BTCUSDT&limit=1001", -1130),
        ("aggTrades?symbol=BTCUSDT&fromId=-1", -1102),
    ] {
        let (status, body) = counter.fapi(&format!("/fapi/v1/{path}")).await;
        assert_eq!((status, &body["code"]), (400, &json!(code)), "{path}");
    }
    let (status, body) = counter.fapi("/fapi/v1/historicalTrades?symbol=BTCUSDT").await;
    assert_eq!((status, &body["code"]), (401, &json!(-2014)), "it needs a key");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mark_price_is_the_instruments_own_or_the_middle() {
    let counter = Counter::closed().await;
    counter.list(instruments()).await;
    counter.quote(&quoted(BTC, 77, ["91954", "92000", "92046"])).await;
    counter.quote(&quoted(ETH, 78, ["3099.5", "3100", "3100.5"])).await;
    let before = now_ms();
    let (_, ether) = counter.fapi("/fapi/v1/premiumIndex?symbol=ETHUSDT").await;
    let next = ether["nextFundingTime"].as_u64().unwrap();
    assert_eq!(next % (8 * 3_600_000), 0);
    assert!(next > before && next <= now_ms() + 8 * 3_600_000);
    assert_eq!(
        ether,
        json!({
            "symbol": "ETHUSDT", "markPrice": "3100", "indexPrice": "3100",
            "estimatedSettlePrice": "3100", "lastFundingRate": "0.00000000",
            "interestRate": "0.00000000", "nextFundingTime": next,
            "time": 1_795_493_501_500_u64,
        })
    );
    let mark = MarkPrice {
        index: Some("92231.4".parse().unwrap()),
        funding_rate: Some("-0.000025".parse().unwrap()),
        next_funding_ms: Some(1_795_507_200_000),
        marked_at_ms: Some(1_795_493_501_000),
        ..MarkPrice::new(BTC, "92239.15735".parse().unwrap(), None)
    };
    let (key, hour) = (last_mark_key(BTC), Duration::from_hours(1));
    counter.stack.streams.set_expiring(&key, &mark.to_json(), hour).await.unwrap();
    let (_, all) = counter.fapi("/fapi/v1/premiumIndex").await;
    let bitcoin = json!({
        "symbol": "BTCUSDT", "markPrice": "92239.15735", "indexPrice": "92231.4",
        "estimatedSettlePrice": "92231.4", "lastFundingRate": "-0.00002500",
        "interestRate": "0.00005000", "nextFundingTime": 1_795_507_200_000_u64,
        "time": 1_795_493_501_000_u64,
    });
    assert_eq!(all[0], bitcoin);
    assert_eq!(all.as_array().unwrap().len(), 2);
    let info = json!([{
        "symbol": "BTCUSDT", "adjustedFundingRateCap": "0.003",
        "adjustedFundingRateFloor": "-0.003", "fundingIntervalHours": 4, "disclaimer": false,
    }]);
    assert_eq!(counter.fapi("/fapi/v1/fundingInfo").await, (200, info));
    let premium = "/fapi/v1/premiumIndexKlines?symbol=BTCUSDT&interval=1m";
    assert_eq!(counter.fapi(premium).await, (200, json!([])), "it is not stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn fundings_are_listed_oldest_first() {
    let counter = Counter::closed().await;
    let at = |n: u64| 1_795_478_400_000 + n * 8 * 3_600_000;
    for n in 0..5 {
        for (symbol, rate) in [("BTCUSDT", 10_000_i64), ("ETHUSDT", -2_500)] {
            sqlx::query(
                "insert into funding_rates values ($1, to_timestamp($2), $3, 310050000000)",
            )
            .bind(symbol)
            .bind(i64::try_from(at(n) / 1_000).unwrap())
            .bind(rate)
            .execute(&counter.stack.pool)
            .await
            .unwrap();
        }
    }
    let times = async |query: &str| {
        let (status, body) = counter.fapi(&format!("/fapi/v1/fundingRate?{query}")).await;
        assert_eq!(status, 200, "{body}");
        let rows = body.as_array().unwrap().clone();
        rows.iter().map(|row| row["fundingTime"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    let (_, rows) = counter.fapi("/fapi/v1/fundingRate?symbol=ETHUSDT&limit=1").await;
    assert_eq!(
        rows,
        json!([{
            "symbol": "ETHUSDT", "fundingTime": at(4), "fundingRate": "-0.00002500",
            "markPrice": "3100.5",
        }])
    );
    let all = |range: std::ops::Range<u64>| range.map(at).collect::<Vec<_>>();
    assert_eq!(times("symbol=BTCUSDT").await, all(0..5));
    assert_eq!(times("symbol=BTCUSDT&limit=2").await, all(3..5), "the newest");
    let from = format!("symbol=BTCUSDT&startTime={}&limit=2", at(1));
    assert_eq!(times(&from).await, all(1..3), "the first from then on");
    let until = format!("symbol=BTCUSDT&endTime={}&limit=2", at(3));
    assert_eq!(times(&until).await, all(2..4));
    let both = format!("symbol=BTCUSDT&startTime={}&endTime={}", at(1) + 1, at(3) - 1);
    assert_eq!(times(&both).await, all(2..3));
    assert_eq!(times("").await.len(), 10);
    assert_eq!(times("symbol=SOLUSDT").await, [0; 0]);
    let (status, body) = counter.fapi("/fapi/v1/fundingRate?limit=1001").await;
    assert_eq!((status, &body["code"]), (400, &json!(-1130)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_open_interest_is_what_all_accounts_hold() {
    let counter = Counter::open().await;
    let path = "/fapi/v1/openInterest?symbol=BTCUSDT";
    let is = async |expected: &str| counter.fapi(path).await.1["openInterest"] == expected;
    eventually("it is published", async || is("0").await).await;
    let token = counter.sign_up(1).await;
    let mut orders = Vec::new();
    for kind in ["LONG", "SHORT"] {
        let mut order = ticket();
        order["orderType"] = json!(kind);
        let opened = counter.post(&token, "/order/open", &order).await;
        assert_eq!(opened.status, 201, "{}", opened.body);
        orders.push(opened.body["order"]["orderId"].clone());
    }
    eventually("both sides count", async || is("2").await).await;
    let close = format!("/order/close/{}", orders[0].as_str().unwrap());
    let closed = counter.send(Method::POST, &token, &close, None, &[]).await;
    assert_eq!(closed.status, 200, "{}", closed.body);
    eventually("a closed position does not", async || is("1").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_velox_has_none_of_is_an_empty_list() {
    let counter = Counter::closed().await;
    counter.quote(&quoted(BTC, 77, ["91954", "92000", "92046"])).await;
    for path in [
        "/fapi/v1/indexInfo",
        "/fapi/v1/assetIndex",
        "/fapi/v1/insuranceBalance",
        "/futures/data/openInterestHist?symbol=BTCUSDT&period=5m",
        "/futures/data/topLongShortAccountRatio?symbol=BTCUSDT&period=5m",
        "/futures/data/topLongShortPositionRatio?symbol=BTCUSDT&period=5m",
        "/futures/data/globalLongShortAccountRatio?symbol=BTCUSDT&period=5m",
        "/futures/data/takerlongshortRatio?symbol=BTCUSDT&period=5m",
        "/futures/data/basis?pair=BTCUSDT&contractType=PERPETUAL&period=5m",
        "/sapi/v1/capital/config/getall",
    ] {
        assert_eq!(counter.fapi(path).await, (200, json!([])), "{path}");
    }
    for (path, expected) in [
        ("/futures/data/openInterestHist?symbol=DOGEUSDT", (400, -1121)),
        ("/futures/data/takerlongshortRatio", (400, -1102)),
        ("/fapi/v1/indexInfo?symbol=DOGEUSDT", (400, -1121)),
        ("/fapi/v1/openInterest", (400, -1102)),
        ("/fapi/v1/openInterest?symbol=BTCUSDT", (503, -1001)),
        ("/fapi/v1/apiTradingStatus", (404, -5000)),
        ("/fapi/v1/pmAccountInfo", (404, -5000)),
    ] {
        let (status, body) = counter.fapi(path).await;
        assert_eq!((status, &body["code"]), (expected.0, &json!(expected.1)), "{path}");
    }
    let (_, index) = counter.fapi("/fapi/v1/constituents?symbol=BTCUSDT").await;
    let only = json!([{
        "exchange": "sim", "symbol": "BTCUSDT", "price": "92000", "weight": "1.00000000",
    }]);
    assert_eq!(index["constituents"], only);
}
