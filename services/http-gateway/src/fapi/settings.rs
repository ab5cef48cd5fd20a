//! The way in which an account trades: leverage, margin type and position mode.

use super::call::{Answer, Call, Signer};
use super::error::Error;
use crate::access::account::Account;
use crate::request_id;
use crate::state::AppState;
use messages::{AccountSettings, ChangeLeverage, Instrument, PositionMode, Request, Symbol};
use price::Usd;
use serde_json::{Value, json};

/// Returns the leverage of an account in an instrument.
pub fn leverage_in(settings: &AccountSettings, instrument: &Instrument) -> u8 {
    let set = settings.leverages.iter().find(|(symbol, _)| *symbol == instrument.symbol);
    set.map_or_else(|| instrument.default_leverage(), |(_, leverage)| *leverage)
}

/// The highest notional of a position, as text.
pub fn max_notional(instrument: &Instrument, leverage: u8) -> String {
    instrument
        .max_notional(leverage)
        .map_or_else(|| NOTIONAL_CAP.to_string(), |notional| notional.to_string())
}

/// Sets the leverage in an instrument.
pub async fn set_leverage(call: &Call, signer: &Signer) -> Result<Answer, Error> {
    let instrument = call.instrument().await?;
    let leverage: u32 = call.params.required("leverage")?;
    let allowed =
        u8::try_from(leverage).ok().filter(|it| (1..=instrument.max_leverage).contains(it));
    let wanted = allowed.ok_or_else(|| Error::leverage(leverage))?;
    let Call { app, .. } = call;
    let account = &signer.account;
    let known = app.engine.settings(account).await?;
    if known.mode == PositionMode::Separate {
        return Err(Error::separate_positions());
    }
    let before = leverage_in(&known, &instrument);
    if wanted < before && has_position(app, account, instrument.symbol).await? {
        return Err(Error::LEVERAGE_REDUCTION);
    }
    if wanted != before {
        let change = ChangeLeverage { asset: instrument.symbol.to_string(), leverage };
        let request = Request::ChangeLeverage(account.engine_id(), change);
        app.engine.send_as(account, request_id::current(), request).await?;
    }
    Ok(Answer::of(&json!({
        "leverage": leverage,
        "maxNotionalValue": max_notional(&instrument, wanted),
        "symbol": instrument.symbol,
    })))
}

async fn has_position(app: &AppState, account: &Account, symbol: Symbol) -> Result<bool, Error> {
    Ok(app.engine.positions(account).await?.iter().any(|open| open.order.asset == symbol))
}

/// Refuses another margin type than isolated, which all positions have.
pub async fn set_margin_type(call: &Call, _: &Signer) -> Result<Answer, Error> {
    call.instrument().await?;
    let reason = "Velox has isolated margin only: a position is never liquidated for another one.";
    match call.params.required::<String>("marginType")?.as_str() {
        "ISOLATED" => Err(Error::MARGIN_TYPE),
        "CROSSED" => Err(Error::unsupported("marginType", reason)),
        _ => Err(Error::invalid("marginType")),
    }
}

/// Returns whether an account has a long and a short position in each instrument.
pub async fn position_mode(call: &Call, signer: &Signer) -> Result<Answer, Error> {
    let mode = call.app.engine.settings(&signer.account).await?.mode;
    Ok(Answer::of(&json!({ "dualSidePosition": mode != PositionMode::OneWay })))
}

/// Sets the position mode.
pub async fn set_position_mode(call: &Call, signer: &Signer) -> Result<Answer, Error> {
    let is_dual: bool = call.params.required("dualSidePosition")?;
    let mode = if is_dual { PositionMode::Hedge } else { PositionMode::OneWay };
    let Call { app, .. } = call;
    let account = &signer.account;
    if app.engine.settings(account).await?.mode == mode {
        return Err(Error::POSITION_MODE);
    }
    if app.engine.change_mode(account, request_id::current(), mode).await? {
        return Ok(done());
    }
    let has_orders = !app.engine.open_orders(account, None).await?.is_empty();
    Err(if has_orders { Error::MODE_WITH_ORDERS } else { Error::MODE_WITH_POSITION })
}

/// The answer to a change that has no result of its own.
pub fn done() -> Answer {
    Answer::of(&json!({ "code": 200, "msg": "success" }))
}

/// Returns that each position has a margin in its own asset.
pub async fn multi_assets(_: &Call, _: &Signer) -> Result<Answer, Error> {
    Ok(Answer::of(&json!({ "multiAssetsMargin": false })))
}

/// Refuses margins in several assets.
pub async fn set_multi_assets(call: &Call, _: &Signer) -> Result<Answer, Error> {
    if call.params.required::<bool>("multiAssetsMargin")? {
        return Err(Error::unsupported("multiAssetsMargin", "Velox has one margin asset."));
    }
    Ok(done())
}

/// Returns that no fee is paid in another asset.
pub async fn fee_burn(_: &Call, _: &Signer) -> Result<Answer, Error> {
    Ok(Answer::of(&json!({ "feeBurn": false })))
}

/// Refuses fees in another asset.
pub async fn set_fee_burn(call: &Call, _: &Signer) -> Result<Answer, Error> {
    if call.params.required::<bool>("feeBurn")? {
        return Err(Error::unsupported("feeBurn", "Velox has no asset to pay fees with."));
    }
    Ok(done())
}

/// Returns the leverage and the margin type in each instrument.
pub async fn symbol_config(call: &Call, signer: &Signer) -> Result<Answer, Error> {
    let (instruments, _) = call.instruments().await?;
    let settings = call.app.engine.settings(&signer.account).await?;
    let views = instruments.iter().map(|instrument| {
        let leverage = leverage_in(&settings, instrument);
        json!({
            "symbol": instrument.symbol,
            "marginType": "ISOLATED",
            "isAutoAddMargin": false,
            "leverage": leverage,
            "maxNotionalValue": max_notional(instrument, leverage),
        })
    });
    Ok(Answer::of(&views.collect::<Vec<Value>>()))
}

/// Returns the settings that are the same in all instruments.
pub async fn account_config(call: &Call, signer: &Signer) -> Result<Answer, Error> {
    let mode = call.app.engine.settings(&signer.account).await?.mode;
    Ok(Answer::of(&json!({
        "feeTier": 0,
        "canTrade": true,
        "canDeposit": false,
        "canWithdraw": false,
        "dualSidePosition": mode != PositionMode::OneWay,
        "updateTime": 0,
        "multiAssetsMargin": false,
        "tradeGroupId": -1,
    })))
}

/// Returns the limits of new orders.
pub async fn order_limits(call: &Call, _: &Signer) -> Result<Answer, Error> {
    let limits =
        call.app.fapi_limits.of_orders().map(|quota| super::market::limit("ORDERS", quota));
    Ok(Answer::of(&limits))
}

/// Returns the fees in an instrument.
pub async fn commission_rate(call: &Call, _: &Signer) -> Result<Answer, Error> {
    let instrument = call.instrument().await?;
    Ok(Answer::of(&json!({
        "symbol": instrument.symbol,
        "makerCommissionRate": super::market::ratio(instrument.maker_fee_ppm),
        "takerCommissionRate": super::market::ratio(instrument.taker_fee_ppm),
        "rpiCommissionRate": "0",
    })))
}

/// Returns the brackets of maintenance margins and leverages. Numbers, not texts.
pub async fn leverage_brackets(call: &Call, _: &Signer) -> Result<Answer, Error> {
    let (instruments, _) = call.instruments().await?;
    Ok(Answer::of(&instruments.iter().map(brackets).collect::<Vec<_>>()))
}

fn brackets(instrument: &Instrument) -> Value {
    let number = |text: String| -> Value {
        serde_json::from_str(&text).expect("an amount is printed as a JSON number")
    };
    let mut floor = Usd::ZERO;
    let mut brackets: Vec<Value> = Vec::new();
    for (bracket, n) in instrument.brackets.iter().zip(1..) {
        brackets.push(json!({
            "bracket": n,
            "initialLeverage": bracket.max_leverage,
            "notionalCap": number(bracket.notional_cap.to_string()),
            "notionalFloor": number(floor.to_string()),
            "maintMarginRatio": number(super::market::ratio(bracket.maintenance_ppm)),
            "cum": number(bracket.maintenance_amount.to_string()),
        }));
        floor = bracket.notional_cap;
    }
    if brackets.is_empty() {
        brackets.push(json!({
            "bracket": 1,
            "initialLeverage": instrument.max_leverage,
            "notionalCap": NOTIONAL_CAP,
            "notionalFloor": 0,
            "maintMarginRatio": number(super::market::ratio(super::market::maintenance_ppm(instrument))),
            "cum": 0,
        }));
    }
    json!({ "symbol": instrument.symbol, "notionalCoef": 1, "brackets": brackets })
}

/// The cap of the one bracket of an instrument without brackets, whose positions have no limit.
const NOTIONAL_CAP: u64 = 10_000_000;
