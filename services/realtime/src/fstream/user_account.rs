//! `ACCOUNT_UPDATE`: the balance and the position after an event.

use super::user_events::Circumstances;
use messages::{
    EventKind, IncomeKind, Notification, Position, PositionChange, PositionMode, Side, Symbol,
};
use price::{Price, Qty, Usd};
use serde_json::{Value, json};

/// The units of an amount of one.
const SCALE: i128 = 100_000_000;

/// Encodes what an event did to the balance and a position; `None` if it did nothing to them.
pub fn message(notification: &Notification, circumstances: &Circumstances<'_>) -> Option<Value> {
    let event = &notification.event;
    let mut is_flat = false;
    let (reason, position) = match &event.kind {
        EventKind::UserRegistered(_) => ("DEPOSIT", None),
        EventKind::BalanceAdjusted(_) | EventKind::AccountReset(_) => ("ADJUSTMENT", None),
        EventKind::FundingSettled(funding) => ("FUNDING_FEE", Some(&funding.order)),
        EventKind::PositionOpened(position) => ("ORDER", Some(position)),
        EventKind::PositionClosed(closed) => {
            is_flat = true;
            ("ORDER", Some(&closed.order))
        }
        EventKind::PositionChanged(changed) => (cause(changed.change), Some(&changed.order)),
        EventKind::PositionModified(_)
        | EventKind::OrderAccepted(_)
        | EventKind::OrderAmended(_)
        | EventKind::OrderActivated(_)
        | EventKind::OrderCanceled(_)
        | EventKind::OrderExpired(_)
        | EventKind::PositionModeChanged(_)
        | EventKind::LeverageChanged(_) => return None,
    };
    // In the mode `separate` one event does not say what the positions of a side are together.
    let position = position.filter(|_| circumstances.mode != PositionMode::Separate);
    let positions: Vec<Value> =
        position.map(|position| shown(position, is_flat, circumstances)).into_iter().collect();
    let symbol = position.map(|position| position.asset);
    Some(json!({
        "e": "ACCOUNT_UPDATE",
        "E": circumstances.now_ms,
        "T": event.timestamp_ms,
        "a": {
            "m": reason,
            "B": [balance(notification, symbol, circumstances)],
            "P": positions,
        },
    }))
}

/// The cause of a change of a position in the words of the protocol, which has no others.
const fn cause(change: PositionChange) -> &'static str {
    match change {
        PositionChange::Increased | PositionChange::Reduced => "ORDER",
        PositionChange::Margin | PositionChange::Leverage => "MARGIN_TRANSFER",
        PositionChange::Instrument => "ADJUSTMENT",
    }
}

/// The wallet: what is free, what positions hold and what resting orders reserve. `cw` is what is
/// free, `bc` what came or went besides profits and fees of fills.
fn balance(
    notification: &Notification,
    symbol: Option<Symbol>,
    circumstances: &Circumstances<'_>,
) -> Value {
    let account = &notification.event.account;
    let held = account.used_margin.checked_add(account.reserved);
    let wallet = held.and_then(|held| held.checked_add(account.balance)).unwrap_or(account.balance);
    let income = notification.event.income(notification.id);
    let changes = income
        .iter()
        .filter(|line| !matches!(line.kind, IncomeKind::RealizedPnl | IncomeKind::Commission));
    let change = changes.fold(Usd::ZERO, |sum, line| sum.checked_add(line.amount).unwrap_or(sum));
    json!({
        "a": circumstances.asset(symbol),
        "wb": wallet.to_string(),
        "cw": account.balance.to_string(),
        "bc": change.to_string(),
    })
}

fn shown(position: &Position, is_flat: bool, circumstances: &Circumstances<'_>) -> Value {
    let zero = || "0".to_owned();
    let quote = (circumstances.quote)(position.asset);
    let (amount, entry, margin, unrealized) = if is_flat {
        (zero(), zero(), zero(), zero())
    } else {
        let unrealized = quote.map_or(Usd::ZERO, |quote| unrealized(position, quote));
        let entry = position.entry_price.to_string();
        (signed(position).to_string(), entry, position.margin.to_string(), unrealized.to_string())
    };
    json!({
        "s": position.asset,
        "pa": amount,
        "ep": entry,
        "bep": entry,
        // The profits of all fills of the position are in no event.
        "cr": "0",
        "up": unrealized,
        "mt": "isolated",
        "iw": margin,
        "ps": circumstances.position_side(position.side),
    })
}

/// The quantity, negative for a short.
pub fn signed(position: &Position) -> Qty {
    match position.side {
        Side::Long => position.qty,
        Side::Short => Qty::from_scaled(-position.qty.scaled()),
    }
}

/// The P&L at the price at which the position would be closed, rounded down.
pub fn unrealized(position: &Position, (bid, ask): (Price, Price)) -> Usd {
    let (entry, qty) = (position.entry_price.scaled(), position.qty.scaled());
    let move_ = match position.side {
        Side::Long => bid.scaled() - entry,
        Side::Short => entry - ask.scaled(),
    };
    Usd::from_scaled(move_.saturating_mul(qty).div_euclid(SCALE))
}
