//! One instrument's market: a price that walks and jumps, and a mark price that stays near it.

use crate::draw::{Desk, Draw};
use messages::{Instrument, MarkPrice, PriceUpdate, Request, SettleFunding, Symbol};
use price::{Price, Qty, Rate, Rounding};
use rand::RngExt as _;
use std::time::Duration;

/// The number of half spreads of 1 bps in a price.
const HALF_SPREADS_IN_PRICE: u32 = 20_000;

/// The mean time between two jumps of a price.
const JUMP_INTERVAL_S: u32 = 12 * 60 * 60;

/// One mark price in this many is too far from the quote to close anything.
const FAR_MARKS: u32 = 2_000;

/// One in how many parts of the first price the prices of orders are drawn.
const UNITS: i128 = 10_000;

/// The values (USD) up to which orders are drawn. The highest reach a few brackets.
const NOTIONALS: [i128; 4] = [2_000, 40_000, 40_000, 600_000];

const PPM: i128 = 1_000_000;

/// A market.
pub struct Market {
    pub instrument: Instrument,
    pub desk: Desk,
    price: Price,
    /// The distance of the mark price from the price, in millionths.
    premium_ppm: i128,
    trades: u64,
}

impl Market {
    pub fn of(instrument: Instrument) -> Self {
        let first = instrument.simulation.first_price.scaled();
        let tick = instrument.price_tick.map_or(1, Price::scaled);
        let unit = (first / UNITS / tick).max(1) * tick;
        let desk = Desk {
            symbol: instrument.symbol,
            unit: Price::from_scaled(unit),
            step: instrument.quantity_step.unwrap_or(Qty::from_scaled(1)),
            qty_max: Qty::from_scaled(1),
            mid: first / unit,
            placed: Vec::new(),
        };
        let price = instrument.simulation.first_price;
        Self { instrument, desk, price, premium_ppm: 0, trades: 0 }
    }

    const fn symbol(&self) -> Symbol {
        self.instrument.symbol
    }

    /// Moves the price by what is usual within this time, and seldom by some per cent.
    pub fn walk(&mut self, draw: &mut Draw, time: Duration) {
        let seconds = u32::try_from(time.as_secs()).expect("a step is short").max(1);
        let (first, price) = (self.instrument.simulation.first_price, self.price.scaled());
        let usual = price * i128::from(self.instrument.simulation.volatility_ppb) / 1_000_000_000;
        // Uniform moves of this reach have the usual one as their standard deviation.
        let reach = usual * i128::from(seconds.isqrt()) * 17 / 10;
        let mut moved = price + draw.random.random_range(-reach..=reach);
        if draw.random.random_ratio(seconds, JUMP_INTERVAL_S) {
            moved += price * draw.random.random_range(-80_000..=80_000) / PPM;
        }
        let tick = self.instrument.price_tick.map_or(1, Price::scaled);
        let moved = moved.clamp(first.scaled() / 2, first.scaled() * 2) / tick * tick;
        self.price = Price::from_scaled(moved);
        self.desk.mid = moved / self.desk.unit.scaled();
        let premium = self.premium_ppm + draw.random.random_range(-100..=100);
        self.premium_ppm = premium.clamp(-3_000, 3_000);
    }

    /// Draws the value up to which the next order is worth.
    pub fn draw_size(&mut self, draw: &mut Draw) {
        let usd = *draw.pick(&NOTIONALS) * price::SCALE;
        let most = usd * price::SCALE / self.price.scaled();
        self.desk.qty_max = Qty::from_scaled(most.max(2));
    }

    /// The house's quote at a time (Unix ms).
    pub fn quote(&mut self, now_ms: u64) -> Request {
        self.trades += 1;
        let half = self.instrument.spread_bps;
        let at = |parts, rounding| {
            let ratio = self.price.ratio(parts, HALF_SPREADS_IN_PRICE, rounding);
            ratio.expect("prices are far below the limit")
        };
        let bid = at(HALF_SPREADS_IN_PRICE - half, Rounding::Floor);
        let ask = at(HALF_SPREADS_IN_PRICE + half, Rounding::Ceiling);
        let quote = PriceUpdate::new(self.symbol(), bid, ask, self.trades);
        Request::PriceUpdate(PriceUpdate { traded_at_ms: Some(now_ms), ..quote })
    }

    /// The mark price at a time (Unix ms).
    pub fn mark(&self, draw: &mut Draw, now_ms: u64) -> Request {
        let is_far = draw.random.random_ratio(1, FAR_MARKS);
        let premium_ppm = if is_far { 100_000 } else { self.premium_ppm };
        let rate = Rate::from_scaled(self.premium_ppm * 100);
        Request::MarkPrice(MarkPrice {
            funding_rate: Some(rate),
            next_funding_ms: self.interval_ms().map(|ms| (now_ms / ms + 1) * ms),
            marked_at_ms: Some(now_ms),
            ..MarkPrice::new(self.symbol(), self.at_premium(premium_ppm), Some(self.price))
        })
    }

    /// The funding between two times (Unix ms), if one is due.
    pub fn funding(&self, draw: &mut Draw, from_ms: u64, to_ms: u64) -> Option<Request> {
        let interval_ms = self.interval_ms()?;
        let funding_ms = to_ms / interval_ms * interval_ms;
        let rate = Rate::from_scaled(draw.random.random_range(-400_000..=400_000));
        let mark = self.at_premium(self.premium_ppm);
        let symbol = self.symbol();
        let settled = SettleFunding { symbol, funding_ms, rate, mark };
        (funding_ms > from_ms).then_some(Request::SettleFunding(settled))
    }

    fn interval_ms(&self) -> Option<u64> {
        let hours = self.instrument.funding?.interval_hours;
        Some(u64::from(hours) * 60 * 60 * 1_000)
    }

    fn at_premium(&self, ppm: i128) -> Price {
        Price::from_scaled(self.price.scaled() * (PPM + ppm) / PPM)
    }
}
