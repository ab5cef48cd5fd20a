//! Orders and accounts as HTTP shows them, and rows of the database.

use crate::account::{Account, BalanceSheet};
use crate::amount::{put, put_optional};
use crate::closed::Record;
use crate::model::{Model, PositionState};
use crate::position::{Open, Position};
use serde_json::{Map, Value, json};

impl Position {
    pub(crate) const fn side(&self) -> &'static str {
        if self.is_long { "LONG" } else { "SHORT" }
    }

    /// The fields that open and closed orders share over HTTP.
    fn terms(&self) -> Map<String, Value> {
        let mut terms = Map::new();
        terms.insert("orderId".to_owned(), self.order_id.clone().into());
        terms.insert("asset".to_owned(), self.asset.to_string().into());
        terms.insert("orderType".to_owned(), self.side().into());
        terms.insert("leverage".to_owned(), int(self.leverage));
        put(&mut terms, "qty", self.qty);
        put(&mut terms, "margin", self.margin);
        put(&mut terms, "executionPrice", self.entry_price);
        put(&mut terms, "liquidationPrice", self.liquidation_price);
        put_optional(&mut terms, "stopLoss", self.stop_loss);
        put_optional(&mut terms, "takeProfit", self.take_profit);
        put_nonzero(&mut terms, "commission", self.commission);
        put_nonzero(&mut terms, "funding", self.funding);
        terms.insert("createdAt".to_owned(), self.created_at.into());
        terms
    }
}

/// An order after a request.
pub fn order(order: &PositionState) -> Value {
    match order {
        PositionState::Open(open) => open_order(open),
        PositionState::Closed(closed) => closed_order(closed),
    }
}

/// An open order, valued at the current price.
pub fn open_order(open: &Open) -> Value {
    let mut view = open.position.terms();
    view.insert("status".to_owned(), "OPEN".into());
    put(&mut view, "markPrice", open.mark_price);
    put(&mut view, "unrealizedPnL", open.unrealized_pnl);
    Value::Object(view)
}

/// A closed order.
pub fn closed_order(closed: &Record) -> Value {
    let mut view = closed.position.terms();
    view.insert("status".to_owned(), "CLOSED".into());
    view.insert("closeReason".to_owned(), closed.reason.into());
    put(&mut view, "closePrice", closed.close_price);
    put(&mut view, "finalPnL", closed.final_pnl);
    put(&mut view, "shortfall", closed.shortfall);
    put_nonzero(&mut view, "liquidationFee", closed.liquidation_fee);
    view.insert("tickId".to_owned(), closed.tick_id.to_string().into());
    view.insert("closedAt".to_owned(), closed.closed_at.into());
    Value::Object(view)
}

/// The row of `closed_orders`, as `row_to_json` shows it with times in Unix ms.
pub fn closed_row(closed: &Record) -> Value {
    let position = &closed.position;
    json!({
        "orderId": position.order_id,
        "userId": position.user_id,
        "asset": position.asset.to_string(),
        "orderType": position.side(),
        "leverage": int(position.leverage),
        "marginInt": int(position.margin),
        "executionPriceInt": int(position.entry_price),
        "closePriceInt": int(closed.close_price),
        "qtyInt": int(position.qty),
        "liquidationPriceInt": int(position.liquidation_price),
        "stopLossInt": position.stop_loss.map(int),
        "takeProfitInt": position.take_profit.map(int),
        "finalPnLInt": int(closed.final_pnl),
        "shortfallInt": int(closed.shortfall),
        "commissionInt": int(position.commission),
        "fundingInt": int(position.funding),
        "liquidationFeeInt": int(closed.liquidation_fee),
        "closeReason": closed.reason,
        "tickId": closed.tick_id.to_string(),
        "createdAt": position.created_at,
        "closedAt": closed.closed_at,
    })
}

/// An account after a change.
pub fn account(account: Account) -> Value {
    let mut view = Map::new();
    put(&mut view, "balance", account.balance);
    put(&mut view, "usedMargin", account.used_margin);
    put_nonzero(&mut view, "reserved", account.reserved);
    view.insert("sequence".to_owned(), account.sequence.into());
    Value::Object(view)
}

/// The balance sheet of a user.
pub fn balance_sheet(sheet: BalanceSheet) -> Value {
    let mut view = Map::new();
    put(&mut view, "balance", sheet.balance);
    put(&mut view, "usedMargin", sheet.used_margin);
    put_nonzero(&mut view, "reserved", sheet.reserved);
    put(&mut view, "unrealizedPnL", sheet.unrealized_pnl);
    put(&mut view, "equity", sheet.equity);
    Value::Object(view)
}

/// Writes an amount that is left out where it is zero.
fn put_nonzero(view: &mut Map<String, Value>, name: &str, amount: i128) {
    if amount != 0 {
        put(view, name, amount);
    }
}

/// The open orders of a user, the newest first.
pub fn open_orders(model: &Model, user_id: &str) -> Vec<Value> {
    model.open_of(user_id).map(|position| open_order(&model.valued(position))).collect()
}

/// A JSON number.
pub(crate) fn int(number: i128) -> Value {
    i64::try_from(number).map_or_else(|_| number.to_string().into(), Value::from)
}
