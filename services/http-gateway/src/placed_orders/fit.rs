//! The checks of an order's fields against each other, as far as the state of the account does not
//! matter. The engine makes them again, and those that need the account's position mode.
//!
//! A field is `None` outside if it is invalid by itself; no other field is then blamed for it.

use crate::request::Problem;
use messages::{OrderKind, OrderStatus, TimeInForce};
use price::{Price, Qty};

type Checked = Result<(), Problem>;

/// Checks whether orders of the kind may close a whole position.
pub fn close_position(kind: Option<OrderKind>, close: bool) -> Checked {
    match kind {
        Some(kind) if close && kind.has_price() => Err(not_of(kind)),
        _ => Ok(()),
    }
}

/// Checks a share of a position.
pub fn share(kind: Option<OrderKind>, close: Option<bool>, share: Option<u32>) -> Checked {
    match (kind, share) {
        (Some(kind), Some(_)) if kind != OrderKind::Market => Err(not_of(kind)),
        (_, Some(_)) if close == Some(true) => Err(not_with("closePosition")),
        _ => Ok(()),
    }
}

/// Checks that there is a quantity exactly if the order does not say otherwise how much it trades.
pub fn qty(close: Option<bool>, has_share: Option<bool>, qty: Option<Qty>) -> Checked {
    match (close, has_share, qty) {
        (Some(true), _, Some(_)) => Err(not_with("closePosition")),
        (_, Some(true), Some(_)) => Err(not_with("shareBps")),
        (Some(false), Some(false), None) => Err("is required".into()),
        _ => Ok(()),
    }
}

/// Checks a limit price.
pub fn price(kind: Option<OrderKind>, price: Option<Price>) -> Checked {
    match (kind, price) {
        (Some(kind), None) if kind.has_price() => Err(required_of(kind)),
        (Some(kind), Some(_)) if !kind.has_price() => Err(not_of(kind)),
        _ => Ok(()),
    }
}

/// Checks a trigger price, which a trailing stop need not have.
pub fn trigger_price(kind: Option<OrderKind>, price: Option<Price>) -> Checked {
    match (kind, price) {
        (None | Some(OrderKind::TrailingStopMarket), _) => Ok(()),
        (Some(kind), None) if kind.has_trigger() => Err(required_of(kind)),
        (Some(kind), Some(_)) if !kind.has_trigger() => Err(not_of(kind)),
        _ => Ok(()),
    }
}

/// Checks the distance of a trailing stop.
pub fn callback(kind: Option<OrderKind>, callback: Option<u32>) -> Checked {
    match (kind, callback) {
        (Some(kind @ OrderKind::TrailingStopMarket), None) => Err(required_of(kind)),
        (Some(kind), Some(_)) if kind != OrderKind::TrailingStopMarket => Err(not_of(kind)),
        _ => Ok(()),
    }
}

/// Checks a time in force.
pub fn time_in_force(kind: Option<OrderKind>, time: TimeInForce) -> Checked {
    let Some(kind) = kind else { return Ok(()) };
    let is_allowed = match time {
        TimeInForce::Gtc => true,
        TimeInForce::Ioc | TimeInForce::Fok | TimeInForce::Gtx => kind.has_price(),
        TimeInForce::Gtd => kind != OrderKind::Market,
    };
    if is_allowed { Ok(()) } else { Err(format!("must not be {time} for type {kind}").into()) }
}

/// Checks the time at which an order expires.
pub fn expires_at(time: Option<TimeInForce>, expires_at: Option<u64>) -> Checked {
    match (time, expires_at) {
        (Some(TimeInForce::Gtd), None) => Err("is required for timeInForce GTD".into()),
        (Some(time), Some(_)) if time != TimeInForce::Gtd => {
            Err(format!("is not allowed for timeInForce {time}").into())
        }
        _ => Ok(()),
    }
}

/// Checks a stop-loss, take-profit or trailing stop of the position that the order opens.
pub fn exit<T>(reduces: Option<bool>, closes: Option<bool>, exit: Option<T>) -> Checked {
    match (reduces, closes, exit) {
        (Some(true), _, Some(_)) => Err(not_with("reduceOnly")),
        (_, Some(true), Some(_)) => Err(not_with("closePosition")),
        _ => Ok(()),
    }
}

/// Checks a worst price, which is for the kinds without a limit price.
pub fn worst_price(kind: Option<OrderKind>, is_given: bool) -> Checked {
    match kind {
        Some(kind) if is_given && kind.has_price() => Err(not_of(kind)),
        _ => Ok(()),
    }
}

/// Checks a slippage, of which a worst price is the alternative.
pub fn slippage(
    kind: Option<OrderKind>,
    has_limit: Option<bool>,
    slippage: Option<u32>,
) -> Checked {
    worst_price(kind, slippage.is_some())?;
    match (has_limit, slippage) {
        (Some(true), Some(_)) => Err(not_with("priceLimit")),
        _ => Ok(()),
    }
}

/// Checks that exactly one of two fields is given, of which the other has this name.
pub fn either<A, B>(name: &str, other: Option<&Option<A>>, value: Option<&B>) -> Checked {
    match (other, value) {
        (Some(Some(_)), Some(_)) => Err(not_with(name)),
        (Some(None), None) => Err(format!("or {name} is required").into()),
        _ => Ok(()),
    }
}

/// Checks the states of a list: resting orders come from the engine, the others from the database.
pub fn statuses(statuses: &[OrderStatus]) -> Checked {
    if statuses.len() > 1 && statuses.contains(&OrderStatus::New) {
        return Err("must be NEW alone, or any of the others".into());
    }
    Ok(())
}

/// Checks the states of orders that are summed up.
pub fn ended(statuses: &[OrderStatus]) -> Checked {
    if statuses.contains(&OrderStatus::New) {
        return Err("must be FILLED, CANCELED or EXPIRED".into());
    }
    Ok(())
}

fn not_of(kind: OrderKind) -> Problem {
    format!("is not allowed for type {kind}").into()
}

fn required_of(kind: OrderKind) -> Problem {
    format!("is required for type {kind}").into()
}

fn not_with(other: &str) -> Problem {
    format!("is not allowed together with {other}").into()
}
