//! The order book that the house shows, one level on each side, and the grid of its prices and quantities.

use crate::instrument::Instrument;
use crate::market::MarketPrice;
use price::{Price, Qty};

/// The units of an amount of one.
const SCALE: i128 = 100_000_000;

/// The value of the largest order of an instrument whose brackets name none, at scale.
const LARGEST_NOTIONAL: i128 = 10_000_000 * SCALE;

/// The distance between the update ids of two milliseconds.
const IDS_PER_MS: u64 = 1_000;

impl MarketPrice {
    /// The number of the price among those of its symbol, by which a stream of order books and a book
    /// that was fetched are joined. It rises with every price, also where the feed changes and ids
    /// start over: the time of its publication orders prices of different milliseconds, the end of
    /// the trade's id those of one. It is below 2^53.
    pub const fn update_id(&self) -> u64 {
        self.timestamp_ms * IDS_PER_MS + self.trade.trade_id % IDS_PER_MS
    }
}

impl Instrument {
    /// The quantity that the house shows at a price: the largest order that it takes there. An order
    /// is worth no more than the last bracket's cap, or 10,000,000 without brackets, and holds no
    /// more than the open interest may be.
    pub fn shown_quantity(&self, price: Price) -> Qty {
        if !price.is_positive() {
            return Qty::from_scaled(0);
        }
        let notional = self.brackets.last().map_or(LARGEST_NOTIONAL, |b| b.notional_cap.scaled());
        let qty = notional.saturating_mul(SCALE) / price.scaled();
        let qty = self.open_interest_cap.map_or(qty, |cap| cap.scaled().min(qty));
        Qty::from_scaled(qty - qty % self.shown_step().scaled())
    }

    /// The step of quantities that clients are told: that of the instrument, or the last decimal with
    /// which quantities are shown.
    pub fn shown_step(&self) -> Qty {
        let last = last_decimal(self.quantity_decimals);
        self.quantity_step.unwrap_or_else(|| Qty::from_scaled(last))
    }

    /// The tick of prices that clients are told: that of the instrument, or the last decimal with which
    /// prices are shown.
    pub fn shown_tick(&self) -> Price {
        let last = last_decimal(self.price_decimals);
        self.price_tick.unwrap_or_else(|| Price::from_scaled(last))
    }
}

/// The last one of these decimals, at scale.
fn last_decimal(decimals: u8) -> i128 {
    10_i128.pow(8_u32.saturating_sub(decimals.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Bracket, Symbol, Trade};

    fn price(timestamp_ms: u64, trade_id: u64) -> MarketPrice {
        let (price, qty) =
            ("92046.5".parse().expect("a price"), "0.5".parse().expect("a quantity"));
        let symbol = Symbol::from_static("BTCUSDT");
        let trade = Trade { symbol, trade_id, price, qty, time_us: 0 };
        MarketPrice { bid: price, ask: price, timestamp_ms, trade, disputed: None, run: None }
    }

    #[test]
    fn update_ids_rise_within_a_millisecond_and_when_ids_start_over() {
        let ids = [
            price(1_703_001_234_567, 41).update_id(),
            price(1_703_001_234_567, 42).update_id(),
            price(1_703_001_234_568, 7).update_id(),
            price(1_703_001_234_570, (1 << 52) + 5).update_id(),
            price(1_703_001_234_571, 1).update_id(),
        ];
        assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
        assert!(ids[4] < 1 << 53);
    }

    #[test]
    fn the_shown_quantity_is_the_largest_order() {
        let simulation =
            crate::Simulation { first_price: "1".parse().expect("a price"), volatility_ppb: 1 };
        let json = serde_json::json!({
            "symbol": "BTCUSDT", "name": "Bitcoin", "baseAsset": "BTC", "quoteAsset": "USDT",
            "feedSymbol": "BTCUSDT", "priceDecimals": 2, "quantityDecimals": 4, "maxLeverage": 100,
            "spreadBps": 10, "liquidationLossBps": 9_000, "simulation": simulation,
        });
        let plain: Instrument = serde_json::from_value(json).expect("an instrument");
        let at: Price = "92046.5".parse().expect("a price");
        assert_eq!(plain.shown_quantity(at).to_string(), "108.6407");
        assert_eq!(plain.shown_quantity("0".parse().expect("a price")).to_string(), "0");
        let bracket = Bracket {
            notional_cap: "1000000".parse().expect("an amount"),
            max_leverage: 100,
            maintenance_ppm: 1,
            maintenance_amount: "0".parse().expect("an amount"),
        };
        let (brackets, step) = (vec![bracket], Some("0.05".parse().expect("a quantity")));
        let fine = Instrument { brackets, quantity_step: step, ..plain };
        assert_eq!(fine.shown_quantity(at).to_string(), "10.85");
        let cap = Some("3.07".parse().expect("a quantity"));
        let capped = Instrument { open_interest_cap: cap, ..fine };
        assert_eq!(capped.shown_quantity(at).to_string(), "3.05");
    }
}
