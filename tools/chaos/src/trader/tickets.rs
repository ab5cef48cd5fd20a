//! What a trader asks for: orders, and prices near the market.

use super::Trader;
use model::amount::decimal;
use rand::RngExt as _;
use serde_json::{Value, json};

impl Trader {
    /// An order, usually one that can be filled.
    pub(super) fn ticket(&mut self) -> Value {
        let market = self.market();
        let most: i128 = self.floor.prices.market(market).max_leverage.into();
        let leverage: i128 = if self.random.random() {
            self.random.random_range(most / 2..=most)
        } else {
            self.random.random_range(1..most / 2)
        };
        let margin_usd: i128 = match self.random.random_range(0..40) {
            0 => 1_000_000,
            1 => 0,
            _ => self.random.random_range(5..400),
        };
        let qty = self.floor.prices.qty(market, margin_usd * leverage).max(1);
        let side = if self.random.random() { "LONG" } else { "SHORT" };
        let mut ticket = json!({
            "asset": self.floor.prices.symbol(market),
            "orderType": side,
            "leverage": u64::try_from(leverage).expect("1 to 100"),
            "qty": decimal(qty),
        });
        if self.random.random_ratio(1, 100) {
            ticket["orderType"] = "SIDEWAYS".into();
        }
        for exit in ["stopLoss", "takeProfit"] {
            if self.random.random_ratio(2, 5) {
                // Sometimes on the wrong side of the market, or very close to it.
                let below = (exit == "stopLoss") == (side == "LONG");
                let range = if below { 0..8_000 } else { 1_000..9_000 };
                let below = below != self.random.random_ratio(1, 15);
                ticket[exit] = self.price_at(market, range, below).into();
            }
        }
        ticket
    }

    /// A price on either side of the market.
    pub(super) fn price_near(&mut self, market: usize, ppm: std::ops::Range<i64>) -> String {
        let is_below = self.random.random();
        self.price_at(market, ppm, is_below)
    }

    /// A price below or above the market.
    fn price_at(&mut self, market: usize, ppm: std::ops::Range<i64>, is_below: bool) -> String {
        let prices = &self.floor.prices;
        let price = prices.price(market);
        let distance = price * self.random.random_range(ppm) / 1_000_000;
        let price = if is_below { price - distance } else { price + distance };
        decimal(prices.on_tick(market, price).into())
    }

    /// Draws a market of those that are not for programs alone.
    pub(super) fn market(&mut self) -> usize {
        loop {
            let market = self.random.random_range(0..self.floor.prices.len());
            if !self.floor.prices.market(market).is_for_programs {
                return market;
            }
        }
    }
}
