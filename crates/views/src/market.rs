//! The API's view of an instrument.

use messages::{
    Bracket, FillPolicy, Funding, FundingSource, Instrument, InstrumentStatus, LiquidationModel,
    PriceSource, Symbol,
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::ObjectBuilder;
use utoipa::openapi::schema::{Object, Type};

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
    /// The least quantity of an order that opens or increases a position; null if there is none.
    #[schema(required, examples("0.001"))]
    min_quantity: Option<String>,
    /// `minQuantity` as an integer at scale 10^8.
    #[schema(required, examples("100000"))]
    min_quantity_int: Option<String>,
    /// The maintenance margins and the highest leverages by notional, lowest notional first; empty
    /// if neither depends on it.
    brackets: Vec<MarketBracket>,
    /// The fee of a maker, in millionths of the notional.
    #[schema(maximum = 100_000, examples(200))]
    maker_fee_ppm: u32,
    /// The fee of a taker, in millionths of the notional.
    #[schema(maximum = 100_000, examples(500))]
    taker_fee_ppm: u32,
    /// The fee of a liquidation, beside that of the taker, in millionths of the notional.
    #[schema(maximum = 100_000, examples(12_500))]
    liquidation_fee_ppm: u32,
    /// The funding; null if there is none.
    #[schema(required)]
    funding: Option<MarketFunding>,
    #[schema(schema_with = liquidation_model)]
    liquidation_model: LiquidationModel,
    #[schema(schema_with = trigger_price)]
    trigger_price: PriceSource,
    #[schema(schema_with = fill)]
    fill: FillPolicy,
    /// The limit of the quantity of all open positions on one side; null if there is none.
    #[schema(required, examples("1000"))]
    open_interest_cap: Option<String>,
    /// `openInterestCap` as an integer at scale 10^8.
    #[schema(required, examples("100000000000"))]
    open_interest_cap_int: Option<String>,
    #[schema(schema_with = status)]
    status: InstrumentStatus,
}

/// The terms of positions with a notional above the cap of the bracket before, up to the bracket's
/// own cap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MarketBracket {
    /// The highest notional in USD.
    #[schema(examples("50000"))]
    notional_cap: String,
    /// `notionalCap` as an integer at scale 10^8.
    #[schema(examples("5000000000000"))]
    notional_cap_int: String,
    /// The highest leverage.
    #[schema(minimum = 1, examples(100))]
    max_leverage: u8,
    /// The maintenance margin in millionths of the notional, before `maintenanceAmount` is
    /// subtracted.
    #[schema(minimum = 1, maximum = 500_000, examples(4_000))]
    maintenance_ppm: u32,
    /// The amount in USD that is subtracted, so that the maintenance margin does not jump between
    /// brackets.
    #[schema(examples("50"))]
    maintenance_amount: String,
    /// `maintenanceAmount` as an integer at scale 10^8.
    #[schema(examples("5000000000"))]
    maintenance_amount_int: String,
}

/// The funding of a market.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MarketFunding {
    #[schema(schema_with = source)]
    source: FundingSource,
    /// The time between two fundings, in hours from midnight UTC.
    #[schema(minimum = 1, maximum = 24, examples(8))]
    interval_hours: u8,
    /// The highest rate of one funding in either direction, in millionths of the notional.
    #[schema(minimum = 1, maximum = 1_000_000, examples(3_000))]
    cap_ppm: u32,
}

fn liquidation_model() -> Object {
    one_of(
        "The condition under which a position is liquidated. MARGIN_LOSS: `liquidationLossBps` of \
         its margin is lost at the quote. MAINTENANCE: its margin and its P&L at the mark price are \
         no more than its maintenance margin, which follows from `brackets`.",
        LiquidationModel::ALL.iter().map(|model| model.as_str()),
    )
}

fn trigger_price() -> Object {
    one_of(
        "The price that reaches stop-losses, take-profits and the triggers of orders: the quote \
         (bid or ask), or the mark price.",
        PriceSource::ALL.iter().map(|source| source.as_str()),
    )
}

fn fill() -> Object {
    one_of(
        "The quote at which a market order fills: the last one before it, or the first one after it.",
        FillPolicy::ALL.iter().map(|policy| policy.as_str()),
    )
}

fn status() -> Object {
    one_of(
        "The orders that are accepted: all, those that reduce a position, or none.",
        InstrumentStatus::ALL.iter().map(|status| status.as_str()),
    )
}

fn source() -> Object {
    one_of(
        "The source of the rates: those that the venue has settled, or the premium of the mark \
         price over the index price.",
        FundingSource::ALL.iter().map(|source| source.as_str()),
    )
}

/// The schema of a word.
fn one_of(about: &str, words: impl Iterator<Item = &'static str> + Clone) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(about.to_owned()))
        .examples(words.clone().take(1))
        .enum_values(Some(words))
        .build()
}

impl From<&Bracket> for MarketBracket {
    fn from(bracket: &Bracket) -> Self {
        let Bracket { notional_cap, max_leverage, maintenance_ppm, maintenance_amount } = *bracket;
        Self {
            notional_cap: notional_cap.to_string(),
            notional_cap_int: notional_cap.scaled().to_string(),
            max_leverage,
            maintenance_ppm,
            maintenance_amount: maintenance_amount.to_string(),
            maintenance_amount_int: maintenance_amount.scaled().to_string(),
        }
    }
}

impl From<Funding> for MarketFunding {
    fn from(funding: Funding) -> Self {
        let Funding { source, interval_hours, cap_ppm } = funding;
        Self { source, interval_hours, cap_ppm }
    }
}

impl From<&Instrument> for Market {
    fn from(instrument: &Instrument) -> Self {
        let Instrument { price_tick, quantity_step, min_notional, min_quantity, .. } = *instrument;
        let open_interest_cap = instrument.open_interest_cap;
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
            min_quantity: min_quantity.map(|min| min.to_string()),
            min_quantity_int: min_quantity.map(|min| min.scaled().to_string()),
            brackets: instrument.brackets.iter().map(MarketBracket::from).collect(),
            maker_fee_ppm: instrument.maker_fee_ppm,
            taker_fee_ppm: instrument.taker_fee_ppm,
            liquidation_fee_ppm: instrument.liquidation_fee_ppm,
            funding: instrument.funding.map(MarketFunding::from),
            liquidation_model: instrument.liquidation_model,
            trigger_price: instrument.trigger_price,
            fill: instrument.fill,
            open_interest_cap: open_interest_cap.map(|cap| cap.to_string()),
            open_interest_cap_int: open_interest_cap.map(|cap| cap.scaled().to_string()),
            status: instrument.status,
        }
    }
}
