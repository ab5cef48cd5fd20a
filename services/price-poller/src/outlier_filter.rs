//! Outlier filter: one print far from the last price must not liquidate everyone. It becomes the
//! price only when trades at several distinct moments, and of some volume together, confirm it.

use crate::config::Config;
use messages::{DisputeReason, MarketPrice, Symbol, Trade};
use price::{Price, Rounding, SCALE, Usd};
use std::collections::HashMap;

/// The number of distinct venue times that confirm a price.
const CONFIRM_MOMENTS: u32 = 3;

/// The minimum span from the first to the last of these, in venue time: independent of the replay
/// speed.
const CONFIRM_SPAN_US: u64 = 1_000_000;

/// The number of prices that can wait for confirmation at once: an odd print during a crash must
/// not restart the confirmation of the crash.
const CANDIDATES_MAX: usize = 4;

const HOUR_US: u64 = 3_600_000_000;

/// The thresholds, from the poller's settings.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// A price further from the last one than this is held.
    pub max_tick_move_bps: u32,
    /// A confirmed price further from the last one than this, per started hour, pauses the symbol.
    pub max_confirmed_move_bps: u32,
    /// The notional of the trades that confirm a price.
    pub confirm_notional: Usd,
}

impl Limits {
    /// Takes the limits from the settings.
    pub fn new(config: &Config) -> Self {
        Self {
            max_tick_move_bps: config.max_tick_move_bps,
            max_confirmed_move_bps: config.max_confirmed_move_bps,
            confirm_notional: Usd::from_scaled(i128::from(config.confirm_notional_usd) * SCALE),
        }
    }
}

/// The filter's decision about a trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The trade's price is the symbol's price.
    Accepted,
    /// The price waits for confirmation.
    Held,
    /// The price waits for an operator: it is confirmed but too far, or the symbol was paused
    /// before.
    Paused,
}

/// Decides which trades become prices, by the trades' own times.
pub struct OutlierFilter {
    limits: Limits,
    states: HashMap<Symbol, State>,
}

#[derive(Default)]
struct State {
    last: Option<Accepted>,
    /// Prices that wait for confirmation, the most recently traded last.
    candidates: Vec<Candidate>,
    is_paused: bool,
    /// The last price belongs to another run, so a move from it says nothing about the market.
    is_new_run: bool,
    trusts_first_price: bool,
}

#[derive(Clone, Copy)]
struct Accepted {
    price: Price,
    time_us: u64,
}

/// A price that waits for confirmation, with the evidence for it.
#[derive(Clone, Copy)]
struct Candidate {
    /// The price of the first trade.
    price: Price,
    /// The price of the newest trade.
    latest_price: Price,
    /// The newest time of the run.
    latest_us: Option<u64>,
    moments: u32,
    span_us: u64,
    notional: Usd,
}

impl OutlierFilter {
    /// Creates a filter without prices.
    pub fn new(limits: Limits) -> Self {
        Self { limits, states: HashMap::new() }
    }

    /// Continues from the price that a symbol had when the poller last ran.
    pub fn resume(&mut self, price: &MarketPrice) {
        let state = self.states.entry(price.trade.symbol).or_default();
        state.last = Some(Accepted { price: price.trade.price, time_us: price.trade.time_us });
        state.is_paused = price.disputed == Some(DisputeReason::Paused);
    }

    /// Begins a run, whose times can't be compared with earlier ones.
    pub fn begin_run(&mut self, symbol: Symbol) {
        let state = self.states.entry(symbol).or_default();
        (state.is_new_run, state.is_paused) = (true, false);
        for candidate in &mut state.candidates {
            candidate.latest_us = None;
        }
    }

    /// Makes the filter accept the first price of a symbol unconfirmed, as a simulated one.
    pub fn trust_first_price(&mut self, symbol: Symbol) {
        self.states.entry(symbol).or_default().trusts_first_price = true;
    }

    /// Judges a trade.
    pub fn judge(&mut self, trade: &Trade) -> Verdict {
        let limits = self.limits;
        let state = self.states.entry(trade.symbol).or_default();
        let is_near = |last: Accepted| is_within(trade.price, last.price, limits.max_tick_move_bps);
        let is_trusted = state.trusts_first_price && state.last.is_none();
        if is_trusted || (!state.is_paused && state.last.is_some_and(is_near)) {
            if let Some(held) = state.candidates.last() {
                count("discarded");
                tracing::warn!(
                    symbol = %trade.symbol, price = %held.latest_price, last = %trade.price,
                    "a price far from the market was not confirmed"
                );
            }
            state.accept(trade);
            return Verdict::Accepted;
        }
        let candidate = state.support(trade, limits);
        if !candidate.is_confirmed(limits) {
            return if state.is_paused { Verdict::Paused } else { Verdict::Held };
        }
        let has_returned = state.last.is_some_and(is_near);
        if !has_returned && (state.is_paused || !state.is_within_bound(trade, limits)) {
            if !std::mem::replace(&mut state.is_paused, true) {
                count("paused");
                tracing::error!(
                    symbol = %trade.symbol, price = %trade.price,
                    "a confirmed price is too far from the last one: the symbol is paused until an \
                     operator accepts it"
                );
            }
            return Verdict::Paused;
        }
        count("confirmed");
        tracing::info!(symbol = %trade.symbol, price = %trade.price, "a held price is confirmed");
        state.accept(trade);
        Verdict::Accepted
    }

    /// The newest held price of a symbol.
    pub fn held(&self, symbol: Symbol) -> Option<Price> {
        self.states.get(&symbol)?.candidates.last().map(|candidate| candidate.latest_price)
    }

    /// Continues from a price accepted by an operator; trades near it are prices from now on.
    /// Returns false when no price near it is held.
    pub fn accept_held(&mut self, symbol: Symbol, price: Price) -> bool {
        let max_move_bps = self.limits.max_tick_move_bps;
        let Some(state) = self.states.get_mut(&symbol) else { return false };
        let near = |candidate: &&Candidate| is_within(candidate.latest_price, price, max_move_bps);
        let Some(candidate) = state.candidates.iter().rev().find(near) else { return false };
        let time_us = candidate.latest_us.unwrap_or_default();
        state.last = Some(Accepted { price: candidate.latest_price, time_us });
        (state.is_paused, state.is_new_run) = (false, false);
        state.candidates.clear();
        count("accepted");
        true
    }
}

impl State {
    fn accept(&mut self, trade: &Trade) {
        self.last = Some(Accepted { price: trade.price, time_us: trade.time_us });
        self.candidates.clear();
        (self.is_paused, self.is_new_run) = (false, false);
    }

    /// Counts a trade for the candidate near it, or for a new one, and returns the candidate.
    fn support(&mut self, trade: &Trade, limits: Limits) -> Candidate {
        let near = |held: &Candidate| is_within(trade.price, held.price, limits.max_tick_move_bps);
        let known = self.candidates.iter().position(near).map(|at| self.candidates.remove(at));
        let mut candidate = known.unwrap_or_else(|| {
            count("held");
            tracing::warn!(
                symbol = %trade.symbol, price = %trade.price, trade.id = trade.trade_id,
                "a price far from the last one is held"
            );
            Candidate::new(trade.price)
        });
        candidate.add(trade);
        if self.candidates.len() == CANDIDATES_MAX {
            self.candidates.remove(0);
        }
        self.candidates.push(candidate);
        candidate
    }

    /// Returns whether the move since the last price is within the bound.
    fn is_within_bound(&self, trade: &Trade, limits: Limits) -> bool {
        let Some(last) = self.last.filter(|_| !self.is_new_run) else { return true };
        let begun_hours = trade.time_us.saturating_sub(last.time_us) / HOUR_US + 1;
        let begun_hours = u32::try_from(begun_hours).unwrap_or(u32::MAX);
        let bound_bps = limits.max_confirmed_move_bps.saturating_mul(begun_hours);
        is_within(trade.price, last.price, bound_bps)
    }
}

impl Candidate {
    fn new(price: Price) -> Self {
        let (latest_us, notional) = (None, Usd::from_scaled(0));
        Self { price, latest_price: price, latest_us, moments: 0, span_us: 0, notional }
    }

    fn add(&mut self, trade: &Trade) {
        self.latest_price = trade.price;
        let notional = (trade.price * trade.qty).round(Rounding::Floor);
        // An overflow exceeds any threshold.
        self.notional = notional
            .and_then(|notional| self.notional.checked_add(notional))
            .unwrap_or(Usd::from_scaled(i128::MAX));
        match self.latest_us {
            Some(latest_us) if trade.time_us <= latest_us => {}
            latest_us => {
                self.moments = self.moments.saturating_add(1);
                let since_us = latest_us.map_or(0, |latest_us| trade.time_us - latest_us);
                self.span_us = self.span_us.saturating_add(since_us);
                self.latest_us = Some(trade.time_us);
            }
        }
    }

    fn is_confirmed(&self, limits: Limits) -> bool {
        self.moments >= CONFIRM_MOMENTS
            && self.span_us >= CONFIRM_SPAN_US
            && self.notional >= limits.confirm_notional
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
mod tests;
