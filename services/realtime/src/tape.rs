//! The last trades of every market, for the clients that follow them.
//!
//! A trade is encoded once and shared. A client costs one number for each market that it follows; one
//! that reads too slowly misses the oldest trades.

use crate::metering;
use crate::protocol;
use axum::extract::ws::Utf8Bytes;
use messages::{MarketPrice, Run};
use price::Price;
use std::cmp::Ordering;
use std::collections::{BTreeMap, VecDeque};
use std::sync::RwLock;

/// The number of trades that are kept of a market: several seconds of a busy one.
const KEPT_MAX: usize = 512;

/// The number of trades that a client gets first: what it shows at once.
const FIRST_LEN: u64 = 50;

/// The direction of a price since the price before it that was different.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    Up,
    Down,
}

/// The trades of all markets, shared by one writer and all readers.
#[derive(Default)]
pub struct Tapes {
    /// By the index of the market. Held for copying texts, never across an await.
    markets: RwLock<Vec<Tape>>,
}

/// The trades of one market.
#[derive(Default)]
struct Tape {
    run: Option<Run>,
    last: Option<(u64, Price)>,
    moved: Option<Move>,
    /// The beginning of every message.
    head: String,
    /// The texts of the last trades, oldest first.
    kept: VecDeque<String>,
    /// The number of trades so far, of which the kept ones are the last.
    count: u64,
}

impl Tapes {
    /// Adds the trade behind a price, once. The readers are woken with those of the price.
    pub fn add(&self, market: usize, price: &MarketPrice) {
        let mut markets = self.markets.write().expect("nothing panics while it holds this lock");
        if markets.len() <= market {
            markets.resize_with(market + 1, Tape::default);
        }
        markets[market].add(price);
    }

    /// Returns the trades that are new to a reader, a text for each market.
    pub fn read(&self, reader: &mut TapeReader) -> Vec<Utf8Bytes> {
        if reader.0.is_empty() {
            return Vec::new();
        }
        let markets = self.markets.read().expect("nothing panics while it holds this lock");
        let texts = reader.0.iter_mut().filter_map(|(market, seen)| {
            let tape = markets.get(*market)?;
            let oldest = tape.count - tape.kept.len() as u64;
            let from = if *seen == 0 {
                oldest.max(tape.count.saturating_sub(FIRST_LEN))
            } else {
                metering::lost(oldest.saturating_sub(*seen));
                oldest.max(*seen)
            };
            let skipped = usize::try_from(from - oldest).ok()?;
            *seen = tape.count;
            let mut trades = tape.kept.iter().skip(skipped).map(String::as_str).peekable();
            trades.peek()?;
            Some(protocol::trade_update(&tape.head, trades).into())
        });
        texts.collect()
    }
}

impl Tape {
    fn add(&mut self, price: &MarketPrice) {
        let trade = &price.trade;
        if self.run != price.run || self.count == 0 {
            // Another run may count its trades from the beginning.
            let head = protocol::trade_head(trade.symbol);
            *self = Self { run: price.run, head, count: self.count, ..Self::default() };
        }
        if self.last.is_some_and(|(id, _)| trade.trade_id <= id) {
            return;
        }
        let before = self.last.replace((trade.trade_id, trade.price));
        match before.map(|(_, before)| trade.price.cmp(&before)) {
            Some(Ordering::Greater) => self.moved = Some(Move::Up),
            Some(Ordering::Less) => self.moved = Some(Move::Down),
            Some(Ordering::Equal) | None => {}
        }
        if self.kept.len() == KEPT_MAX {
            self.kept.pop_front();
        }
        self.kept.push_back(protocol::trade(trade, self.moved));
        self.count += 1;
    }
}

/// The markets that a client follows, with the number of trades that it has seen of each.
#[derive(Default)]
pub struct TapeReader(BTreeMap<usize, u64>);

impl TapeReader {
    /// Follows a market, from its last trades on.
    pub fn follow(&mut self, market: usize) {
        self.0.insert(market, 0);
    }

    /// Follows a market no longer.
    pub fn leave(&mut self, market: usize) {
        self.0.remove(&market);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use messages::{Feed, Trade};
    use price::Qty;
    use testkit::symbols::BTC;

    fn add(tapes: &Tapes, began_ms: u64, trade_id: u64, price: i64) {
        let (price, qty) = (Price::from(price * 100_000_000), Qty::from(50_000_000_i64));
        let trade = Trade { symbol: BTC, trade_id, price, qty, time_us: 7_000_999 };
        let run = Some(Run { feed: Feed::Replay, began_ms });
        let (bid, ask, timestamp_ms) = (price, price, 7_000);
        tapes.add(1, &MarketPrice { bid, ask, timestamp_ms, trade, disputed: None, run });
    }

    fn ids(texts: &[Utf8Bytes]) -> Vec<u64> {
        let trades = |text: &Utf8Bytes| {
            let message: serde_json::Value = serde_json::from_str(text).unwrap();
            let trades = message["data"].as_array().unwrap().clone();
            trades.into_iter().map(|trade| trade["id"].as_u64().unwrap()).collect::<Vec<_>>()
        };
        texts.iter().flat_map(trades).collect()
    }

    #[test]
    fn a_reader_gets_each_trade_once_and_a_slow_one_the_last() {
        let (tapes, mut reader, mut slow) =
            (Tapes::default(), TapeReader::default(), TapeReader::default());
        add(&tapes, 1, 1, 100);
        reader.follow(1);
        reader.follow(9);
        slow.follow(1);
        let first = r#"{"type":"trade_update","symbol":"BTCUSDT","data":[{"id":1,"price":100,"quantity":0.5,"time":7000}]}"#;
        assert_eq!(tapes.read(&mut reader), [first]);
        assert_eq!(tapes.read(&mut slow), [first]);
        assert!(tapes.read(&mut reader).is_empty());
        // The same trade again, as after a reconnect, is none.
        add(&tapes, 1, 1, 100);
        assert!(tapes.read(&mut reader).is_empty());
        for n in 2..=600 {
            add(&tapes, 1, n, 100);
            assert_eq!(ids(&tapes.read(&mut reader)), [n]);
        }
        assert_eq!(ids(&tapes.read(&mut slow)), (600 - 511..=600).collect::<Vec<_>>());
        reader.follow(1);
        assert_eq!(ids(&tapes.read(&mut reader)), (551..=600).collect::<Vec<_>>());
        reader.leave(1);
        add(&tapes, 1, 601, 100);
        assert!(tapes.read(&mut reader).is_empty());
    }

    #[test]
    fn a_trade_tells_where_the_price_went_and_a_recording_starts_over() {
        let (tapes, mut reader) = (Tapes::default(), TapeReader::default());
        reader.follow(1);
        for (id, price) in [(5, 100), (6, 101), (7, 101), (8, 99), (9, 99), (10, 100)] {
            add(&tapes, 1, id, price);
        }
        let moves = |texts: &[Utf8Bytes]| -> Vec<String> {
            let message: serde_json::Value = serde_json::from_str(&texts[0]).unwrap();
            let trades = message["data"].as_array().unwrap().clone();
            trades.iter().map(|trade| trade["move"].to_string()).collect()
        };
        let (up, down) = (r#""UP""#, r#""DOWN""#);
        assert_eq!(moves(&tapes.read(&mut reader)), ["null", up, up, down, down, up]);
        add(&tapes, 2, 5, 7);
        add(&tapes, 2, 6, 6);
        let again = tapes.read(&mut reader);
        assert_eq!((ids(&again), moves(&again)), (vec![5, 6], vec!["null".into(), down.into()]));
    }
}
