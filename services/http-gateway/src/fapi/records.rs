//! Records of an account: its trades, and the lines of its statement.

use super::call::{Answer, Call, Signer, find};
use super::error::Error;
use super::order_view::{BOTH, OrderView};
use crate::clock::milliseconds;
use messages::{FillRole, IncomeKind, Instrument, PositionMode, Side, Symbol};
use price::{Price, Qty, Usd};
use serde_json::{Value, json};
use sqlx::PgPool;
use std::collections::HashMap;
use store::fills::{self, NumberedFilter, Which};
use store::income;
use store::numbered::Span;
use uuid::Uuid;

/// The default numbers of rows on a page, and the most.
const TRADES: u32 = 500;
const LINES: u32 = 100;
const LIQUIDATIONS: u32 = 50;
const LIQUIDATIONS_MAX: u32 = 100;
const PAGE_LEN_MAX: u32 = 1_000;

/// Lists trades, oldest first: from a number or a time on, or the newest.
pub async fn trades(call: &Call, signer: &Signer) -> Result<Answer, Error> {
    let instrument = call.instrument().await?;
    let (from, to) = call.params.times()?;
    let len = call.params.limit(TRADES, PAGE_LEN_MAX)?;
    let span = Span { asset: instrument.symbol, number: call.params.optional("fromId")?, from, to };
    let order: Option<u64> = call.params.optional("orderId")?;
    let filter = NumberedFilter { span, which: order.map_or(Which::All, Which::OfOrder) };
    let owner = signer.account.engine_id();
    let rows = fills::numbered_page(&call.app.pool, owner, &filter, len.into()).await?;
    let mode = call.app.engine.settings(&signer.account).await?.mode;
    let sides = Sides::of(&call.app.pool, mode, &rows).await?;
    let views: Vec<Value> = rows.iter().map(|row| trade(row, &instrument, &sides)).collect();
    Ok(Answer::of(&views))
}

/// The sides of the positions that fills belong to.
struct Sides {
    mode: PositionMode,
    /// Those that orders name, in hedge mode.
    by_order: HashMap<Uuid, Side>,
}

impl Sides {
    /// Looks up the sides. A fill keeps the one that its order has named, whatever the mode is now.
    async fn of(pool: &PgPool, mode: PositionMode, rows: &[fills::Row]) -> Result<Self, Error> {
        let orders: Vec<Uuid> = rows.iter().map(|row| row.order_id).collect();
        let named = store::orders::position_sides(pool, &orders).await?;
        let sides = named.into_iter().filter_map(|(id, side)| Some((id, side.parse().ok()?)));
        let by_order = sides.collect();
        Ok(Self { mode, by_order })
    }

    /// The side of the position that a fill belongs to.
    fn side(&self, row: &fills::Row) -> &'static str {
        let closes = row.reason.is_some() || row.order_id != row.position_id;
        let is_long = closes == (row.side == "SELL");
        match (self.by_order.get(&row.order_id), self.mode) {
            (Some(side), _) => side.as_str(),
            // Each order has opened a position of its own, and a fill without an order has closed one.
            (None, PositionMode::Separate) => side_name(is_long),
            (None, PositionMode::Hedge) if row.reason.is_some() => side_name(is_long),
            (None, PositionMode::Hedge | PositionMode::OneWay) => BOTH,
        }
    }
}

fn side_name(is_long: bool) -> &'static str {
    if is_long { Side::Long.as_str() } else { Side::Short.as_str() }
}

fn trade(row: &fills::Row, instrument: &Instrument, sides: &Sides) -> Value {
    let (qty, price) = (Qty::from(row.qty), Price::from(row.price));
    let executed_at_ms = milliseconds(row.executed_at);
    let number = row.number();
    json!({
        "symbol": instrument.symbol,
        "id": number,
        "orderId": row.order_number(),
        "side": row.side,
        "positionSide": sides.side(row),
        "price": price.to_string(),
        "qty": qty.to_string(),
        "quoteQty": super::order_view::notional(qty, price).to_string(),
        "realizedPnl": Usd::from(row.realized_pnl).to_string(),
        "commission": Usd::from(row.fee).to_string(),
        "commissionAsset": instrument.quote_asset,
        "marginAsset": instrument.quote_asset,
        "baseAsset": instrument.base_asset,
        "buyer": row.side == "BUY",
        "maker": row.role == FillRole::Maker.as_str(),
        "time": executed_at_ms,
    })
}

/// The kinds of lines by the names that this API gives them.
const KINDS: [(&str, IncomeKind); 6] = [
    ("TRANSFER", IncomeKind::Transfer),
    ("REALIZED_PNL", IncomeKind::RealizedPnl),
    ("COMMISSION", IncomeKind::Commission),
    ("FUNDING_FEE", IncomeKind::FundingFee),
    ("INSURANCE_CLEAR", IncomeKind::LiquidationFee),
    ("INTERNAL_TRANSFER", IncomeKind::Adjustment),
];

/// The kinds that this API knows and no account here has.
const OTHER_KINDS: [&str; 16] = [
    "WELCOME_BONUS",
    "REFERRAL_KICKBACK",
    "COMMISSION_REBATE",
    "API_REBATE",
    "CONTEST_REWARD",
    "CROSS_COLLATERAL_TRANSFER",
    "OPTIONS_PREMIUM_FEE",
    "OPTIONS_SETTLE_PROFIT",
    "AUTO_EXCHANGE",
    "DELIVERED_SETTELMENT",
    "COIN_SWAP_DEPOSIT",
    "COIN_SWAP_WITHDRAW",
    "POSITION_LIMIT_INCREASE_FEE",
    "STRATEGY_UMFUTURES_TRANSFER",
    "FEE_RETURN",
    "BFUSD_REWARD",
];

/// Lists the lines of the statement, oldest first.
pub async fn statement(call: &Call, signer: &Signer) -> Result<Answer, Error> {
    let markets = call.markets().await?;
    let symbol: Option<Symbol> = match call.params.get("symbol") {
        Some(text) => Some(find(&markets, text)?.symbol),
        None => None,
    };
    let kinds = match call.params.get("incomeType") {
        None => Vec::new(),
        Some(name) if OTHER_KINDS.contains(&name) => return Ok(Answer::of(&[(); 0])),
        Some(name) => {
            let kind = KINDS.iter().find(|(known, _)| *known == name);
            vec![kind.ok_or_else(|| Error::invalid("incomeType"))?.1]
        }
    };
    let (from, to) = call.params.times()?;
    let len = call.params.limit(LINES, PAGE_LEN_MAX)?;
    let filter = income::Filter { kinds, asset: symbol, from, to };
    let owner = signer.account.engine_id();
    let rows = income::page_ascending(&call.app.pool, owner, &filter, len.into()).await?;
    let asset = markets.all().first().map_or("USDT", |instrument| instrument.quote_asset.as_str());
    let views: Vec<Value> = rows.iter().map(|row| line(row, asset)).collect();
    Ok(Answer::of(&views))
}

fn line(row: &income::Row, asset: &str) -> Value {
    let kind: Option<IncomeKind> = row.kind.parse().ok();
    let name =
        KINDS.iter().find(|(_, known)| Some(*known) == kind).map_or("TRANSFER", |(name, _)| name);
    let number = row.number();
    let is_trade = matches!(kind, Some(IncomeKind::RealizedPnl | IncomeKind::Commission));
    json!({
        "symbol": row.asset.as_deref().unwrap_or_default(),
        "incomeType": name,
        "income": Usd::from(row.amount).to_string(),
        "asset": asset,
        "info": name,
        "time": milliseconds(row.time),
        "tranId": number,
        "tradeId": if is_trade { number.to_string() } else { String::new() },
    })
}

/// Returns a page of the orders of fills that no order of the account made: liquidations, exits of
/// positions, and positions closed as such.
pub async fn closings(
    call: &Call,
    signer: &Signer,
    instrument: &Instrument,
    filter: &NumberedFilter,
    len: u32,
) -> Result<Vec<(u64, OrderView)>, Error> {
    let (pool, owner) = (&call.app.pool, signer.account.engine_id());
    let mut rows = fills::numbered_page(pool, owner, filter, len.into()).await?;
    rows.retain(|row| row.reason.is_some());
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mode = call.app.engine.settings(&signer.account).await?.mode;
    let sides = Sides::of(pool, mode, &rows).await?;
    let view = |row: &fills::Row| OrderView::of_closing(row, sides.side(row), instrument);
    Ok(rows.iter().map(|row| (row.number(), view(row))).collect())
}

/// Lists the liquidations of the account, newest first.
pub async fn liquidations(call: &Call, signer: &Signer) -> Result<Answer, Error> {
    let asset = call.optional_symbol().await?;
    let (from, to) = call.params.times()?;
    let len = call.params.limit(LIQUIDATIONS, LIQUIDATIONS_MAX)?;
    match call.params.get("autoCloseType") {
        None | Some("LIQUIDATION") => {}
        // No position is closed to reduce that of another trader.
        Some("ADL") => return Ok(Answer::of(&[(); 0])),
        Some(_) => return Err(Error::invalid("autoCloseType")),
    }
    let filter = fills::Filter { asset, from, to, ..fills::Filter::default() };
    let owner = signer.account.engine_id();
    let rows = fills::liquidations(&call.app.pool, owner, &filter, len.into()).await?;
    let mode = call.app.engine.settings(&signer.account).await?.mode;
    let (sides, markets) = (Sides::of(&call.app.pool, mode, &rows).await?, call.markets().await?);
    let instrument = |row: &fills::Row| row.asset.parse().ok().and_then(|asset| markets.get(asset));
    let views = rows.iter().filter_map(|row| {
        instrument(row).map(|instrument| OrderView::of_closing(row, sides.side(row), instrument))
    });
    Ok(Answer::of(&views.collect::<Vec<_>>()))
}

/// Answers with nothing: there are no such records.
pub async fn none(call: &Call, _: &Signer) -> Result<Answer, Error> {
    call.optional_symbol().await?;
    Ok(Answer::of(&[(); 0]))
}

/// Answers with nothing about an instrument: there are no such records.
pub async fn none_of_symbol(call: &Call, _: &Signer) -> Result<Answer, Error> {
    call.instrument().await?;
    Ok(Answer::of(&[(); 0]))
}
