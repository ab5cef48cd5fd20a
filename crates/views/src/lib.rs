#![doc = include_str!("../README.md")]

use messages::{AccountState, BalanceSheet, ClosedOrder, OpenOrder, Order, OrderState};
use serde_json::{Map, Value, json};
use std::fmt::Display;

/// An order, open or closed.
pub fn order(state: &OrderState) -> Value {
    match state {
        OrderState::Open(open) => open_order(open),
        OrderState::Closed(closed) => closed_order(closed),
    }
}

/// A position with its P&L at the current price.
pub fn open_order(open: &OpenOrder) -> Value {
    let mut view = order_terms(&open.order, "OPEN");
    amount(&mut view, "markPrice", open.mark_price.scaled(), open.mark_price);
    amount(&mut view, "unrealizedPnL", open.unrealized_pnl.scaled(), open.unrealized_pnl);
    view.into()
}

/// A position without its valuation, for a message that is right for longer than a tick.
pub fn opened_order(order: &Order) -> Value {
    order_terms(order, "OPEN").into()
}

/// What became of a position.
pub fn closed_order(closed: &ClosedOrder) -> Value {
    let mut view = order_terms(&closed.order, "CLOSED");
    amount(&mut view, "closePrice", closed.close_price.scaled(), closed.close_price);
    amount(&mut view, "finalPnL", closed.final_pnl.scaled(), closed.final_pnl);
    amount(&mut view, "shortfall", closed.shortfall.scaled(), closed.shortfall);
    view.insert("closeReason".to_owned(), closed.close_reason.as_str().into());
    view.insert("closedAt".to_owned(), closed.closed_at_ms.into());
    view.insert("tickId".to_owned(), closed.tick_id.to_string().into());
    view.into()
}

/// Balance and used margin after a change, and the number of the change.
pub fn account(account: &AccountState) -> Value {
    let mut view = Map::new();
    view.insert("sequence".to_owned(), account.sequence.into());
    amount(&mut view, "balance", account.balance.scaled(), account.balance);
    amount(&mut view, "usedMargin", account.used_margin.scaled(), account.used_margin);
    view.into()
}

/// The account valued at the current prices.
pub fn balance_sheet(sheet: &BalanceSheet) -> Value {
    let mut view = Map::new();
    amount(&mut view, "balance", sheet.balance.scaled(), sheet.balance);
    amount(&mut view, "usedMargin", sheet.used_margin.scaled(), sheet.used_margin);
    amount(&mut view, "unrealizedPnL", sheet.unrealized_pnl.scaled(), sheet.unrealized_pnl);
    amount(&mut view, "equity", sheet.equity.scaled(), sheet.equity);
    view.into()
}

fn order_terms(order: &Order, status: &str) -> Map<String, Value> {
    let Value::Object(mut view) = json!({
        "orderId": order.order_id,
        "asset": order.asset.as_str(),
        "orderType": order.order_type.as_str(),
        "leverage": order.leverage,
        "status": status,
        "stopLoss": null,
        "stopLossInt": null,
        "takeProfit": null,
        "takeProfitInt": null,
        "createdAt": order.created_at_ms,
    }) else {
        unreachable!("it is an object")
    };
    amount(&mut view, "qty", order.qty.scaled(), order.qty);
    amount(&mut view, "margin", order.margin.scaled(), order.margin);
    amount(&mut view, "executionPrice", order.execution_price.scaled(), order.execution_price);
    amount(
        &mut view,
        "liquidationPrice",
        order.liquidation_price.scaled(),
        order.liquidation_price,
    );
    if let Some(price) = order.stop_loss {
        amount(&mut view, "stopLoss", price.scaled(), price);
    }
    if let Some(price) = order.take_profit {
        amount(&mut view, "takeProfit", price.scaled(), price);
    }
    view
}

fn amount(view: &mut Map<String, Value>, name: &str, scaled: i128, decimal: impl Display) {
    view.insert(name.to_owned(), decimal.to_string().into());
    view.insert(format!("{name}Int"), scaled.to_string().into());
}
