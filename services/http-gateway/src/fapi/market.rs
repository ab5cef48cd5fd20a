//! The instruments, as this API describes them, and the clock.

use super::call::{Answer, Call};
use super::error::Error;
use messages::Instrument;
use price::{Price, Qty, Usd};
use serde::Serialize;
use serde_json::{Value, json};

/// The time at which a perpetual contract is delivered, which is never (Unix ms, 2100-12-25).
const NEVER_MS: u64 = 4_133_404_800_000;

/// The largest quantity and the highest price that clients are told of: some hold no larger numbers.
const AMOUNT_MAX: i128 = 1_000_000_000 * price::SCALE;

/// Answers that the server is there.
pub async fn ping(_: &Call) -> Result<Answer, Error> {
    Ok(Answer::of(&json!({})))
}

/// Returns the server's clock.
pub async fn time(call: &Call) -> Result<Answer, Error> {
    Ok(Answer::of(&json!({ "serverTime": call.now_ms })))
}

/// Returns the instruments, with the limits of requests.
pub async fn exchange_info(call: &Call) -> Result<Answer, Error> {
    let (instruments, _) = call.instruments().await?;
    let symbols: Vec<_> = instruments.iter().map(symbol).collect();
    let limits = call.app.fapi_limits.args();
    let quotes: std::collections::BTreeSet<_> =
        instruments.iter().map(|instrument| instrument.quote_asset.as_str()).collect();
    let assets: Vec<Value> = quotes
        .into_iter()
        .map(|asset| json!({ "asset": asset, "marginAvailable": true, "autoAssetExchange": "-10000" }))
        .collect();
    Ok(Answer::of(&json!({
        "timezone": "UTC",
        "serverTime": call.now_ms,
        "futuresType": "U_MARGINED",
        "rateLimits": [
            limit("REQUEST_WEIGHT", limits.fapi_limit_weight),
            limit("ORDERS", limits.fapi_limit_orders_long),
            limit("ORDERS", limits.fapi_limit_orders),
        ],
        "exchangeFilters": [],
        "assets": assets,
        "symbols": symbols,
    })))
}

/// Describes a limit of requests.
pub fn limit(kind: &str, quota: streams::Quota) -> Value {
    let (interval, count) = match quota.window().as_secs() {
        seconds if seconds % 60 == 0 => ("MINUTE", seconds / 60),
        seconds => ("SECOND", seconds),
    };
    json!({
        "rateLimitType": kind, "interval": interval, "intervalNum": count, "limit": quota.count(),
    })
}

/// An instrument.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SymbolView {
    symbol: messages::Symbol,
    pair: messages::Symbol,
    contract_type: &'static str,
    delivery_date: u64,
    onboard_date: u64,
    status: &'static str,
    maint_margin_percent: String,
    required_margin_percent: String,
    base_asset: String,
    quote_asset: String,
    margin_asset: String,
    price_precision: u32,
    quantity_precision: u32,
    base_asset_precision: u32,
    quote_precision: u32,
    underlying_type: &'static str,
    underlying_sub_type: Vec<&'static str>,
    settle_plan: u32,
    trigger_protect: &'static str,
    liquidation_fee: String,
    market_take_bound: &'static str,
    max_move_order_limit: u32,
    filters: Vec<Value>,
    order_types: [&'static str; 7],
    time_in_force: [&'static str; 5],
}

fn symbol(instrument: &Instrument) -> SymbolView {
    let Instrument { symbol, base_asset, quote_asset, .. } = instrument;
    let tick = instrument.shown_tick();
    let step = instrument.shown_step();
    let least = instrument.min_quantity.unwrap_or(step).max(step);
    let most = max_quantity(instrument);
    let highest = Price::from_scaled(AMOUNT_MAX / tick.scaled() * tick.scaled());
    let lots = |kind: &str| {
        json!({
            "filterType": kind, "minQty": least.to_string(), "maxQty": most.to_string(),
            "stepSize": step.to_string(),
        })
    };
    let notional = instrument.min_notional.unwrap_or(Usd::ZERO);
    SymbolView {
        symbol: *symbol,
        pair: *symbol,
        contract_type: "PERPETUAL",
        delivery_date: NEVER_MS,
        onboard_date: 0,
        status: status(instrument),
        maint_margin_percent: percent(maintenance_ppm(instrument)),
        required_margin_percent: percent(1_000_000 / u32::from(instrument.max_leverage)),
        base_asset: base_asset.clone(),
        quote_asset: quote_asset.clone(),
        margin_asset: quote_asset.clone(),
        price_precision: decimals(tick.scaled()),
        quantity_precision: decimals(step.scaled()),
        base_asset_precision: 8,
        quote_precision: 8,
        underlying_type: "COIN",
        underlying_sub_type: Vec::new(),
        settle_plan: 0,
        trigger_protect: "0",
        liquidation_fee: ratio(instrument.liquidation_fee_ppm),
        market_take_bound: "0",
        max_move_order_limit: 10_000,
        filters: vec![
            json!({
                "filterType": "PRICE_FILTER", "minPrice": tick.to_string(),
                "maxPrice": highest.to_string(), "tickSize": tick.to_string(),
            }),
            lots("LOT_SIZE"),
            lots("MARKET_LOT_SIZE"),
            json!({ "filterType": "MAX_NUM_ORDERS", "limit": messages::MAX_OPEN_ORDERS }),
            json!({ "filterType": "MIN_NOTIONAL", "notional": notional.to_string() }),
            json!({
                "filterType": "PERCENT_PRICE", "multiplierUp": "1000", "multiplierDown": "0.001",
                "multiplierDecimal": "4",
            }),
        ],
        order_types: [
            "LIMIT",
            "MARKET",
            "STOP",
            "STOP_MARKET",
            "TAKE_PROFIT",
            "TAKE_PROFIT_MARKET",
            "TRAILING_STOP_MARKET",
        ],
        time_in_force: ["GTC", "IOC", "FOK", "GTX", "GTD"],
    }
}

/// The largest quantity of an order.
pub fn max_quantity(instrument: &Instrument) -> Qty {
    let step = instrument.shown_step().scaled();
    let largest = Qty::from_scaled(AMOUNT_MAX / step * step);
    instrument.open_interest_cap.map_or(largest, |cap| largest.min(cap))
}

/// The number of decimals of the multiples of a step at scale 10^8.
fn decimals(step: i128) -> u32 {
    let mut decimals = 8;
    let mut left = step;
    while decimals > 0 && left % 10 == 0 {
        left /= 10;
        decimals -= 1;
    }
    decimals
}

const fn status(instrument: &Instrument) -> &'static str {
    match instrument.status {
        messages::InstrumentStatus::Trading | messages::InstrumentStatus::ReduceOnly => "TRADING",
        messages::InstrumentStatus::Halted => "PENDING_TRADING",
    }
}

/// The maintenance margin of the smallest positions, in millionths of the notional. Where positions
/// are liquidated after a loss of their margin it is the rest of that at the highest leverage.
pub fn maintenance_ppm(instrument: &Instrument) -> u32 {
    instrument.brackets.first().map_or_else(
        || {
            let kept_bps = 10_000_u32.saturating_sub(instrument.liquidation_loss_bps);
            kept_bps * 100 / u32::from(instrument.max_leverage)
        },
        |bracket| bracket.maintenance_ppm,
    )
}

/// Returns millionths as a decimal number.
pub fn ratio(ppm: u32) -> String {
    Usd::from_scaled(i128::from(ppm) * 100).to_string()
}

/// Returns millionths as a percentage.
fn percent(ppm: u32) -> String {
    Usd::from_scaled(i128::from(ppm) * 10_000).to_string()
}
