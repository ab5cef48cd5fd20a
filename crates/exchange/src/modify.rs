//! Changing the stop-loss and take-profit of an open position, and where they may be.

use crate::exchange::Exchange;
use messages::{
    Answer, Change, Edit, Event, ModifyOrder, OrderState, OrderType, Rejection, RequestId,
};
use price::Price;

impl Exchange {
    pub(crate) fn modify(
        &mut self,
        request_id: Option<RequestId>,
        modify: &ModifyOrder,
        events: &mut Vec<Event>,
    ) -> Result<Answer, Rejection> {
        let account = self.accounts.find(modify.user_id).ok_or(Rejection::UnknownUser)?;
        let slot = self.own_open_position(modify.order_id, account)?;
        let position = self.positions.get(slot);
        let exits = (
            modify.stop_loss.apply(position.stop_loss()),
            modify.take_profit.apply(position.take_profit()),
        );
        if exits == (position.stop_loss(), position.take_profit()) {
            return Ok(self.order_answer(OrderState::Open(self.open_order(slot)), account, true));
        }
        let market = self.tick_of(position).quote.close_price(position.order_type);
        let side = Side(position.order_type);
        if let Edit::Set(stop_loss) = modify.stop_loss {
            side.check_stop_loss(stop_loss, market, position.liquidation_price())?;
        }
        if let Edit::Set(take_profit) = modify.take_profit {
            side.check_take_profit(take_profit, market)?;
        }
        let mut changed = position.clone();
        changed.set_exits(exits.0, exits.1).map_err(|_| Rejection::AmountOutOfRange)?;

        self.triggers.remove(position, slot);
        self.triggers.insert(&changed, slot);
        *self.positions.get_mut(slot) = changed;
        let change = Change::OrderModified(self.order(self.positions.get(slot)));
        events.push(self.event(request_id, account, change));
        Ok(self.order_answer(OrderState::Open(self.open_order(slot)), account, false))
    }
}

/// Which way is up for a position.
#[derive(Clone, Copy)]
pub struct Side(pub OrderType);

impl Side {
    /// Whether `a` is worse for the position than `b`.
    pub fn is_worse(self, a: Price, b: Price) -> bool {
        match self.0 {
            OrderType::Long => a < b,
            OrderType::Short => a > b,
        }
    }

    /// `reference` is where the position could be closed now, so that a stop may follow a
    /// position into profit but never closes it at once.
    pub fn check_stop_loss(
        self,
        stop_loss: Price,
        reference: Price,
        liquidation_price: Price,
    ) -> Result<(), Rejection> {
        if !self.is_worse(stop_loss, reference) {
            return Err(Rejection::StopLossWrongSide { stop_loss, reference });
        }
        if !self.is_worse(liquidation_price, stop_loss) {
            return Err(Rejection::StopLossBeyondLiquidation { stop_loss, liquidation_price });
        }
        Ok(())
    }

    /// The side against it: an order that opens a position trades like one that closes the other.
    pub const fn opposite(self) -> Self {
        match self.0 {
            OrderType::Long => Self(OrderType::Short),
            OrderType::Short => Self(OrderType::Long),
        }
    }

    /// A position on this side must not be closed at a price worse than the limit.
    pub fn check_price_limit(self, price: Price, limit: Option<Price>) -> Result<(), Rejection> {
        match limit {
            Some(limit) if self.is_worse(price, limit) => {
                Err(Rejection::PriceLimitExceeded { price, limit })
            }
            _ => Ok(()),
        }
    }

    pub fn check_take_profit(self, take_profit: Price, reference: Price) -> Result<(), Rejection> {
        if !self.is_worse(reference, take_profit) {
            return Err(Rejection::TakeProfitWrongSide { take_profit, reference });
        }
        Ok(())
    }
}
