//! Parser of Binance's settled funding rates, and the only one.

use crate::binance_frame::excerpt;
use messages::{SettleFunding, Symbol};
use price::{Price, Rate};
use serde::Deserialize;
use std::borrow::Cow;

/// The reason a response can't be parsed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MalformedRates(String);

/// `{"symbol":"BTCUSDT","fundingRate":"-0.03750000","fundingTime":1570608000000,"markPrice":"34287.54619963"}`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    #[serde(borrow)]
    symbol: Cow<'a, str>,
    #[serde(borrow)]
    funding_rate: Cow<'a, str>,
    funding_time: u64,
    #[serde(borrow)]
    mark_price: Cow<'a, str>,
}

/// Parses the fundings of a symbol after `last_ms` and up to `now_ms` (Unix ms), oldest first.
///
/// # Errors
/// Returns an error when any of them is malformed, of another symbol, or in the future.
pub fn parse(
    body: &[u8],
    feed_symbol: Symbol,
    last_ms: u64,
    now_ms: u64,
) -> Result<Vec<SettleFunding>, MalformedRates> {
    let wrong = |error: serde_json::Error| MalformedRates(excerpt(&error.to_string()));
    let rows: Vec<Row<'_>> = serde_json::from_slice(body).map_err(wrong)?;
    let mut fundings = Vec::with_capacity(rows.len());
    for (n, row) in rows.iter().enumerate() {
        let wrong = |problem: String| MalformedRates(excerpt(&format!("funding {n}: {problem}")));
        let funding = funding(row, feed_symbol).map_err(wrong)?;
        if funding.funding_ms > now_ms {
            return Err(wrong(format!("its time is {}", funding.funding_ms)));
        }
        fundings.push(funding);
    }
    fundings.retain(|funding| funding.funding_ms > last_ms);
    fundings.sort_unstable_by_key(|funding| funding.funding_ms);
    fundings.dedup_by_key(|funding| funding.funding_ms);
    Ok(fundings)
}

fn funding(row: &Row<'_>, feed_symbol: Symbol) -> Result<SettleFunding, String> {
    let Row { symbol, funding_rate, funding_time, mark_price } = row;
    if *symbol != feed_symbol.as_str() {
        return Err(format!("the symbol is {symbol:?}"));
    }
    let rate: Rate = funding_rate.parse().map_err(|_| format!("the rate is {funding_rate:?}"))?;
    let mark: Price =
        mark_price.parse().map_err(|_| format!("the mark price is {mark_price:?}"))?;
    let funding = SettleFunding { symbol: feed_symbol, funding_ms: *funding_time, rate, mark };
    funding.checked().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::symbols::BTC;

    const ROW: &str = r#"{"symbol":"BTCUSDT","fundingRate":"-0.00037500","fundingTime":1703030400003,"markPrice":"34287.54619963"}"#;
    const NOW_MS: u64 = 1_703_030_410_000;

    fn read(body: &str, last_ms: u64) -> Result<Vec<SettleFunding>, MalformedRates> {
        parse(body.as_bytes(), BTC, last_ms, NOW_MS)
    }

    #[test]
    fn rates_are_read_to_the_digit_once_and_in_order() {
        let (rate, mark) = ("-0.000375".parse().unwrap(), "34287.54619963".parse().unwrap());
        let expected = SettleFunding { symbol: BTC, funding_ms: 1_703_030_400_003, rate, mark };
        assert_eq!(read(&format!("[{ROW}]"), 0), Ok(vec![expected]));
        assert_eq!(read(&format!("[{ROW}]"), 1_703_030_400_002), Ok(vec![expected]));
        assert_eq!(read(&format!("[{ROW}]"), 1_703_030_400_003), Ok(Vec::new()), "known");
        let earlier = SettleFunding { funding_ms: 1_703_001_600_000, ..expected };
        let row = ROW.replace("1703030400003", "1703001600000");
        assert_eq!(read(&format!("[{ROW},{row},{ROW}]"), 0), Ok(vec![earlier, expected]));
        assert_eq!(read("[]", 0), Ok(Vec::new()));
    }

    #[test]
    fn malformed_answers_are_errors() {
        let broken = [
            String::new(),
            "<html>".to_owned(),
            r#"{"code":-1121,"msg":"Invalid symbol."}"#.to_owned(),
            "[[]]".to_owned(),
            "[null]".to_owned(),
            format!("[{}]", ROW.replace("BTCUSDT", "ETHUSDT")),
            format!("[{}]", ROW.replace("-0.00037500", "much")),
            format!("[{}]", ROW.replace("-0.00037500", "1e30")),
            format!("[{}]", ROW.replace("\"-0.00037500\"", "-0.000375")),
            format!("[{}]", ROW.replace("34287.54619963", "")),
            format!("[{}]", ROW.replace("34287.54619963", "0")),
            format!("[{}]", ROW.replace("34287.54619963", "-1")),
            format!("[{}]", ROW.replace("34287.54619963", "1e20")),
            format!("[{}]", ROW.replace("1703030400003", "-1")),
            format!("[{}]", ROW.replace("1703030400003", "1703030410001")),
            format!("[{}]", ROW.replace("1703030400003", "18446744073709551615")),
            format!("[{ROW},{}]", ROW.replace("34287.54619963", "")),
        ];
        for body in broken {
            assert!(read(&body, 0).is_err(), "{body}");
        }
    }
}
