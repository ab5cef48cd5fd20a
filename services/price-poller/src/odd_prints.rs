//! One odd print must not liquidate everyone: a price far from the last one is held back until
//! something speaks for it.

use messages::{Symbol, Trade};
use price::Price;

/// How long a price is held when nothing speaks for or against it.
const HOLD_MS: u64 = 3_000;

/// Which trades become prices. Time is an argument, so that tests turn the clock.
pub struct OddPrints {
    max_move_bps: u32,
    symbols: [State; Symbol::ALL.len()],
}

#[derive(Clone, Copy, Default)]
struct State {
    last: Option<Price>,
    held: Option<Held>,
}

#[derive(Clone, Copy)]
struct Held {
    trade: Trade,
    deadline_ms: u64,
}

impl OddPrints {
    /// Holds back what moves by more than this.
    pub fn new(max_move_bps: u32) -> Self {
        Self { max_move_bps, symbols: [State::default(); Symbol::ALL.len()] }
    }

    /// The prices that this trade makes valid, in order: itself, itself after one that it
    /// confirms, or none.
    pub fn judge(&mut self, trade: Trade, now_ms: u64) -> Vec<Trade> {
        let max_move_bps = self.max_move_bps;
        let near = |price: Price, to: Price| is_within(price, to, max_move_bps);
        let state = &mut self.symbols[trade.symbol.index()];
        let Some(last) = state.last else { return state.accept(trade) };
        match state.held {
            None if near(trade.price, last) => state.accept(trade),
            None => {
                state.hold(trade, now_ms + HOLD_MS);
                Vec::new()
            }
            Some(held) if near(trade.price, held.trade.price) => {
                count("confirmed");
                state.held = None;
                state.last = Some(trade.price);
                vec![held.trade, trade]
            }
            Some(held) if near(trade.price, last) => {
                count("discarded");
                tracing::warn!(
                    symbol = %trade.symbol, price = %held.trade.price, last = %last,
                    trade.id = held.trade.trade_id, "an odd price was not confirmed"
                );
                state.accept(trade)
            }
            // Far from both: the newer one is held, and waits no longer for it.
            Some(held) => {
                count("discarded");
                state.hold(trade, held.deadline_ms);
                Vec::new()
            }
        }
    }

    /// The prices that were held long enough with nothing against them.
    pub fn release(&mut self, now_ms: u64) -> Vec<Trade> {
        let due = |state: &&mut State| state.held.is_some_and(|held| now_ms >= held.deadline_ms);
        let due = self.symbols.iter_mut().filter(due);
        due.filter_map(|state| {
            let held = state.held?;
            count("released");
            state.accept(held.trade).pop()
        })
        .collect()
    }
}

impl State {
    fn accept(&mut self, trade: Trade) -> Vec<Trade> {
        self.last = Some(trade.price);
        self.held = None;
        vec![trade]
    }

    fn hold(&mut self, trade: Trade, deadline_ms: u64) {
        count("held");
        tracing::warn!(
            symbol = %trade.symbol, price = %trade.price, trade.id = trade.trade_id,
            "a price far from the last one is held"
        );
        self.held = Some(Held { trade, deadline_ms });
    }
}

fn count(outcome: &'static str) {
    metrics::counter!("velox_odd_prints_total", "outcome" => outcome).increment(1);
}

fn is_within(price: Price, of: Price, bps: u32) -> bool {
    let distance = (price.scaled() - of.scaled()).unsigned_abs();
    distance * 10_000 <= of.scaled().unsigned_abs() * u128::from(bps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn trade(price: &str) -> Trade {
        trade_of(Symbol::BtcUsdt, price)
    }

    fn trade_of(symbol: Symbol, price: &str) -> Trade {
        let (price, qty) = (price.parse().unwrap(), "1".parse().unwrap());
        Trade { symbol, trade_id: 1, price, qty, time_us: 0 }
    }

    /// Each step: at this ms, this price (or none, just time); then the prices that come out.
    fn check(steps: &[(u64, &str, &[&str])]) {
        let mut odd_prints = OddPrints::new(500);
        for (now_ms, price, expected) in steps {
            let mut out = odd_prints.release(*now_ms);
            if !price.is_empty() {
                out.extend(odd_prints.judge(trade(price), *now_ms));
            }
            let expected: Vec<_> = expected.iter().map(|price| trade(price)).collect();
            assert_eq!(out, expected, "at {now_ms} ms");
        }
    }

    #[test]
    fn moves_within_the_limit_pass() {
        check(&[(0, "100", &["100"]), (1, "105", &["105"]), (2, "99.75", &["99.75"])]);
    }

    #[test]
    fn an_odd_print_that_is_not_confirmed_is_no_price() {
        check(&[(0, "100", &["100"]), (1, "50", &[]), (2, "100.1", &["100.1"]), (4_000, "", &[])]);
    }

    #[test]
    fn a_move_that_another_trade_confirms_is_one() {
        check(&[
            (0, "100", &["100"]),
            (1, "90", &[]),
            (2, "89", &["90", "89"]),
            (3, "88", &["88"]),
        ]);
    }

    #[test]
    fn a_move_that_nothing_refutes_counts_after_three_seconds() {
        check(&[(0, "100", &["100"]), (1, "90", &[]), (3_000, "", &[]), (3_001, "", &["90"])]);
    }

    #[test]
    fn prices_all_over_the_place_wait_no_longer_than_the_first() {
        check(&[
            (0, "100", &["100"]),
            (1_000, "90", &[]),
            (2_000, "120", &[]),
            (3_999, "60", &[]),
            (4_000, "", &["60"]),
        ]);
    }

    #[test]
    fn symbols_do_not_speak_for_each_other() {
        let mut odd_prints = OddPrints::new(500);
        odd_prints.judge(trade("100"), 0);
        assert_eq!(odd_prints.judge(trade("50"), 1), []);
        let other = trade_of(Symbol::EthUsdt, "50");
        assert_eq!(odd_prints.judge(other, 2), [other]);
    }

    proptest! {
        /// Without a confirmation, no price is ever far from the one before, except after 3 s.
        #[test]
        fn one_print_alone_never_moves_the_price_far(prices in proptest::collection::vec(1_000_i128..100_000, 1..200)) {
            let mut odd_prints = OddPrints::new(500);
            let mut last: Option<Price> = None;
            for price in prices {
                let mut trade = trade("1");
                trade.price = Price::from_scaled(price);
                let out = odd_prints.judge(trade, 0);
                if let (Some(last), [only]) = (last, out.as_slice()) {
                    prop_assert!(is_within(only.price, last, 500));
                }
                last = out.last().map(|trade| trade.price).or(last);
            }
        }
    }
}
