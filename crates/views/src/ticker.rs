//! The API's view of the last 24 hours of an asset.

use crate::part::views;
use messages::Symbol;
use price::{Price, Qty, Usd};

views! {
    /// The last 24 hours of an asset.
    pub struct Ticker {
        /// The traded contract.
        asset: Symbol = "asset", "BTCUSDT";
        /// The start of the 24 hours, in Unix milliseconds, inclusive.
        open_time_ms: u64 = "openTime", "1795407101491";
        /// The end of the 24 hours, in Unix milliseconds: the time at which the figures were
        /// computed.
        close_time_ms: u64 = "closeTime", "1795493501491";
        /// The price of the first trade.
        open: Price = "open", "91200.5";
        /// The highest price.
        high: Price = "high", "92846.12";
        /// The lowest price.
        low: Price = "low", "90911.07";
        /// The price of the last trade.
        last: Price = "last", "92285.3";
        /// The change from `open` to `last`; negative if the price fell.
        change: Usd = "change", "1084.8";
        /// The traded volume.
        volume: Qty = "volume", "16199.9905";
    }
}
