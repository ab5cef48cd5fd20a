//! A simulated market: seeded random walks with volatility clusters and jumps.
//!
//! All arithmetic is on integers; moves are in parts per billion of the price.

use crate::config::Config;
use crate::feed::{FeedState, Trades};
use messages::{Feed, Symbol, Trade};
use price::{Price, Qty};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::time::{Duration, SystemTime};
use tokio::time::{Instant, MissedTickBehavior, interval};

/// Lower ids are left to venues, so that a simulated trade is never taken for a real one.
const TRADE_ID_MIN: u64 = 1 << 52;

/// The part of the excess volatility that remains after a trade, in per cent.
const VOLATILITY_MEMORY_PERCENT: i64 = 95;

/// The part of a large move that adds to the volatility of the next, in per cent: less than what
/// decays, or volatility would grow without bound.
const VOLATILITY_FEEDBACK_PERCENT: i64 = 6;

/// One trade in this many is a jump.
const JUMP_ODDS: u32 = 20_000;

/// The largest jump, as a multiple of the usual move.
const JUMP_FACTOR_MAX: i64 = 40;

/// The tick size: a cent.
const PRICE_STEP: i128 = 1_000_000;

const BILLION: i128 = 1_000_000_000;

/// The random walk of one symbol. The same seed, start and rate give the same trades.
pub struct Walk {
    random: ChaCha8Rng,
    symbol: Symbol,
    price: i128,
    /// The price to which the walk is weakly drawn back.
    anchor: i128,
    trade_id: u64,
    /// A live step is one trade; a past step stands for many.
    trades_per_step: u32,
    usual_ppb: i64,
    volatility_ppb: i64,
}

impl Walk {
    /// Continues from `last`, or starts at a default price.
    pub fn new(symbol: Symbol, seed: u64, rate: u32, last: Option<&Trade>) -> Self {
        // Variance adds up: the more trades per second, the smaller each move.
        let usual_ppb = per_second_ppb(symbol) / i64::from(rate.isqrt().max(1));
        Self::with_steps(symbol, seed, usual_ppb, 1, last)
    }

    /// Creates the walk before the first live trade; [`Walk::set_step`] sets its steps.
    pub fn past(symbol: Symbol, seed: u64) -> Self {
        Self::with_steps(symbol, seed, per_second_ppb(symbol), 1, None)
    }

    /// Continues in steps that each stand for the trades of this many seconds.
    pub fn set_step(&mut self, rate: u32, seconds: u32) {
        // The square root of the seconds, to three digits.
        let root = i64::from((seconds * 1_000_000).isqrt());
        let usual_ppb = per_second_ppb(self.symbol) * root / 1_000;
        self.volatility_ppb = self.volatility_ppb * usual_ppb / self.usual_ppb;
        self.usual_ppb = usual_ppb;
        self.trades_per_step = rate * seconds;
    }

    fn with_steps(
        symbol: Symbol,
        seed: u64,
        usual_ppb: i64,
        trades_per_step: u32,
        last: Option<&Trade>,
    ) -> Self {
        let anchor = i128::from(first_price_usd(symbol)) * 100_000_000;
        let trade_id = last.map_or(TRADE_ID_MIN, |last| last.trade_id.max(TRADE_ID_MIN));
        let stream = seed ^ trade_id.rotate_left(17) ^ symbol.index() as u64;
        Self {
            random: ChaCha8Rng::seed_from_u64(stream),
            symbol,
            price: last.map_or(anchor, |last| last.price.scaled()),
            anchor: last.map_or(anchor, |last| last.price.scaled()),
            trade_id,
            trades_per_step,
            usual_ppb,
            volatility_ppb: usual_ppb,
        }
    }

    /// The number of trades that a step stands for.
    pub const fn trades_per_step(&self) -> u32 {
        self.trades_per_step
    }

    /// Returns the next trade, at this time: the last one of the step.
    pub fn next(&mut self, time_us: u64) -> Trade {
        let volatility = self.volatility_ppb;
        // The sum of four uniform draws is close enough to a normal distribution.
        let mut move_ppb: i64 =
            (0..4).map(|_| self.random.random_range(-volatility..=volatility)).sum::<i64>() * 7 / 8;
        if self.random.random_ratio(1, JUMP_ODDS) {
            let factor = self.random.random_range(-JUMP_FACTOR_MAX..=JUMP_FACTOR_MAX);
            move_ppb += factor * self.usual_ppb;
        }
        let excess = self.volatility_ppb - self.usual_ppb;
        let feedback = (move_ppb.abs() - self.usual_ppb).max(0) * VOLATILITY_FEEDBACK_PERCENT / 100;
        let volatility = self.usual_ppb + excess * VOLATILITY_MEMORY_PERCENT / 100 + feedback;
        self.volatility_ppb = volatility.min(self.usual_ppb * 8);

        let pull = (self.anchor - self.price) * i128::from(self.trades_per_step) / 2_000_000;
        let moved = self.price + self.price * i128::from(move_ppb) / BILLION + pull;
        self.price = moved.max(PRICE_STEP);
        self.trade_id += u64::from(self.trades_per_step);
        let shown = (self.price / PRICE_STEP * PRICE_STEP).max(PRICE_STEP);
        // Up to about ten thousand USD, mostly far less.
        let notional: i128 = self.random.random_range(1..=1_000_i128);
        let notional = notional * notional * 1_000_000;
        let qty = (notional * 100_000_000 / shown).max(1);
        Trade {
            symbol: self.symbol,
            trade_id: self.trade_id,
            price: Price::from_scaled(shown),
            qty: Qty::from_scaled(qty),
            time_us,
        }
    }
}

/// The default first price, in USD.
const fn first_price_usd(symbol: Symbol) -> i64 {
    match symbol {
        Symbol::BtcUsdt => 92_000,
        Symbol::EthUsdt => 3_100,
        Symbol::SolUsdt => 150,
    }
}

/// The usual move per second, in parts per billion.
const fn per_second_ppb(symbol: Symbol) -> i64 {
    match symbol {
        Symbol::BtcUsdt => 80_000,
        Symbol::EthUsdt => 100_000,
        Symbol::SolUsdt => 140_000,
    }
}

/// Simulates trades of all symbols until the publisher is gone.
pub async fn run(
    config: &Config,
    seed: u64,
    last: [Option<Trade>; Symbol::ALL.len()],
    trades: &Trades,
    state: &FeedState,
) {
    let mut walks = Symbol::ALL
        .map(|symbol| Walk::new(symbol, seed, config.sim_rate, last[symbol.index()].as_ref()));
    let mut beat = interval(Duration::from_secs(1) / config.sim_rate);
    beat.set_missed_tick_behavior(MissedTickBehavior::Burst);
    if trades.start(Feed::Sim).await.is_err() {
        return;
    }
    state.connected("simulated prices");
    loop {
        beat.tick().await;
        for walk in &mut walks {
            if trades.deliver(walk.next(unix_us()), Instant::now()).await.is_err() {
                return;
            }
        }
    }
}

fn unix_us() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = now.expect("the clock is set to a time after 1970");
    u64::try_from(now.as_micros()).expect("the next 500,000 years fit")
}
