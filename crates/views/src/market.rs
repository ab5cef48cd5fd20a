//! The API's view of an instrument.

use messages::{Instrument, Symbol};
use serde::Serialize;
use utoipa::ToSchema;

/// A contract that can be traded, with its limits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Market {
    /// The name of the market in every request about it.
    #[schema(value_type = String, pattern = "^[A-Z0-9]{2,16}$", examples("BTCUSDT"))]
    symbol: Symbol,
    /// The name of the base asset for people.
    #[schema(examples("Bitcoin"))]
    name: String,
    /// The asset in which quantities are given.
    #[schema(examples("BTC"))]
    base_asset: String,
    /// The asset in which prices are given.
    #[schema(examples("USDT"))]
    quote_asset: String,
    /// The name of the market at the venue whose trades give its price.
    #[schema(value_type = String, pattern = "^[A-Z0-9]{2,16}$", examples("BTCUSDT"))]
    feed_symbol: Symbol,
    /// The number of decimals with which prices are shown.
    #[schema(maximum = 8, examples(2))]
    price_decimals: u8,
    /// The number of decimals with which quantities are shown.
    #[schema(maximum = 8, examples(5))]
    quantity_decimals: u8,
    /// The highest leverage of a new position; the lowest is 1.
    #[schema(minimum = 1, examples(100))]
    max_leverage: u8,
    /// The distance from bid to ask, in basis points of the price.
    #[schema(examples(10))]
    spread_bps: u32,
    /// The share of its margin that a position may lose before it is liquidated, in basis points:
    /// the liquidation price is entry ∓ ⌊entry × share / (10,000 × leverage)⌋.
    #[schema(examples(9000))]
    liquidation_loss_bps: u32,
    /// The age from which on a price fills nothing, in milliseconds; null if the limit of the whole
    /// platform applies.
    #[schema(required)]
    stale_price_ms: Option<u64>,
}

impl From<&Instrument> for Market {
    fn from(instrument: &Instrument) -> Self {
        let Instrument { name, base_asset, quote_asset, .. } = instrument.clone();
        Self {
            symbol: instrument.symbol,
            name,
            base_asset,
            quote_asset,
            feed_symbol: instrument.feed_symbol,
            price_decimals: instrument.price_decimals,
            quantity_decimals: instrument.quantity_decimals,
            max_leverage: instrument.max_leverage,
            spread_bps: instrument.spread_bps,
            liquidation_loss_bps: instrument.liquidation_loss_bps,
            stale_price_ms: instrument.stale_price_ms,
        }
    }
}
