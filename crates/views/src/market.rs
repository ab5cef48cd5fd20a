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
    /// The tick of prices in USD, of which the price of an order must be a multiple; null if every
    /// price is accepted.
    #[schema(required, examples("0.1"))]
    price_tick: Option<String>,
    /// `priceTick` as an integer at scale 10^8.
    #[schema(required, examples("10000000"))]
    price_tick_int: Option<String>,
    /// The step of quantities, of which the quantity of an order must be a multiple; null if every
    /// quantity is accepted.
    #[schema(required, examples("0.001"))]
    quantity_step: Option<String>,
    /// `quantityStep` as an integer at scale 10^8.
    #[schema(required, examples("100000"))]
    quantity_step_int: Option<String>,
    /// The lowest value in USD of an order that opens or increases a position; null if there is none.
    #[schema(required, examples("5"))]
    min_notional: Option<String>,
    /// `minNotional` as an integer at scale 10^8.
    #[schema(required, examples("500000000"))]
    min_notional_int: Option<String>,
}

impl From<&Instrument> for Market {
    fn from(instrument: &Instrument) -> Self {
        let Instrument { price_tick, quantity_step, min_notional, .. } = *instrument;
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
            price_tick: price_tick.map(|tick| tick.to_string()),
            price_tick_int: price_tick.map(|tick| tick.scaled().to_string()),
            quantity_step: quantity_step.map(|step| step.to_string()),
            quantity_step_int: quantity_step.map(|step| step.scaled().to_string()),
            min_notional: min_notional.map(|min| min.to_string()),
            min_notional_int: min_notional.map(|min| min.scaled().to_string()),
        }
    }
}
