//! A volatile market: a seeded random walk that reaches stop-losses and liquidation prices every
//! few seconds, and sometimes jumps beyond a margin.

use crate::list::{List, Market};
use model::amount::{SCALE, decimal};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};
use testkit::binance::{BinanceServer, RecordedMark, RecordedTrade};
use testkit::binance_rest::{BinanceRest, RecordedFunding};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// The interval between two steps of the market.
const PACE: Duration = Duration::from_millis(50);

/// The markets that trade in a step, at most; the next ones trade in the next step.
const TRADES_A_STEP: usize = 4;

/// The interval between two mark prices of a market.
const MARKS_PACE: Duration = Duration::from_secs(1);

/// The number of mark prices between two fundings at the venue. They come much more often than the
/// intervals of the list say: the poller settles whatever the venue has settled.
const FUNDING_MARKS: u64 = 5;

/// The greatest distance of a mark price from the price, in millionths, and the greatest rate of a
/// funding at scale 10^8.
const PREMIUM_PPM: i64 = 1_500;
const RATE_MAX: i128 = 400_000;

const HOUR_MS: u64 = 60 * 60 * 1_000;

/// A move is the sum of four uniform draws up to this, in millionths of the price.
const MOVE_PPM: i64 = 250;

/// The value of a trade. Three of them confirm a price that the poller holds.
const TRADE_USD: std::ops::Range<i128> = 400..50_000;

/// One step in this many has a jump of a market, by one to three per cent: a position at 100x has
/// its margin call at 0.9 % and has lost its margin at 1 %.
const JUMP_ODDS: u32 = 150;
const JUMPS_PPM: std::ops::Range<i64> = 10_000..30_000;

/// Each step moves a price back by this fraction (1/400) of its distance to the initial price.
const PULL: i64 = 400;

/// The id of the first trade.
const FIRST_TRADE: u64 = 1_000_000;

/// The newest prices at scale 10^8, for clients that choose stop-loss and take-profit by them.
pub struct Prices(Vec<(Market, AtomicI64)>);

impl Prices {
    /// The first prices of a list.
    pub fn of(list: &List) -> Self {
        let priced = |market: Market| (market.clone(), AtomicI64::new(market.first));
        Self(list.markets().into_iter().map(priced).collect())
    }

    /// The number of markets.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// A market.
    pub fn market(&self, market: usize) -> &Market {
        &self.0[market].0
    }

    /// The symbol of a market.
    pub fn symbol(&self, market: usize) -> &str {
        &self.market(market).symbol
    }

    /// The newest price of a market.
    pub fn price(&self, market: usize) -> i64 {
        self.0[market].1.load(Ordering::Relaxed)
    }

    /// The price nearest to this one that an order may have.
    pub fn on_tick(&self, market: usize, price: i64) -> i64 {
        let tick = self.market(market).tick;
        (price / tick * tick).max(tick)
    }

    /// The quantity of this value (USD) at the newest price, on the market's step.
    pub fn qty(&self, market: usize, usd: i128) -> i128 {
        let step = self.market(market).step;
        let qty = usd * SCALE * SCALE / i128::from(self.price(market));
        qty / step * step
    }
}

/// The random walk of all markets.
struct Walk {
    random: ChaCha8Rng,
    markets: Vec<Market>,
    prices: Vec<i64>,
    trade_id: u64,
    /// The market that trades next.
    next: usize,
}

impl Walk {
    fn new(seed: u64, markets: Vec<Market>) -> Self {
        let random = ChaCha8Rng::seed_from_u64(seed);
        let prices = markets.iter().map(|market| market.first).collect();
        Self { random, markets, prices, trade_id: FIRST_TRADE, next: 0 }
    }

    fn step(&mut self, time_ms: u64) -> Vec<RecordedTrade> {
        self.trade_id += 1;
        let count = self.markets.len().min(TRADES_A_STEP);
        (0..count).map(|_| self.trade(time_ms)).collect()
    }

    fn trade(&mut self, time_ms: u64) -> RecordedTrade {
        let n = self.next;
        self.next = (n + 1) % self.markets.len();
        let Market { symbol, first, tick, .. } = &self.markets[n];
        let mut draw = || self.random.random_range(-MOVE_PPM..=MOVE_PPM);
        let mut ppm = draw() + draw() + draw() + draw();
        // A market that trades in some of the steps jumps as often as one that trades in all.
        let steps = u32::try_from(self.markets.len().div_ceil(TRADES_A_STEP)).unwrap_or(1);
        if self.random.random_ratio(steps.min(JUMP_ODDS), JUMP_ODDS) {
            let jump = self.random.random_range(JUMPS_PPM);
            ppm += if self.random.random() { jump } else { -jump };
        }
        let price = self.prices[n];
        let moved = price + price * ppm / 1_000_000 + (first - price) / PULL;
        self.prices[n] = moved.max(*tick);
        let traded = (moved / tick * tick).max(*tick);
        let qty = self.random.random_range(TRADE_USD) * SCALE * SCALE / i128::from(traded);
        RecordedTrade {
            symbol: symbol.clone(),
            trade_id: self.trade_id,
            price: decimal(traded.into()),
            qty: decimal(qty.max(1)),
            time_ms,
        }
    }
}

/// Sends trades until the run ends. While no client is connected, the market waits.
pub async fn run(seed: u64, venue: &BinanceServer, prices: &Prices, end: &CancellationToken) {
    let markets = prices.0.iter().map(|(market, _)| market.clone()).collect();
    let mut walk = Walk::new(seed, markets);
    let mut pace = interval(PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let trading = async {
        loop {
            pace.tick().await;
            let trades = walk.step(unix_ms());
            for ((_, price), newest) in prices.0.iter().zip(&walk.prices) {
                price.store(*newest, Ordering::Relaxed);
            }
            venue.send(&trades).await;
        }
    };
    end.run_until_cancelled(trading).await;
}

/// Sends mark prices until the run ends, and settles fundings. While no client is connected, both
/// wait.
pub async fn run_marks(
    seed: u64,
    (venue, fundings): (&BinanceServer, &BinanceRest),
    prices: &Prices,
    end: &CancellationToken,
) {
    let mut random = ChaCha8Rng::seed_from_u64(!seed);
    let mut pace = interval(MARKS_PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let marking = async {
        for n in 1.. {
            pace.tick().await;
            let time_ms = unix_ms();
            let mut marks = Vec::new();
            for (market, price) in prices.0.iter().filter(|(market, _)| market.has_marks) {
                let (symbol, price) = (market.symbol.clone(), price.load(Ordering::Relaxed));
                let premium = random.random_range(-PREMIUM_PPM..=PREMIUM_PPM);
                let mark = decimal((price + price * premium / 1_000_000).max(1).into());
                let rate = decimal(random.random_range(-RATE_MAX..=RATE_MAX));
                if n % FUNDING_MARKS == 0 {
                    let (symbol, mark, rate) = (symbol.clone(), mark.clone(), rate.clone());
                    fundings.settle(RecordedFunding { symbol, rate, mark, time_ms });
                }
                let index = decimal(price.into());
                let next_funding_ms = (time_ms / HOUR_MS + 1) * HOUR_MS;
                marks.push(RecordedMark { symbol, mark, index, rate, next_funding_ms, time_ms });
            }
            venue.send_marks(&marks).await;
        }
    };
    end.run_until_cancelled(marking).await;
}

fn unix_ms() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = now.expect("the clock is set to a time after 1970");
    u64::try_from(now.as_millis()).expect("the next 500 million years fit")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_market() {
        for list in [List::shipped(false), List::shipped(true)] {
            let steps = |seed| {
                let mut walk = Walk::new(seed, list.markets());
                (0..2_000).map(|n| walk.step(n)).collect::<Vec<_>>()
            };
            let trades = steps(7);
            assert_eq!(trades, steps(7));
            assert_ne!(trades, steps(8));
        }
    }
}
