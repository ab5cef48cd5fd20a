//! The last 24 hours of an asset as callers see them.

use crate::part::views;
use messages::Symbol;
use price::{Price, Qty, Usd};

views! {
    /// The last 24 hours of an asset.
    pub struct Ticker {
        /// What is traded.
        asset: Symbol = "asset", "BTCUSDT";
        /// Where the 24 hours begin, in Unix milliseconds; trades of this millisecond count.
        open_time_ms: u64 = "openTime", "1795407101491";
        /// Where they end: when the figures were computed, in Unix milliseconds.
        close_time_ms: u64 = "closeTime", "1795493501491";
        /// The price of the first trade.
        open: Price = "open", "91200.5";
        /// The highest price.
        high: Price = "high", "92846.12";
        /// The lowest price.
        low: Price = "low", "90911.07";
        /// The price of the last trade.
        last: Price = "last", "92285.3";
        /// `last` minus `open`; negative where the price fell.
        change: Usd = "change", "1084.8";
        /// How much was traded.
        volume: Qty = "volume", "16199.9905";
    }
}
