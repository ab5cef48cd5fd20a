//! Parser of Binance's candles ("klines"), and the only one.

use crate::binance_frame::excerpt;
use crate::history::plan::Page;
use messages::CandlePart;
use price::Price;
use serde_json::Value;
use std::str::FromStr;

/// The reason a response can't be parsed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MalformedKlines(String);

/// Parses the response to the request for a page:
/// `[[openTimeMs, "open", "high", "low", "close", "volume", closeTimeMs, "quoteVolume", trades, …], …]`.
/// Candles without a trade are left out.
///
/// # Errors
/// Returns an error when any candle is malformed or was not requested.
pub fn parse(body: &[u8], page: &Page) -> Result<Vec<CandlePart>, MalformedKlines> {
    let wrong = |error: serde_json::Error| MalformedKlines(excerpt(&error.to_string()));
    let rows: Vec<Vec<Value>> = serde_json::from_slice(body).map_err(wrong)?;
    let mut parts: Vec<CandlePart> = Vec::with_capacity(rows.len());
    let mut next_s = page.span_s.start;
    for (n, row) in rows.iter().enumerate() {
        let wrong = |problem: String| MalformedKlines(excerpt(&format!("candle {n}: {problem}")));
        let part = part(row, page.interval.seconds()).map_err(wrong)?;
        if part.from_s < next_s || part.until_s > page.span_s.end {
            return Err(wrong(format!("its time is {}", part.from_s)));
        }
        next_s = part.until_s;
        if part.trades > 0 {
            parts.push(part);
        }
    }
    Ok(parts)
}

fn part(row: &[Value], length_s: u64) -> Result<CandlePart, String> {
    let open_ms = number(row, 0, "the time")?;
    if !open_ms.is_multiple_of(length_s * 1_000) {
        return Err(format!("the time is {open_ms}"));
    }
    let part = CandlePart {
        from_s: open_ms / 1_000,
        until_s: open_ms / 1_000 + length_s,
        open: amount(row, 1, "open")?,
        high: amount(row, 2, "high")?,
        low: amount(row, 3, "low")?,
        close: amount(row, 4, "close")?,
        volume: amount(row, 5, "the volume")?,
        trades: number(row, 8, "the number of trades")?,
    };
    checked(part).map_err(str::to_owned)
}

/// Checks that the amounts are consistent and fit the database.
fn checked(part: CandlePart) -> Result<CandlePart, &'static str> {
    let CandlePart { open, high, low, close, volume, .. } = part;
    let is_within = |price: Price| low <= price && price <= high;
    if !low.is_positive() || !is_within(open) || !is_within(close) {
        return Err("the prices contradict each other");
    }
    let fits =
        high.to_i64().is_ok() && volume.to_i64().is_ok() && i64::try_from(part.trades).is_ok();
    if !fits || volume.is_negative() {
        return Err("an amount is out of range");
    }
    Ok(part)
}

fn number(row: &[Value], column: usize, name: &str) -> Result<u64, String> {
    let value = row.get(column).ok_or_else(|| format!("{name} is missing"))?;
    value.as_u64().ok_or_else(|| format!("{name} is {value}"))
}

fn amount<T: FromStr>(row: &[Value], column: usize, name: &str) -> Result<T, String> {
    let value = row.get(column).ok_or_else(|| format!("{name} is missing"))?;
    // Only text: a JSON number may have passed through a float.
    let parsed = value.as_str().and_then(|text| text.parse().ok());
    parsed.ok_or_else(|| format!("{name} is {value}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::plan::Interval;
    use messages::Timeframe;

    const ROW: &str = r#"[1499040000000,"0.01634790","0.80000000","0.01575800","0.01577100","148976.11427815",1499040059999,"2434.19055334",308,"1756.87402397","28.46694368","0"]"#;

    fn page() -> Page {
        let interval = Interval::Timeframe(Timeframe::M1);
        Page { interval, span_s: 1_499_040_000..1_499_040_120 }
    }

    #[test]
    fn candles_are_read_to_the_digit_and_empty_ones_left_out() {
        let part = CandlePart {
            from_s: 1_499_040_000,
            until_s: 1_499_040_060,
            open: "0.0163479".parse().unwrap(),
            high: "0.8".parse().unwrap(),
            low: "0.015758".parse().unwrap(),
            close: "0.015771".parse().unwrap(),
            volume: "148976.11427815".parse().unwrap(),
            trades: 308,
        };
        assert_eq!(parse(format!("[{ROW}]").as_bytes(), &page()), Ok(vec![part]));
        let empty = r#"[1499040060000,"1","1","1","1","0.00",1499040119999,"0",0,"0","0","0"]"#;
        assert_eq!(parse(format!("[{ROW},{empty}]").as_bytes(), &page()), Ok(vec![part]));
        assert_eq!(parse(b"[]", &page()), Ok(Vec::new()));
    }

    #[test]
    fn malformed_answers_are_errors() {
        let broken = [
            String::new(),
            "<html>".to_owned(),
            r#"{"code":-1121,"msg":"Invalid symbol."}"#.to_owned(),
            "[[]]".to_owned(),
            "[null]".to_owned(),
            format!("[{ROW},{ROW}]"),
            format!("[{}]", ROW.replace("1499040000000", "1499039940000")),
            format!("[{}]", ROW.replace("1499040000000", "1499040120000")),
            format!("[{}]", ROW.replace("1499040000000", "1499040000001")),
            format!("[{}]", ROW.replace("\"0.01634790\"", "0.01634790")),
            format!("[{}]", ROW.replace("0.01634790", "NaN")),
            format!("[{}]", ROW.replace("0.01634790", "0.9")),
            format!("[{}]", ROW.replace("0.01575800", "0")),
            format!("[{}]", ROW.replace("0.80000000", "1e20")),
            format!("[{}]", ROW.replace("148976.11427815", "-1")),
            format!("[{}]", ROW.replace("148976.11427815", "1e12")),
            format!("[{}]", ROW.replace("308", "-1")),
        ];
        for body in broken {
            assert!(parse(body.as_bytes(), &page()).is_err(), "{body}");
        }
    }
}
