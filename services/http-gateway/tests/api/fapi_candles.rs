//! Candles of the API in the shape of Binance Futures, checked against the trades themselves.

use crate::candles::trade;
use crate::counter::Counter;
use messages::{MarketData, StreamMessage as _, Trade, UPLOADER_GROUP, UPLOADER_STREAM};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use streams::{Group, GroupConfig};
use testkit::stack::eventually;
use time::{Date, Month, OffsetDateTime};

const MINUTE_MS: u64 = 60_000;
const DAY_MS: u64 = 86_400_000;

/// 2024-01-30 00:00 UTC, a Tuesday.
const START_MS: u64 = 1_706_572_800_000;

pub fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis().try_into().unwrap()
}

impl Counter {
    /// Asks this API for something that needs no key.
    pub async fn fapi(&self, path: &str) -> (u16, Value) {
        let answer = self.raw(Method::GET, path).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap())
    }

    async fn klines(&self, query: &str) -> Vec<Value> {
        let (status, body) = self.fapi(&format!("/fapi/v1/klines?symbol=BTCUSDT&{query}")).await;
        assert_eq!(status, 200, "{body}");
        body.as_array().unwrap().clone()
    }

    async fn starts(&self, query: &str) -> Vec<u64> {
        self.klines(query).await.iter().map(|row| row[0].as_u64().unwrap()).collect()
    }

    /// Sums up what was traded, as batch-uploader does.
    pub async fn sum_up(&self) {
        sqlx::raw_sql(
            r#"insert into quote_volumes
               select symbol, timeframe, date_bin(length, "time", 'epoch'),
                   sum("priceInt"::numeric * "qtyInt"), count(*)
               from trades
               cross join (values ('1m', interval '1 minute'), ('1h', interval '1 hour'))
                   as lengths (timeframe, length)
               group by 1, 2, 3"#,
        )
        .execute(&self.stack.pool)
        .await
        .unwrap();
    }

    /// Appends trades that are not stored yet.
    pub async fn leave_pending(&self, trades: &[Trade]) {
        let config = GroupConfig {
            confirmed: false,
            group: UPLOADER_GROUP.to_owned(),
            consumer: "test".to_owned(),
            claim_idle: Duration::from_mins(1),
        };
        Group::join(&self.stack.streams, UPLOADER_STREAM, config).await.unwrap();
        for trade in trades {
            let entry = MarketData::Trade(*trade).encode();
            self.stack.streams.append(UPLOADER_STREAM, &entry).await.unwrap();
        }
    }
}

/// Returns the start of the candle of a time by the calendar, and the start of the next one.
fn bounds(interval: &str, ms: u64) -> (u64, u64) {
    let at = OffsetDateTime::from_unix_timestamp((ms / 1_000).try_into().unwrap()).unwrap();
    let unix_ms =
        |date: Date| u64::try_from(date.midnight().assume_utc().unix_timestamp()).unwrap() * 1_000;
    if interval == "1M" {
        let (year, month) = (at.year(), at.month());
        let next = if month == Month::December { year + 1 } else { year };
        let first = |year, month| unix_ms(Date::from_calendar_date(year, month, 1).unwrap());
        return (first(year, month), first(next, month.next()));
    }
    if interval == "1w" {
        let days = u64::from(at.weekday().number_days_from_monday());
        let start = unix_ms(at.date()) - days * DAY_MS;
        return (start, start + 7 * DAY_MS);
    }
    let (count, unit) = interval.split_at(interval.len() - 1);
    let unit = match unit {
        "m" => MINUTE_MS,
        "h" => 60 * MINUTE_MS,
        _ => DAY_MS,
    };
    let length = count.parse::<u64>().unwrap() * unit;
    (ms / length * length, ms / length * length + length)
}

/// Returns the rows that trades make, without holes, up to the last trade.
fn expected(interval: &str, trades: &[Trade]) -> Vec<Value> {
    let mut by_start: BTreeMap<u64, Vec<&Trade>> = BTreeMap::new();
    for trade in trades {
        let (start, _) = bounds(interval, trade.time_us / 1_000);
        by_start.entry(start).or_default().push(trade);
    }
    let (mut rows, mut last) = (Vec::new(), None);
    let end = *by_start.last_key_value().unwrap().0;
    let mut start = *by_start.first_key_value().unwrap().0;
    while start <= end {
        let (_, next) = bounds(interval, start);
        let trades = by_start.remove(&start).unwrap_or_default();
        let prices: Vec<_> = trades.iter().map(|trade| trade.price).chain(last).collect();
        let (open, close) = match &trades[..] {
            [first, .., last] => (first.price, last.price),
            [only] => (only.price, only.price),
            [] => (last.unwrap(), last.unwrap()),
        };
        let prices = if trades.is_empty() { &prices[..] } else { &prices[..trades.len()] };
        let qty: i128 = trades.iter().map(|trade| trade.qty.scaled()).sum();
        let quote: i128 = trades.iter().map(|t| t.price.scaled() * t.qty.scaled()).sum();
        let amount = |scaled| price::Usd::from_scaled(scaled).to_string();
        rows.push(json!([
            start,
            open.to_string(),
            prices.iter().max().unwrap().to_string(),
            prices.iter().min().unwrap().to_string(),
            close.to_string(),
            amount(qty),
            next - 1,
            amount(quote / price::SCALE),
            trades.len(),
            "0",
            "0",
            "0",
        ]));
        last = Some(close);
        start = next;
    }
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn all_intervals_are_what_the_trades_make_of_them() {
    let counter = Counter::closed().await;
    // Over the end of a leap year's February, some hours apart, with prices that no float holds.
    let trades: Vec<Trade> = (0..200)
        .map(|n: u64| {
            let time_ms = START_MS + n * 17_923_457 + (n % 3) * 1_000;
            let (price, qty) = (92_000 + n * 7_919 % 1_000, 1 + n * 31 % 17);
            trade(n + 1, time_ms, &format!("{price}.12345{n:03}"), &format!("0.000{qty:02}"))
        })
        .collect();
    for trade in &trades {
        counter.store(trade).await;
    }
    counter.sum_up().await;
    for interval in [
        "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1M",
    ] {
        let mut whole = expected(interval, &trades);
        let rows = counter.klines(&format!("interval={interval}&limit=1500")).await;
        // The recording has ended: the newest page leads up to its end.
        let newest = &whole[whole.len().saturating_sub(1_500)..];
        assert_eq!(rows, newest, "{interval}");
        // From the beginning, whenever that was.
        whole.truncate(1_500);
        let query = format!("interval={interval}&limit=1500&startTime=0&endTime=1708000000000");
        let first = counter.klines(&query).await;
        let until = whole.partition_point(|row| row[0].as_u64().unwrap() <= 1_708_000_000_000);
        assert_eq!(first, whole[..until], "{interval}");
    }
    let first = counter.klines("interval=1M&startTime=0&limit=1").await;
    assert_eq!(first[0][0], 1_704_067_200_000_u64, "2024-01-01");
    assert_eq!(first[0][6], 1_706_745_599_999_u64, "the end of January");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_the_first_or_the_last_of_a_period() {
    let counter = Counter::closed().await;
    for n in 0..20 {
        // The minutes 10 to 14 are without trades.
        if !(10..15).contains(&n) {
            counter.store(&trade(n + 1, START_MS + n * MINUTE_MS + 5, "100", "1")).await;
        }
    }
    let minute = |n: u64| START_MS + n * MINUTE_MS;
    let minutes = |range: std::ops::Range<u64>| range.map(minute).collect::<Vec<_>>();
    let starts = async |query: &str| counter.starts(&format!("interval=1m&{query}")).await;
    assert_eq!(starts("").await, minutes(0..20));
    assert_eq!(starts("limit=3").await, minutes(17..20));
    let from = format!("startTime={}&limit=4", minute(8) - 1);
    assert_eq!(starts(&from).await, minutes(8..12), "ascending from the start");
    let until = format!("endTime={}&limit=4", minute(12));
    assert_eq!(starts(&until).await, minutes(9..13), "a start at the end is within");
    let both = format!("startTime={}&endTime={}&limit=2", minute(3), minute(12) - 1);
    assert_eq!(starts(&both).await, minutes(3..5));
    let both = format!("startTime={}&endTime={}", minute(3), minute(6) - 1);
    assert_eq!(starts(&both).await, minutes(3..6));
    assert_eq!(
        starts(&format!("startTime={}&endTime={}", minute(3) + 1, minute(4) - 1)).await,
        [0; 0]
    );
    assert_eq!(starts("startTime=0&limit=2").await, minutes(0..2));
    assert_eq!(starts("startTime=99999999999999").await, [0; 0]);
    assert_eq!(starts(&format!("endTime={}", minute(0) - 1)).await, [0; 0]);
    let flat = format!("interval=1m&startTime={}&limit=1", minute(10));
    assert_eq!(
        counter.klines(&flat).await,
        [json!([
            minute(10),
            "100",
            "100",
            "100",
            "100",
            "0",
            minute(11) - 1,
            "0",
            0,
            "0",
            "0",
            "0"
        ])]
    );
    let other = counter.fapi("/fapi/v1/klines?symbol=SOLUSDT&interval=1m").await;
    assert_eq!(other, (200, json!([])));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_running_candle_has_all_trades_so_far_and_a_quiet_market_a_flat_one() {
    let counter = Counter::closed().await;
    let now = now_ms();
    counter.store(&trade(1, now - 30 * MINUTE_MS, "100", "2")).await;
    counter.sum_up().await;
    let rows = counter.klines("interval=1m").await;
    assert!((30..=32).contains(&rows.len()), "{}", rows.len());
    let quiet = rows.last().unwrap().as_array().unwrap();
    assert_eq!(quiet[1..6], ["100", "100", "100", "100", "0"]);
    let pending = [trade(2, now, "103.5", "0.5"), trade(3, now, "99", "1")];
    counter.leave_pending(&pending).await;
    let quote = || async { counter.klines("interval=1M&limit=1").await[0].clone() };
    eventually("the trades are seen", async || quote().await[8] == 3).await;
    let expected = ["100", "103.5", "99", "99", "3.5"];
    assert_eq!(quote().await.as_array().unwrap()[1..6], expected);
    assert_eq!(quote().await[7], "350.75", "200 + 51.75 + 99");
    // Stored, and not yet summed up: an estimate for the candle, the mean of its four prices.
    counter.store(&pending[0]).await;
    counter.store(&pending[1]).await;
    let (mean, volume) = (100_375_u64, 35);
    eventually("the estimate is there", async || {
        quote().await[7] == price::Usd::from_scaled((mean * volume * 10_000).into()).to_string()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_candles_are_those_of_the_trades() {
    let counter = Counter::closed().await;
    counter.store(&trade(1, START_MS + 5, "100.5", "2")).await;
    counter.sum_up().await;
    let end = START_MS + MINUTE_MS - 1;
    let traded =
        json!([[START_MS, "100.5", "100.5", "100.5", "100.5", "2", end, "201", 1, "0", "0", "0"]]);
    let priced =
        json!([[START_MS, "100.5", "100.5", "100.5", "100.5", "0", end, "0", 1, "0", "0", "0"]]);
    let premium = json!([[START_MS, "0", "0", "0", "0", "0", end, "0", 1, "0", "0", "0"]]);
    for (path, rows) in [
        ("continuousKlines?pair=BTCUSDT&contractType=PERPETUAL", &traded),
        ("markPriceKlines?symbol=BTCUSDT", &priced),
        ("indexPriceKlines?pair=BTCUSDT", &priced),
        ("premiumIndexKlines?symbol=BTCUSDT", &premium),
    ] {
        let answer = counter.fapi(&format!("/fapi/v1/{path}&interval=1m")).await;
        assert_eq!(answer, (200, rows.clone()), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_has_a_code() {
    let counter = Counter::closed().await;
    let rows = [
        ("klines", -1102),
        ("klines?symbol=BTCUSDT", -1102),
        ("klines?symbol=DOGEUSDT&interval=1m", -1121),
        ("klines?symbol=BTCUSDT&interval=7m", -1120),
        ("klines?symbol=BTCUSDT&interval=1D", -1120),
        ("klines?symbol=BTCUSDT&interval=1m&limit=1501", -1130),
        ("klines?symbol=BTCUSDT&interval=1m&limit=0", -1130),
        ("klines?symbol=BTCUSDT&interval=1m&startTime=now", -1102),
        ("klines?symbol=BTCUSDT&interval=1m&startTime=5&endTime=4", -1130),
        ("continuousKlines?pair=BTCUSDT&interval=1m", -1102),
        ("continuousKlines?pair=BTCUSDT&interval=1m&contractType=CURRENT_QUARTER", -1130),
        ("indexPriceKlines?symbol=BTCUSDT&interval=1m", -1102),
        ("premiumIndexKlines?symbol=BTCUSDT&interval=9m", -1120),
    ];
    for (path, code) in rows {
        let (status, body) = counter.fapi(&format!("/fapi/v1/{path}")).await;
        assert_eq!((status, &body["code"]), (400, &json!(code)), "{path}");
        assert!(body["msg"].as_str().unwrap().ends_with('.'), "{body}");
    }
}
