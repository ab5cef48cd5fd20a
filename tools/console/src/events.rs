//! Requests and events in words and as JSON, and the orders and positions that they are about.

use crate::words::{or_dash, time};
use messages::{
    AccountReset, AccountState, AdjustBalance, EntryId, Event, EventKind, Execution,
    LeverageChanged, Order, OrderId, OrderStatus, Position, PositionChanged, RegisterUser,
    Rejection, Request, Response,
};
use price::Usd;
use serde_json::{Value, json};

/// Formats an event on one line, with all digits.
pub fn event_line(event: &Event) -> String {
    let account = account_words(&event.account);
    let (at, user) = (time(event.timestamp_ms), event.user_id);
    let line = match &event.kind {
        EventKind::UserRegistered(RegisterUser { deposit }) => {
            format!("{at}  USER_REGISTERED  user {user}  deposit {deposit}  {account}")
        }
        EventKind::BalanceAdjusted(AdjustBalance { amount, attribution }) => format!(
            "{at}  BALANCE_ADJUSTED  user {user}  by {amount}  {}: {}  {account}",
            attribution.by, attribution.reason,
        ),
        EventKind::PositionOpened(order) => {
            format!("{at}  ORDER_OPENED  {}  {account}", opened_words(order))
        }
        EventKind::PositionModified(order) => format!(
            "{at}  ORDER_MODIFIED  order {}  user {user}  SL {} TP {}  {account}",
            order.order_id,
            or_dash(order.stop_loss),
            or_dash(order.take_profit),
        ),
        EventKind::PositionClosed(closed) => format!(
            "{at}  ORDER_CLOSED  order {}  user {user}  {} at {} by tick {} P&L {} shortfall {}  \
             {account}",
            closed.order.order_id,
            closed.close_reason,
            closed.close_price,
            closed.tick_id,
            closed.final_pnl,
            closed.shortfall,
        ),
        EventKind::PositionChanged(changed) => {
            format!("{at}  POSITION_CHANGED  {}  {account}", changed_words(changed))
        }
        EventKind::OrderAccepted(order)
        | EventKind::OrderAmended(order)
        | EventKind::OrderActivated(order)
        | EventKind::OrderCanceled(order)
        | EventKind::OrderExpired(order) => {
            format!("{at}  {}  {}  {account}", event.kind.type_name(), order_words(order))
        }
        EventKind::PositionModeChanged(mode) => {
            format!("{at}  POSITION_MODE_CHANGED  user {user}  {mode}  {account}")
        }
        EventKind::LeverageChanged(LeverageChanged { asset, leverage }) => {
            format!("{at}  LEVERAGE_CHANGED  user {user}  {asset} {leverage}x  {account}")
        }
        EventKind::FundingSettled(funding) => format!(
            "{at}  FUNDING_SETTLED  position {}  user {user}  {} {} qty {} amount {} of it from the \
             margin {} rate {} at {}  {account}",
            funding.order.order_id,
            funding.order.side,
            funding.order.asset,
            funding.order.qty,
            funding.amount,
            funding.from_margin,
            funding.rate,
            funding.mark,
        ),
        EventKind::AccountReset(AccountReset { balance, previous }) => {
            format!("{at}  ACCOUNT_RESET  user {user}  from {previous} to {balance}  {account}")
        }
    };
    match &event.execution {
        Some(execution) => format!("{line}  {}", fill_words(execution)),
        None => line,
    }
}

/// Formats a position that was opened, with all digits.
fn opened_words(order: &Position) -> String {
    format!(
        "order {}  user {}  {} {} {}x qty {} at {} margin {} liquidation {} SL {} TP {}",
        order.order_id,
        order.user_id,
        order.side,
        order.asset,
        order.leverage,
        order.qty,
        order.entry_price,
        order.margin,
        order.liquidation_price,
        or_dash(order.stop_loss),
        or_dash(order.take_profit),
    )
}

/// Formats a position after a change, with all digits.
fn changed_words(PositionChanged { order, change, realized_pnl }: &PositionChanged) -> String {
    format!(
        "position {}  user {}  {change}: {} {} {}x qty {} at {} margin {} liquidation {} P&L {}",
        order.order_id,
        order.user_id,
        order.side,
        order.asset,
        order.leverage,
        order.qty,
        order.entry_price,
        order.margin,
        order.liquidation_price,
        or_dash(*realized_pnl),
    )
}

/// Formats an account, with its reserve if it has one.
fn account_words(account: &AccountState) -> String {
    let AccountState { balance, used_margin, reserved, sequence } = account;
    let reserve =
        if *reserved == Usd::ZERO { String::new() } else { format!(" reserved {reserved}") };
    format!("balance {balance} margin {used_margin}{reserve} (#{sequence})")
}

/// Formats the fill of an event, with the order that made it if one did.
fn fill_words(Execution { order, fill }: &Execution) -> String {
    let by_order = |order: &Order| format!(" by order {} ({})", order.order_id, order.kind);
    format!(
        "fill {} {} at {} P&L {} {}{}",
        fill.side,
        fill.qty,
        fill.price,
        fill.realized_pnl,
        fill.role,
        order.as_ref().map_or_else(String::new, by_order),
    )
}

/// Formats an order in a few words, with all digits.
pub fn order_words(order: &Order) -> String {
    let reason = order.reason.map_or_else(String::new, |reason| format!(" ({reason})"));
    let callback =
        order.callback_bps.map_or_else(String::new, |bps| format!(" callback {bps} bps"));
    let attached = order
        .trailing_stop_bps
        .map_or_else(String::new, |bps| format!(" attaches a trailing stop of {bps} bps"));
    let filled = order
        .average_price
        .map_or_else(String::new, |price| format!(" {} at {price}", order.filled_qty));
    format!(
        "order {}  user {}  {} {} {} {} qty {} at {} trigger {}{callback}{attached} \
         reserved {}  \
         {}{reason}{filled}",
        order.order_id,
        order.user_id,
        order.side,
        order.asset,
        order.kind,
        order.time_in_force,
        quantity(order),
        or_dash(order.price),
        or_dash(order.trigger_price),
        order.reserved,
        order.status,
    )
}

/// Formats the quantity of an order, which a resting order that closes its position does not have.
pub fn quantity(order: &Order) -> String {
    let is_whole = order.close_position && order.status == OrderStatus::New;
    if is_whole { "all".to_owned() } else { order.qty.to_string() }
}

/// Formats an event as JSON, with orders and accounts as in the API.
pub fn event_json(id: EntryId, event: &Event) -> Value {
    let order = match &event.kind {
        EventKind::PositionOpened(order) | EventKind::PositionModified(order) => {
            json!(views::OpenedOrder::from(order))
        }
        EventKind::PositionChanged(changed) => json!(views::OpenedOrder::from(&changed.order)),
        EventKind::FundingSettled(funding) => json!(views::OpenedOrder::from(&funding.order)),
        EventKind::PositionClosed(closed) => json!(views::ClosedOrder::from(closed)),
        EventKind::OrderAccepted(order)
        | EventKind::OrderAmended(order)
        | EventKind::OrderActivated(order)
        | EventKind::OrderCanceled(order)
        | EventKind::OrderExpired(order) => json!(order),
        EventKind::UserRegistered(_)
        | EventKind::BalanceAdjusted(_)
        | EventKind::AccountReset(_)
        | EventKind::PositionModeChanged(_)
        | EventKind::LeverageChanged(_) => Value::Null,
    };
    let adjustment = match &event.kind {
        EventKind::BalanceAdjusted(AdjustBalance { amount, attribution }) => json!({
            "amount": amount.to_string(), "by": attribution.by, "reason": attribution.reason,
        }),
        _ => Value::Null,
    };
    let mut value = json!({
        "id": id, "type": event.kind.type_name(), "timestamp": event.timestamp_ms, "userId": event.user_id,
        "requestId": event.request_id, "order": order, "adjustment": adjustment,
        "account": views::Account::from(&event.account),
    });
    match &event.kind {
        EventKind::PositionChanged(changed) => {
            value["change"] = json!(changed.change);
            value["realizedPnLInt"] = json!(changed.realized_pnl);
        }
        EventKind::PositionModeChanged(mode) => value["mode"] = json!(mode),
        EventKind::FundingSettled(funding) => {
            value["funding"] = json!(views::Funding::from(&**funding));
        }
        EventKind::AccountReset(reset) => value["reset"] = json!(reset),
        EventKind::LeverageChanged(LeverageChanged { asset, leverage }) => {
            (value["asset"], value["leverage"]) = (json!(asset), json!(leverage));
        }
        _ => {}
    }
    if let Some(execution) = &event.execution {
        value["execution"] = json!(execution);
    }
    value
}

/// The order or position that a request names by its id, if any.
pub const fn order_of(request: &Request) -> Option<OrderId> {
    match request {
        Request::PlaceOrder(_, place) => Some(place.order_id),
        Request::ModifyPosition(_, modify) => Some(modify.order_id),
        Request::ClosePosition(_, close) => Some(close.order_id),
        Request::CancelOrder(_, order) => order.order_id,
        Request::AmendOrder(_, amend) => amend.order.order_id,
        Request::ChangeMargin(_, change) => Some(change.order_id),
        Request::ReversePosition(_, reverse) => Some(reverse.order_id),
        _ => None,
    }
}

/// Reports whether a request is about an order or position: it names it, or its result does.
pub fn concerns(
    request: &Request,
    response: &Result<Response, Rejection>,
    order_id: OrderId,
) -> bool {
    order_of(request) == Some(order_id)
        || match response {
            Ok(Response::PlacedOrder { order, .. })
            | Err(Rejection::OrderAlreadyDone { order }) => order.order_id == order_id,
            Ok(Response::PlacedOrders { orders, .. }) => {
                orders.iter().any(|order| order.order_id == order_id)
            }
            Ok(Response::ClosedPositions(all)) => {
                all.closed.iter().any(|closed| closed.order.order_id == order_id)
            }
            _ => false,
        }
}

/// The position that an event is about, if any.
pub fn position_of(event: &Event) -> Option<OrderId> {
    match &event.kind {
        EventKind::PositionOpened(order) | EventKind::PositionModified(order) => {
            Some(order.order_id)
        }
        EventKind::PositionChanged(changed) => Some(changed.order.order_id),
        EventKind::PositionClosed(closed) => Some(closed.order.order_id),
        _ => None,
    }
}

/// The order that an event is about, or that has traded with it.
pub fn placed_order_of(event: &Event) -> Option<&Order> {
    match &event.kind {
        EventKind::OrderAccepted(order)
        | EventKind::OrderAmended(order)
        | EventKind::OrderActivated(order)
        | EventKind::OrderCanceled(order)
        | EventKind::OrderExpired(order) => Some(order),
        _ => event.execution.as_ref()?.order.as_ref(),
    }
}
