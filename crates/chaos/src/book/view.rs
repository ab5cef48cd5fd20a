//! Orders and accounts as they appear in messages, over HTTP and in the database.

use super::{Account, Book, Position, Record};
use crate::amount::{put, put_optional};
use serde_json::{Map, Value, json};

impl Position {
    fn side(&self) -> &'static str {
        if self.is_long { "LONG" } else { "SHORT" }
    }

    /// The position as `response:stream` carries it.
    pub(super) fn message(&self) -> Value {
        let mut message = json!({
            "orderId": self.order_id,
            "userId": self.user_id,
            "asset": self.asset,
            "orderType": self.side(),
            "leverage": int(self.leverage),
            "qtyInt": self.qty.to_string(),
            "marginInt": self.margin.to_string(),
            "executionPriceInt": self.entry_price.to_string(),
            "liquidationPriceInt": self.liquidation_price.to_string(),
            "createdAt": self.created_at,
        });
        if let Some(price) = self.stop_loss {
            message["stopLossInt"] = price.to_string().into();
        }
        if let Some(price) = self.take_profit {
            message["takeProfitInt"] = price.to_string().into();
        }
        message
    }

    /// The fields that open and closed orders share over HTTP.
    fn terms(&self) -> Map<String, Value> {
        let mut terms = Map::new();
        terms.insert("orderId".to_owned(), self.order_id.clone().into());
        terms.insert("asset".to_owned(), self.asset.clone().into());
        terms.insert("orderType".to_owned(), self.side().into());
        terms.insert("leverage".to_owned(), int(self.leverage));
        put(&mut terms, "qty", self.qty);
        put(&mut terms, "margin", self.margin);
        put(&mut terms, "executionPrice", self.entry_price);
        put(&mut terms, "liquidationPrice", self.liquidation_price);
        put_optional(&mut terms, "stopLoss", self.stop_loss);
        put_optional(&mut terms, "takeProfit", self.take_profit);
        terms.insert("createdAt".to_owned(), self.created_at.into());
        terms
    }
}

impl Record {
    /// The record as `response:stream` carries it.
    pub(super) fn message(&self) -> Value {
        json!({
            "order": self.position.message(),
            "closeReason": self.reason,
            "closePriceInt": self.close_price.to_string(),
            "finalPnLInt": self.final_pnl.to_string(),
            "shortfallInt": self.shortfall.to_string(),
            "tickId": self.tick_id.to_string(),
            "closedAt": self.closed_at,
        })
    }
}

/// A closed order as HTTP shows it.
pub fn closed_order(closed: &Record) -> Value {
    let mut view = closed.position.terms();
    view.insert("status".to_owned(), "CLOSED".into());
    view.insert("closeReason".to_owned(), closed.reason.into());
    put(&mut view, "closePrice", closed.close_price);
    put(&mut view, "finalPnL", closed.final_pnl);
    put(&mut view, "shortfall", closed.shortfall);
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
        "asset": position.asset,
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
        "closeReason": closed.reason,
        "tickId": closed.tick_id.to_string(),
        "createdAt": position.created_at,
        "closedAt": closed.closed_at,
    })
}

/// An account after a change, as HTTP shows it.
pub fn account(account: Account) -> Value {
    let mut view = Map::new();
    put(&mut view, "balance", account.balance);
    put(&mut view, "usedMargin", account.used_margin);
    view.insert("sequence".to_owned(), account.sequence.into());
    Value::Object(view)
}

/// The expected bodies of `GET /order/user/balance` and `/orders` for a user.
pub fn sheet(book: &Book, user_id: &str) -> (Value, Vec<Value>) {
    let account = book.accounts.get(user_id).copied().unwrap_or_default();
    let mut positions: Vec<_> = book.open.iter().filter(|p| p.user_id == user_id).collect();
    positions.sort_by_key(|position| std::cmp::Reverse(position.number));
    let unrealized: i128 = positions.iter().map(|p| p.pnl(book.way_out(p))).sum();
    let mut sheet = Map::new();
    put(&mut sheet, "balance", account.balance);
    put(&mut sheet, "usedMargin", account.used_margin);
    put(&mut sheet, "unrealizedPnL", unrealized);
    put(&mut sheet, "equity", account.balance + account.used_margin + unrealized);
    (Value::Object(sheet), positions.into_iter().map(|p| book.open_order(p)).collect())
}

impl Book {
    /// An open order as HTTP shows it, valued at the current price.
    pub(super) fn open_order(&self, position: &Position) -> Value {
        let way_out = self.way_out(position);
        let mut view = position.terms();
        view.insert("status".to_owned(), "OPEN".into());
        put(&mut view, "markPrice", way_out);
        put(&mut view, "unrealizedPnL", position.pnl(way_out));
        Value::Object(view)
    }

    pub(super) fn account_view(&self, user_id: &str) -> Value {
        account(self.accounts.get(user_id).copied().unwrap_or_default())
    }

    /// An order that is open, or closed and still remembered, with its view.
    pub(super) fn known_order(&self, order_id: &str) -> Option<(&Position, Value)> {
        if let Some(position) = self.open.iter().find(|position| position.order_id == order_id) {
            return Some((position, self.open_order(position)));
        }
        self.remembered(order_id).map(|closed| (&closed.position, closed_order(closed)))
    }
}

/// A JSON number.
fn int(number: i128) -> Value {
    i64::try_from(number).map_or_else(|_| number.to_string().into(), Value::from)
}
