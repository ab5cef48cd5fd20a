//! Parser of Binance's WebSocket frames, and the only one.

use messages::{CLOCK_LEAD_MAX_MS, MarkPrice, Symbol, Trade};
use price::{Price, Rate};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The start of an error shows the problem; hostile input must not fill the logs.
const ERROR_CHARS_MAX: usize = 300;

/// The execution type of a trade on the market.
const MARKET: &str = "MARKET";

/// A parsed frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A trade of a known symbol.
    Trade(Trade),
    /// A mark price of a known symbol.
    Mark(VenueMark),
    /// The server asks clients to reconnect.
    ServerShutdown,
    /// A response to a subscription, an event of another kind, or a trade off the market.
    Other,
}

/// A mark price as the venue sends it, with the funding of the venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VenueMark {
    /// The mark price, by its name at the venue.
    pub price: MarkPrice,
    /// The venue's time, Unix ms.
    pub time_ms: u64,
}

/// The reason a frame can't be parsed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MalformedFrame(String);

impl MalformedFrame {
    fn new(problem: &str) -> Self {
        Self(excerpt(problem))
    }
}

/// A frame of a combined stream: `{"stream":"btcusdt@trade","data":{…}}`.
#[derive(Deserialize)]
struct Combined<'a> {
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow, rename = "e")]
    kind: Option<Cow<'a, str>>,
}

/// `{"e":"trade","s":"BTCUSDT","t":12345,"p":"92000.50","q":"0.001","T":1703001234567,…}`
#[derive(Deserialize)]
struct TradeEvent<'a> {
    #[serde(borrow, rename = "s")]
    symbol: Cow<'a, str>,
    #[serde(rename = "t")]
    trade_id: u64,
    #[serde(borrow, rename = "p")]
    price: Cow<'a, str>,
    #[serde(borrow, rename = "q")]
    qty: Cow<'a, str>,
    #[serde(rename = "T")]
    time: u64,
    /// The execution type, on futures only: a trade on the market, or one by the insurance fund or
    /// auto-deleveraging, at another price.
    #[serde(borrow, rename = "X")]
    execution: Option<Cow<'a, str>>,
}

/// `{"e":"aggTrade","s":"BTCUSDT","a":5933014,"p":"0.001","q":"100","f":100,"l":105,"T":123456785,…}`,
/// on futures only: the trades of one order at one price, and no others than those on the market.
#[derive(Deserialize)]
struct AggregateEvent<'a> {
    #[serde(borrow, rename = "s")]
    symbol: Cow<'a, str>,
    /// The id of the last trade, as in an archive of aggregate trades.
    #[serde(rename = "l")]
    last_id: u64,
    #[serde(borrow, rename = "p")]
    price: Cow<'a, str>,
    #[serde(borrow, rename = "q")]
    qty: Cow<'a, str>,
    #[serde(rename = "T")]
    time: u64,
}

/// `{"e":"markPriceUpdate","E":1562305380000,"s":"BTCUSDT","p":"11794.15","i":"11784.62","r":"0.0001","T":1562306400000,…}`
#[derive(Deserialize)]
struct MarkEvent<'a> {
    #[serde(rename = "E")]
    time_ms: u64,
    #[serde(borrow, rename = "s")]
    symbol: Cow<'a, str>,
    #[serde(borrow, rename = "p")]
    mark: Cow<'a, str>,
    #[serde(borrow, rename = "i")]
    index: Option<Cow<'a, str>>,
    /// Empty for a contract without funding.
    #[serde(borrow, rename = "r")]
    rate: Option<Cow<'a, str>>,
    /// 0 for a contract without funding.
    #[serde(rename = "T")]
    next_funding_ms: Option<u64>,
}

/// Parses one text frame that arrived at `now_ms` (Unix ms).
pub fn parse(text: &str, now_ms: u64) -> Result<Frame, MalformedFrame> {
    let combined: Combined<'_> = json(text)?;
    let event_text = combined.data.map_or(text, RawValue::get);
    let event: Event<'_> = json(event_text)?;
    match event.kind.as_deref() {
        Some("trade") => {
            let event: TradeEvent<'_> = json(event_text)?;
            if event.execution.as_deref().is_some_and(|execution| execution != MARKET) {
                return Ok(Frame::Other);
            }
            trade(&event).map(Frame::Trade)
        }
        Some("aggTrade") => {
            let AggregateEvent { symbol, last_id, price, qty, time } = json(event_text)?;
            let event = TradeEvent { symbol, trade_id: last_id, price, qty, time, execution: None };
            trade(&event).map(Frame::Trade)
        }
        Some("markPriceUpdate") => mark(&json(event_text)?, now_ms).map(Frame::Mark),
        Some("serverShutdown") => Ok(Frame::ServerShutdown),
        Some(_) | None => Ok(Frame::Other),
    }
}

fn json<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, MalformedFrame> {
    serde_json::from_str(text).map_err(|error| MalformedFrame::new(&error.to_string()))
}

fn wrong(field: &str, value: &str) -> MalformedFrame {
    MalformedFrame::new(&format!("{field} is {value:?}"))
}

fn mark(event: &MarkEvent<'_>, now_ms: u64) -> Result<VenueMark, MalformedFrame> {
    let symbol: Symbol = event.symbol.parse().map_err(|_| wrong("the symbol", &event.symbol))?;
    let price = |field: &str, text: &str| {
        let price: Option<Price> = text.parse().ok();
        let price = price.filter(|price| price.is_positive() && price.to_i64().is_ok());
        price.ok_or_else(|| wrong(field, text))
    };
    let rate = |text: &str| {
        let rate: Option<Rate> = text.parse().ok();
        rate.filter(|rate| rate.to_i64().is_ok()).ok_or_else(|| wrong("the funding rate", text))
    };
    let index = event.index.as_deref();
    let mut mark = MarkPrice::new(
        symbol,
        price("the mark price", &event.mark)?,
        index.map(|text| price("the index price", text)).transpose()?,
    );
    mark.funding_rate =
        event.rate.as_deref().filter(|text| !text.is_empty()).map(rate).transpose()?;
    mark.next_funding_ms = event.next_funding_ms.filter(|time_ms| *time_ms > 0);
    // A time far ahead would make every later mark price an old one.
    let latest_ms = now_ms.saturating_add(CLOCK_LEAD_MAX_MS);
    if event.time_ms > latest_ms
        || mark.next_funding_ms.is_some_and(|ms| i64::try_from(ms).is_err())
    {
        return Err(wrong("the time", &event.time_ms.to_string()));
    }
    // The venue's clock may run ahead of ours, and must not make a price look newer.
    mark.marked_at_ms = Some(event.time_ms.min(now_ms));
    Ok(VenueMark { price: mark, time_ms: event.time_ms })
}

fn trade(event: &TradeEvent<'_>) -> Result<Trade, MalformedFrame> {
    let symbol: Symbol = event.symbol.parse().map_err(|_| wrong("the symbol", &event.symbol))?;
    let price = event.price.parse().map_err(|_| wrong("the price", &event.price))?;
    let qty = event.qty.parse().map_err(|_| wrong("the quantity", &event.qty))?;
    let trade =
        Trade { symbol, trade_id: event.trade_id, price, qty, time_us: time_us(event.time) };
    trade.checked().map_err(|invalid| MalformedFrame::new(&invalid.to_string()))
}

/// Returns the start of an error message about foreign input.
pub(crate) fn excerpt(problem: &str) -> String {
    problem.chars().take(ERROR_CHARS_MAX).collect()
}

/// Converts a Binance time to µs. Binance sends milliseconds, and microseconds in archives from
/// 2025 on; they differ in size: microseconds of 1973 are milliseconds of the year 5138.
pub(crate) const fn time_us(ms_or_us: u64) -> u64 {
    const SMALLEST_US: u64 = 100_000_000_000_000;
    if ms_or_us < SMALLEST_US { ms_or_us * 1_000 } else { ms_or_us }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATA: &str = r#"{"e":"trade","E":1703001234570,"s":"BTCUSDT","t":3312345678,"p":"92000.50000000","q":"0.00437600","T":1703001234567,"m":true,"M":true}"#;

    const NOW_MS: u64 = 1_703_001_234_600;

    fn expected() -> Frame {
        Frame::Trade(Trade {
            symbol: Symbol::from_static("BTCUSDT"),
            trade_id: 3_312_345_678,
            price: "92000.5".parse().unwrap(),
            qty: "0.004376".parse().unwrap(),
            time_us: 1_703_001_234_567_000,
        })
    }

    #[test]
    fn trades_are_read_to_the_digit() {
        let combined = format!(r#"{{"stream":"btcusdt@trade","data":{DATA}}}"#);
        assert_eq!(parse(&combined, NOW_MS), Ok(expected()));
        assert_eq!(parse(DATA, NOW_MS), Ok(expected()));
        let in_us = DATA.replace("1703001234567", "1703001234567000");
        assert_eq!(parse(&in_us, NOW_MS), Ok(expected()));
    }

    #[test]
    fn what_is_no_trade_is_told_apart() {
        let rows = [
            (r#"{"result":null,"id":1}"#, Frame::Other),
            (r#"{"stream":"x","data":{"e":"kline","s":"BTCUSDT"}}"#, Frame::Other),
            (
                r#"{"e":"aggTrade","E":1703001234570,"s":"BTCUSDT","a":1,"p":"92000.5","q":"0.004376","f":1,"l":3312345678,"T":1703001234567,"m":true}"#,
                expected(),
            ),
            (r#"{"e":"serverShutdown","E":1}"#, Frame::ServerShutdown),
            (&DATA.replace("\"m\"", r#""X":"INSURANCE_FUND","m""#), Frame::Other),
            (&DATA.replace("\"m\"", r#""X":"ADL","m""#), Frame::Other),
            (&DATA.replace("\"m\"", r#""X":"MARKET","m""#), expected()),
            (r#"{"stream":"x","data":{"e":"serverShutdown"}}"#, Frame::ServerShutdown),
        ];
        for (text, frame) in rows {
            assert_eq!(parse(text, NOW_MS), Ok(frame), "{text}");
        }
    }

    #[test]
    fn malformed_frames_are_errors() {
        let broken = [
            String::new(),
            "{".to_owned(),
            "[]".to_owned(),
            "garbage".to_owned(),
            DATA.replace("BTCUSDT", "btcusdt"),
            DATA.replace("\"92000.50000000\"", "92000.5"),
            DATA.replace("92000.50000000", "0"),
            DATA.replace("92000.50000000", "-1"),
            DATA.replace("92000.50000000", "NaN"),
            DATA.replace("92000.50000000", "1e30"),
            DATA.replace("0.00437600", "-0.1"),
            DATA.replace("0.00437600", "0.00000000"),
            DATA.replace("0.00437600", "0.123456789"),
            DATA.replace("3312345678", "-1"),
            DATA.replace("\"t\"", "\"id\""),
            DATA.replace("3312345678", "9223372036854775808"),
            DATA.replace("1703001234567,", "253402300800000000,"),
        ];
        for text in broken {
            assert!(parse(&text, NOW_MS).is_err(), "{text}");
        }
    }

    const MARK: &str = r#"{"e":"markPriceUpdate","E":1703001234000,"s":"BTCUSDT","p":"92000.12345678","i":"91990.5","P":"1","r":"-0.00010000","T":1703030400000}"#;

    fn mark() -> VenueMark {
        let symbol = Symbol::from_static("BTCUSDT");
        let (price, index) = ("92000.12345678".parse().unwrap(), "91990.5".parse().unwrap());
        let mut price = MarkPrice::new(symbol, price, Some(index));
        price.funding_rate = Some("-0.0001".parse().unwrap());
        price.next_funding_ms = Some(1_703_030_400_000);
        price.marked_at_ms = Some(1_703_001_234_000);
        VenueMark { price, time_ms: 1_703_001_234_000 }
    }

    #[test]
    fn marks_are_read_to_the_digit() {
        let combined = format!(r#"{{"stream":"btcusdt@markPrice@1s","data":{MARK}}}"#);
        assert_eq!(parse(&combined, NOW_MS), Ok(Frame::Mark(mark())));
        let without = MARK.replace("-0.00010000", "").replace("1703030400000", "0");
        let price = MarkPrice { funding_rate: None, next_funding_ms: None, ..mark().price };
        assert_eq!(parse(&without, NOW_MS), Ok(Frame::Mark(VenueMark { price, ..mark() })));
        // By a clock that is two seconds behind the venue's.
        let price = MarkPrice { marked_at_ms: Some(1_703_001_232_000), ..mark().price };
        let early = parse(MARK, 1_703_001_232_000);
        assert_eq!(early, Ok(Frame::Mark(VenueMark { price, ..mark() })));
    }

    #[test]
    fn malformed_marks_are_errors() {
        let broken = [
            MARK.replace("BTCUSDT", "btcusdt"),
            MARK.replace("\"92000.12345678\"", "92000.12345678"),
            MARK.replace("92000.12345678", "0"),
            MARK.replace("92000.12345678", "-1"),
            MARK.replace("92000.12345678", "NaN"),
            MARK.replace("92000.12345678", "1e30"),
            MARK.replace("92000.12345678", "1.123456789"),
            MARK.replace("92000.12345678", ""),
            MARK.replace("91990.5", "0"),
            MARK.replace("91990.5", "much"),
            MARK.replace("-0.00010000", "1e30"),
            MARK.replace("-0.00010000", "none"),
            MARK.replace("1703001234000", "-1"),
            MARK.replace("1703001234000", "\"1703001234000\""),
            MARK.replace("1703001234000", "1703001294601"),
            MARK.replace("1703001234000", "18446744073709551615"),
            MARK.replace("1703030400000", "18446744073709551615"),
        ];
        for text in broken {
            assert!(parse(&text, NOW_MS).is_err(), "{text}");
        }
    }
}
