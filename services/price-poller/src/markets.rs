//! State of each symbol's price: the last value, its run, and whether it is disputed.

use crate::config::Config;
use crate::feed::{Arrived, unix_ms};
use crate::outlier_filter::{Limits, OutlierFilter, Verdict};
use messages::{DisputeReason, DisputedPrice, Feed, MarketPrice, Run, Symbol};
use price::Price;
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

/// The markets of all symbols.
pub struct Markets {
    filter: OutlierFilter,
    stale_price: Option<Duration>,
    feed: Feed,
    symbols: [Market; Symbol::ALL.len()],
}

struct Market {
    last: Option<MarketPrice>,
    run: Option<Run>,
    /// The reason, and the time of the start (Unix ms).
    disputed: Option<(DisputeReason, u64)>,
    last_trade: Instant,
}

impl Markets {
    /// Creates markets without a price.
    pub fn new(config: &Config) -> Self {
        let last_trade = Instant::now();
        Self {
            filter: OutlierFilter::new(Limits::new(config)),
            stale_price: config.stale_price_ms.map(Duration::from_millis),
            feed: Feed::Sim,
            symbols: std::array::from_fn(|_| Market {
                last: None,
                run: None,
                disputed: None,
                last_trade,
            }),
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

    /// Prepares for the trades of a source that starts, given the remembered prices. A live feed
    /// and the simulation continue the run of the last price if it was theirs; a replay begins a
    /// new run each time.
    pub fn start(&mut self, feed: Feed, remembered: &[Option<MarketPrice>; Symbol::ALL.len()]) {
        self.feed = feed;
        for (symbol, price) in Symbol::ALL.into_iter().zip(*remembered) {
            let market = &mut self.symbols[symbol.index()];
            market.last_trade = Instant::now();
            market.last = price.or(market.last);
            if let Some(last) = &market.last {
                market.disputed = last.disputed.map(|reason| (reason, last.timestamp_ms));
                self.filter.resume(last);
            }
            let run = market.last.as_ref().and_then(|last| run_of(last, feed));
            if let Some(run) = run.filter(|run| run.feed == feed && feed != Feed::Replay) {
                market.run = Some(run);
            } else {
                self.begin_run(symbol);
            }
            if feed == Feed::Sim {
                self.filter.trust_first_price(symbol);
            }
        }
    }

    /// Begins a run: the symbol's ids and times start over.
    pub fn begin_run(&mut self, symbol: Symbol) {
        self.symbols[symbol.index()].run = Some(Run { feed: self.feed, began_ms: unix_ms() });
        self.filter.begin_run(symbol);
    }

    /// Judges a trade; returns a notice if the price or its dispute changes.
    pub fn take(&mut self, arrived: Arrived) -> Option<Notice> {
        let symbol = arrived.trade.symbol;
        self.symbols[symbol.index()].last_trade = arrived.at;
        let age = Duration::from_millis(unix_ms().saturating_sub(arrived.made_at_ms));
        if self.feed == Feed::Binance && age > self.valid_for() {
            return self.dispute(symbol, DisputeReason::Late);
        }
        match self.filter.judge(&arrived.trade) {
            Verdict::Accepted => {
                self.symbols[symbol.index()].disputed = None;
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
        let is_silent =
            |symbol: &Symbol| self.symbols[symbol.index()].last_trade.elapsed() > silence;
        let silent: Vec<Symbol> = Symbol::ALL.into_iter().filter(is_silent).collect();
        silent
            .into_iter()
            .filter_map(|symbol| self.dispute(symbol, DisputeReason::Silent))
            .collect()
    }

    /// Disputes a price, unless it already is for this reason or a weightier one.
    fn dispute(&mut self, symbol: Symbol, reason: DisputeReason) -> Option<Notice> {
        let market = &mut self.symbols[symbol.index()];
        if market.disputed.is_some_and(|(known, _)| weight(known) >= weight(reason)) {
            return None;
        }
        tracing::warn!(%symbol, %reason, "the price is disputed");
        market.disputed = Some((reason, unix_ms()));
        Some(Notice::Dispute(symbol, reason))
    }

    /// The run of a symbol's trades.
    pub fn run(&self, symbol: Symbol) -> Option<Run> {
        self.symbols[symbol.index()].run
    }

    /// Sets the last published price of a symbol.
    pub fn set_last(&mut self, price: MarketPrice) {
        self.symbols[price.trade.symbol.index()].last = Some(price);
    }

    /// Marks the last price of a symbol as disputed, and returns it.
    pub fn disputed_price(&mut self, symbol: Symbol, reason: DisputeReason) -> Option<MarketPrice> {
        let last = self.symbols[symbol.index()].last.as_mut()?;
        last.disputed = Some(reason);
        Some(*last)
    }

    /// The symbols whose last price is disputed.
    pub fn disputed(&self) -> Vec<DisputedPrice> {
        let disputed = |symbol: Symbol| {
            let (reason, since_ms) = self.symbols[symbol.index()].disputed?;
            Some(DisputedPrice { symbol, reason, since_ms, held: self.filter.held(symbol) })
        };
        Symbol::ALL.into_iter().filter_map(disputed).collect()
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
