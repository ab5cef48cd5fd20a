//! Opening a position.

use crate::exchange::{Exchange, LEVERAGE_MAX};
use crate::modify::Side;
use crate::position::{Position, Terms};
use crate::slab::Slot;
use crate::valuation::{self, Quote};
use messages::{
    Answer, Change, Event, OrderState, OrderType, PlaceOrder, Rejection, RequestId, Symbol,
};
use price::Price;

impl Exchange {
    pub(crate) fn place(
        &mut self,
        request_id: Option<RequestId>,
        place: &PlaceOrder,
        events: &mut Vec<Event>,
    ) -> Result<Answer, Rejection> {
        let account = self.accounts.find(place.user_id).ok_or(Rejection::UnknownUser)?;
        if let Some(known) = self.find_order(place.order_id) {
            return self.repeat_place(place, known, account);
        }
        if let Some(pause) = &self.pause {
            return Err(Rejection::TradingPaused { reason: pause.reason.clone() });
        }
        let asset: Symbol = place
            .asset
            .parse()
            .map_err(|_| Rejection::UnknownAsset { asset: place.asset.clone() })?;
        let tick = self.fresh_tick(asset)?;
        let mut position = self.draft(place, asset, account, tick.quote)?;
        check_exits(place.order_type, tick.quote, position.liquidation_price(), place)?;
        position
            .set_exits(place.stop_loss, place.take_profit)
            .map_err(|_| Rejection::AmountOutOfRange)?;
        let holder = self.accounts.get(account);
        if holder.held.count() >= self.rules.max_open_positions as usize {
            return Err(Rejection::TooManyPositions { limit: self.rules.max_open_positions });
        }
        if position.margin() > holder.balance {
            return Err(Rejection::InsufficientBalance {
                required: position.margin(),
                available: holder.balance,
            });
        }

        let slot = self.open_position(position);
        let change = Change::OrderOpened(self.order(self.positions.get(slot)));
        events.push(self.event(request_id, account, change));
        Ok(self.order_answer(OrderState::Open(self.open_order(slot)), account, false))
    }

    /// The position that this order would open, without its stop-loss and take-profit.
    fn draft(
        &self,
        place: &PlaceOrder,
        asset: Symbol,
        account: Slot,
        quote: Quote,
    ) -> Result<Position, Rejection> {
        let leverage = u8::try_from(place.leverage)
            .ok()
            .filter(|leverage| (1..=LEVERAGE_MAX).contains(leverage))
            .ok_or(Rejection::InvalidLeverage { leverage: place.leverage })?;
        if !place.qty.is_positive() {
            return Err(Rejection::InvalidQuantity);
        }
        let price = quote.open_price(place.order_type);
        let margin = valuation::margin(place.qty, price, leverage);
        // Only the smallest margin can be a nothing that was rounded up.
        if margin.is_ok_and(|margin| margin.scaled() == 1)
            && valuation::margin_vanishes(place.qty, price, leverage)
        {
            return Err(Rejection::QuantityTooSmall);
        }
        let terms = || {
            Ok(Terms {
                qty: place.qty,
                margin: margin?,
                execution_price: price,
                liquidation_price: valuation::liquidation_price(place.order_type, price, leverage)?,
            })
        };
        terms()
            .and_then(|terms| {
                let who = (place.order_id, self.opened, account);
                Position::new(who, (asset, place.order_type, leverage), terms, self.last_id.ms)
            })
            .map_err(|price::OutOfRange| Rejection::AmountOutOfRange)
    }

    /// The order id is known: the same order gets its first answer again, another is refused.
    fn repeat_place(
        &self,
        place: &PlaceOrder,
        known: OrderState,
        account: Slot,
    ) -> Result<Answer, Rejection> {
        let order = match &known {
            OrderState::Open(open) => &open.order,
            OrderState::Closed(closed) => &closed.order,
        };
        let same = order.user_id == place.user_id
            && order.asset.as_str() == place.asset
            && order.order_type == place.order_type
            && u32::from(order.leverage) == place.leverage
            && order.qty == place.qty;
        if !same {
            return Err(Rejection::OrderIdReused { order_id: place.order_id });
        }
        Ok(self.order_answer(known, account, true))
    }
}

/// Where a new position would be closed: the margin call and the stop-loss must leave room to the
/// price at which it could be closed right away, and a take-profit must lie beyond the entry.
fn check_exits(
    order_type: OrderType,
    quote: Quote,
    liquidation_price: Price,
    place: &PlaceOrder,
) -> Result<(), Rejection> {
    let side = Side(order_type);
    let reference = quote.close_price(order_type);
    if !side.is_worse(liquidation_price, reference) {
        return Err(Rejection::LiquidatedAtOnce { liquidation_price, reference });
    }
    if let Some(stop_loss) = place.stop_loss {
        side.check_stop_loss(stop_loss, reference, liquidation_price)?;
    }
    if let Some(take_profit) = place.take_profit {
        side.check_take_profit(take_profit, quote.open_price(order_type))?;
    }
    Ok(())
}
