//! Checks of the prices at which a position may be closed: bounds of stop-loss and take-profit, and
//! the sender's price limit.

use messages::{OrderSide, Rejection, Side};
use price::Price;

/// Reports whether `a` is a worse price than `b` for closing a position.
pub fn is_worse(side: Side, a: Price, b: Price) -> bool {
    match side {
        Side::Long => a < b,
        Side::Short => a > b,
    }
}

/// Reports whether `a` is a worse price than `b` for an order.
pub fn is_worse_for_order(side: OrderSide, a: Price, b: Price) -> bool {
    is_worse(side.opens().opposite(), a, b)
}

/// Checks the exits of a position that an order opens at `price`, and that could be closed at
/// `reference` then. Where fills share a position, its liquidation price does not bound the
/// stop-loss: the next fill moves it.
///
/// # Errors
/// When an exit is on the wrong side, or the stop-loss is beyond the liquidation price.
pub fn check_exits(
    side: Side,
    [stop_loss, take_profit]: [Option<Price>; 2],
    (price, reference): (Price, Price),
    liquidation_price: Option<Price>,
) -> Result<(), Rejection> {
    if let Some(stop_loss) = stop_loss {
        check_stop_loss(side, stop_loss, reference, liquidation_price)?;
    }
    match take_profit {
        Some(take_profit) => check_take_profit(side, take_profit, price),
        None => Ok(()),
    }
}

/// Checks a stop-loss against `reference`, the price at which the position could be closed now: a
/// stop may follow a position into profit, but must not close it immediately.
///
/// # Errors
/// When the stop-loss is on the wrong side of `reference` or beyond the liquidation price.
pub fn check_stop_loss(
    side: Side,
    stop_loss: Price,
    reference: Price,
    liquidation_price: Option<Price>,
) -> Result<(), Rejection> {
    if !is_worse(side, stop_loss, reference) {
        return Err(Rejection::StopLossWrongSide { stop_loss, reference });
    }
    match liquidation_price {
        Some(liquidation_price) if !is_worse(side, liquidation_price, stop_loss) => {
            Err(Rejection::StopLossBeyondLiquidation { stop_loss, liquidation_price })
        }
        _ => Ok(()),
    }
}

/// Checks that a take-profit is beyond `reference`.
///
/// # Errors
/// When the take-profit is on the wrong side of `reference`.
pub fn check_take_profit(
    side: Side,
    take_profit: Price,
    reference: Price,
) -> Result<(), Rejection> {
    if !is_worse(side, reference, take_profit) {
        return Err(Rejection::TakeProfitWrongSide { take_profit, reference });
    }
    Ok(())
}

/// Checks the price at which a position on `side` would be closed against its owner's limit.
///
/// # Errors
/// When the price is worse than the limit.
pub fn check_price_limit(side: Side, price: Price, limit: Option<Price>) -> Result<(), Rejection> {
    match limit {
        Some(limit) if is_worse(side, price, limit) => {
            Err(Rejection::PriceLimitExceeded { price, limit })
        }
        _ => Ok(()),
    }
}
