//! Running candles, made from the trades behind the prices.

use messages::{MarketPrice, Run, Symbol, Timeframe, Trade};
use price::{Price, Qty};
use std::collections::HashMap;

/// A running candle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candle {
    /// The start (Unix s).
    pub time_s: u64,
    pub open: Price,
    pub high: Price,
    pub low: Price,
    pub close: Price,
    /// In the base asset.
    pub volume: Qty,
    /// Some of its trades were missed: open and volume cover only the others, and high and low may
    /// be wider.
    pub is_partial: bool,
}

/// The candles of all symbols and timeframes.
#[derive(Default)]
pub struct RunningCandles {
    markets: HashMap<Symbol, Running>,
}

/// The candles of one symbol.
#[derive(Default)]
struct Running {
    candles: [Option<Candle>; Timeframe::ALL.len()],
    last_id: Option<u64>,
    run: Option<Run>,
    /// True if no trade was missed since the last one: only then is a candle's first known trade
    /// its real first.
    is_continuous: bool,
}

impl RunningCandles {
    /// Adds the trade behind a price, once, and returns the changed candles. They restart when a
    /// new run restarts ids and times.
    pub fn add(&mut self, price: &MarketPrice) -> Vec<(Timeframe, Candle)> {
        let trade = &price.trade;
        let market = self.markets.entry(trade.symbol).or_default();
        if std::mem::replace(&mut market.run, price.run) != price.run {
            *market = Running { run: price.run, ..Running::default() };
        }
        if market.last_id.is_some_and(|last| trade.trade_id <= last) {
            return Vec::new();
        }
        market.last_id = Some(trade.trade_id);
        let follows_gap = !std::mem::replace(&mut market.is_continuous, true);
        let time_s = trade.time_us / 1_000_000;
        let add = |timeframe: Timeframe| {
            let running = &mut market.candles[timeframe.index()];
            let candle = next(*running, timeframe.start_of(time_s), trade, follows_gap)?;
            *running = Some(candle);
            Some((timeframe, candle))
        };
        Timeframe::ALL.into_iter().filter_map(add).collect()
    }

    /// Marks all running candles as partial, because trades were missed.
    pub fn interrupted(&mut self) {
        for market in self.markets.values_mut() {
            market.is_continuous = false;
            market.candles.iter_mut().flatten().for_each(|candle| candle.is_partial = true);
        }
    }
}

/// Returns the candle after a trade; none if the trade belongs to a finished candle.
fn next(running: Option<Candle>, time_s: u64, trade: &Trade, follows_gap: bool) -> Option<Candle> {
    let price = trade.price;
    match running {
        Some(candle) if candle.time_s > time_s => None,
        Some(candle) if candle.time_s == time_s => Some(Candle {
            high: candle.high.max(price),
            low: candle.low.min(price),
            close: price,
            volume: candle.volume.checked_add(trade.qty).unwrap_or(candle.volume),
            ..candle
        }),
        _ => Some(Candle {
            time_s,
            open: price,
            high: price,
            low: price,
            close: price,
            volume: trade.qty,
            is_partial: follows_gap,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use messages::Feed;

    fn trade(trade_id: u64, time_s: u64, price: i64) -> MarketPrice {
        in_run(None, trade_id, time_s, price)
    }

    fn in_run(run: Option<Run>, trade_id: u64, time_s: u64, price: i64) -> MarketPrice {
        let (price, qty) = (Price::from(price), Qty::from(10_i64));
        let symbol = Symbol::from_static("ETHUSDT");
        let trade = Trade { symbol, trade_id, price, qty, time_us: time_s * 1_000_000 };
        let (bid, ask, timestamp_ms) = (price, price, time_s * 1_000);
        MarketPrice { bid, ask, timestamp_ms, trade, disputed: None, run }
    }

    fn minute(changed: &[(Timeframe, Candle)]) -> (u64, [i128; 4], i128, bool) {
        let (_, c) = changed.iter().find(|(timeframe, _)| *timeframe == Timeframe::M1).unwrap();
        let prices = [c.open, c.high, c.low, c.close].map(Price::scaled);
        (c.time_s, prices, c.volume.scaled(), c.is_partial)
    }

    #[test]
    fn a_candle_grows_with_each_trade_and_the_next_one_begins_on_time() {
        let mut candles = RunningCandles::default();
        assert_eq!(minute(&candles.add(&trade(1, 70, 5))), (60, [5, 5, 5, 5], 10, true));
        assert_eq!(minute(&candles.add(&trade(2, 100, 9))), (60, [5, 9, 5, 9], 20, true));
        // The same trade again, as after a reconnect, changes nothing.
        assert!(candles.add(&trade(2, 100, 9)).is_empty());
        assert_eq!(minute(&candles.add(&trade(3, 119, 3))), (60, [5, 9, 3, 3], 30, true));
        assert_eq!(minute(&candles.add(&trade(4, 120, 4))), (120, [4, 4, 4, 4], 10, false));
        candles.interrupted();
        assert_eq!(minute(&candles.add(&trade(9, 130, 6))), (120, [4, 6, 4, 6], 20, true));
        assert_eq!(minute(&candles.add(&trade(10, 180, 6))), (180, [6, 6, 6, 6], 10, false));
        candles.interrupted();
        assert_eq!(minute(&candles.add(&trade(19, 240, 6))), (240, [6, 6, 6, 6], 10, true));
    }

    #[test]
    fn candles_go_on_when_a_recording_starts_over() {
        let run = |began_ms| Some(Run { feed: Feed::Replay, began_ms });
        let mut candles = RunningCandles::default();
        candles.add(&in_run(run(1), 1, 70, 5));
        candles.add(&in_run(run(1), 2, 500, 9));
        let again = minute(&candles.add(&in_run(run(2), 1, 70, 5)));
        assert_eq!(again, (60, [5, 5, 5, 5], 10, true));
        assert_eq!(minute(&candles.add(&in_run(run(2), 2, 500, 9))).0, 480);
        // Published again, as a disputed price, it changes nothing.
        assert!(candles.add(&in_run(run(2), 2, 500, 9)).is_empty());
    }
}
