//! Aggregation of candles into longer ones.

use messages::{CandleHistory, CandlePart, MarketData, Symbol, Timeframe};
use price::OutOfRange;
use std::ops::Range;

/// The maximum number of parts in a stream entry: about 80 kB.
const ENTRY_PARTS_MAX: usize = 500;

/// Aggregates finer parts into candles. The parts are in order of time, within `span_s` (Unix s),
/// and each within one candle. A candle covers its whole intersection with the span, including
/// times without trades; a candle without any trade is left out.
///
/// # Errors
/// [`OutOfRange`] when the volume or the number of trades overflows.
pub fn fold(
    timeframe: Timeframe,
    span_s: &Range<u64>,
    fine: &[CandlePart],
) -> Result<Vec<CandlePart>, OutOfRange> {
    let mut candles: Vec<CandlePart> = Vec::new();
    for part in fine.iter().filter(|part| part.trades > 0) {
        let start_s = timeframe.start_of(part.from_s);
        match candles.last_mut() {
            Some(candle) if timeframe.start_of(candle.from_s) == start_s => merge(candle, part)?,
            _ => candles.push(CandlePart {
                from_s: start_s.max(span_s.start),
                until_s: (start_s + timeframe.seconds()).min(span_s.end),
                ..*part
            }),
        }
    }
    Ok(candles)
}

fn merge(candle: &mut CandlePart, next: &CandlePart) -> Result<(), OutOfRange> {
    candle.high = candle.high.max(next.high);
    candle.low = candle.low.min(next.low);
    candle.close = next.close;
    candle.volume = candle.volume.checked_add(next.volume)?;
    candle.trades = candle.trades.checked_add(next.trades).ok_or(OutOfRange)?;
    Ok(())
}

/// Splits parts into stream entries of bounded size.
pub fn entries(
    symbol: Symbol,
    timeframe: Timeframe,
    parts: &[CandlePart],
) -> impl Iterator<Item = MarketData> {
    let parts = parts.chunks(ENTRY_PARTS_MAX);
    parts.map(move |parts| {
        MarketData::History(CandleHistory { symbol, timeframe, parts: parts.to_vec() })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use price::{Price, Qty};
    use proptest::prelude::*;

    /// A start second, and parts of three seconds from there on, some without a trade.
    fn fine_parts() -> impl Strategy<Value = (Range<u64>, Vec<CandlePart>)> {
        let prices = (1_i64..1_000, 0_i64..50, 0_i64..50, 0_i64..1_000, 0_u64..4);
        (0_u64..30_000, prop::collection::vec(prices, 1..3_000)).prop_map(|(start, rows)| {
            let from_s = 1_610_000_010 + start * 3;
            let span_s = from_s..from_s + rows.len() as u64 * 3;
            let part = |(n, (low, to_open, to_close, volume, trades))| CandlePart {
                from_s: from_s + n as u64 * 3,
                until_s: from_s + n as u64 * 3 + 3,
                open: Price::from(low + to_open),
                high: Price::from(low + 60),
                low: Price::from(low),
                close: Price::from(low + to_close),
                volume: Qty::from(volume),
                trades,
            };
            (span_s, rows.into_iter().enumerate().map(part).collect())
        })
    }

    /// Computes each candle by searching all parts.
    fn naive(timeframe: Timeframe, span_s: &Range<u64>, fine: &[CandlePart]) -> Vec<CandlePart> {
        let starts: std::collections::BTreeSet<u64> =
            span_s.clone().map(|second| second - second % timeframe.seconds()).collect();
        let candle = |start_s: u64| {
            let end_s = start_s + timeframe.seconds();
            let inside = |part: &&CandlePart| part.from_s >= start_s && part.until_s <= end_s;
            let parts: Vec<_> = fine.iter().filter(inside).filter(|part| part.trades > 0).collect();
            Some(CandlePart {
                from_s: start_s.max(span_s.start),
                until_s: end_s.min(span_s.end),
                open: parts.first()?.open,
                high: parts.iter().map(|part| part.high).max()?,
                low: parts.iter().map(|part| part.low).min()?,
                close: parts.last()?.close,
                volume: Qty::from_scaled(parts.iter().map(|part| part.volume.scaled()).sum()),
                trades: parts.iter().map(|part| part.trades).sum(),
            })
        };
        starts.into_iter().filter_map(candle).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn candles_are_what_a_naive_look_finds((span_s, fine) in fine_parts()) {
            for timeframe in Timeframe::ALL {
                let candles = fold(timeframe, &span_s, &fine).unwrap();
                prop_assert_eq!(candles, naive(timeframe, &span_s, &fine));
            }
        }

        #[test]
        fn candles_of_candles_are_the_same_as_candles((span_s, fine) in fine_parts()) {
            let mut by_steps = fine.clone();
            for timeframe in Timeframe::ALL {
                by_steps = fold(timeframe, &span_s, &by_steps).unwrap();
                prop_assert_eq!(&by_steps, &fold(timeframe, &span_s, &fine).unwrap());
            }
        }
    }

    #[test]
    fn sums_that_do_not_fit_are_errors_and_entries_are_not_too_long() {
        let part = CandlePart {
            from_s: 0,
            until_s: 1,
            open: Price::from(1),
            high: Price::from(1),
            low: Price::from(1),
            close: Price::from(1),
            volume: Qty::from(1),
            trades: 1,
        };
        let next = CandlePart { from_s: 1, until_s: 2, ..part };
        let too_much = CandlePart { volume: Qty::from_scaled(i128::MAX), ..next };
        assert_eq!(fold(Timeframe::M1, &(0..2), &[part, too_much]), Err(OutOfRange));
        let too_many = CandlePart { trades: u64::MAX, ..next };
        assert_eq!(fold(Timeframe::M1, &(0..2), &[part, too_many]), Err(OutOfRange));

        let parts = vec![part; 1_001];
        let lens: Vec<usize> = entries(Symbol::from_static("BTCUSDT"), Timeframe::S30, &parts)
            .map(|entry| match entry {
                MarketData::History(history) => history.parts.len(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(lens, [500, 500, 1]);
    }
}
