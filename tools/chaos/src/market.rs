//! A volatile market: a seeded random walk that reaches stop-losses and liquidation prices every
//! few seconds, and sometimes jumps beyond a margin.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};
use testkit::binance::{BinanceServer, RecordedTrade};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// The list of instruments that Velox ships with.
const SHIPPED: &str = include_str!("../../../markets.toml");

/// A traded market.
#[derive(Clone, Debug)]
struct Market {
    symbol: String,
    /// The initial price in cents.
    cents: i64,
}

/// The markets that Velox ships with.
fn markets() -> Vec<Market> {
    let shipped: toml::Table = SHIPPED.parse().expect("the shipped list is TOML");
    let tables = shipped["instrument"].as_array().expect("the list has tables");
    let market = |table: &toml::Value| {
        let usd: i64 = table["simulation"]["first_price"].as_str()?.parse().ok()?;
        Some(Market { symbol: table["symbol"].as_str()?.to_owned(), cents: usd * 100 })
    };
    tables.iter().map(|table| market(table).expect("each table has a first price")).collect()
}

/// Returns the shipped list with other limits, so that the engine records a change of each
/// instrument. The `n`th list differs from the one before.
pub fn changed_list(n: u64) -> String {
    let (leverage, loss_bps) = if n.is_multiple_of(2) { (100, 9_000) } else { (60, 8_000) };
    SHIPPED
        .replace("max_leverage = 100", &format!("max_leverage = {leverage}"))
        .replace("liquidation_loss_bps = 9_000", &format!("liquidation_loss_bps = {loss_bps}"))
}

/// The interval between two trades of a market.
const PACE: Duration = Duration::from_millis(50);

/// A move is the sum of four uniform draws up to this, in millionths of the price.
const MOVE_PPM: i64 = 250;

/// One trade in this many jumps, by one to three per cent: a position at 100x has its margin call
/// at 0.9 % and has lost its margin at 1 %.
const JUMP_ODDS: u32 = 150;
const JUMPS_PPM: std::ops::Range<i64> = 10_000..30_000;

/// Each step moves a price back by this fraction (1/400) of its distance to the initial price.
const PULL: i64 = 400;

/// The id of the first trade.
const FIRST_TRADE: u64 = 1_000_000;

/// The newest prices in cents, for clients that choose stop-loss and take-profit by them.
pub struct Prices(Vec<(Market, AtomicI64)>);

impl Default for Prices {
    fn default() -> Self {
        let priced = |market: Market| (market.clone(), AtomicI64::new(market.cents));
        Self(markets().into_iter().map(priced).collect())
    }
}

impl Prices {
    /// The number of markets.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// The symbol of a market.
    pub fn symbol(&self, market: usize) -> &str {
        &self.0[market].0.symbol
    }

    /// The newest price of a market.
    pub fn cents(&self, market: usize) -> i64 {
        self.0[market].1.load(Ordering::Relaxed)
    }
}

/// The random walk of all markets.
struct Walk {
    random: ChaCha8Rng,
    markets: Vec<Market>,
    cents: Vec<i64>,
    trade_id: u64,
}

impl Walk {
    fn new(seed: u64) -> Self {
        let (random, markets) = (ChaCha8Rng::seed_from_u64(seed), markets());
        let cents = markets.iter().map(|market| market.cents).collect();
        Self { random, markets, cents, trade_id: FIRST_TRADE }
    }

    fn step(&mut self, time_ms: u64) -> Vec<RecordedTrade> {
        self.trade_id += 1;
        let mut trades = Vec::with_capacity(self.markets.len());
        for (Market { symbol, cents: anchor }, cents) in self.markets.iter().zip(&mut self.cents) {
            let mut draw = || self.random.random_range(-MOVE_PPM..=MOVE_PPM);
            let mut ppm = draw() + draw() + draw() + draw();
            if self.random.random_ratio(1, JUMP_ODDS) {
                let jump = self.random.random_range(JUMPS_PPM);
                ppm += if self.random.random() { jump } else { -jump };
            }
            let moved = *cents + *cents * ppm / 1_000_000 + (anchor - *cents) / PULL;
            *cents = moved.max(1);
            let qty = self.random.random_range(1..100_000_000);
            trades.push(RecordedTrade {
                symbol: symbol.clone(),
                trade_id: self.trade_id,
                price: format!("{}.{:02}", moved / 100, moved % 100),
                qty: format!("0.{qty:08}"),
                time_ms,
            });
        }
        trades
    }
}

/// Sends trades until the run ends. While no client is connected, the market waits.
pub async fn run(seed: u64, venue: &BinanceServer, prices: &Prices, end: &CancellationToken) {
    let mut walk = Walk::new(seed);
    let mut pace = interval(PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let trading = async {
        loop {
            pace.tick().await;
            let trades = walk.step(unix_ms());
            for ((_, price), cents) in prices.0.iter().zip(&walk.cents) {
                price.store(*cents, Ordering::Relaxed);
            }
            venue.send(&trades).await;
        }
    };
    end.run_until_cancelled(trading).await;
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
        let (mut one, mut other) = (Walk::new(7), Walk::new(7));
        let steps = |walk: &mut Walk| (0..2_000).map(|n| walk.step(n)).collect::<Vec<_>>();
        let trades = steps(&mut one);
        assert_eq!(trades, steps(&mut other));
        assert_ne!(trades, steps(&mut Walk::new(8)));
    }
}
