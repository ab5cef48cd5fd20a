//! State of each instrument's price: the last value, its run, and whether it is disputed.

use crate::config::Config;
use crate::feed::{Arrived, unix_ms};
use crate::outlier_filter::{Limits, OutlierFilter, Verdict};
use messages::{DisputeReason, DisputedPrice, Feed, MarketPrice, Run, Symbol};
use price::Price;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// Simulated trades have ids above those of all venues (`sim.rs`): they reveal the source of a
/// price remembered before prices named their run.
const SIMULATED_ID_MIN: u64 = 1 << 52;

/// The consequence of a trade, or of its absence.
#[derive(Clone, Copy, Debug)]
pub enum Notice {
    /// A new price.
    Price(Arrived),
    /// The symbol's last price is disputed from here on.
    Dispute(Symbol, DisputeReason),
}

/// The prices of all listed instruments.
pub struct Prices {
    filter: OutlierFilter,
    stale_price: Option<Duration>,
    feed: Feed,
    states: BTreeMap<Symbol, State>,
}

struct State {
    last: Option<MarketPrice>,
    run: Option<Run>,
    /// The reason, and the time of the start (Unix ms).
    disputed: Option<(DisputeReason, u64)>,
    last_trade: Instant,
}

/// Parses a remembered price. Earlier versions stored the bare trade under the key, which is not
/// enough to publish a price.
pub fn remembered(json: &str) -> Option<MarketPrice> {
    let price: MarketPrice = serde_json::from_str(json).ok()?;
    price.trade.checked().is_ok().then_some(price)
}

impl Prices {
    /// Creates prices without an instrument.
    pub fn new(config: &Config) -> Self {
        Self {
            filter: OutlierFilter::new(Limits::new(config)),
            stale_price: config.stale_price_ms.map(Duration::from_millis),
            feed: Feed::Sim,
            states: BTreeMap::new(),
        }
    }

    /// The time for which a price is valid.
    pub fn valid_for(&self) -> Duration {
        let default = match self.feed {
            Feed::Binance => Duration::from_secs(3),
            Feed::Replay | Feed::Sim => Duration::from_secs(10),
        };
        self.stale_price.unwrap_or(default)
    }

    /// Sets the source of the trades that follow. Each instrument has to be prepared for it.
    pub const fn set_feed(&mut self, feed: Feed) {
        self.feed = feed;
    }

    /// Reports whether an instrument has been prepared.
    pub fn has(&self, symbol: Symbol) -> bool {
        self.states.contains_key(&symbol)
    }

    /// Prepares for the source's trades of an instrument, given its remembered price. A live feed
    /// and the simulation continue the run of the last price if it was theirs; a replay begins a
    /// new run each time.
    pub fn prepare(&mut self, symbol: Symbol, remembered: Option<MarketPrice>) {
        let (feed, last_trade) = (self.feed, Instant::now());
        let new = State { last: None, run: None, disputed: None, last_trade };
        let state = self.states.entry(symbol).or_insert(new);
        state.last_trade = last_trade;
        state.last = remembered.or(state.last);
        if let Some(last) = &state.last {
            state.disputed = last.disputed.map(|reason| (reason, last.timestamp_ms));
            self.filter.resume(last);
        }
        let run = state.last.as_ref().and_then(|last| run_of(last, feed));
        if let Some(run) = run.filter(|run| run.feed == feed && feed != Feed::Replay) {
            state.run = Some(run);
        } else {
            self.begin_run(symbol);
        }
        if feed == Feed::Sim {
            self.filter.trust_first_price(symbol);
        }
    }

    /// Begins a run: the symbol's ids and times start over.
    pub fn begin_run(&mut self, symbol: Symbol) {
        if let Some(state) = self.states.get_mut(&symbol) {
            state.run = Some(Run { feed: self.feed, began_ms: unix_ms() });
            self.filter.begin_run(symbol);
        }
    }

    /// Begins a run of trades under another name at the venue. The limits of a move stay: a wrong
    /// name must not close positions.
    pub fn rename(&mut self, symbol: Symbol) {
        if let Some(state) = self.states.get_mut(&symbol) {
            state.run = Some(Run { feed: self.feed, began_ms: unix_ms() });
        }
    }

    /// Judges a trade of a prepared instrument; returns a notice if the price or its dispute
    /// changes.
    pub fn take(&mut self, arrived: Arrived) -> Option<Notice> {
        let symbol = arrived.trade.symbol;
        self.states.get_mut(&symbol)?.last_trade = arrived.at;
        let age = Duration::from_millis(unix_ms().saturating_sub(arrived.made_at_ms));
        if self.feed == Feed::Binance && age > self.valid_for() {
            return self.dispute(symbol, DisputeReason::Late);
        }
        match self.filter.judge(&arrived.trade) {
            Verdict::Accepted => {
                self.states.get_mut(&symbol)?.disputed = None;
                Some(Notice::Price(arrived))
            }
            Verdict::Held => self.dispute(symbol, DisputeReason::Held),
            Verdict::Paused => self.dispute(symbol, DisputeReason::Paused),
        }
    }

    /// Disputes the prices of symbols without a trade for too long. Only a live feed can be silent:
    /// a gap in a recording is genuine, and its last price expires by itself.
    pub fn silent(&mut self) -> Vec<Notice> {
        if self.feed != Feed::Binance {
            return Vec::new();
        }
        let silence = self.valid_for();
        let is_silent = |(_, state): &(&Symbol, &State)| state.last_trade.elapsed() > silence;
        let silent = self.states.iter().filter(is_silent).map(|(symbol, _)| *symbol);
        let silent: Vec<Symbol> = silent.collect();
        silent
            .into_iter()
            .filter_map(|symbol| self.dispute(symbol, DisputeReason::Silent))
            .collect()
    }

    /// Disputes a price, unless it already is for this reason or a weightier one.
    fn dispute(&mut self, symbol: Symbol, reason: DisputeReason) -> Option<Notice> {
        let state = self.states.get_mut(&symbol)?;
        if state.disputed.is_some_and(|(known, _)| weight(known) >= weight(reason)) {
            return None;
        }
        tracing::warn!(%symbol, %reason, "the price is disputed");
        state.disputed = Some((reason, unix_ms()));
        Some(Notice::Dispute(symbol, reason))
    }

    /// The run of a symbol's trades.
    pub fn run(&self, symbol: Symbol) -> Option<Run> {
        self.states.get(&symbol)?.run
    }

    /// Sets the last published price of a symbol.
    pub fn set_last(&mut self, price: MarketPrice) {
        if let Some(state) = self.states.get_mut(&price.trade.symbol) {
            state.last = Some(price);
        }
    }

    /// Marks the last price of a symbol as disputed, and returns it.
    pub fn disputed_price(&mut self, symbol: Symbol, reason: DisputeReason) -> Option<MarketPrice> {
        let last = self.states.get_mut(&symbol)?.last.as_mut()?;
        last.disputed = Some(reason);
        Some(*last)
    }

    /// The number of instruments.
    pub fn len(&self) -> usize {
        self.states.len()
    }

    /// The symbols of all instruments.
    pub fn symbols(&self) -> impl Iterator<Item = Symbol> {
        self.states.keys().copied()
    }

    /// The instruments whose last price is disputed.
    pub fn disputed(&self) -> Vec<DisputedPrice> {
        let disputed = |(&symbol, state): (&Symbol, &State)| {
            let (reason, since_ms) = state.disputed?;
            Some(DisputedPrice { symbol, reason, since_ms, held: self.filter.held(symbol) })
        };
        self.states.iter().filter_map(disputed).collect()
    }

    /// Continues from a price accepted by an operator, if that price is held; returns whether it
    /// is.
    pub fn accept_held(&mut self, symbol: Symbol, price: Price) -> bool {
        self.filter.accept_held(symbol, price)
    }
}

/// The run of a remembered price; a guess for prices of earlier versions, which name none.
fn run_of(price: &MarketPrice, feed: Feed) -> Option<Run> {
    let is_simulated = price.trade.trade_id >= SIMULATED_ID_MIN;
    let guess = Run { feed, began_ms: price.timestamp_ms };
    price.run.or((is_simulated == (feed == Feed::Sim)).then_some(guess))
}

const fn weight(reason: DisputeReason) -> u8 {
    match reason {
        DisputeReason::Silent => 0,
        DisputeReason::Late => 1,
        DisputeReason::Held => 2,
        DisputeReason::Paused => 3,
    }
}
