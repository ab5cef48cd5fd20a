//! The stop-loss and the take-profit of a position, which this API shows as algo orders that close it.
//!
//! They are no orders for the engine: a position has at most one of each. Their numbers lie above those
//! of all orders and are made of the position's id, so that a position has the same ones at any time.

use super::error::Error;
use crate::access::account::Account;
use crate::engine::unexpected;
use crate::error::ApiError;
use crate::request_id;
use crate::state::AppState;
use messages::{
    Edit, ModifyPosition, Order, OrderId, OrderKind, OrderRef, OrderSide, OrderStatus, Position,
    PositionMode, Rejection, Request, Response, Symbol,
};
use price::Qty;
use uuid::Uuid;

/// The first number of an exit. Numbers are below 2^53, which is what JavaScript can count to.
const FIRST: u64 = 1 << 52;

/// A stop-loss or take-profit of a position.
pub struct Exit {
    position_id: OrderId,
    /// The order that it is shown as.
    pub order: Order,
}

/// Lists the exits of an account, in one instrument or in all.
///
/// # Errors
/// When the engine does not answer.
pub async fn list(
    app: &AppState,
    account: &Account,
    symbol: Option<Symbol>,
) -> Result<Vec<Exit>, Error> {
    let mut open = app.engine.positions(account).await?;
    open.retain(|open| {
        let position = &open.order;
        symbol.is_none_or(|symbol| symbol == position.asset)
            && (position.stop_loss.is_some() || position.take_profit.is_some())
    });
    if open.is_empty() {
        return Ok(Vec::new());
    }
    let mode = app.engine.settings(account).await?.mode;
    // Positions come newest first.
    Ok(open.iter().rev().flat_map(|open| of_position(&open.order, mode)).collect())
}

/// Finds the exit with this number or name; `None` if there is none.
///
/// # Errors
/// When the engine does not answer.
pub async fn find(
    app: &AppState,
    account: &Account,
    order: &OrderRef,
) -> Result<Option<Exit>, Error> {
    let is_meant = |exit: &Exit| {
        let Order { sequence, client_order_id, .. } = &exit.order;
        match order.sequence {
            Some(number) => *sequence == number,
            None => *client_order_id == order.client_order_id,
        }
    };
    let may_be = match (order.sequence, &order.client_order_id) {
        (Some(number), _) => number >= FIRST,
        (None, Some(name)) => KINDS.iter().any(|(_, ending)| name.ends_with(ending)),
        (None, None) => false,
    };
    if !may_be {
        return Ok(None);
    }
    Ok(list(app, account, None).await?.into_iter().find(is_meant))
}

/// Takes an exit from its position. One that is gone meanwhile is an unknown order.
///
/// # Errors
/// When the engine refuses it, or does not answer.
pub async fn remove(app: &AppState, account: &Account, exit: &Exit) -> Result<(), Error> {
    let (stop_loss, take_profit) = match exit.order.kind {
        OrderKind::StopMarket => (Edit::Remove, Edit::Keep),
        _ => (Edit::Keep, Edit::Remove),
    };
    let modify = ModifyPosition { order_id: exit.position_id, stop_loss, take_profit };
    let request = Request::ModifyPosition(account.engine_id(), modify);
    match app.engine.send_as(account, request_id::current(), request).await {
        Ok(Response::Position { .. }) => Ok(()),
        Ok(other) => Err(unexpected(&other).into()),
        Err(ApiError::Rejected(
            Rejection::OrderNotFound | Rejection::OrderAlreadyClosed { .. },
        )) => Err(Error::UNKNOWN_ORDER),
        Err(error) => Err(error.into()),
    }
}

/// The kinds of exits, with the endings of their names.
const KINDS: [(OrderKind, &str); 2] =
    [(OrderKind::StopMarket, "-sl"), (OrderKind::TakeProfitMarket, "-tp")];

fn of_position(position: &Position, mode: PositionMode) -> impl Iterator<Item = Exit> {
    let prices = [position.stop_loss, position.take_profit];
    let id = position.order_id;
    let exits = KINDS.into_iter().zip(prices);
    let template = Order {
        side: OrderSide::from(position.side.opposite()),
        position_side: (mode != PositionMode::OneWay).then_some(position.side),
        position_id: Some(id),
        qty: Qty::ZERO,
        reduce_only: true,
        close_position: true,
        stop_loss: None,
        take_profit: None,
        status: OrderStatus::New,
        filled_qty: Qty::ZERO,
        average_price: None,
        ..Order::filled_plainly(position, 0)
    };
    exits.filter_map(move |((kind, ending), price)| {
        let order_id = OrderId(Uuid::new_v5(&id.0, ending.as_bytes()));
        let order = Order {
            order_id,
            sequence: number(order_id),
            client_order_id: Some(format!("{}{ending}", id.0.simple())),
            kind,
            trigger_price: Some(price?),
            ..template.clone()
        };
        Some(Exit { position_id: id, order })
    })
}

/// The number of an exit: the end of its id. Two that are equal don't occur in one account.
fn number(id: OrderId) -> u64 {
    FIRST | (id.0.as_u64_pair().1 & (FIRST - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_an_exit_is_exact_in_javascript() {
        for id in [0, 1, u128::MAX, 0x0190_a6e4_7f3c_7c1a_9d52_3b1f_0a8c_4e11] {
            let number = number(OrderId(Uuid::from_u128(id)));
            assert!((FIRST..1 << 53).contains(&number), "{number}");
        }
    }
}
