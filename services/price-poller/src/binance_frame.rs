//! Parser of Binance's WebSocket frames, and the only one.

use messages::{Symbol, Trade};
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
    /// The server asks clients to reconnect.
    ServerShutdown,
    /// A response to a subscription, an event of another kind, or a trade off the market.
    Other,
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

/// Parses one text frame.
pub fn parse(text: &str) -> Result<Frame, MalformedFrame> {
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
        Some("serverShutdown") => Ok(Frame::ServerShutdown),
        Some(_) | None => Ok(Frame::Other),
    }
}

fn json<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, MalformedFrame> {
    serde_json::from_str(text).map_err(|error| MalformedFrame::new(&error.to_string()))
}

fn trade(event: &TradeEvent<'_>) -> Result<Trade, MalformedFrame> {
    let wrong = |field: &str, value: &str| MalformedFrame::new(&format!("{field} is {value:?}"));
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
        assert_eq!(parse(&combined), Ok(expected()));
        assert_eq!(parse(DATA), Ok(expected()));
        let in_us = DATA.replace("1703001234567", "1703001234567000");
        assert_eq!(parse(&in_us), Ok(expected()));
    }

    #[test]
    fn what_is_no_trade_is_told_apart() {
        let rows = [
            (r#"{"result":null,"id":1}"#, Frame::Other),
            (r#"{"stream":"x","data":{"e":"aggTrade","s":"BTCUSDT"}}"#, Frame::Other),
            (r#"{"e":"serverShutdown","E":1}"#, Frame::ServerShutdown),
            (&DATA.replace("\"m\"", r#""X":"INSURANCE_FUND","m""#), Frame::Other),
            (&DATA.replace("\"m\"", r#""X":"ADL","m""#), Frame::Other),
            (&DATA.replace("\"m\"", r#""X":"MARKET","m""#), expected()),
            (r#"{"stream":"x","data":{"e":"serverShutdown"}}"#, Frame::ServerShutdown),
        ];
        for (text, frame) in rows {
            assert_eq!(parse(text), Ok(frame), "{text}");
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
            assert!(parse(&text).is_err(), "{text}");
        }
    }
}
