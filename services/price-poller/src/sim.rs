//! A simulated market: seeded random walks with volatility clusters and jumps.
//!
//! All arithmetic is on integers; moves are in parts per billion of the price.

use crate::config::Config;
use crate::feed::{FeedState, Trades};
use crate::sim_history;
use markets::Followed;
use messages::{Feed, Instrument, MarketPrice, Symbol, Trade, last_price_key};
use price::{Price, Qty};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::HashSet;
use std::time::{Duration, SystemTime};
use streams::Redis;
use tokio::sync::mpsc;
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

const BILLION: i128 = 1_000_000_000;

/// The value of the largest trade, USD at scale 10^8.
const LARGEST_TRADE: i128 = 10_000 * 100_000_000;

/// The largest quantity of a trade with which the volume of a day fits in a candle, in 64 bits:
/// that of coins worth a fraction of a cent would not.
fn qty_max(rate: u32) -> i128 {
    i128::from(i64::MAX) / (i128::from(rate.max(1)) * 86_400)
}

/// The random walk of one symbol. The same seed, start and rate give the same trades.
pub struct Walk {
    random: ChaCha8Rng,
    symbol: Symbol,
    /// The smallest difference between two prices, at scale 10^8.
    price_step: i128,
    /// The usual move within one second, in billionths of the price.
    per_second_ppb: i64,
    price: i128,
    /// The price to which the walk is weakly drawn back.
    anchor: i128,
    trade_id: u64,
    /// A live step is one trade; a past step stands for many.
    trades_per_step: u32,
    /// The largest quantity of a trade, at scale 10^8.
    qty_max: i128,
    usual_ppb: i64,
    volatility_ppb: i64,
}

impl Walk {
    /// Continues from `last`, or starts at the first price of the instrument.
    pub fn new(instrument: &Instrument, seed: u64, rate: u32, last: Option<&Trade>) -> Self {
        // Variance adds up: the more trades per second, the smaller each move.
        let usual_ppb = per_second_ppb(instrument) / i64::from(rate.isqrt().max(1));
        Self { qty_max: qty_max(rate), ..Self::with_steps(instrument, seed, usual_ppb, last) }
    }

    /// Creates the walk before the first live trade; [`Walk::set_step`] sets its steps.
    pub fn past(instrument: &Instrument, seed: u64) -> Self {
        Self::with_steps(instrument, seed, per_second_ppb(instrument), None)
    }

    /// Continues in steps that each stand for the trades of this many seconds.
    pub fn set_step(&mut self, rate: u32, seconds: u32) {
        // The square root of the seconds, to three digits.
        let root = i64::from((seconds * 1_000_000).isqrt());
        let usual_ppb = self.per_second_ppb * root / 1_000;
        self.volatility_ppb = self.volatility_ppb * usual_ppb / self.usual_ppb;
        self.usual_ppb = usual_ppb;
        self.trades_per_step = rate * seconds;
        self.qty_max = qty_max(rate);
    }

    fn with_steps(
        instrument: &Instrument,
        seed: u64,
        usual_ppb: i64,
        last: Option<&Trade>,
    ) -> Self {
        let anchor = instrument.simulation.first_price.scaled();
        let trade_id = last.map_or(TRADE_ID_MIN, |last| last.trade_id.max(TRADE_ID_MIN));
        let [low, high] = halves(instrument.symbol.to_number());
        let stream = seed ^ trade_id.rotate_left(17) ^ low ^ high;
        Self {
            random: ChaCha8Rng::seed_from_u64(stream),
            symbol: instrument.symbol,
            price_step: 10_i128.pow(8 - u32::from(instrument.price_decimals.min(8))),
            per_second_ppb: per_second_ppb(instrument),
            price: last.map_or(anchor, |last| last.price.scaled()),
            anchor: last.map_or(anchor, |last| last.price.scaled()),
            trade_id,
            trades_per_step: 1,
            qty_max: qty_max(1),
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
        self.price = moved.max(self.price_step);
        self.trade_id += u64::from(self.trades_per_step);
        let shown = self.price / self.price_step * self.price_step;
        // Mostly far less than the largest.
        let largest = (self.qty_max * shown / 100_000_000).min(LARGEST_TRADE);
        let notional: i128 = self.random.random_range(1..=1_000_i128);
        let notional = notional * notional * largest / 1_000_000;
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

fn per_second_ppb(instrument: &Instrument) -> i64 {
    instrument.simulation.volatility_ppb.into()
}

#[expect(clippy::cast_possible_truncation, reason = "the halves are what is asked for")]
const fn halves(number: u128) -> [u64; 2] {
    [number as u64, (number >> 64) as u64]
}

/// Simulates the trades of all instruments, also of those that are listed later.
pub async fn run(
    config: &Config,
    redis: &Redis,
    followed: Followed,
    trades: &Trades,
    state: &FeedState,
) -> anyhow::Result<()> {
    let (sender, mut made) = mpsc::channel(1);
    let making = make_walks(config, redis, followed, sender);
    tokio::pin!(making);
    let mut walks: Vec<Walk> = Vec::new();
    let mut beat = interval(Duration::from_secs(1) / config.sim_rate);
    // A late burst is better than fewer trades than `SIM_RATE` promises.
    beat.set_missed_tick_behavior(MissedTickBehavior::Burst);
    if trades.start(Feed::Sim).await.is_err() {
        return Ok(());
    }
    state.connected("simulated prices");
    loop {
        tokio::select! {
            _ = beat.tick() => {}
            Some(walk) = made.recv() => {
                walks.push(walk);
                continue;
            }
            outcome = &mut making => return outcome,
        }
        for walk in &mut walks {
            if trades.deliver(walk.next(unix_us()), Instant::now()).await.is_err() {
                return Ok(());
            }
        }
    }
}

/// Makes the walk of every instrument, also of those that are listed later; each continues from its
/// last price, or from a simulated past. One at a time, because a past takes tens of megabytes; the
/// others trade meanwhile. Never returns, unless it fails.
async fn make_walks(
    config: &Config,
    redis: &Redis,
    mut followed: Followed,
    made: mpsc::Sender<Walk>,
) -> anyhow::Result<()> {
    let seed = config.sim_seed.unwrap_or_else(rand::random);
    let mut known = HashSet::new();
    let mut listed = followed.ready().await;
    loop {
        for instrument in listed.all().iter().filter(|listed| known.insert(listed.symbol)) {
            let last = match last_trade(redis, instrument.symbol).await {
                None if config.history => {
                    Some(sim_history::write(config, seed, redis, instrument).await?)
                }
                last => last,
            };
            let walk = Walk::new(instrument, seed, config.sim_rate, last.as_ref());
            made.send(walk).await?;
        }
        listed = followed.changed().await;
    }
}

fn unix_us() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = now.expect("the clock is set to a time after 1970");
    u64::try_from(now.as_micros()).expect("the next 500,000 years fit")
}

/// Reads the last trade of the poller's previous run, waiting for Redis.
async fn last_trade(redis: &Redis, symbol: Symbol) -> Option<Trade> {
    loop {
        match redis.get(&last_price_key(symbol)).await {
            Ok(json) => return remembered(&json?),
            Err(error) => {
                tracing::warn!(%error, "waiting for Redis to read the last prices");
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        }
    }
}

/// Parses the trade of a remembered price. Earlier versions stored the bare trade under the key.
fn remembered(json: &str) -> Option<Trade> {
    let price = serde_json::from_str(json).map(|price: MarketPrice| price.trade);
    let trade = price.or_else(|_| serde_json::from_str(json)).ok()?;
    trade.checked().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remembered_price_is_read_and_so_is_the_bare_trade_of_old() {
        let trade = Trade {
            symbol: Symbol::from_static("BTCUSDT"),
            trade_id: 7,
            price: "92000.5".parse().unwrap(),
            qty: "0.1".parse().unwrap(),
            time_us: 1_703_001_234_567_000,
        };
        let (bid, ask) = ("92000".parse().unwrap(), "92001".parse().unwrap());
        let (disputed, run) = (None, None);
        let timestamp_ms = 1_703_001_234_567;
        let price = MarketPrice { bid, ask, timestamp_ms, trade, disputed, run };
        assert_eq!(remembered(&price.to_json()), Some(trade));
        assert_eq!(remembered(&serde_json::to_string(&trade).unwrap()), Some(trade));
        assert_eq!(remembered("garbage"), None);
    }
}
